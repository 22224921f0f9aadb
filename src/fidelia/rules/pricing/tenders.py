"""What pays: points at their rate, gift cards in their order, and money for the rest, rounded to the smallest coin.

Tenders never lower a price. Each is shared over the lines it pays for by largest remainder, and frozen with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fidelia.kernel.money import split_by_largest_remainder

from ..paying import PAID_LIMIT, most_payable
from ..rounding import ROUNDINGS
from .basket import Basket
from .bill import POINTS_TENDER, Tender


class Payable(msgspec.Struct):
    """A line or shipping cost as it is to be paid: `left` of its total, and what each tender paid of it."""

    total: int
    takes_tenders: bool
    left: int = 0
    paid: list[tuple[str, int]] = []
    points: int = 0

    def __post_init__(self) -> None:
        self.left = self.total


def pay(
    payables: Sequence[Payable],
    basket: Basket,
    order: Sequence[str],
    points_left: int,
) -> tuple[Tender, ...]:
    """Let points and gift cards pay, in the declared order; `points_left` may be spent."""
    found: list[Tender] = []
    for kind in order:
        if kind == "points":
            found += _pay_with_points(payables, basket, points_left)
        else:
            found += _pay_with_gift_cards(payables, basket)
    return tuple(found)


def _pay_with_points(payables: Sequence[Payable], basket: Basket, points_left: int) -> list[Tender]:
    if basket.points is None or basket.pays is None:
        return []
    open_lines = [each for each in payables if each.takes_tenders]
    available = points_left if basket.points.wanted is None else min(points_left, basket.points.wanted)
    if basket.pays.at_most is not None:
        available = min(available, basket.left.get(PAID_LIMIT, basket.pays.at_most))
    most = most_payable(basket.pays, due=sum([each.left for each in open_lines]), available=available)
    if not most.money:
        return []
    shares = _share(open_lines, most.money, POINTS_TENDER)
    for each, part in zip(open_lines, split_by_largest_remainder(most.points, shares), strict=True):
        each.points = part
    return [Tender(POINTS_TENDER, most.money, most.points)]


def _pay_with_gift_cards(payables: Sequence[Payable], basket: Basket) -> list[Tender]:
    open_lines = [each for each in payables if each.takes_tenders]
    found = []
    for card in basket.gift_cards:
        wanted = card.balance if card.wanted is None else min(card.balance, card.wanted)
        amount = min(wanted, sum([each.left for each in open_lines]))
        if amount > 0:
            _share(open_lines, amount, card.key)
            found.append(Tender(card.key, amount))
    return found


def _share(lines: Sequence[Payable], amount: int, key: str) -> list[int]:
    shares = split_by_largest_remainder(amount, [each.left for each in lines])
    for each, part in zip(lines, shares, strict=True):
        if part:
            each.left -= part
            each.paid.append((key, part))
    return shares


def round_cash(due: int, basket: Basket) -> int:
    """Return what rounding to the smallest coin adds to what is due; negative when it takes away."""
    step = basket.arithmetic.cash_step
    if not basket.in_cash or step <= 1:
        return 0
    return ROUNDINGS[basket.arithmetic.cash_rounding](due, step) * step - due
