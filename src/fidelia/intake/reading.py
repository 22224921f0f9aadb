"""How a file is read as rows of text: what was guessed of it, and what a person has put right. Knows no Django."""

from __future__ import annotations

import codecs
from dataclasses import asdict, dataclass, fields, replace
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


SIGNS = {"decimal": (".", ","), "thousands": ("", ",", ".", " ", "'"), "quote": ("", '"', "'")}
HEADER_ROW_MAX = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """`header_row` counts from 1; 0 says that the file has no header and its columns are named by their numbers.

    `decimal` is the sign before the decimals; `thousands` the one between groups, empty where there is none.
    `quote` is the sign around a cell that holds the separator or a line end; empty where there is none. It is `padded`
    where blanks stand between that sign and the separators, and `wrapped` where each line as a whole stands between
    quotation marks, as spreadsheets save what was pasted into their first column.
    `order_told` says that a person chose the order of days.
    `sheets` are read one after the other, in their order in the file (spreadsheets only).
    """

    format: Format = Format.CSV
    encoding: str = "utf-8"
    separator: str = ","
    quote: str = '"'
    padded: bool = False
    wrapped: bool = False
    decimal: str = "."
    thousands: str = ""
    date_order: DateOrder = DateOrder.YEAR_FIRST
    date_format: str | None = None
    order_told: bool = False
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
    _check_signs(values)
    values["sheets"] = tuple(str(sheet) for sheet in values.get("sheets") or ())
    return Reading(**values)


def _check_signs(values: dict[str, Any]) -> None:
    """Raise MalformedMapping for what no file is read with."""
    for name, allowed in SIGNS.items():
        if name in values and values[name] not in allowed:
            raise MalformedMapping(f"“{values[name]}” is not a {name} sign.", pointer=f"/reading/{name}")
    separator = values.get("separator", ",")
    if not isinstance(separator, str) or len(separator) != 1 or separator in "\r\n\"'\x00":
        raise MalformedMapping("A separator is one sign.", pointer="/reading/separator")
    if values.get("decimal", ".") == values.get("thousands", ""):
        raise MalformedMapping("Decimals and thousands are not told by the same sign.", pointer="/reading/thousands")
    for name in ("padded", "wrapped", "order_told"):
        if not isinstance(values.get(name, False), bool):
            raise MalformedMapping(f"“{name}” is true or false.", pointer=f"/reading/{name}")
    header_row = values.get("header_row", 1)
    if not isinstance(header_row, int) or not 0 <= header_row <= HEADER_ROW_MAX:
        raise MalformedMapping(f"The header is one of the first {HEADER_ROW_MAX} rows.", pointer="/reading/header_row")
    try:
        codecs.lookup(values.get("encoding", "utf-8"))
    except (LookupError, TypeError):
        raise MalformedMapping(f"“{values['encoding']}” is not an encoding.", pointer="/reading/encoding") from None


def with_told_order(reading: Reading, saved: Any) -> Reading:
    """Return a reading with the order of days that a person chose for the sender's files (a reading's document)."""
    if not isinstance(saved, dict) or not saved.get("order_told") or reading.date_order is DateOrder.YEAR_FIRST:
        return reading
    return replace(reading, date_order=DateOrder(saved["date_order"]), order_told=True)
