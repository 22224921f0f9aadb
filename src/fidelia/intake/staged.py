"""Staged rows, read in Python: for kinds whose rows say more than a statement can judge, such as names and addresses.

A kind reads pages of `intake_row`, understands each row by `RowReader` and says by `mark_rows` what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel import clock
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import exponent_of

from .models import Import
from .reading import Reading
from .rejections import keep_reason
from .targets import Target
from .values import (
    BadCell,
    is_no_day,
    read_day,
    read_decimal,
    read_flag,
    read_money,
    read_past_day,
    says_nothing,
    to_minor,
)

PAGE = 20_000
CELL_MARK = "\x1f"
BLANKS = " \t\r\n\u00a0\u202f\u2007\ufeff"
# Kinds that read their rows here add these to the words of their reasons.
REASONS = {
    "too_many_decimals": LocalizedText(
        en="“{text}” has more than {scale} decimals", fr="« {text} » a plus de {scale} décimales"
    ),
    "negative": LocalizedText(en="“{text}” is below zero", fr="« {text} » est négatif"),
    "in_the_future": LocalizedText(en="{text} is in the future", fr="{text} est dans le futur"),
}
_PAGE = """
select row_number, cells from intake_row
where import_id = %s and row_number > %s and state = any(%s) order by row_number limit %s
"""
_MARK = """
update intake_row row set state = mark.state, reason = mark.reason
from unnest(%s::bigint[], %s::text[], %s::text[]) as mark (row_number, state, reason)
where row.import_id = %s and row.row_number = mark.row_number
"""
_COUNT = "select count(*) from intake_row where import_id = %s and state = 'ready' and row_number > %s"


@dataclass(frozen=True, slots=True)
class Mark:
    """What becomes of a staged row: ready, known, double, or rejected with its reason as `keep_reason` writes it."""

    row_number: int
    state: str
    reason: str | None = None

    @classmethod
    def rejected(cls, row_number: int, code: str, **values: Any) -> Mark:
        return cls(row_number, "rejected", keep_reason(code, **values))

    @classmethod
    def of_bad_cell(cls, row_number: int, bad: BadCell) -> Mark:
        return cls(row_number, "rejected", keep_reason(bad.code or str(bad), **bad.values))


def bad(code: str, **values: Any) -> BadCell:
    """Make a reason of a kind's own table."""
    return BadCell(keep_reason(code, **values), code, **values)


def staged_pages(
    found: Import, *, after: int = 0, states: Sequence[str] = ("ready",), size: int = PAGE
) -> Iterator[list[tuple[int, str]]]:
    """Yield (row number, cells) in the order of the file, page by page, from after a row on."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PAGE, [found.id, after, list(states), size])
            page = cursor.fetchall()
        if not page:
            return
        yield page
        after = page[-1][0]


def count_ready(found: Import, *, after: int = 0) -> int:
    """Return how many rows are to be recorded after this one."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [found.id, after])
        return int(cursor.fetchone()[0])


def mark_rows(import_id: UUID, marks: Sequence[Mark]) -> None:
    """Write down what becomes of rows, with one statement."""
    if marks:
        columns = [[getattr(mark, name) for mark in marks] for name in ("row_number", "state", "reason")]
        with connection.cursor() as cursor:
            cursor.execute(_MARK, [*columns, import_id])


class RowReader:
    """Opens the staged rows of one import under its mapping."""

    def __init__(self, found: Import, target: Target) -> None:
        mapping = found.file_mapping
        self.reading: Reading = mapping.reading
        self.headers = mapping.columns
        self.places: dict[str, int] = {name: found.columns.index(header) for name, header in mapping.columns.items()}
        self.past = frozenset(column.name for column in target.columns if column.past)
        self.options = {option.name: option.default for option in target.options} | {
            name: value for name, value in mapping.options.items() if value not in (None, "")
        }

    def open(self, number: int, cells: str) -> OpenRow:
        return OpenRow(self, number, cells.split(CELL_MARK))


class OpenRow:
    """One row: each method reads the cell of a column, empty or None where there is nothing. They raise BadCell."""

    __slots__ = ("_cells", "_reader", "number")

    def __init__(self, reader: RowReader, number: int, cells: list[str]) -> None:
        self.number = number
        self._reader = reader
        self._cells = cells

    def cell(self, name: str) -> str:
        place = self._reader.places.get(name)
        if place is None or place >= len(self._cells):
            return ""
        return self._cells[place].strip(BLANKS)

    def value(self, name: str) -> str:
        """Return a cell that is a number or a day, empty too where it holds a word for none."""
        text = self.cell(name)
        return "" if says_nothing(text) else text

    def text(self, name: str, most: int = 200) -> str:
        text = " ".join(self.cell(name).split())
        if len(text) > most:
            raise BadCell.because("too_long", column=self.header(name), most=most)
        return text

    def required(self, name: str, most: int = 200) -> str:
        text = self.text(name, most)
        if not text:
            raise BadCell.because("missing", column=self.header(name))
        return text

    def day(self, name: str) -> date | None:
        text = self.value(name)
        if not text or is_no_day(text):
            return None
        reading = self._reader.reading
        return (
            read_past_day(text, reading, clock.now().date()) if name in self._reader.past else read_day(text, reading)
        )

    def flag(self, name: str) -> bool | None:
        text = self.cell(name)
        return read_flag(text) if text else None

    def decimal(self, name: str) -> Decimal | None:
        text = self.value(name)
        return read_decimal(text, self._reader.reading) if text else None

    def money(self, name: str, currency: str) -> Decimal | None:
        text = self.value(name)
        return read_money(text, self._reader.reading, currency) if text else None

    def minor(self, name: str, scale: int, most: int) -> int | None:
        """Read a number that may have no more than `scale` decimals, as units of 10^-scale."""
        number = self.decimal(name)
        return None if number is None else self.exact(name, number, scale, most)

    def price(self, name: str, amount: Decimal, currency: str, most: int = 10**12) -> int:
        """Return an amount read from a column as minor units of its currency, never below zero."""
        if amount < 0:
            raise bad("negative", text=self.cell(name))
        return self.exact(name, amount, exponent_of(currency), most)

    def exact(self, name: str, number: Decimal, scale: int, most: int) -> int:
        """Return a number read from a column as units of 10^-scale; nothing is rounded away."""
        units = to_minor(number, scale, most)
        if Decimal(units).scaleb(-scale) != number:
            raise bad("too_many_decimals", text=self.cell(name), scale=scale)
        return units

    def header(self, name: str) -> str:
        return str(self._reader.headers.get(name, name))
