"""Read spreadsheets (xlsx, xlsm, xlsb, xls, ods) as rows of text. Knows no Django.

A workbook is read whole into memory, and a small one can claim to be huge: what it unpacks to, and how far its cells
reach, is looked at before. A number is written as the sheet shows it at full precision (15 digits), a day as ISO.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from .errors import UnreadableFile
from .rows import CELL_MAX, BadRow, Row

FILE_BYTES_MAX = 300 << 20
UNPACKED_BYTES_MAX = 2 << 30
CELLS_MAX = 40_000_000
SHEETS_MAX = 200
PACKED_TIMES_MAX = 300  # real sheets are packed to a tenth, and of nothing but zeros to a hundredth
PACKED_FREE_BYTES = 32 << 20
_CHUNK = 1 << 20
_OVERLAP = 200
_ROW = re.compile(rb"""\sr\s*=\s*["']([0-9]+)["']""")
_FAR_COLUMN = re.compile(rb"""\sr\s*=\s*["'][A-Z]{2}""")
_USUAL_ROW = re.compile(rb' r="([0-9]+)"')
_USUAL_FAR_COLUMN = re.compile(rb' r="[A-Z]{2}')
_UNUSUAL = (b"\tr", b"\nr", b"\rr", b" r ", b" r\t", b" r\n", b" r\r", b" r='", b" r= ", b" r=\t", b" r=\n", b" r=\r")
_FAR_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{2,})([0-9]+)["']""")
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"


class Workbook:
    """The sheets of a workbook that hold a table for people to see."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises UnreadableFile."""
        _refuse_bombs(path)
        self._name = path.name
        self._last: tuple[str, CalamineSheet] | None = None
        with _refusing(f"{path.name} cannot be read as a spreadsheet"):
            self._book = CalamineWorkbook.from_path(str(path))
        shown = [sheet.name for sheet in self._book.sheets_metadata if _is_shown(sheet)]
        self.hidden = [sheet.name for sheet in self._book.sheets_metadata if _is_hidden(sheet)]
        self.sheets = shown or self.hidden
        if len(self.sheets) > SHEETS_MAX:
            raise UnreadableFile(f"{path.name} has {len(self.sheets)} sheets; at most {SHEETS_MAX} are read.")

    def rows(self, sheet: str, decimal: str = ".") -> Iterator[Row]:
        """Yield the rows of a sheet from its first line on, blank ones too. Raises UnreadableFile."""
        for cells in self._loaded(sheet).iter_rows():
            row = [cell if type(cell) is str else as_text(cell, decimal) for cell in cells]
            yield row if max(map(len, row), default=0) <= CELL_MAX else BadRow(row, "cell_too_long", most=CELL_MAX)

    def _loaded(self, sheet: str) -> CalamineSheet:
        """Read a sheet whole, and keep the last one read: its header is looked for before its rows are."""
        if self._last is None or self._last[0] != sheet:
            self._last = None
            with _refusing(f"The sheet “{sheet}” of {self._name} cannot be read"):
                found = self._book.get_sheet_by_name(sheet)
            if found.height * found.width > CELLS_MAX:
                raise _too_large(self._name)
            self._last = (sheet, found)
        return self._last[1]


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Turn what the reader of spreadsheets raises into a sentence; damaged old files make its Rust panic."""
    try:
        yield
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFile(f"{what}: {_in_words(error)}.") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile(f"{what}: it is damaged.") from None


def as_text(value: Any, decimal: str = ".") -> str:  # noqa: PLR0911 - one return for each type
    """Write a value of a cell: 12345 and never 12345.0, 2026-11-22 or 2026-11-22 14:05:00, true or false."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(float(value)).replace(".", decimal)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    return "" if value is None else str(value)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = format(value, ".15g")
    return format(Decimal(text), "f") if "e" in text else text


def _moment(value: datetime) -> str:
    # A day of a spreadsheet is a fraction: 08:26 may come as 08:25:59.999.
    rounded = (value + timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded.date().isoformat() if rounded.time() == time() else rounded.isoformat(sep=" ")


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


def _is_shown(sheet: Any) -> bool:
    return bool(sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible)


def _is_hidden(sheet: Any) -> bool:
    return bool(sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible != SheetVisibleEnum.Visible)


def _in_words(error: Exception) -> str:
    text = str(error).rstrip(".")
    return "it asks for a password" if "assword" in f"{type(error).__name__} {text}" else text


def _refuse_bombs(path: Path) -> None:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise UnreadableFile(f"{path.name} is larger than {FILE_BYTES_MAX >> 20} MB; send it as CSV.")
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED_BYTES_MAX:
                raise _too_large(path.name)
            if any(map(_is_blown_up, archive.infolist())):
                raise UnreadableFile(
                    f"{path.name} unpacks to far more than it can hold; save it anew as .xlsx or .csv."
                )
            for part in archive.infolist():
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_reach(archive, part, path.name)
                elif part.filename == "content.xml":
                    _check_repetitions(archive, part, path.name)
    except (zipfile.BadZipFile, zlib.error, ParseError, NotImplementedError, RuntimeError, OSError):
        raise UnreadableFile(f"{path.name} is damaged and cannot be unpacked.") from None


def _is_blown_up(part: zipfile.ZipInfo) -> bool:
    return part.file_size > max(PACKED_FREE_BYTES, PACKED_TIMES_MAX * part.compress_size)


def _check_reach(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    """One cell far out makes its sheet a rectangle of all the cells before it.

    Places of two letters and more are looked for before they are listed, and as programs write them unless the part is
    written in another way: listing every place took longer than reading the sheet.
    """
    row_last, column_last = 1, 26
    for chunk in _chunks(archive, part):
        is_usual = not any(sign in chunk for sign in _UNUSUAL)
        rows = (_USUAL_ROW if is_usual else _ROW).findall(chunk)
        row_last = max(row_last, max((int(row[:12]) for row in rows), default=1))
        if (_USUAL_FAR_COLUMN if is_usual else _FAR_COLUMN).search(chunk):
            places = set(_FAR_PLACE.findall(chunk))
            column_last = max(column_last, *(_number_of(column) for column, _row in places))
            row_last = max(row_last, *(int(row[:12]) for _column, row in places))
        if row_last * column_last > CELLS_MAX:
            raise _too_large(name)


def _check_repetitions(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    """A sheet of ODS says a thousand equal rows or cells by one: those that hold something are counted."""
    cells = width = 0
    with archive.open(part) as file:
        for _event, element in iterparse(file):  # noqa: S314 - expat itself refuses entities that multiply
            kind = element.tag.rpartition("}")[2]
            if kind in ("table-cell", "covered-table-cell"):
                width += _repeated(element, "columns") if len(element) else 0
                element.clear()
            elif kind == "table-row":
                cells += width * _repeated(element, "rows")
                width = 0
                element.clear()
                if cells > CELLS_MAX:
                    raise _too_large(name)


def _repeated(element: Element, what: str) -> int:
    said = element.get(f"{{{_TABLE}}}number-{what}-repeated", "1")
    return int(said[:12]) if said.isdigit() else 1


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in pieces that overlap, so that no place is cut in two."""
    kept, read = b"", 0
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            read += len(chunk)
            if read > UNPACKED_BYTES_MAX:  # more than its index says
                raise _too_large(part.filename)
            yield kept + chunk
            kept = chunk[-_OVERLAP:]


def _number_of(column: bytes) -> int:
    number = 0
    for letter in column[:6]:
        number = number * 26 + letter - 64
    return number


def _too_large(name: str) -> UnreadableFile:
    return UnreadableFile(f"{name} holds more than {CELLS_MAX // 1_000_000} million cells; send it as CSV.")
