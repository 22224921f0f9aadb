"""The kinds of values that schemas are made of. Each reads exactly one spelling, and says so in the OpenAPI file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_MARK = re.compile(r"[0-9A-Za-z_-]{1,200}:[0-9A-Za-z_-]{20,200}", re.ASCII)  # as cursors.write_mark signs it
YEAR_MIN, YEAR_MAX = 1900, 9000


class Input(BaseModel):
    """Base of what is taken: no conversions, and no member that is not asked for (a slip would pass unseen)."""

    model_config = ConfigDict(strict=True, extra="forbid", str_strip_whitespace=False)


class Output(BaseModel):
    """Base of what is given."""

    model_config = ConfigDict(extra="forbid")


def shown(example: Mapping[str, Any]) -> ConfigDict:
    """Return the configuration of a schema that shows an example of itself."""
    return ConfigDict(json_schema_extra={"examples": [dict(example)]})


def _read_id(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise PydanticCustomError("id", "An id is a UUID in its usual spelling.")
    return UUID(value)


def read_instant(value: Any) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("instant", "An instant is written 2026-03-02T10:15:00+01:00, with its offset.")
    try:
        instant = datetime.fromisoformat(_as_python_reads(value))
    except ValueError:
        raise PydanticCustomError("instant", "There is no such day or hour.") from None
    if not YEAR_MIN <= instant.year <= YEAR_MAX:
        raise PydanticCustomError("instant", f"Instants are of the years {YEAR_MIN} to {YEAR_MAX}.")
    return instant.astimezone(UTC)  # PostgreSQL knows no offset of 16 hours and more, RFC 3339 does


def _as_python_reads(text: str) -> str:
    """RFC 3339 allows a leap second, which Python has not; it is counted as the second before."""
    return re.sub(r"^(.{17})60", r"\g<1>59", text.upper())


def _read_since(value: Any) -> datetime | str:
    return value if isinstance(value, str) and _MARK.fullmatch(value) else read_instant(value)


def _read_day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if day.year > YEAR_MAX:  # the day after the last one of a calendar cannot be said
                raise PydanticCustomError("day", f"Days are of the years up to {YEAR_MAX}.")
            return day
    raise PydanticCustomError("day", "A day is written 1990-12-31.")


def _read_limit(value: Any) -> int:
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or not _WHOLE.fullmatch(value) or not 1 <= int(value) <= 200:
        raise PydanticCustomError("limit", "A limit is a whole number from 1 to 200.")
    return int(value)


Id = Annotated[UUID, BeforeValidator(_read_id), WithJsonSchema({"type": "string", "format": "uuid"})]
Instant = Annotated[datetime, BeforeValidator(read_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Since = Annotated[datetime | str, BeforeValidator(_read_since), WithJsonSchema({"type": "string", "maxLength": 401})]
Day = Annotated[date, BeforeValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]
Limit = Annotated[
    int, BeforeValidator(_read_limit), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 200, "default": 50})
]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]

UPDATED_UNTIL = (
    "Where `updated_since` was asked: a mark below which this answer holds every change. Send the first page’s as "
    "`updated_since` next time."
)

Amount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$", max_length=22)]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,7}(\.[0-9]{1,3})?$", max_length=11)]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]{1,60}$")]
IdentityText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,39}:.{1,320}$", max_length=361)]


Text20 = Annotated[str, StringConstraints(max_length=20)]
Text40 = Annotated[str, StringConstraints(max_length=40)]
Text80 = Annotated[str, StringConstraints(max_length=80)]
Text120 = Annotated[str, StringConstraints(max_length=120)]
Text100 = Annotated[str, StringConstraints(max_length=100)]
Text150 = Annotated[str, StringConstraints(max_length=150)]
Text200 = Annotated[str, StringConstraints(max_length=200)]
Text254 = Annotated[str, StringConstraints(max_length=254)]
Text300 = Annotated[str, StringConstraints(max_length=300)]
Text2000 = Annotated[str, StringConstraints(max_length=2_000)]
Name40 = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Name60 = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Name64 = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Name80 = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Name200 = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PageQuery(Input):
    """Which page of a list."""

    limit: Limit = 50
    after: Cursor | None = Field(None, description="The `next` of the page before.")
