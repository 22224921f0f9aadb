"""A file as a table: its columns, and its rows as texts in file order. Knows no Django."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from . import parquet_files, text_files
from .containers import head_of
from .errors import UnreadableFile
from .reading import Format, Reading
from .rows import CELL_MAX, COLUMNS_MAX, BadRow, Row, name_columns
from .sheets import put_in_order
from .workbooks import Workbook

ROWS_LOOKED_AT = 2_000
SHIFTED_SHARE = 0.02
SHIFTED_FEW = 2
__all__ = ["CELL_MAX", "BadRow", "Row", "Table"]


class Table:
    """A file of rows under a reading; without one it is sniffed.

    `columns` are the names of the header, made distinct: of two “Date” the second is “Date (2)”; one without a name is
    “#3” after its place. A row has as many cells as there are columns, or more where the file has more: those have no
    name. A row without any value is no row. A row that cannot be read is a BadRow and says why.
    """

    def __init__(self, path: Path, reading: Reading | None = None) -> None:
        """Open the file. Raises UnreadableFile."""
        head_of(path)
        if reading is None:
            from .sniff import sniff

            reading = sniff(path).reading
        self.path = path
        self.reading = reading
        self._book = Workbook(path) if reading.format in (Format.EXCEL, Format.ODS) else None
        self.sheets = list(reading.sheets or self._book.sheets[:1]) if self._book else [""]
        self._last_rows: list[int] = []
        self._width: int | None = None
        self.columns = name_columns(*self._header())
        self._width = len(self.columns)

    def rows(self) -> Iterator[Row]:
        """Yield each row. Raises UnreadableFile where the file itself is damaged."""
        return (row for _sheet, row in self.sheeted_rows())

    def sheeted_rows(self) -> Iterator[tuple[int, Row]]:
        """Yield each row with the place of its sheet in `sheets`, from 0. Raises UnreadableFile."""
        width, number = len(self.columns), 0
        may_trail = self._may_trail()
        self._last_rows = []
        for place, sheet in enumerate(self.sheets):
            for cells in self._data(sheet, is_first=place == 0):
                row = cells if len(cells) == width else _fitted(cells, width, may_trail=may_trail)
                if any(row) or isinstance(row, BadRow):
                    number += 1
                    yield place, row
            self._last_rows.append(number)

    def sample(self, most: int = 3_000) -> list[Row]:
        """Return rows to judge columns by: the first ones, or of Parquet some of each part. Raises UnreadableFile."""
        if self.reading.format is Format.PARQUET:
            return [row for row in parquet_files.sample(self.path, most) if any(row)]
        width = len(self.columns)
        rows = [row for row in islice(self.rows(), most) if not isinstance(row, BadRow)]
        # A row with a cell too many is shifted: it says nothing of the columns behind, unless all rows are so.
        return [row for row in rows if len(row) == width] or [row[:width] for row in rows]

    def sheet_of(self, number: int) -> str:
        """Return the sheet of a row, counted from 1; empty where the file has no sheets. Known once rows were read."""
        for sheet, last in zip(self.sheets, self._last_rows, strict=False):
            if number <= last:
                return sheet
        return self.sheets[len(self._last_rows)] if len(self._last_rows) < len(self.sheets) else ""

    def content_hash(self) -> str:
        """Return the SHA-256 of the file's bytes, by which the same file is known again whatever its name."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _records(self, sheet: str) -> Iterator[Row]:
        """Yield what stands in the file, titles and header too."""
        if self.reading.format is Format.PARQUET:
            return parquet_files.rows(self.path, self.reading.decimal)
        if self._book is not None:
            if sheet not in self._book.sheets:
                raise UnreadableFile(f"{self.path.name} has no sheet “{sheet}”; it has {', '.join(self._book.sheets)}.")
            return self._book.rows(sheet, self.reading.decimal)
        return text_files.records(self.path, self.reading, self._width)

    def _header(self) -> tuple[Row, Row]:
        """Return the header and the row above it, which is empty where there is none."""
        if self.reading.format is Format.PARQUET:
            names = parquet_files.column_names(self.path)
            self._refuse_columns(len(names))
            return names, []
        row = self.reading.header_row
        records = self._records(self.sheets[0])
        above = next(islice(records, row - 2, None), []) if row > 1 else []
        header = next(records if row else filter(any, records), None)
        if isinstance(header, BadRow):
            raise UnreadableFile(f"{self.path.name} has a header that cannot be read: {header.reason()}.")
        if header is None or not any(map(str.isalnum, "".join(header))):
            raise UnreadableFile(f"{self.path.name} has no header line.")
        self._refuse_columns(len(header))
        return (header, above) if row else ([""] * len(header), [])

    def _refuse_columns(self, count: int) -> None:
        if count > COLUMNS_MAX:
            raise UnreadableFile(f"{self.path.name} has {count} columns; at most {COLUMNS_MAX} are read.")

    def _data(self, sheet: str, *, is_first: bool) -> Iterator[Row]:
        if self.reading.format is Format.PARQUET:
            return self._records(sheet)
        if is_first or self.reading.header_row == 0:
            return islice(self._records(sheet), self.reading.header_row, None)
        # Sheets read together have the same columns, in any order, and not always in the same row of each.
        skipped, columns = self._header_of(sheet)
        return put_in_order(islice(self._records(sheet), skipped, None), columns, self.columns)

    def _may_trail(self) -> bool:
        """Whether empty cells beyond the header are only separators at the ends of lines.

        Where other rows have values there, a separator within a cell shifts their cells: an empty last cell is then no
        proof that the others stand where they should.
        """
        if self.reading.format is not Format.CSV:
            return True
        width = len(self.columns)
        rows = list(islice(self._records(""), self.reading.header_row, ROWS_LOOKED_AT))
        shifted = sum(any(cell.strip() for cell in row[width:]) for row in rows if not isinstance(row, BadRow))
        return shifted <= max(SHIFTED_FEW, SHIFTED_SHARE * len(rows))

    def _header_of(self, sheet: str) -> tuple[int, list[str]]:
        """Return in which row of a sheet its header stands, and its columns as they stand there."""
        above: Row = []
        for place, row in enumerate(islice(self._records(sheet), 100), 1):
            names = name_columns(row, above)[: len(self.columns)]
            if sorted(names) == sorted(self.columns):
                return place, names
            above = row
        raise UnreadableFile(f"The sheet “{sheet}” does not have the columns of “{self.sheets[0]}”.")


def _fitted(row: Row, width: int, *, may_trail: bool) -> Row:
    """Fill up a short row; leave out cells beyond the header that hold nothing, where that is how lines end."""
    if isinstance(row, BadRow):
        return row
    if len(row) < width:
        return row + [""] * (width - len(row)) if row else row
    while may_trail and len(row) > width and not row[-1].strip():
        row.pop()
    return row
