"""Calendar arithmetic in one IANA time zone: days end at local midnight, month ends clamp."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import Invalid


class UnknownTimeZone(Invalid):
    """The name is not one of the IANA time zones."""

    default_code = "unknown_time_zone"


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone of this name. Raises UnknownTimeZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise UnknownTimeZone(f"“{name}” is not an IANA time zone such as Europe/Paris.") from None


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of an instant where the zone is."""
    return instant.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day begins, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant that no longer belongs to the local day, in UTC."""
    return start_of_day(day + timedelta(days=1), zone)


def last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """Return the last local day of what ends at an instant: that which `end_of_day` was asked of."""
    return local_day(ends_at - timedelta(microseconds=1), zone)


def add_months(day: date, months: int) -> date:
    """Return the day `months` later; 31 January plus one month is the last of February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_of_month(day: date) -> date:
    """Return the last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
