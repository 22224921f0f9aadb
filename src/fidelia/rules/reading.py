"""What every part of a version's terms is read with: objects, whole numbers, choices, spans of the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from fidelia.kernel.errors import Invalid
from fidelia.kernel.points import parse_points

from .errors import nearest_name
from .spans import ENDS, FIXED_DATES_MAX, Span

MONTHS_MAX = 600
DAYS_MAX = 3660
NAMED_MAX = 15  # a longer list of names is no help


class MalformedTerms(Invalid):
    """A part of the document of a version is missing, unknown, or out of bounds."""

    default_code = "malformed_document"


def read_object(document: Any, pointer: str, keys: set[str]) -> dict[str, Any]:
    """Return an object of no other members than these. Raises MalformedTerms."""
    if not isinstance(document, dict):
        names = f"{{…}} of {', '.join(sorted(keys))}" if len(keys) <= NAMED_MAX else "name: value"
        raise MalformedTerms(f"A group of named values is expected here: {names}.", pointer=pointer)
    unknown = sorted(set(document) - keys, key=str)
    if unknown and str(unknown[0]).isdigit():
        message = f"“{unknown[0]}” stands here by itself; if it follows a decimal comma, write a point: 1.5."
        raise MalformedTerms(message, pointer=f"{pointer}/{unknown[0]}")
    if unknown:
        nearest = nearest_name(str(unknown[0]), sorted(keys))
        meant = f" Did you mean “{nearest}”?" if nearest else ""
        message = f"“{unknown[0]}” is not known here; known are {', '.join(sorted(keys))}.{meant}"
        raise MalformedTerms(message, pointer=f"{pointer}/{unknown[0]}")
    return document


def read_whole(value: Any, pointer: str, *, least: int, most: int) -> int:
    """Return a whole number within bounds. Raises MalformedTerms."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MalformedTerms(f"Write a whole number from {least} to {most}.", pointer=pointer)
    return value


def read_amount(value: Any, pointer: str, scale: int, *, least: int = 1, such_as: str = "100") -> int:
    """Return an amount of points or money in minor units of `scale`, `least` or more. Raises MalformedTerms."""
    try:
        amount = parse_points(str(value), scale) if isinstance(value, str | int) else -1
    except Invalid:
        amount = -1
    if amount < least:
        bound = "above zero" if least else "of zero or more"
        raise MalformedTerms(f"Write an amount {bound}, such as “{such_as}”.", pointer=pointer)
    return amount


def read_choice(value: Any, pointer: str, choices: Sequence[str]) -> str:
    """Return one of the words. Raises MalformedTerms."""
    if not isinstance(value, str) or value not in choices:
        raise MalformedTerms(f"Choose one of {', '.join(choices)}.", pointer=pointer)
    return value


def read_ends(value: Any, pointer: str) -> str | tuple[tuple[int, int], ...]:
    """Return when a span ends: one of ENDS, or fixed dates of the year written "09-30". Raises MalformedTerms."""
    return read_dates(value, pointer) if isinstance(value, list) else read_choice(value, pointer, ENDS)


def read_dates(value: Any, pointer: str) -> tuple[tuple[int, int], ...]:
    """Return fixed dates of the year written "09-30", in order. Raises MalformedTerms."""
    if not isinstance(value, list) or not 1 <= len(value) <= FIXED_DATES_MAX:
        raise MalformedTerms(f"Name 1 to {FIXED_DATES_MAX} dates such as “09-30”.", pointer=pointer)
    return tuple(sorted({_date_of_year(each, f"{pointer}/{n}") for n, each in enumerate(value)}))


def read_span(document: Any, pointer: str) -> Span:
    """Read {"months": 0…600, "days": 0…3660, "ends": see `read_ends`}, each of which may be left out.

    Raises MalformedTerms.
    """
    known = read_object(document, pointer, {"months", "days", "ends"})
    return Span(
        months=read_whole(known.get("months", 0), f"{pointer}/months", least=0, most=MONTHS_MAX),
        days=read_whole(known.get("days", 0), f"{pointer}/days", least=0, most=DAYS_MAX),
        ends=read_ends(known.get("ends", "day"), f"{pointer}/ends"),
    )


def _date_of_year(value: Any, pointer: str) -> tuple[int, int]:
    try:
        found = date.fromisoformat(f"2024-{value}")
    except ValueError:
        raise MalformedTerms("A fixed date is written month-day, such as “09-30”.", pointer=pointer) from None
    return found.month, found.day
