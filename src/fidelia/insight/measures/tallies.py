"""Tallies: what two arms did from a moment on, as counts and sums from which effects are computed (see `effect`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import ibis
from ibis import _

from .effect import Effect, Proportion, Sample, difference_of_means, difference_of_proportions
from .rfm import sales_kept

ARMS: Final = ("treated", "control")
# Squares of amounts are summed exactly: 18 digits squared are 36, and DuckDB and Spark both have 38.
_AMOUNT: Final = "decimal(18, 0)"


@dataclass(frozen=True, slots=True)
class Tally:
    """What the people of one arm did: `buyers` bought at least once; sums and sums of squares are over all `people`.

    `spend` is in minor units, `points` in minor units of the points currency; returns are taken off both.
    """

    people: int
    buyers: int
    spend: int
    spend_squares: int
    points: int
    points_squares: int

    def bought(self) -> Proportion:
        return Proportion(self.buyers, self.people)

    def spent(self) -> Sample:
        return Sample(self.people, self.spend, self.spend_squares)

    def earned(self) -> Sample:
        return Sample(self.people, self.points, self.points_squares)


@dataclass(frozen=True, slots=True)
class Counted:
    """What is added up: money in this currency at any partner, points of this programme (its id, as text)."""

    id: str
    currency: str


def effect_on_buyers(treated: Tally, control: Tally) -> Effect:
    """Effect on the share of people who bought at least once: treated minus control, with its 95 % interval.

    A purchase returned in full is none. Everybody counts in the group into which chance drew them, whether or not a
    message reached them, from the launch until the end or the cut-off of the facts.
    """
    return difference_of_proportions(treated=treated.bought(), control=control.bought())


def effect_on_spend(treated: Tally, control: Tally) -> Effect:
    """Effect on what one person spent, in minor units: treated minus control, with its 95 % interval.

    Sales less returns, tax included, of everybody in the group, those who bought nothing included.
    """
    return difference_of_means(treated=treated.spent(), control=control.spent())


def effect_on_points(treated: Tally, control: Tally) -> Effect:
    """Effect on the points granted to one person: what the offer cost in points, with its 95 % interval.

    Points granted less points taken back, in minor units of the points currency; those of other rules are in both
    groups and cancel out.
    """
    return difference_of_means(treated=treated.earned(), control=control.earned())


def tallies_by_arm(
    members: ibis.Table,
    purchases: ibis.Table,
    lines: ibis.Table,
    *,
    since: datetime,
    until: datetime,
    programme: Counted,
) -> ibis.Table:
    """Columns of `Tally` per arm, for purchases that occurred from `since` to before `until`.

    `members`: customer_id, arm (one row per person). `purchases`, `lines`: the tables of facts.
    """
    inside = purchases.filter(_.customer_id.notnull(), _.occurred_at >= since, _.occurred_at < until)
    kept = sales_kept(inside, lines, as_of=until)
    people = _with_sums(_with_sales(members, kept), inside, programme)
    return totals_by_arm(people)


def one_arm_each(members: ibis.Table) -> ibis.Table:
    """One row per person. Two customers drawn apart and merged since are counted in neither arm: they were in both."""
    known = members.filter(_.customer_id.notnull())
    persons = known.group_by("customer_id").agg(arm=_.arm.min(), other=_.arm.max())
    return persons.filter(_.arm == _.other).select("customer_id", "arm")


def _with_sales(members: ibis.Table, kept: ibis.Table) -> ibis.Table:
    sales = kept.group_by(buyer=_.customer_id).agg(sales=_.purchase_id.count())
    return members.left_join(sales, members.customer_id == sales.buyer).select(
        "customer_id", "arm", bought=_.sales.notnull()
    )


def _with_sums(people: ibis.Table, inside: ibis.Table, programme: Counted) -> ibis.Table:
    sums = inside.group_by(payer=_.customer_id).agg(
        spend=_.total.sum(where=_.currency == programme.currency),
        points=_.points.sum(where=_.programme_id == programme.id),
    )
    return people.left_join(sums, people.customer_id == sums.payer).select(
        "arm", "bought", spend=_.spend.fill_null(0).cast(_AMOUNT), points=_.points.fill_null(0).cast(_AMOUNT)
    )


def totals_by_arm(people: ibis.Table) -> ibis.Table:
    """Counts, sums and sums of squares per arm; `people` has arm, bought, spend, points, one row per person."""
    return people.group_by("arm").agg(
        people=_.count(),
        buyers=_.bought.cast("int64").sum(),
        spend=_.spend.sum(),
        spend_squares=(_.spend * _.spend).sum(),
        points=_.points.sum(),
        points_squares=(_.points * _.points).sum(),
    )
