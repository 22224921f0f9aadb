"""The first rows of a file as they will be understood, cell by cell: what a cell means, or why it means nothing.

Knows no Django. A preview asks no database: that a customer is known or a receipt came before is told by the check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import MalformedMapping
from .mapping import FileMapping
from .reading import Reading
from .rows import BadRow, Row
from .tables import Table
from .targets import Column, Kind, Target
from .values import (
    BadCell,
    is_no_day,
    read_country,
    read_day,
    read_decimal,
    read_email,
    read_flag,
    read_language,
    read_moment_of_two,
    read_money,
    read_past_day,
    read_percent,
    read_phone,
    read_time,
    says_nothing,
)

EXAMPLES = 3
ROWS_LOOKED_AT = 2_000
_YES, _NO = {"en": "yes", "fr": "oui"}, {"en": "no", "fr": "non"}


# Kinds in which a word such as “N/A” is nobody's name.
OF_VALUES = frozenset((Kind.NUMBER, Kind.MONEY, Kind.POINTS, Kind.PERCENT, Kind.MOMENT, Kind.DAY))


@dataclass(frozen=True, slots=True)
class Understood:
    """A cell: its text as it stands, what it is understood as (empty where it is nothing), or the reason why not.

    `value` is a Decimal, an aware datetime in the file's zone, a date, a bool or a text, for the page to write its way.
    """

    column: str
    text: str
    value: Any = None
    shown: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row by its number in the file; `reason` says why the row as a whole cannot be taken."""

    number: int
    sheet: str
    cells: tuple[Understood, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The rows, and of every column of the file up to three different cells as they are understood.

    `bad` counts for each column of the target the cells, among the `looked_at` first rows, that mean nothing.
    """

    rows: tuple[PreviewRow, ...]
    examples: Mapping[str, tuple[Understood, ...]]
    bad: Mapping[str, int]
    looked_at: int


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads cells under a mapping, in a language for people."""

    target: Target
    reading: Reading
    zone: ZoneInfo
    currency: str | None
    country: str
    language: str
    today: date
    nobody: frozenset[str] = frozenset()

    def moment(self, day: str, hour: str = "") -> datetime:
        """Return a moment in the file's zone. Raises BadCell."""
        return read_moment_of_two(day, hour, self.zone, None, self.reading).astimezone(self.zone)

    def understand(self, column: Column, text: str) -> Understood:
        if column.name == "customer" and text.strip().casefold() in self.nobody:
            return Understood(column.name, text)
        if not text.strip():
            return self.understand_nothing(column, text)
        if column.kind is Kind.DAY and not column.required and is_no_day(text):
            return Understood(column.name, text)
        if column.kind in OF_VALUES and says_nothing(text):
            return self.understand_nothing(column, text)
        try:
            value = _READERS[column.kind](self, column, text)
        except BadCell as bad:
            return Understood(column.name, text, reason=bad.reason(self.language))
        return Understood(column.name, text, value, self.show(value))

    def understand_nothing(self, column: Column, text: str) -> Understood:
        return Understood(column.name, text, reason=say_missing(column, self.language) if column.required else "")

    def show(self, value: Any) -> str:
        if isinstance(value, bool):
            return (_YES if value else _NO)[self.language]
        if isinstance(value, datetime):
            return value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
        if isinstance(value, str):
            return value
        return f"{value:f}" if hasattr(value, "is_nan") else str(value)


def preview(
    table: Table,
    mapping: FileMapping,
    target: Target,
    rows: int = 20,
    *,
    language: str = "en",
    country: str = "FR",
    today: date = date.max,
) -> Preview:
    """Return the first rows as they will be understood, by the reading of the mapping (which is the table's).

    `today` is the last day on which anybody can have been born, for years in two digits.
    Raises UnreadableFile, and MalformedMapping for a column that the file does not have or a time zone that is none.
    """
    reader = _reader(mapping, target, language, country, today)
    places = _places(table, mapping, target)
    shown: list[PreviewRow] = []
    bad = {column.name: 0 for column, _place in places}
    kept: dict[str, dict[str, Understood]] = {name: {} for name in table.columns}
    looked_at = 0
    for number, (sheet, row) in enumerate(islice(table.sheeted_rows(), max(rows, ROWS_LOOKED_AT)), 1):
        looked_at = number
        cells = _understand(reader, places, row)
        for (_column, place), cell in zip(places, cells, strict=True):
            bad[cell.column] += bool(cell.reason)
            _keep(kept[table.columns[place]], cell)
        if number <= rows:
            reason = row.reason(language) if isinstance(row, BadRow) else ""
            shown.append(PreviewRow(number, table.sheets[sheet], cells, reason))
        for name, text in zip(table.columns, row, strict=False):
            if text and len(kept[name]) < EXAMPLES and name not in mapping.columns.values():
                kept[name].setdefault(text, Understood("", text, text, text))
    return Preview(tuple(shown), {name: tuple(found.values()) for name, found in kept.items()}, bad, looked_at)


def say_missing(column: Column, language: str) -> str:
    """Return that a cell is needed and empty, in words."""
    return BadCell.because("missing", column=column.label.in_language(language)).reason(language)


def _reader(mapping: FileMapping, target: Target, language: str, country: str, today: date) -> _Reader:
    try:
        zone = ZoneInfo(str(mapping.options.get("time_zone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        raise MalformedMapping("There is no such time zone.", pointer="/options/time_zone") from None
    currency = mapping.options.get("currency") or None
    nobody = frozenset(str(text).casefold() for text in mapping.options.get("nobody") or ())
    return _Reader(
        target, mapping.reading, zone, currency, country, "fr" if language.startswith("fr") else "en", today, nobody
    )


def _places(table: Table, mapping: FileMapping, target: Target) -> list[tuple[Column, int]]:
    places = []
    for column in target.columns:
        name = mapping.columns.get(column.name)
        if name is not None:
            if name not in table.columns:
                raise MalformedMapping(
                    f"The file has no column “{name}”; it has {', '.join(table.columns)}.",
                    pointer=f"/columns/{column.name}",
                )
            places.append((column, table.columns.index(name)))
    return places


def _understand(reader: _Reader, places: Sequence[tuple[Column, int]], row: Row) -> tuple[Understood, ...]:
    texts = {column.name: row[place] if place < len(row) else "" for column, place in places}
    if texts.get("time") and texts.get("occurred_at"):
        return tuple(_at_its_hour(reader, column, texts) for column, _place in places)
    return tuple(reader.understand(column, texts[column.name]) for column, _place in places)


def _at_its_hour(reader: _Reader, column: Column, texts: Mapping[str, str]) -> Understood:
    """A day whose hour stands in a column of its own is read together with it."""
    if column.name == "occurred_at":
        with suppress(BadCell):  # what is wrong is told of the cell that it stands in
            value = reader.moment(texts["occurred_at"], texts["time"])
            return Understood(column.name, texts["occurred_at"], value, reader.show(value))
    return reader.understand(column, texts[column.name])


def _keep(kept: dict[str, Understood], cell: Understood) -> None:
    """Keep three different cells, and for one that cannot be understood make room: it is what people must see."""
    if not cell.text.strip() or cell.text in kept:
        return
    if len(kept) < EXAMPLES:
        kept[cell.text] = cell
    elif cell.reason and not any(one.reason for one in kept.values()):
        kept.popitem()
        kept[cell.text] = cell


def _text(reader: _Reader, column: Column, text: str) -> str:
    return read_time(text).isoformat() if column.name == "time" else text.strip()


_READERS: dict[Kind, Callable[[_Reader, Column, str], Any]] = {
    Kind.TEXT: _text,
    Kind.CODE: lambda reader, column, text: text.strip(),
    Kind.NUMBER: lambda reader, column, text: read_decimal(text, reader.reading),
    Kind.MONEY: lambda reader, column, text: read_money(text, reader.reading, reader.currency),
    Kind.POINTS: lambda reader, column, text: read_decimal(text, reader.reading),
    Kind.PERCENT: lambda reader, column, text: read_percent(text, reader.reading),
    Kind.MOMENT: lambda reader, column, text: reader.moment(text),
    Kind.DAY: lambda reader, column, text: (
        read_past_day(text, reader.reading, reader.today) if column.past else read_day(text, reader.reading)
    ),
    Kind.FLAG: lambda reader, column, text: read_flag(text),
    Kind.EMAIL: lambda reader, column, text: read_email(text),
    Kind.PHONE: lambda reader, column, text: read_phone(text, reader.country),
    Kind.COUNTRY: lambda reader, column, text: read_country(text),
    Kind.LANGUAGE: lambda reader, column, text: read_language(text),
}
