"""The shop's own time: how busy each day is, and the clock that runs at that pace.

A customer's process is drawn in shop days, in which time passes evenly; this clock says when that is in the calendar.
So weeks before Christmas hold more purchases, Sundays fewer, and the process stays exactly what its parameters say.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

ZONE = ZoneInfo("Europe/Paris")
Days = NDArray[np.float64]

_WEEKDAYS = (0.70, 0.90, 1.00, 0.95, 1.15, 1.65, 0.65)
_MONTHS = (0.92, 0.96, 0.95, 0.92, 0.97, 0.93, 0.80, 0.66, 0.98, 1.05, 1.24, 1.62)
# First and last day as (month, day), how much busier, and what is less dear by how much: a beginning of the category.
PROMOTIONS = (
    ((1, 8), (1, 28), 1.22, "Cuisine/", 20),
    ((3, 16), (3, 24), 1.18, "Thé/", 10),
    ((5, 22), (5, 31), 1.20, "Coffrets/", 15),
    ((6, 25), (7, 10), 1.18, "Cuisine/", 20),
    ((10, 1), (10, 8), 1.22, "Café/", 10),
    ((11, 20), (11, 29), 1.35, "Coffrets/", 15),
)
OPENS, CLOSES = 9.5, 19.5
# Share of a day's purchases made by each hour from the opening on: a bump at noon, another after work.
_BY_HOUR = np.cumsum([0.0, 5, 8, 12, 13, 8, 8, 10, 13, 14, 9])


class ShopClock:
    """Between the calendar and shop time over `days` days, the last one being the eve of `ends_on`."""

    def __init__(self, ends_on: date, days: int) -> None:
        self.begins_on = ends_on - timedelta(days=days)
        self.ends_on = ends_on
        self.calendar = [self.begins_on + timedelta(days=number) for number in range(days)]
        pace = np.array([_pace_of(day) for day in self.calendar])
        self.pace: Days = pace * days / pace.sum()
        self._elapsed: Days = np.concatenate([[0.0], np.cumsum(self.pace)])
        self.length = float(days)

    def shop_time_of(self, day: date) -> float:
        """Return how many shop days have passed when a day begins."""
        return float(self._elapsed[(day - self.begins_on).days])

    def places_of(self, shop_days: Days) -> Days:
        """Return calendar days since the beginning, with their fraction, for moments in shop days."""
        found: Days = np.interp(shop_days, self._elapsed, np.arange(len(self._elapsed), dtype=float))
        return np.minimum(found, self.length - 1e-9)

    def moments_of(self, shop_days: Days) -> list[datetime]:
        """Return the moments in the calendar, within opening hours, in the order given; full seconds, UTC."""
        places = self.places_of(shop_days)
        numbers = np.floor(places).astype(int)
        hours = OPENS + np.interp(places - numbers, _BY_HOUR / _BY_HOUR[-1], np.arange(len(_BY_HOUR), dtype=float))
        openings = [midnight_of(day) for day in self.calendar]
        seconds = np.round(hours * 3600).astype(int)
        return [
            openings[number] + timedelta(seconds=int(second)) for number, second in zip(numbers, seconds, strict=True)
        ]

    @staticmethod
    def day_of(moment: datetime) -> date:
        """Return the local day of a moment within opening hours, which is its day in UTC too."""
        return moment.date()


def midnight_of(day: date) -> datetime:
    """Return the instant at which a local day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(ZoneInfo("UTC"))


def promotion_on(day: date) -> tuple[str, int] | None:
    """Return (beginning of the category, percent off) of the promotion that runs on a day."""
    for first, last, _busier, category, percent in PROMOTIONS:
        if first <= (day.month, day.day) <= last:
            return category, percent
    return None


def _pace_of(day: date) -> float:
    # Months shade into each other, so that no first of the month is a step.
    here = _MONTHS[day.month - 1]
    other = _MONTHS[(day.month - 2 if day.day < 16 else day.month) % 12]
    distance = abs(day.day - 15.5) / 31
    pace = (here * (1 - distance) + other * distance) * _WEEKDAYS[day.weekday()]
    for first, last, busier, _category, _percent in PROMOTIONS:
        if first <= (day.month, day.day) <= last:
            pace *= busier
    return 0.05 * pace if (day.month, day.day) in ((12, 25), (1, 1), (5, 1)) else pace
