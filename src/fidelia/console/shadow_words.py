"""Why a vendor gave other points, in words: the cause, and what it was about."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fidelia.kernel.money import Money
from fidelia.programme.queries import terms_of
from fidelia.shadow.models import ShadowPurchase
from fidelia.shadow.operations.explaining import EARNS_THERE
from fidelia.shadow.queries import UNKNOWN_HERE, UNKNOWN_THERE
from fidelia.ui import formats

from .rules.effect_forms import ROUNDINGS

_OVER: Mapping[str, Promise] = {
    "purchase": gettext_lazy("over the whole purchase"),
    "line": gettext_lazy("line by line"),
}
_DATED: Mapping[str, Promise] = {
    "utc": gettext_lazy("in universal time"),
    "day_before": gettext_lazy("the day before"),
    "day_after": gettext_lazy("the day after"),
}
_EARNS = gettext_lazy("lines that earn nothing here counted")
_UNKNOWN: Mapping[str, Promise] = {
    "unknown_member": gettext_lazy("no card or membership by this name"),
    "not_a_member": gettext_lazy("no member at that time"),
    **dict.fromkeys(
        ("card_not_usable", "card_lost", "card_replaced", "card_blocked", "card_expired"),
        gettext_lazy("a card that is blocked, lost or over"),
    ),
    "card_not_given": gettext_lazy("a card that is with nobody yet"),
    "no_version_in_force": gettext_lazy("no version was in force"),
}


def cause_words() -> dict[str, tuple[str, str]]:
    """Return what a cause is called, and what it means."""
    return {
        "unknown_member": (_("Member unknown here"), _("The card or the membership is not in Fidelia.")),
        "price": (
            _("Another price"),
            _("The basket costs something else there: a discount that one of the two gives."),
        ),
        "codes": (
            _("Codes of the vendor"),
            _("Coupons or gift cards were presented, which nobody asks about in shadow mode."),
        ),
        "tier": (_("Another tier"), _("With another tier the rules give the vendor’s number.")),
        "date": (
            _("Date or time zone"),
            _("Dated otherwise, or in universal time, the rules give the vendor’s number."),
        ),
        "rounding": (_("Rounding"), _("Rounded otherwise, or line by line, the rules give the vendor’s number.")),
        "excluded_product": (
            _("Product that does not earn"),
            _("Without one line, or with all of them, it is the vendor’s number."),
        ),
        "rule_not_there": (
            _("Rule that the vendor does not have"),
            _("Without the rule named it is the vendor’s number."),
        ),
        "rule_not_here": (
            _("Rule that is missing here"),
            _("The vendor gives more than any rule here; where a rule is named, its condition is wider there."),
        ),
        "late": (_("Late purchase"), _("It was sent more than a day after it happened, and nothing else explains it.")),
        "other": (_("Not explained"), _("None of the suppositions gives the vendor’s number.")),
        **_causes_of_returns(),
        UNKNOWN_HERE: (
            _("Purchase that the till did not send"),
            _("The vendor granted for a receipt that is not known here."),
        ),
        UNKNOWN_THERE: (
            _("Purchase that the vendor did not reward"),
            _("Judged here, and older than the last one that the vendor told of."),
        ),
    }


def _causes_of_returns() -> dict[str, tuple[str, str]]:
    return {
        "unknown_sale": (
            _("Return of an unknown purchase"),
            _("The purchase that came back was not sent here, as when it was before the shadow began."),
        ),
        "sale": (
            _("Return of a purchase that differs"),
            _("As the purchase gave other points there, its return takes others back."),
        ),
        "not_taken_back": (
            _("Return that costs no points there"),
            _("The vendor leaves the points of what comes back."),
        ),
        "rounding_back": (
            _("Rounding of a return"),
            _("The vendor rounds the share of a returned line otherwise."),
        ),
    }


def detail_in_words(judged: ShadowPurchase, language: str) -> str:
    """Return what the cause was about: a tier, rules, a rounding, a date, a line, why the member is unknown."""
    detail = judged.detail
    match judged.cause:
        case "rounding":
            rounding, _slash, over = detail.partition("/")
            said: str | Promise = f"{dict(ROUNDINGS)[rounding]}, {_OVER[over]}"
        case "date":
            said = _DATED[detail]
        case "tier" | "rule_not_there" | "rule_not_here":
            said = _named(judged, language)
        case "price":
            said = _("%(there)s there, %(here)s here") % _prices(judged, language)
        case "codes":
            said = ngettext("%(count)s code", "%(count)s codes", int(detail)) % {"count": detail}
        case "sale" | "not_taken_back" if detail:
            said = _("of receipt %(number)s") % {"number": detail}
        case "excluded_product":
            said = _EARNS if detail == EARNS_THERE else _("without “%(line)s”") % {"line": detail}
        case _:
            said = _UNKNOWN.get(detail, detail)
    return str(said)


def _prices(judged: ShadowPurchase, language: str) -> dict[str, str]:
    currency = judged.shadow.programme.currency
    there, here = (
        formats.money(Money(int(part), currency).text(), currency, language) for part in judged.detail.split("/")
    )
    return {"there": there, "here": here}


def _named(judged: ShadowPurchase, language: str) -> str:
    """Return the names of the tier or the rules that a detail holds the keys of."""
    if not judged.detail:
        return _("no tier") if judged.cause == "tier" else ""
    if judged.version_id is None:
        return judged.detail
    terms = terms_of(judged.version_id)
    names = {rule.key: rule.name for rule in terms.rule_set.rules}
    names |= {level.key: level.name for tier_set in terms.tier_sets for level in tier_set.levels}
    told = (names[key].in_language(language) if key in names else key for key in judged.detail.split(", "))
    return ", ".join(told)
