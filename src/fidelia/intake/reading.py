"""How a file is read as rows of text: what was guessed of it, and what a person has put right. Knows no Django."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from .errors import MalformedMapping


class Format(StrEnum):
    CSV = "csv"  # any separator, gzipped or not
    EXCEL = "excel"
    ODS = "ods"
    PARQUET = "parquet"


class DateOrder(StrEnum):
    YEAR_FIRST = "ymd"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True)
class Reading:
    """`header_row` counts from 1; 0 says that the file has no header and its columns are named by their numbers.

    `decimal` is the sign before the decimals; `thousands` the one between groups, empty where there is none.
    `sheets` are read one after the other, in their order in the file (spreadsheets only).
    """

    format: Format = Format.CSV
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    date_order: DateOrder = DateOrder.YEAR_FIRST
    date_format: str | None = None
    header_row: int = 1
    sheets: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """As JSON and YAML hold it; what is not told apart from the default is told all the same."""
        return asdict(self) | {"sheets": list(self.sheets)}


def parse_reading(document: Any) -> Reading:
    """Read what `as_document` wrote, or a part of it. Raises MalformedMapping."""
    if not isinstance(document, dict):
        raise MalformedMapping("How a file is read is an object.", pointer="/reading")
    unknown = sorted(set(document) - {part.name for part in fields(Reading)})
    if unknown:
        raise MalformedMapping(f"“{unknown[0]}” is not part of a reading.", pointer=f"/reading/{unknown[0]}")
    values = dict(document)
    try:
        if "format" in values:
            values["format"] = Format(values["format"])
        if "date_order" in values:
            values["date_order"] = DateOrder(values["date_order"])
    except ValueError as error:
        raise MalformedMapping(f"{error}.", pointer="/reading") from None
    values["sheets"] = tuple(str(sheet) for sheet in values.get("sheets") or ())
    return Reading(**values)
