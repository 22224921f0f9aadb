"""What a list can be narrowed to by a custom field, and who holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from ..fields import TRAIT_NUMBER_MAX
from ..models import Trait, TraitDefinition


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers or days from the least to the most, both included; None where it is open."""

    least: int | date | None = None
    most: int | date | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Texts that hold this one, whatever its capitals."""

    text: str


CustomWanted = str | bool | Span | Holding  # a text or a flag as it is, or one of many


def wanted_of(field: TraitDefinition, value: str) -> CustomWanted:
    """Return what the value of a filter, as an address says it, wants of a custom field.

    One of its choices, yes or no, a part of its text; numbers or days such as 37..40 or 2026-01-01.. (open), one alone
    is itself. Raises ValueError for what is none of its type.
    """
    if field.type == "flag":
        if value not in ("yes", "no"):
            raise ValueError(value)
        return value == "yes"
    if field.type in ("number", "day"):
        least, dots, most = value.partition("..")
        if not least and not most:
            raise ValueError(value)
        last = most if dots else least
        read = date.fromisoformat if field.type == "day" else _whole
        return Span(read(least) if least else None, read(last) if last else None)
    return value if field.choices else Holding(value)


def holders_of_field(name: str, wanted: CustomWanted) -> QuerySet[Any]:
    """Return the ids of the customers whose present value of a custom field is wanted."""
    held = Trait.objects.filter(name=name, valid_until__isnull=True)
    if isinstance(wanted, Holding):
        held = held.filter(text__icontains=wanted.text)
    elif isinstance(wanted, Span):
        column = "day" if isinstance(wanted.least or wanted.most, date) else "number"
        ends = {f"{column}__gte": wanted.least, f"{column}__lte": wanted.most}
        held = held.filter(**{end: value for end, value in ends.items() if value is not None})
    else:
        held = held.filter(**{"flag" if isinstance(wanted, bool) else "text": wanted})
    return held.values("customer_id")


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > TRAIT_NUMBER_MAX:
        raise ValueError(text)
    return number
