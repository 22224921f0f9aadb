"""What one rule takes, held to bounds of its own: at most so much, so much left, prices that end alike.

Amounts are counted as the rule means them: as prices are stated, with tax, or without. A take of some units of a line
is bound by their share of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from fidelia.kernel.money import split_by_largest_remainder

from ..rounding import ROUNDINGS, round_half_up
from ..rule_terms import Bound, Ending
from .plan import PlannedRule
from .state import Grant, Part, Running, Take


def hold_to_bounds(running: Running, planned: PlannedRule, grant: Grant) -> None:
    """Hold a grant to the ending of its prices, to its cap, and to what the rule leaves."""
    terms, held = planned.rule.terms, _Held(running, planned, grant)
    if terms.ending is not None:
        held.end_prices(terms.ending)
    if terms.cap is not None:
        held.lower(terms.cap, held.most_of_cap)
    if terms.leaves is not None:
        held.lower(terms.leaves, held.most_beside_rest)


def lower_takes(grant: Grant, takes: Sequence[Take], total: int) -> None:
    """Lower takes to a total, each in proportion."""
    if grant.uncapped is None:
        grant.uncapped = grant.total
    offs = split_by_largest_remainder(total, [take[3] for take in takes])
    for take, off in zip(takes, offs, strict=True):
        take[3] = off


class _Held:
    def __init__(self, running: Running, planned: PlannedRule, grant: Grant) -> None:
        self.running = running
        self.planned = planned
        self.grant = grant

    def meant(self, place: int, amount: int) -> int:
        return self.running.meant(self.planned.meaning, place, amount)

    def taken(self, take: Take) -> int:
        """Return what is taken off as the rule means it; some grants say it so already."""
        return int(take[3]) if self.grant.is_meant else self.meant(take[0].line, take[3])

    def quantity(self, take: Take) -> int:
        return int(take[0].quantity if take[1] is None else take[1] * self.running.unit)

    def carried(self, take: Take) -> int:
        return self.meant(take[0].line, take[2])

    def listed(self, take: Take) -> int:
        part: Part = take[0]
        listed = part.listed if take[1] is None else part.listed * self.quantity(take) // part.quantity
        return self.meant(part.line, listed)

    def lower(self, bound: Bound, most: Callable[[Bound, Sequence[Take]], int]) -> None:
        for takes in self.groups(bound):
            whole = sum([self.taken(take) for take in takes])
            allowed = max(0, most(bound, takes))
            if whole > allowed:
                stated = sum([take[3] for take in takes])
                lower_takes(self.grant, takes, allowed if stated == whole else stated * allowed // whole)

    def groups(self, bound: Bound) -> list[list[Take]]:
        takes = [take for take in self.grant.takes if take[3]]
        if bound.per == "checkout":
            return [takes] if takes else []
        elif bound.per == "unit":
            return [[take] for take in takes]
        by_line: dict[int, list[Take]] = {}
        for take in takes:
            by_line.setdefault(take[0].line, []).append(take)
        return list(by_line.values())

    def most_of_cap(self, cap: Bound, takes: Sequence[Take]) -> int:
        """A share is one of the price of what the rule lowers, as listed or as it runs."""
        price = self.listed if self.planned.rule.terms.base == "initial" else self.carried
        return self.of_price(cap, takes, sum([price(take) for take in takes]))

    def most_beside_rest(self, leaves: Bound, takes: Sequence[Take]) -> int:
        if leaves.per == "unit":
            kept = self.of_price(leaves, takes, self.listed(takes[0]))
            return self.carried(takes[0]) - kept
        places = {take[0].line for take in takes}
        if leaves.per == "checkout" and min(places) >= 0:
            places = set(range(len(self.running.basket.lines)))
        return self.rest(places, leaves)

    def rest(self, places: Collection[int], leaves: Bound) -> int:
        amount = listed = 0
        for place in sorted(places):
            parts = self.running.parts_at(place)
            amount += self.meant(place, sum([part.amount for part in parts]))
            listed += self.meant(place, sum([part.listed for part in parts]))
        return amount - leaves.of(listed)

    def of_price(self, bound: Bound, takes: Sequence[Take], price: int) -> int:
        """Return what a bound comes to; an amount per unit counts as many times as there are units."""
        if bound.per == "unit":
            bound = bound.for_quantity(self.quantity(takes[0]), self.running.unit)
        return bound.of(price)

    def end_prices(self, ending: Ending) -> None:
        """Let the unit prices of what is lowered end as told: none rises by it, and none passes its floor."""
        for take in self.grant.takes:
            if take[3]:
                before, quantity = self.carried(take), self.quantity(take)
                if self.grant.is_meant:
                    after = before - take[3]
                    take[3] = before - self.ended(ending, after, before, quantity)
                else:
                    wanted = self.ended(ending, self.meant(take[0].line, take[2] - take[3]), before, quantity)
                    stated = self.running.stated(self.planned.meaning, take[0].line, wanted)
                    take[3] = max(0, min(take[2] - self.floor(take), take[2] - stated))

    def floor(self, take: Take) -> int:
        part: Part = take[0]
        return part.floor if take[1] is None else -(-part.floor * self.quantity(take) // part.quantity)

    def ended(self, ending: Ending, after: int, before: int, quantity: int) -> int:
        """Return the amount nearest to `after` whose unit price ends so, or `after` itself where none is possible.

        What is free stays free, and a price that would rise above what it was goes to the one below.
        """
        unit, step = self.running.unit, ending.step
        places = ROUNDINGS[ending.rounding](after * unit - ending.at * quantity, step * quantity)
        for place in (places, places - 1):
            amount: int = round_half_up((ending.at + place * step) * quantity, unit)
            if place >= 0 and after > 0 and amount <= before:
                return amount
        return after
