"""When the periods of a plan begin and end, and what share of one is left at an instant. Pure.

Every end is reckoned from the first day, never from the end before: bought on 31 January, a month ends by 28 February
and the next by 31 March. Days are those of the programme's zone, 23 and 25 hours long when its clocks change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import add_months, end_of_day, local_day, start_of_day

from .plan_terms import Plan
from .rounding import ROUNDINGS
from .spans import next_of


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many units of time."""

    left: int
    whole: int

    def of(self, amount: int, rounding: str) -> int:
        """Return this share of an amount in minor units, rounded by name."""
        return ROUNDINGS[rounding](amount * self.left, self.whole) if self.whole else 0


@dataclass(frozen=True, slots=True)
class PaidPeriod:
    """A period from its first instant to the one after it (None: for life), and what was paid for it."""

    begins_at: datetime
    ends_at: datetime | None
    amount: int


def end_of_period(plan: Plan, anchor: datetime, number: int, zone: ZoneInfo) -> datetime | None:
    """Return the first instant after the period of this number (1 is the first), None for a lifetime.

    `anchor` is the instant at which the first began.
    """
    if plan.is_lifetime:
        return None
    count, first = plan.every * number, local_day(anchor, zone)
    if plan.until:
        return end_of_day(_last_of_season(plan, first, count), zone)
    elif plan.period == "day":
        day = first + timedelta(days=count)
    else:
        day = add_months(first, count * (12 if plan.period == "year" else 1))
    day += timedelta(days=plan.plus_days * number)
    if plan.last_day == "instant":
        return datetime.combine(day, anchor.astimezone(zone).time(), zone).astimezone(UTC)
    return end_of_day(day, zone) if plan.last_day == "same" else start_of_day(day, zone)


def _last_of_season(plan: Plan, first: date, count: int) -> date:
    """Return the last day of the season in which a day lies, or of the ones after it."""
    last = first - timedelta(days=1)
    for _season in range(count):
        last = next_of(plan.until, last + timedelta(days=1))
    return last


def end_of_trial(plan: Plan, began: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant after the trial: so many days from its first one."""
    day = local_day(began, zone) + timedelta(days=plan.trial_days)
    if plan.last_day == "instant":
        return datetime.combine(day, began.astimezone(zone).time(), zone).astimezone(UTC)
    return end_of_day(day, zone) if plan.last_day == "same" else start_of_day(day, zone)


def end_of_grace(plan: Plan, ends_at: datetime, zone: ZoneInfo) -> datetime:
    """Return until when an unpaid plan goes on: so many local days more, at the same time of day."""
    local = ends_at.astimezone(zone)
    day = local.date() + timedelta(days=plan.grace_days)
    return datetime.combine(day, local.time(), zone).astimezone(UTC)


def share_left(by: str, period: PaidPeriod, at: datetime, zone: ZoneInfo) -> Share:
    """Return how much of a period is left at an instant, by "day", "month" or "second"; nothing by "none".

    The day of the instant is left as a whole, as who changes on the 16th of 30 days has 15 left; of months only whole
    ones are left. Of a lifetime nothing is.
    """
    begins_at, ends_at = period.begins_at, period.ends_at
    if by == "none" or ends_at is None:
        return Share(0, 1)
    at = min(max(at, begins_at), ends_at)
    if by == "second":
        return Share(_seconds(ends_at - at), _seconds(ends_at - begins_at))
    begins, ends, today = (local_day(each, zone) for each in (begins_at, ends_at, at))
    if by == "day":
        whole = max((ends - begins).days, 1)
        return Share(min((ends - today).days, whole), whole)
    whole = left = 0
    while add_months(begins, whole + 1) <= ends:
        whole += 1
    while left < whole and add_months(ends, -left - 1) >= today:
        left += 1
    return Share(left, max(whole, 1))


def _seconds(span: timedelta) -> int:
    return span.days * 86_400 + span.seconds


def refund_of(plan: Plan, paid: PaidPeriod, at: datetime, zone: ZoneInfo) -> int:
    """Return what is given back of what was paid for a period when it ends early at an instant, in minor units.

    All of it up to the end of the day `within_days` after its first; then the share left, less the fee, never below 0.
    """
    last = local_day(paid.begins_at, zone) + timedelta(days=plan.refund.within_days)
    if plan.refund.within_days and local_day(at, zone) <= last:
        return paid.amount
    share = share_left(plan.refund.then, paid, at, zone)
    return max(share.of(paid.amount, plan.rounding) - plan.refund.fee, 0)


def due_for_change(plan: Plan, to: Plan, paid: PaidPeriod, at: datetime, zone: ZoneInfo) -> int:
    """Return what is due for another plan from an instant on, in minor units; below zero, what is given back.

    What is left of the old period, as it was paid, stands against what the new plan costs: for the same rest of a
    period where the dates are kept, else for a whole one.
    """
    share = share_left(plan.change.share, paid, at, zone)
    unused = share.of(paid.amount, plan.rounding)
    costs = share.of(to.price, plan.rounding) if keeps_dates(plan, to) else to.price
    return costs - unused


def end_for_rest(plan: Plan, to: Plan, paid: PaidPeriod, at: datetime, zone: ZoneInfo) -> datetime:
    """Return until when another plan goes, from an instant on, for what is left of the money paid for the old one.

    A day of the new plan costs its price over the days of the period that would begin; a day begun is given whole.
    """
    unused = share_left(plan.change.share, paid, at, zone).of(paid.amount, plan.rounding)
    whole_ends = end_of_period(to, at, 1, zone)
    today = local_day(at, zone)
    whole = 1 if whole_ends is None else max((local_day(whole_ends, zone) - today).days, 1)
    return start_of_day(today + timedelta(days=-(-unused * whole // to.price)), zone)


def turns_into_days(plan: Plan, to: Plan) -> bool:
    """Tell whether what is left of a plan becomes days of the other: of what is free, or for life, there are none."""
    return plan.change.rest == "days" and to.price > 0 and not to.is_lifetime


def keeps_dates(plan: Plan, to: Plan) -> bool:
    """Tell whether a change goes on to the end of the period that runs."""
    same = (plan.period, plan.every) == (to.period, to.every) and not to.is_lifetime
    if turns_into_days(plan, to):
        return False
    return plan.change.keeps_dates and plan.change.share != "none" and same
