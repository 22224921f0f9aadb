"""What goes back when lines are returned, by quantity or by amount: read from the frozen bill, never from rules.

Of each line a return takes a fraction: units ÷ units bought, or money ÷ what the line cost. After all returns so far
the fraction F has come back, and with it round(part × F) of each part, points that were earned rounded down where the
bill says so; one return is the difference of two such totals. So any sequence of returns, split in any way, sums to the
whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from fidelia.kernel.errors import Refused
from fidelia.kernel.money import Money, split_by_largest_remainder

from ..paying import PAID_LIMIT
from ..rounding import round_half_up
from .bill import GIFT_KEY, POINTS_TENDER, Consumed, Shares
from .frozen import FrozenBill, FrozenLine

PIECE = 1_000  # thousandths of a piece


class MoreThanBought(Refused):
    """More of a line comes back than was bought, or than is left of it."""

    default_code = "more_than_bought"


@dataclass(frozen=True, slots=True)
class Returned:
    """So much of one line, by its place in `FrozenBill.lines`: a quantity (thousandths) or an amount of its total."""

    line: int
    quantity: int | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class ReversedLine:
    """What goes back of one line; `money` is what was paid neither by points nor by a gift card."""

    line: int
    listed: int
    untaxed: int
    total: int
    money: int
    discounts: Shares
    taxes: Shares
    paid: Shares
    points_paid: int
    points: int
    points_by_rule: Shares


@dataclass(frozen=True, slots=True)
class Reversal:
    """What one return or cancellation gives and takes back, all above or at zero.

    total       what the goods are worth: money + the gift cards' shares + the share of points, as money
    money       to pay out, cash rounding apart: `rounding` is added when everything has come back
    gift_cards  (key, amount) to put back;  points_paid goes back to the member;  points are taken from the member
    discounts   by rule, what the returned goods had been lowered by
    consumed    what limits get back: money and points in proportion, uses when everything has come back
    is_whole    everything has come back now, and had not before
    credits     by further currency of points, what goes back in ten-thousandths of one
    """

    lines: tuple[ReversedLine, ...]
    total: int
    money: int
    rounding: int
    points: int
    points_paid: int
    unassigned: int
    tier_credit: int
    gift_cards: Shares
    taxes: Shares
    discounts: Shares
    consumed: tuple[Consumed, ...]
    is_whole: bool
    credits: Shares = ()


def reverse(frozen: FrozenBill, now: Sequence[Returned], *, already: Sequence[Returned] = ()) -> Reversal:
    """Return what goes back for `now`, after `already` came back (all earlier returns, in their order).

    Raises MoreThanBought.
    """
    before: _ByLine = {each.line: _progress_of(frozen, each) for each in (*already, *now)}
    for each in already:
        before[each.line].advance(each)
    after = {n: progress.copy() for n, progress in before.items()}
    for each in now:
        after[each.line].advance(each)
    lines = tuple([after[n].since(before[n], n) for n in sorted({each.line for each in now})])
    if frozen.cards_first:
        lines = _cards_first(frozen, lines, before)
    return _reversal(frozen, lines, _whole_progress(frozen, before), _whole_progress(frozen, after))


def everything_left(frozen: FrozenBill, already: Sequence[Returned] = ()) -> tuple[Returned, ...]:
    """Return what a cancellation after `already` still has to bring back: the rest of every line."""
    progress = _all_progress(frozen, already)
    return tuple([each.rest(n) for n, each in enumerate(progress) if each.fraction < 1])


def spread_amount(frozen: FrozenBill, amount: int, already: Sequence[Returned] = ()) -> tuple[Returned, ...]:
    """Spread a refund by amount over all lines, in proportion to what is left of each.

    Raises MoreThanBought.
    """
    progress = _all_progress(frozen, already)
    left = [each.line.total - each.total for each in progress]
    if not 0 < amount <= sum(left):
        raise MoreThanBought(_so_much_is_left(sum(left), amount, frozen.currency))
    parts = split_by_largest_remainder(amount, left)
    return tuple([Returned(n, amount=part) for n, part in enumerate(parts) if part])


def gifts_brought_back(frozen: FrozenBill, now: Sequence[Returned], already: Sequence[Returned] = ()) -> dict[str, int]:
    """Return how many whole pieces of gifts come back with `now`, by product: those that are themselves returned."""
    pieces: dict[str, int] = {}
    for place, line in enumerate(frozen.lines):
        if line.key.startswith(GIFT_KEY):
            before = sum([each.quantity or 0 for each in already if each.line == place])
            after = before + sum([each.quantity or 0 for each in now if each.line == place])
            code = line.key.removeprefix(GIFT_KEY).partition(":")[2]
            pieces[code] = pieces.get(code, 0) + after // PIECE - before // PIECE
    return {code: count for code, count in pieces.items() if count}


class _Progress:
    """How much of one line has come back, and of each of its parts."""

    def __init__(self, line: FrozenLine, currency: str, *, earned_down: bool = False) -> None:
        self.line, self.currency, self.earned_down = line, currency, earned_down
        self.fraction = Fraction(0)
        self.quantity = 0
        self.total = 0
        money = line.total - sum([amount for _, amount in line.paid])
        self.paid_whole = [*[amount for _, amount in line.paid], money]
        self.taxed_whole = [*[amount for _, amount in line.taxes], line.untaxed]
        self.paid = [0] * len(self.paid_whole)
        self.taxed = [0] * len(self.taxed_whole)

    def copy(self) -> _Progress:
        twin = _Progress(self.line, self.currency, earned_down=self.earned_down)
        twin.fraction, twin.quantity, twin.total = self.fraction, self.quantity, self.total
        twin.paid, twin.taxed = list(self.paid), list(self.taxed)
        return twin

    def advance(self, returned: Returned) -> None:
        if returned.quantity is not None and returned.amount is None:
            self.fraction = self.with_quantity(returned.quantity)
        elif returned.amount is not None and returned.quantity is None:
            self.fraction = self.with_amount(returned.amount)
        else:
            raise MoreThanBought("A return names a quantity or an amount of a line.")
        self.total = self.share(self.line.total)
        self.paid = _grown(self.paid, self.paid_whole, self.total)
        self.taxed = _grown(self.taxed, self.taxed_whole, self.total)

    def with_quantity(self, quantity: int) -> Fraction:
        left = self.line.quantity - self.quantity
        if not 0 < quantity <= left:
            raise MoreThanBought(f"Of line {self.line.key} there is no more than {left / PIECE:g} left to give back.")
        self.quantity += quantity
        # What was refunded by amount before is not paid out again with the goods.
        return min(Fraction(1), self.fraction + Fraction(quantity, self.line.quantity))

    def with_amount(self, amount: int) -> Fraction:
        left = self.line.total - self.total
        if not 0 < amount <= left:
            raise MoreThanBought(_so_much_is_left(left, amount, self.currency))
        return Fraction(self.total + amount, self.line.total)

    def share(self, part: int) -> int:
        return round_half_up(part * self.fraction.numerator, self.fraction.denominator)

    def earned(self, points: int) -> int:
        return _earned(points, self.fraction, is_down=self.earned_down)

    def rest(self, place: int) -> Returned:
        return Returned(place, quantity=self.line.quantity - self.quantity)

    def since(self, start: _Progress, place: int) -> ReversedLine:
        line = self.line

        def grown(part: int) -> int:
            return self.share(part) - start.share(part)

        def earned(points: int) -> int:
            return self.earned(points) - start.earned(points)

        taxed = [now - then for now, then in zip(self.taxed, start.taxed, strict=True)]
        paid = [now - then for now, then in zip(self.paid, start.paid, strict=True)]
        return ReversedLine(
            line=place,
            listed=grown(line.listed),
            untaxed=taxed[-1],
            total=self.total - start.total,
            money=paid[-1],
            discounts=tuple([(key, grown(amount)) for key, amount in line.discounts]),
            taxes=tuple([(key, part) for (key, _), part in zip(line.taxes, taxed, strict=False)]),
            paid=tuple([(key, part) for (key, _), part in zip(line.paid, paid, strict=False)]),
            points_paid=grown(line.points_paid),
            points=earned(line.points),
            points_by_rule=tuple([(key, earned(points)) for key, points in line.points_by_rule]),
        )


def _earned(points: int, fraction: Fraction, *, is_down: bool) -> int:
    """Return what goes back of points that were earned, when a fraction of what earned them has come back."""
    if is_down:
        return points * fraction.numerator // fraction.denominator
    return round_half_up(points * fraction.numerator, fraction.denominator)


def _so_much_is_left(left: int, wanted: int, currency: str) -> str:
    return f"Between nothing and {Money(left, currency)} can be given back, not {Money(wanted, currency)}."


_ByLine = dict[int, _Progress]


def _grown(parts: list[int], wholes: list[int], total: int) -> list[int]:
    """Return parts of `wholes` that sum to `total`, none below what it was: largest remainders, never taken back.

    Plain largest remainders would now and then give a cent to a gift card and take it back with the next return.
    """
    wanted = split_by_largest_remainder(total, wholes)
    grown = [max(part, want) for part, want in zip(parts, wanted, strict=True)]
    over = sum(grown) - total
    for place in sorted(range(len(grown)), key=lambda n: grown[n] - parts[n], reverse=True):
        less = min(over, grown[place] - parts[place])
        grown[place] -= less
        over -= less
    return grown


def _progress_of(frozen: FrozenBill, returned: Returned) -> _Progress:
    if not 0 <= returned.line < len(frozen.lines):
        raise MoreThanBought(f"The purchase has no line {returned.line}.")
    return _Progress(frozen.lines[returned.line], frozen.currency, earned_down=frozen.earned_down)


def _all_progress(frozen: FrozenBill, already: Sequence[Returned]) -> list[_Progress]:
    progress = [_Progress(line, frozen.currency, earned_down=frozen.earned_down) for line in frozen.lines]
    for each in already:
        _progress_of(frozen, each)
        progress[each.line].advance(each)
    return progress


def _whole_progress(frozen: FrozenBill, progress: _ByLine) -> Fraction:
    """Return how much of the whole purchase has come back: by value, or where nothing cost anything, by lines.

    Gifts that cost nothing do not hold it back: whoever got all the money back has nothing left of the purchase.
    """
    if frozen.total:
        return sum([each.fraction * each.line.total for each in progress.values()], Fraction(0)) / frozen.total
    return sum([each.fraction for each in progress.values()], Fraction(0)) / max(1, len(frozen.lines))


def _reversal(frozen: FrozenBill, lines: tuple[ReversedLine, ...], start: Fraction, end: Fraction) -> Reversal:
    def grown(whole: int) -> int:
        is_down = frozen.earned_down
        return _earned(whole, end, is_down=is_down) - _earned(whole, start, is_down=is_down)

    is_whole = end == 1 > start
    gift_cards = tuple([(key, part) for key, part in _summed([line.paid for line in lines]) if key != POINTS_TENDER])
    return Reversal(
        lines=lines,
        total=sum([line.total for line in lines]),
        money=sum([line.money for line in lines]),
        rounding=frozen.rounding if is_whole else 0,
        points=sum([line.points for line in lines]) + grown(frozen.unassigned),
        points_paid=sum([line.points_paid for line in lines]) + (frozen.rewards_cost if is_whole else 0),
        unassigned=grown(frozen.unassigned),
        tier_credit=grown(frozen.tier_credit),
        gift_cards=gift_cards,
        taxes=_summed([line.taxes for line in lines]),
        discounts=_summed([line.discounts for line in lines]),
        consumed=_given_back(frozen, lines, is_whole=is_whole),
        is_whole=is_whole,
        credits=tuple([(currency, grown(parts)) for currency, parts in frozen.credits]),
    )


def _cards_first(frozen: FrozenBill, lines: Sequence[ReversedLine], before: _ByLine) -> tuple[ReversedLine, ...]:
    """Let what points did not pay go to the gift cards, one after the other, until they have all that they paid."""
    cards = [key for key, _ in _summed([line.paid for line in frozen.lines]) if key != POINTS_TENDER]
    given = sum([each.total - _of_points(each.line.paid, each.paid) for each in before.values()])
    left = {}
    for key, whole in _summed([line.paid for line in frozen.lines]):
        if key in cards:
            left[key] = whole - min(whole, given)
            given -= whole - left[key]
    found = []
    for line in lines:
        rest = line.total - dict(line.paid).get(POINTS_TENDER, 0)
        paid = [(key, part) for key, part in line.paid if key == POINTS_TENDER]
        for key in cards:
            part = min(rest, left[key])
            left[key] -= part
            rest -= part
            paid.append((key, part))
        found.append(replace(line, paid=tuple(paid), money=rest))
    return tuple(found)


def _of_points(shares: Shares, parts: Sequence[int]) -> int:
    return sum([part for (key, _), part in zip(shares, parts, strict=False) if key == POINTS_TENDER])


def _summed(shares: Iterable[Shares]) -> Shares:
    sums: dict[str, int] = {}
    for each in shares:
        for key, part in each:
            sums[key] = sums.get(key, 0) + part
    return tuple(sums.items())


def _given_back(frozen: FrozenBill, lines: Sequence[ReversedLine], *, is_whole: bool) -> tuple[Consumed, ...]:
    """Return what limits get back: a use counts as long as anything of the purchase is kept."""
    money = dict(_summed([line.discounts for line in lines]))
    points = dict(_summed([line.points_by_rule for line in lines]))
    found = []
    for each in frozen.consumed:
        if each.limit == PAID_LIMIT:
            amount = min(each.amount, sum([line.points_paid for line in lines]))
        elif each.of == "uses":
            amount = each.amount if is_whole else 0
        else:
            by_rule = money if each.of == "money" else points
            amount = min(each.amount, sum([by_rule.get(rule, 0) for rule in each.rules]))
        if amount:
            found.append(Consumed(each.limit, each.of, amount, each.rules))
    return tuple(found)
