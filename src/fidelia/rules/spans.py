"""Spans of the calendar: so many months and days from a day, then up to the end of a month, a quarter, a fixed date.

One arithmetic for the life of points, for how long a tier is kept, and for its grace. Offsets count from the original
anchor and month ends clamp; what ends, ends with the local day (31 January and one month is the end of 28 February).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import add_months, end_of_day, last_of_month, local_day

MONTHS_OF = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
ENDS = ("day", "week", *MONTHS_OF)
FIXED_DATES_MAX = 20


@dataclass(frozen=True, slots=True)
class Span:
    """`months`, then `days` after a day, rounded up to the end of the day, the week (its Sunday), the month,
    quarter, half-year or year, or to the next of fixed dates of the year (month, day): 30 September is (9, 30).
    """

    months: int = 0
    days: int = 0
    ends: str | tuple[tuple[int, int], ...] = "day"

    def last_day(self, day: date) -> date:
        """Return the last day of the span that begins with a day."""
        reached = add_months(day, self.months) + timedelta(days=self.days)
        if isinstance(self.ends, tuple):
            return next_of(self.ends, reached)
        return last_of_period(reached, self.ends)

    def end(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the first instant after the span that begins at an instant: its last day has ended in the zone."""
        return end_of_day(self.last_day(local_day(instant, zone)), zone)


def last_of_period(day: date, period: str) -> date:
    """Return the last day of the day's week, month, quarter, half-year or year; of "day", the day."""
    if period == "day":
        return day
    elif period == "week":
        return day + timedelta(days=6 - day.weekday())
    length = MONTHS_OF[period]
    return last_of_month(day.replace(day=1, month=(day.month - 1) // length * length + length))


def first_of_period(day: date, period: str) -> date:
    """Return the first day of the day's month, quarter, half-year or year."""
    length = MONTHS_OF[period]
    return day.replace(day=1, month=(day.month - 1) // length * length + 1)


def next_of(dates: tuple[tuple[int, int], ...], day: date) -> date:
    """Return the first of the dates of the year that does not lie before the day; 29 February is 28 in most years."""
    return min(
        found
        for year in (day.year, day.year + 1)
        for month, number in dates
        if (found := _in_year(year, month, number)) >= day
    )


def last_of(dates: tuple[tuple[int, int], ...], day: date) -> date:
    """Return the last of the dates of the year that does not lie after the day; 29 February is 28 in most years."""
    return max(
        found
        for year in (day.year - 1, day.year)
        for month, number in dates
        if (found := _in_year(year, month, number)) <= day
    )


def anniversary_before(anchor: date, day: date) -> date:
    """Return the last yearly return of the anchor that does not lie after the day; the anchor itself before it."""
    years = max(day.year - anchor.year, 0)
    return max(
        (add_months(anchor, 12 * n) for n in (years - 1, years) if n >= 0 and add_months(anchor, 12 * n) <= day),
        default=anchor,
    )


def _in_year(year: int, month: int, number: int) -> date:
    return min(last_of_month(date(year, month, 1)), add_months(date(2024, month, number), 12 * (year - 2024)))
