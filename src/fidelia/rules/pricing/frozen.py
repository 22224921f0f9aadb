"""The frozen allocation of a closed checkout: all that any later return, cancellation or dispute may read.

A bill is frozen once, at close, and stored with the decision. Rules, prices and balances of later days never matter:
a reversal reads this and what came back already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fidelia.kernel.errors import Invalid
from fidelia.kernel.money import split_by_largest_remainder

from .bill import POINTS_TENDER, Bill, BilledLine, Consumed, PointsCost, PointsCredit, Shares, TierCredit

FORMAT = 1


class MalformedBill(Invalid):
    """A stored bill cannot be read."""

    default_code = "malformed_bill"


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """One line as closed; the members are those of `BilledLine`.

    `points_paid` are the points that come back with it: those that paid for it, and its share of what the rewards cost
    that lowered its price.
    """

    key: str
    quantity: int
    listed: int
    untaxed: int
    total: int
    discounts: Shares = ()
    taxes: Shares = ()
    paid: Shares = ()
    points_paid: int = 0
    points: int = 0
    points_by_rule: Shares = ()
    is_shipping: bool = False


@dataclass(frozen=True, slots=True)
class FrozenBill:
    """`lines` are those of the bill, then its shipping costs: their places are what a return names.

    `rewards_cost` are the points that go back when the whole has come back, and not with parts. With `cards_first`
    what was paid in money goes back only when the gift cards have all that they paid. With `earned_down` points that
    were earned go back rounded down.
    `gift_prices` are of the bill too: what gifts were worth when it was made, given or not.
    """

    currency: str
    lines: tuple[FrozenLine, ...]
    rounding: int = 0
    unassigned: int = 0
    tier_credit: int = 0
    consumed: tuple[Consumed, ...] = ()
    credits: Shares = ()
    rewards_cost: int = 0
    cards_first: bool = False
    gift_prices: Shares = ()
    earned_down: bool = False

    @property
    def total(self) -> int:
        return sum([line.total for line in self.lines])

    def as_mapping(self) -> dict[str, Any]:
        """Return the compact JSON form: whole numbers and texts; `from_mapping` reads it back."""
        return {
            "format": FORMAT,
            "currency": self.currency,
            "lines": [_line_row(line) for line in self.lines],
            "rounding": self.rounding,
            "unassigned": self.unassigned,
            "tier_credit": self.tier_credit,
            "consumed": [[each.limit, each.of, each.amount, list(each.rules)] for each in self.consumed],
            **({"credits": [list(each) for each in self.credits]} if self.credits else {}),
            **({"rewards_cost": self.rewards_cost} if self.rewards_cost else {}),
            **({"cards_first": True} if self.cards_first else {}),
            **({"gift_prices": [list(each) for each in self.gift_prices]} if self.gift_prices else {}),
            **({"earned_down": True} if self.earned_down else {}),
        }

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> FrozenBill:
        """Read the compact JSON form. Raises MalformedBill."""
        try:
            if stored["format"] != FORMAT:
                raise MalformedBill(f"This bill has format {stored['format']}; {FORMAT} is read here.")
            return cls(
                stored["currency"],
                tuple([_read_line(row) for row in stored["lines"]]),
                stored["rounding"],
                stored["unassigned"],
                stored["tier_credit"],
                tuple([Consumed(limit, of, amount, tuple(rules)) for limit, of, amount, rules in stored["consumed"]]),
                tuple([(currency, parts) for currency, parts in stored.get("credits", ())]),
                stored.get("rewards_cost", 0),
                stored.get("cards_first", False),
                _pairs(stored.get("gift_prices", ())),
                stored.get("earned_down", False),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedBill("This is not a bill.") from error


def freeze(bill: Bill) -> FrozenBill:
    """Return what is stored of a bill when its checkout is closed."""
    costs = _costs_by_line(bill)
    goods, whole = len(bill.lines), 0
    if bill.rewards_back == "whole":
        costs, whole = [0] * len(costs), sum(costs)
    return FrozenBill(
        bill.currency,
        tuple(
            [_frozen(line, costs[n], is_shipping=n >= goods) for n, line in enumerate((*bill.lines, *bill.shipping))]
        ),
        bill.rounding,
        bill.points.unassigned,
        sum([each.points for each in bill.others if isinstance(each, TierCredit)]),
        bill.consumed,
        credits_of(bill),
        whole,
        bill.refunds == "gift_cards_first" and any(each.key != POINTS_TENDER for each in bill.tenders),
        bill.gift_prices,
        bill.earned_back == "down",
    )


def credits_of(bill: Bill) -> Shares:
    """Add up by currency what the bill credits in further points, in ten-thousandths of one."""
    sums: dict[str, int] = {}
    for each in bill.others:
        if isinstance(each, PointsCredit):
            sums[each.currency] = sums.get(each.currency, 0) + each.parts
    return tuple(sums.items())


def _costs_by_line(bill: Bill) -> list[int]:
    """Share what each claimed reward cost in points over the lines whose price it lowered: so it comes back with them.

    A reward that lowered no price goes by what the lines cost.
    """
    lines = (*bill.lines, *bill.shipping)
    costs = [0] * len(lines)
    for effect in bill.others:
        if isinstance(effect, PointsCost):
            weights = [sum([part for key, part in line.discounts if key == effect.rule_key]) for line in lines]
            if not any(weights):
                weights = [line.total for line in lines]
            for n, part in enumerate(split_by_largest_remainder(effect.points, weights)):
                costs[n] += part
    return costs


def _frozen(line: BilledLine, cost: int, *, is_shipping: bool) -> FrozenLine:
    return FrozenLine(
        key=line.key,
        quantity=line.quantity,
        listed=line.listed,
        untaxed=line.untaxed,
        total=line.total,
        discounts=line.discounts,
        taxes=line.taxes,
        paid=line.paid,
        points_paid=line.points_paid + cost,
        points=line.points,
        points_by_rule=line.points_by_rule,
        is_shipping=is_shipping,
    )


def _line_row(line: FrozenLine) -> list[Any]:
    # Lists of pairs, not objects: jsonb does not keep the order of keys, and the order is the declared one.
    return [
        line.key,
        line.quantity,
        line.listed,
        line.untaxed,
        line.total,
        [list(each) for each in line.discounts],
        [list(each) for each in line.taxes],
        [list(each) for each in line.paid],
        line.points_paid,
        line.points,
        [list(each) for each in line.points_by_rule],
        line.is_shipping,
    ]


def _read_line(row: list[Any]) -> FrozenLine:
    key, quantity, listed, untaxed, total, discounts, taxes, paid, points_paid, points, by_rule, is_shipping = row
    return FrozenLine(
        key,
        quantity,
        listed,
        untaxed,
        total,
        _pairs(discounts),
        _pairs(taxes),
        _pairs(paid),
        points_paid,
        points,
        _pairs(by_rule),
        is_shipping,
    )


def _pairs(rows: Iterable[list[Any]]) -> Shares:
    return tuple([(key, amount) for key, amount in rows])
