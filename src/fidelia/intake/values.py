"""Read the text of a cell as a number, an amount or a moment; say what is wrong with it otherwise. Knows no Django."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from zoneinfo import ZoneInfo

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?")

DIGITS_MAX = 30


class BadCell(Exception):
    """A cell does not hold what its column should; the message is the reason a person reads."""


@lru_cache(maxsize=200_000)
def read_decimal(text: str) -> Decimal:
    """Read a number such as "-12.50" or "1e3". Raises BadCell."""
    if not _NUMBER.fullmatch(text.strip()):
        raise BadCell(f"“{text[:40]}” is not a number")
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise BadCell(f"“{text[:40]}” is not a number") from None


def to_minor(number: Decimal, scale: int, most: int) -> int:
    """Round half away from zero to units of 10^-scale. Raises BadCell beyond `most` units."""
    if number.adjusted() >= DIGITS_MAX:  # such as 1e99, which quantize refuses in its own words
        raise BadCell("the number is too large")
    with localcontext() as context:
        context.prec = 2 * DIGITS_MAX
        minor = int((number.scaleb(scale)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if abs(minor) > most:
        raise BadCell("the number is too large")
    return minor


@lru_cache(maxsize=200_000)
def read_moment(text: str, zone: ZoneInfo, pattern: str | None) -> datetime:
    """Read a local moment of the zone, or one with an offset, as UTC; a day alone is its midnight. Raises BadCell."""
    cleaned = text.strip()
    if pattern is None:
        try:
            parsed = datetime.fromisoformat(cleaned)
        except ValueError:
            raise BadCell(f"“{text[:40]}” is not a date such as 2026-11-22 or 2026-11-22 14:05:00") from None
    else:
        try:
            parsed = datetime.strptime(cleaned, pattern)  # noqa: DTZ007 - the zone follows
        except ValueError:
            raise BadCell(f"“{text[:40]}” is not a date of the form {pattern}") from None
    try:
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise BadCell(f"“{text[:40]}” is out of the calendar") from None
