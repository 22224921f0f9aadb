"""The offers of a basket as the till numbers them: what acts, what is within reach, what was set aside and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.programme.queries.differences import points_name_of
from fidelia.rules import Outcome, RuleSet, describe_rule, say_outcome
from fidelia.rules.pricing.reasons import COUPON_MISSING, NOT_CLAIMED, POINTS_SHORT
from fidelia.rules.settlement import EXPIRED, GRANTED, NOT_YET_VALID
from fidelia.ui import formats

from ..trials import text_without_name
from .requests import CLAIM, PAY_WITH_POINTS, TillSale

OFFERS_MAX = 9
_SILENT = (NOT_YET_VALID, EXPIRED, COUPON_MISSING)
_ORDER = ("applied", "choosable", "within_reach", "aside")


def offers_of(
    said: Mapping[str, Any], rule_set: RuleSet, programme: Programme, sale: TillSale, payment: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return at most nine offers: the applied first, what can be chosen, what is within reach, what was set aside.

    `said` is the evaluation of the basket; `payment` that of the same basket paid with points, where they may pay.
    Rules that are over, have not begun, or wait for a coupon nobody presented are not offered.
    """
    outcomes = [one for one in said["outcomes"] if one.reason not in _SILENT]
    offers = [_offer(one, rule_set, programme, sale) for one in outcomes]
    paying = _payment_offer(payment, programme, sale) if payment is not None else None
    listed = sorted([*filter(None, [paying]), *offers], key=lambda offer: _ORDER.index(offer["state"]))
    return [
        offer | {"number": place, "state_text": _state_text(offer["state"])}
        for place, offer in enumerate(listed[:OFFERS_MAX], 1)
    ]


def coupons_of(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the answer to each code presented: coupons, vouchers and gift cards."""
    used = [
        {"code": code, "used": reason == "used", "text": _coupon_text(reason)}
        for code, reason, _rules in said["coupons"]
    ]
    cards = [
        {"code": code, "used": state == "ok", "text": _coupon_text(state)}
        for code, state, _id, _balance in said["gift_cards"]
    ]
    return [*used, *cards]


def _offer(outcome: Outcome, rule_set: RuleSet, programme: Programme, sale: TillSale) -> dict[str, Any]:
    rule, tongue, points_name = rule_set.rule_at[outcome.rule_key], get_language() or "en", points_name_of(programme)
    toggle = f"{CLAIM}{rule.key}" if rule.terms.is_claimed and outcome.reason != POINTS_SHORT else ""
    name, state = rule.name.in_language(tongue), _state(outcome, bool(toggle))
    if state == "choosable":
        detail = describe_rule(rule, rule_set, tongue, points_name=points_name)
    else:
        said = text_without_name(say_outcome(outcome, rule_set, tongue, points_name=points_name), name)
        detail = re.sub(r"^(rien|nothing), ", "", said)
    return {
        "rule": rule.key,
        "name": name,
        "state": state,
        "detail": formats.typeset(detail, tongue),
        "amount": _amount(outcome, rule_set, programme, tongue),
        "toggle": toggle,
        "chosen": sale.chosen.get(toggle, False) if toggle else False,
    }


def _amount(outcome: Outcome, rule_set: RuleSet, programme: Programme, tongue: str) -> str:
    if outcome.discount:
        return "\u2212" + formats.money(Money(outcome.discount, programme.currency).text(), programme.currency, tongue)
    if outcome.points:
        return formats.minor_points(outcome.points, rule_set.points_scale, tongue, sign=True)
    return ""


def _state(outcome: Outcome, is_chosen: bool) -> str:
    if outcome.reason == GRANTED:
        return "applied"
    if outcome.reason == NOT_CLAIMED and is_chosen:
        return "choosable"
    return "within_reach" if outcome.missing is not None else "aside"


def _payment_offer(payment: Mapping[str, Any], programme: Programme, sale: TillSale) -> dict[str, Any] | None:
    """Return the offer to pay with points; nothing where they pay nothing of this basket."""
    paid = next((tender for tender in payment["tenders"] if tender[0] == PAY_WITH_POINTS), None)
    if paid is None or not paid[1]:
        return None
    tongue, chosen = get_language() or "en", sale.chosen.get(PAY_WITH_POINTS, False)
    money = formats.money(Money(paid[1], programme.currency).text(), programme.currency, tongue)
    scale = programme.points_currency.scale
    spent = points_name_of(programme).say(paid[2], scale, tongue)
    return {
        "rule": "",
        "name": _("Pay %(money)s with %(points)s") % {"money": money, "points": spent},
        "state": "applied" if chosen else "choosable",
        "detail": "",
        "amount": f"\u2212{money}" if chosen else "",
        "toggle": PAY_WITH_POINTS,
        "chosen": chosen,
    }


def _state_text(state: str) -> str:
    return {
        "applied": _("applied by itself"),
        "choosable": _("to choose"),
        "within_reach": _("within reach"),
        "aside": _("not this time"),
    }[state]


def _coupon_text(reason: str) -> str:
    texts = {
        "used": _("taken"),
        "ok": _("taken"),
        "unknown": _("not known"),
        "expired": _("expired"),
        "not_yet_valid": _("not valid yet"),
        "not_yet": _("not valid yet"),
        "used_up": _("used up"),
        "not_yours": _("another member’s"),
        "of_another_member": _("another member’s"),
        "needs_member": _("needs a member"),
        "cancelled": _("blocked"),
        "blocked": _("blocked"),
        "reserved": _("reserved by another purchase"),
    }
    return texts.get(reason, _("gives nothing for this basket"))
