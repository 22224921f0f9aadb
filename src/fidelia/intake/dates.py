"""The forms of a day and of an hour that files are written in. Knows no Django."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal

from fidelia.kernel.folding import fold

from .moments import tidy_moment
from .reading import DateOrder

# POSIX reads 69 as 1969 and 68 as 2068; so does strptime, and so does the check in SQL.
PIVOT = 69
_HOUR = (
    r"(?P<hour>[0-9]{1,2})[:hH](?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_OFFSET = r"(?:\s*(?P<offset>Z|UTC|[-+][0-9]{2}:?[0-9]{2}))?"
_AT = rf"(?:(?:,?\s+(?:(?:à|at)\s+)?|T){_HOUR}{_OFFSET})?"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
ISO = re.compile(rf"(?P<year>[0-9]{{4}})(?P<sign>[-/.])(?P<month>[0-9]{{1,2}})(?P=sign)(?P<day>[0-9]{{1,2}}){_AT}")
COMPACT = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:[T ]?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(?P<offset>Z)?)?"
)
LOCAL = re.compile(rf"(?P<first>[0-9]{{1,2}})(?P<sign>[-/. ])(?P<other>[0-9]{{1,2}})(?P=sign){_YEAR}{_AT}")
NAMED = re.compile(rf"(?P<day>[0-9]{{1,2}})(?:er|st|nd|rd|th)?[-/. ]\s*{_NAME}[-/. ,]\s*{_YEAR}{_AT}")
NAMED_FIRST = re.compile(rf"{_NAME}\s(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s(?P<year>[0-9]{{4}}){_AT}")
# What most systems write; Python reads it in C, in a tenth of the time.
PLAIN_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}:[0-9]{2})?")
TIME = re.compile(_HOUR)
TIME_COMPACT = re.compile(r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?")
# Forms that no strptime knows: days since a spreadsheet's day 0, seconds or their thousandths since 1970.
SERIAL, EPOCH, EPOCH_MS = "serial", "epoch", "epoch_ms"
COUNTED_FORMS = (SERIAL, EPOCH, EPOCH_MS)
COUNT = re.compile(r"(?P<whole>[0-9]{1,13})(?:[.,](?P<part>[0-9]{1,15}))?")
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - local, as a spreadsheet counts
_MONTHS = (
    ("jan", "janv", "january", "janvier"), ("feb", "fev", "fevr", "february", "fevrier"), ("mar", "mars", "march"),
    ("apr", "avr", "april", "avril"), ("may", "mai"), ("jun", "juin", "june"), ("jul", "juil", "july", "juillet"),
    ("aug", "aou", "aout", "august"), ("sep", "sept", "september", "septembre"), ("oct", "october", "octobre"),
    ("nov", "november", "novembre"), ("dec", "december", "decembre"),
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}


class NotInCalendar(Exception):
    """Written as a date is, and yet no day: 31/02/2026, or an hour 25."""


def match_day(text: str, order: DateOrder) -> datetime | None:
    """Read a day, with or without its hour and offset; None for what is not written as one. Raises NotInCalendar.

    ISO (year first, apart or together) and months in words are understood in any order, 03/04/2026 only where the order
    says which is the month.
    """
    if PLAIN_ISO.fullmatch(text) is not None and (plain := _plain_iso(text)) is not None:
        return plain
    found = _match_form(text, order)
    if found is None and (tidied := tidy_moment(text)) != text:
        found = _match_form(tidied, order)
    return found


def _match_form(text: str, order: DateOrder) -> datetime | None:
    found = ISO.fullmatch(text) or COMPACT.fullmatch(text)
    if found is not None:
        month, day = int(found["month"]), int(found["day"])
    elif order is not DateOrder.YEAR_FIRST and (found := LOCAL.fullmatch(text)) is not None:
        month, day = int(found["other"]), int(found["first"])
        if order is DateOrder.MONTH_FIRST:
            month, day = day, month
    elif (found := NAMED.fullmatch(text) or NAMED_FIRST.fullmatch(text)) is not None:
        month, day = MONTHS.get(fold(found["name"]), 0), int(found["day"])
    if found is None or not 1 <= month <= 12:
        return None
    return _moment(found, month, day)


def moment_of_count(text: str, form: str) -> datetime | None:
    """Read 45000.5 as days of a spreadsheet (local), 1672531200 as seconds since 1970; None for what is no count.

    Raises ValueError, OverflowError for a count of no day.
    """
    found = COUNT.fullmatch(text)
    if found is None:
        return None
    count = Decimal(f"{found['whole']}.{found['part'] or 0}")
    if form == SERIAL:
        return _DAY_ZERO + timedelta(seconds=round(count * 86_400))
    return datetime.fromtimestamp(float(count / 1000 if form == EPOCH_MS else count), UTC)


def _plain_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None  # which of its parts is wrong is told below


def match_time(text: str) -> time | None:
    """Read a time of the day; None for what is none."""
    found = TIME.fullmatch(text) or TIME_COMPACT.fullmatch(text)
    if found is None:
        return None
    try:
        return _time(found)
    except ValueError:
        return None


def year_of(text: str) -> int:
    """Return the year meant by four digits or two."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= PIVOT else 2000)


def _moment(found: re.Match[str], month: int, day: int) -> datetime:
    parts = found.groupdict()
    try:
        moment = datetime.combine(datetime(year_of(parts["year"]), month, day), _time(found))  # noqa: DTZ001 - read below
    except ValueError:
        raise NotInCalendar from None
    offset = parts.get("offset")
    return moment.replace(tzinfo=_zone(offset)) if offset else moment


def _time(found: re.Match[str]) -> time:
    """Raises ValueError for an hour that no day has."""
    parts = found.groupdict()
    if not parts.get("hour"):
        return time()
    hour = int(parts["hour"])
    half = (parts.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    microsecond = int((parts.get("part") or "0")[:6].ljust(6, "0"))
    return time(hour, int(parts["minute"]), int(parts.get("second") or 0), microsecond)


def _zone(offset: str) -> timezone:
    if offset in ("Z", "UTC"):
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 23 or minutes > 59:
        raise NotInCalendar
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if offset[0] == "-" else size)
