"""What goes back of the points of a line: read from its frozen allocation alone."""

from __future__ import annotations

from collections.abc import Sequence

from .rounding import ROUNDINGS
from .settlement import LineAllocation


def points_of_returned(allocation: Sequence[LineAllocation], line: int, *, already: int, now: int) -> int:
    """Return the points that go back when `now` of a line's quantity is returned after `already` was.

    `line` is its position, quantities are in minor units of quantity. Reads the frozen allocation only. The parts of
    any sequence of returns sum to the line's points exactly: see the Note on units.
    """
    frozen = allocation[line]
    assert 0 <= already <= already + now <= frozen.quantity, "no more is returned than was bought"
    return _points_of_first(frozen, already + now) - _points_of_first(frozen, already)


def points_by_unit(allocation: LineAllocation, *, unit: int) -> list[int]:
    """Return the points of each unit of a line, in the order in which they would be returned; `unit` is 10^scale."""
    ends = [*range(unit, allocation.quantity, unit), allocation.quantity] if allocation.quantity else []
    totals = [_points_of_first(allocation, end) for end in ends]
    return [total - before for total, before in zip(totals, [0, *totals], strict=False)]


def _points_of_first(frozen: LineAllocation, quantity: int) -> int:
    return ROUNDINGS["half_up"](frozen.points * quantity, frozen.quantity) if frozen.quantity else 0


# Note on units
#
# The first q of a line's quantity Q carries points × q ÷ Q, rounded half up; a unit carries the difference between two
# such totals. It is the largest remainder told as a running total: the units sum to the line, and after any number of
# returns what went back is within half a point of the exact share. Handing the left-over points to the first units
# instead (2 2 1 1 for 6 points on 4) would take back more than the share from whoever returns one unit. It needs no row
# per unit either: a line of 0.350 kg has no units at all, and one of 10,000 pieces would have 10,000.
