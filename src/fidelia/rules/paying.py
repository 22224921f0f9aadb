"""Paying with points: what so many points are worth, and how many of them one may use for an amount due.

Pure arithmetic in minor units of both sides. The till's figure is a hint; what is charged is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

PAID_PER = ("day", "week", "month", "quarter", "year")
PAID_LIMIT = "points:paid"  # the key under which it is counted how many points a member has paid with in a period


@dataclass(frozen=True, slots=True)
class PayPolicy:
    """`points` minor units of the points currency pay `money` minor units.

    One pays with `minimum` points at least, in whole `step`s of points, for up to `share` percent of what is due; with
    `at_most` of them `per` period of the calendar (None: any number).
    """

    points: int
    money: int
    minimum: int = 0
    step: int = 0
    share: int = 100
    at_most: int | None = None
    per: str = "day"

    @property
    def smallest_step(self) -> int:
        """The points that go together: the step asked for, or the least that pays a minor unit of money."""
        return self.step or -(-self.points // self.money)


@dataclass(frozen=True, slots=True)
class Payable:
    """The most that points may pay: so many points for so much money, both zero when nothing may be paid with them.

    `missing` is how many points more the smallest payment would take.
    """

    points: int
    money: int
    missing: int = 0


def worth_of(policy: PayPolicy, points: int) -> int:
    """Return the money that points pay, rounded down to a minor unit: a member is never charged for a part of one."""
    return points * policy.money // policy.points


def points_for(policy: PayPolicy, money: int) -> int:
    """Return the fewest points that pay an amount of money, in whole steps."""
    needed = -(-money * policy.points // policy.money)
    return -(-needed // policy.smallest_step) * policy.smallest_step


def most_payable(policy: PayPolicy, *, due: int, available: int) -> Payable:
    """Return the most that a member with `available` points may pay of `due` (both minor units).

    Never more points than pay the amount due: what a whole step would pay beyond it stays with the member, unless no
    smaller payment reaches the minimum.
    """
    step = policy.smallest_step
    least = -(-max(policy.minimum, step) // step) * step
    ceiling = due * policy.share // 100
    wanted = min(available, points_for(policy, ceiling)) // step * step
    while wanted > 0 and worth_of(policy, wanted) > ceiling:
        wanted -= step
    if wanted < least or worth_of(policy, wanted) == 0:
        return Payable(0, 0, max(least - available, 0))
    return Payable(wanted, worth_of(policy, wanted))


def check_payment(policy: PayPolicy, *, points: int, due: int, available: int) -> str | None:
    """Return why so many points may not pay: "below_minimum", "not_a_step", "above_share", "not_enough"; None: may."""
    if points < policy.minimum or points <= 0:
        return "below_minimum"
    elif points % policy.smallest_step:
        return "not_a_step"
    elif points > available:
        return "not_enough"
    elif worth_of(policy, points) > due * policy.share // 100:
        return "above_share"
    return None
