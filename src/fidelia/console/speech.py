"""How a page written in Python says amounts and dates: in the reader's language, in the operator's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import get_language

from fidelia.kernel.money import Money
from fidelia.ui import formats

RECENT_DAYS = 31


@dataclass(frozen=True, slots=True)
class Speech:
    """Says values in one language, seen from one moment."""

    language: str
    now: datetime

    @property
    def today(self) -> date:
        return self.local(self.now).date()

    def local(self, at: datetime) -> datetime:
        return timezone.localtime(at)

    def number(self, value: int | float) -> str:
        return formats.number(value, self.language)

    def money(self, minor: int, currency: str) -> str:
        return formats.money(Money(minor, currency).text(), currency, self.language)

    def figure_money(self, minor: int, currency: str) -> str:
        return formats.figure_money(Money(minor, currency).text(), currency, self.language)

    def points(self, minor: int, scale: int, *, sign: bool = False, unit: bool = False) -> str:
        return formats.minor_points(minor, scale, self.language, sign=sign, unit=unit)

    def day(self, at: datetime, *, weekday: bool = False) -> str:
        """Write "17 nov."; with the year when it is not this one."""
        return formats.short_date(self.local(at).date(), self.language, today=self.today, weekday=weekday)

    def plain_date(self, at: datetime) -> str:
        return formats.plain_date(self.local(at).date(), self.language)

    def last_day(self, end: datetime) -> datetime:
        """Return an instant of the last day before an end that is the first instant of the next day."""
        return end - date.resolution / 2

    def time(self, at: datetime) -> str:
        return formats.clock_time(self.local(at), self.language)

    def when(self, at: datetime) -> str:
        """Say the time where the heading names the day, the day where it names the month."""
        return self.time(at) if self.is_recent(at) else self.day(at)

    def is_recent(self, at: datetime) -> bool:
        return 0 <= (self.today - self.local(at).date()).days < RECENT_DAYS

    def heading(self, at: datetime) -> str:
        """Name the day within the last month, the month before that."""
        day = self.local(at).date()
        if self.is_recent(at):
            return formats.day_heading(day, self.language)
        return formats.month_name(day, self.language, today=self.today)


def speech_of(now: datetime) -> Speech:
    """Return the speech of the page being made."""
    return Speech(get_language() or "en", now)
