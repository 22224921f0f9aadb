"""Find the amount that is paid, taxes included, where a file has one without them beside it. Knows no Django."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from .amounts import adds
from .doubting import BEFORE_TAX, is_before_tax
from .doubts import Doubt, because
from .likeness import SURE, all_words_of, words_of
from .prices import Chosen, Doubts
from .profiles import Profile

TAXES = frozenset(("tax", "taxe", "taxes", "tva", "vat", "mwst", "gst", "ust", "iva", "hst"))
WITH_TAX = frozenset(("incl", "including", "inclusive", "ttc", "incluses", "comprises", "inkl", "with", "brutto"))
TAX_RATE_MAX = Decimal("0.4")
LIKELY_SHARE = 0.95
_RATES = frozenset(("rate", "taux", "pct", "percent", "percentage", "code", "id", "satz", "name", "nom", "class"))


def settle_taxes(chosen: Chosen, profiles: Sequence[Profile], doubts: Doubts) -> None:
    """Take for the amount paid the column that is amount and tax together; where there is none, add the tax, or say so.

    For targets with the columns net and tax; others are left as they are.
    """
    if "net" not in chosen:
        return
    amount = chosen["net"][0]
    taxes = [profile for profile in profiles if _is_tax(profile) and any(profile.numbers)]
    free = _free(chosen, profiles)
    for tax in taxes:
        whole = next((one for one in free if one is not tax and adds(amount, tax, one)), None)
        if whole is not None:
            _take(chosen, whole, tax, doubts)
            return
    if taxes and "tax" not in chosen and is_before_tax(amount) and (added := _added(amount, taxes)) is not None:
        _add(chosen, added, doubts)
    elif taxes and WITH_TAX.isdisjoint(words_of(amount.name)) and not _holds(amount, taxes, profiles):
        doubts.setdefault(amount.name, []).append(Doubt("net", amount.name, because(
            "Beside it stands “{tax}”: look whether this amount holds it; what the customer pays is taxes included.",
            "À côté figure « {tax} » : vérifiez si elle est comprise dans ce montant ; le client paie taxes comprises.",
            tax=taxes[0].name)))  # fmt: skip


def _added(amount: Profile, taxes: Sequence[Profile]) -> Profile | None:
    """Return the tax that is on nearly all rows a part of the amount as taxes are: at most two fifths of it."""
    for tax in taxes:
        pairs = [(net, part) for net, part in zip(amount.numbers, tax.numbers, strict=True) if net and part is not None]
        likely = sum(abs(part) <= TAX_RATE_MAX * abs(net) for net, part in pairs)
        if pairs and likely >= LIKELY_SHARE * len(pairs):
            return tax
    return None


def _add(chosen: Chosen, tax: Profile, doubts: Doubts) -> None:
    """Without a column of both, what the customer pays is their sum."""
    amount = chosen["net"][0]
    for name in [name for name, (profile, _score) in chosen.items() if profile is tax]:
        del chosen[name]
    chosen["tax"] = (tax, SURE)
    doubts.setdefault(tax.name, []).append(Doubt("tax", tax.name, because(
        "It is added to “{amount}”, which is before tax: their sum is what the customer pays.",
        "Elle s’ajoute à « {amount} », hors taxes : leur somme est ce que le client paie.",
        amount=amount.name)))  # fmt: skip


def _take(chosen: Chosen, whole: Profile, tax: Profile, doubts: Doubts) -> None:
    before = chosen["net"][0]
    for name in [name for name, (profile, _score) in chosen.items() if profile is whole]:
        del chosen[name]
    chosen["net"] = (whole, SURE)
    if before.name in doubts:
        doubts[before.name] = [doubt for doubt in doubts[before.name] if doubt.about != "net"]
    doubts.setdefault(whole.name, []).append(Doubt("net", whole.name, because(
        "“{before}” and “{tax}” make it: it is what the customer pays, taxes included.",
        "« {before} » et « {tax} » la composent : c’est ce que le client paie, taxes comprises.",
        before=before.name, tax=tax.name)))  # fmt: skip


def _free(chosen: Chosen, profiles: Sequence[Profile]) -> list[Profile]:
    """Return the columns of numbers that are nothing yet, or what a name alone took for a price or before discounts."""
    taken = {profile.name for name, (profile, _score) in chosen.items() if name not in ("gross", "unit_price")}
    return [profile for profile in profiles if profile.name not in taken and profile.share("number") >= 0.9]


def _is_tax(profile: Profile) -> bool:
    words = all_words_of(profile.name)
    is_rate = bool(words & _RATES) or profile.share("percent") > 0.5
    is_other = bool(words & (WITH_TAX | BEFORE_TAX | {"w", "without", "sans", "before", "after"}))
    return bool(words & TAXES) and not is_other and not is_rate and profile.share("number") >= 0.9


def _holds(amount: Profile, taxes: Sequence[Profile], profiles: Sequence[Profile]) -> bool:
    """Whether some other column and the tax make the amount itself."""
    others = [one for one in profiles if one is not amount and one.share("number") >= 0.9]
    return any(adds(other, tax, amount) for tax in taxes for other in others if other is not tax)
