"""How cells, rows and workbooks are written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import openpyxl

from .receipts import Line

Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Dialect:
    """A file of the shop. `by_receipt` says that it has a row for each receipt and knows no pieces."""

    name: str
    file: str
    write: Callable[[], bytes]
    by_receipt: bool = False
    knows_customers: bool = True


DIALECTS: list[Dialect] = []


def dialect(file: str, **knows: bool) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Register a writer under its own name."""

    def register(write: Callable[[], bytes]) -> Callable[[], bytes]:
        DIALECTS.append(Dialect(write.__name__, file, write, **knows))
        return write

    return register


def text(rows: Rows, separator: str = ",", encoding: str = "utf-8", end: str = "\n", quoting: int = 0) -> bytes:
    """Write rows as a CSV would."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue().encode(encoding)


def workbook(**sheets: Rows) -> bytes:
    """Write sheets by name; an underscore stands for a blank."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def comma(amount: Decimal, thousands: str = "") -> str:
    """Write 1234.5 as 1 234,50."""
    return f"{amount:,.2f}".replace(",", "\0").replace(".", ",").replace("\0", thousands)


def card(line: Line, nobody: str = "") -> str:
    return f"29000{line.customer:06}" if line.customer else nobody


def mail(line: Line) -> str:
    return f"client{line.customer}@example.org" if line.customer else ""
