"""Say what a basket came to, as plain values that are kept with the checkout and rendered by the faces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fidelia.rules.pricing import (
    BilledLine,
    Custom,
    Discount,
    Gift,
    Issue,
    PointsCost,
    PointsCredit,
    TierCredit,
)

from .law import judge
from .reading import CheckoutSurroundings
from .requests import CheckoutBasket
from .settling import Settled

POINTS: Final = "points"
_KINDS: Final[Mapping[type, str]] = {
    Discount: "discount",
    Gift: "gift",
    Issue: "issue",
    TierCredit: "tier_credit",
    PointsCredit: "points_credit",
    Custom: "custom",
    PointsCost: "points_cost",
}


def describe_evaluation(
    found: CheckoutSurroundings, settled: Settled, *, at: datetime, explain: bool
) -> dict[str, Any]:
    """Return the evaluation of a basket: money in minor units, quantities in thousandths, points in minor units.

    `effects` are in the order of the rules; each names its kind, its rule, and its line where it has one. `outcomes`
    says of every rule what it came to, and why not, with `explain`. `warnings` are what the law says of it.
    """
    bill = settled.bill
    return {
        "as_of": found.basket.occurred_at or at,
        "programme_id": found.around.programme_id,
        "version_id": settled.terms.version_id,
        "is_member": settled.is_member,
        "tier": found.member.tier if found.member is not None and settled.is_member else "",
        "currency": bill.currency,
        "listed": bill.listed,
        "discount": bill.discount,
        "amount": bill.amount,
        "untaxed": bill.untaxed,
        "tax": bill.tax,
        "total": bill.total,
        "rounding": bill.rounding,
        "due": bill.due,
        "points": bill.points.points if settled.is_member else 0,
        "points_spent": bill.points_spent,
        "taxes": bill.taxes,
        "lines": lines_of(settled, found.basket),
        "tenders": [[each.key, each.amount, each.points] for each in bill.tenders],
        "effects": [_effect(each) for each in bill.effects],
        "coupons": [[each.code, each.reason, each.used] for each in bill.coupons],
        "gift_cards": _gift_cards(found),
        "outcomes": [_outcome(each) for each in bill.outcomes] if explain else None,
        "warnings": judge(found, settled, at),
    }


def lines_of(settled: Settled, basket: CheckoutBasket) -> list[dict[str, Any]]:
    """Return the lines in the order in which a purchase keeps them: those sent, gifts added, then shipping."""
    bill, sent = settled.bill, len(basket.lines)
    lines = []
    for i, line in enumerate(bill.lines):
        code = basket.lines[i].product_code if i < sent else line.product
        lines.append(_line(line, i + 1, code, is_gift=i >= sent))
    for j, line in enumerate(bill.shipping, len(bill.lines) + 1):
        lines.append(_line(line, j, "", is_gift=False, is_shipping=True))
    if not settled.is_member:
        for said in lines:
            said["points"] = 0
    return lines


def _line(line: BilledLine, number: int, code: str, *, is_gift: bool, is_shipping: bool = False) -> dict[str, Any]:
    by_points = sum([amount for key, amount in line.paid if key == POINTS])
    return {
        "line_number": number,
        "product": code,
        "is_gift": is_gift,
        "is_shipping": is_shipping,
        "quantity": line.quantity,
        "listed": line.listed,
        "discount": line.listed - line.amount,
        "amount": line.amount,
        "untaxed": line.untaxed,
        "tax": line.total - line.untaxed,
        "total": line.total,
        "paid_by_points": by_points,
        "points_paid": line.points_paid,
        "paid_by_gift_cards": sum([amount for _key, amount in line.paid]) - by_points,
        "points": line.points,
        "discounts": line.discounts,
        "taxes": line.taxes,
        "pieces": [[piece.quantity, piece.amount] for piece in line.pieces],
    }


def _effect(effect: Any) -> dict[str, Any]:
    if type(effect) is Discount:  # most are
        return {
            "kind": "discount",
            "rule_key": effect.rule_key,
            "line": effect.line,
            "quantity": effect.quantity,
            "amount": effect.amount,
            "on_shipping": effect.on_shipping,
        }
    values = {name: getattr(effect, name) for name in effect.__slots__}
    return {"kind": _KINDS[type(effect)], **_renamed(values)}


def _renamed(values: dict[str, Any]) -> dict[str, Any]:
    """A custom effect and an issue have a kind of their own."""
    if "kind" in values:
        values["what"] = values.pop("kind")
    return values


def _gift_cards(found: CheckoutSurroundings) -> list[list[Any]]:
    known = found.rewards.get("gift_cards", {})
    cards = [(tender.code, known.get(tender.code, {})) for tender in found.basket.gift_cards]
    return [[code, card.get("state", "unknown"), card.get("id"), card.get("balance")] for code, card in cards]


def _outcome(outcome: Any) -> dict[str, Any]:
    return {
        "rule": outcome.rule_key,
        "reason": outcome.reason,
        "missing": outcome.missing,
        "missing_type": outcome.missing_type,
        "points": outcome.points,
        "discount": outcome.discount,
        "unlimited": outcome.unlimited,
        "by": outcome.by,
    }
