"""Say what a basket came to, as plain values that are kept with the checkout and rendered by the faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from fidelia.rules.pricing import (
    Bill,
    BilledLine,
    Custom,
    Discount,
    Gift,
    Issue,
    PointsCost,
    PointsCredit,
    TierCredit,
)

from ...models import ToldLine
from .law import judge
from .reading import CheckoutSurroundings
from .requests import CheckoutBasket
from .settling import Settled

POINTS: Final = "points"
_KINDS: Final[Mapping[type, str]] = {
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

    `lines` are ToldLine. `effects` are in the order of the rules: Discount, or a mapping that names its kind and its
    rule. `outcomes` says of every rule what it came to, and why not, with `explain`: Outcome. `warnings` are what the
    law says of it.
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
        "effects": _effects(bill),
        "coupons": [[each.code, each.reason, each.used] for each in bill.coupons],
        "gift_cards": _gift_cards(found),
        "outcomes": bill.outcomes if explain else None,
        "warnings": judge(found, settled, at),
    }


def lines_of(settled: Settled, basket: CheckoutBasket) -> list[ToldLine]:
    """Return the lines in the order in which a purchase keeps them: those sent, gifts added, then shipping."""
    bill, sent, earns = settled.bill, len(basket.lines), settled.is_member
    lines = []
    for i, line in enumerate(bill.lines):
        code = basket.lines[i].product_code if i < sent else line.product
        lines.append(_line(line, i + 1, code, earns=earns, is_gift=i >= sent, is_shipping=False))
    for j, line in enumerate(bill.shipping, len(bill.lines) + 1):
        lines.append(_line(line, j, "", earns=earns, is_gift=False, is_shipping=True))
    return lines


def _line(line: BilledLine, number: int, code: str, *, earns: bool, is_gift: bool, is_shipping: bool) -> ToldLine:
    by_points, by_cards = shares_paid(line)
    pieces = line.pieces
    return ToldLine(
        number,
        code,
        is_gift,
        is_shipping,
        line.quantity,
        line.listed,
        line.listed - line.amount,
        line.amount,
        line.untaxed,
        line.total - line.untaxed,
        line.total,
        by_points,
        line.points_paid,
        by_cards,
        line.points if earns else 0,
        line.discounts,
        line.taxes,
        # Of a line that is one piece we know what it came to.
        [(pieces[0].quantity, line.amount)] if len(pieces) == 1 else [(each.quantity, each.amount) for each in pieces],
    )


def shares_paid(line: BilledLine) -> tuple[int, int]:
    """Return what points and gift cards pay of a line, in minor units."""
    if not line.paid:
        return 0, 0
    by_points = sum([amount for key, amount in line.paid if key == POINTS])
    return by_points, sum([amount for _key, amount in line.paid]) - by_points


def _effects(bill: Bill) -> Sequence[Any]:
    if not bill.others:
        return bill.effects
    return [each if type(each) is Discount else _effect(each) for each in bill.effects]


def _effect(effect: Any) -> dict[str, Any]:
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
