"""Read a text file as records of cells, whatever one line of it holds, in bounded memory. Knows no Django.

A record is what one line says, or several where a quoted cell goes on over them. A record that cannot be read is given
as a BadRow and the file goes on after it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from .containers import GZIP
from .errors import UnreadableFile
from .quoting import mend, swallows, unwrap
from .reading import Reading
from .rows import CELL_MAX, CUT, UNDECODABLE, BadRow, Row

LINE_MAX = 1 << 20  # characters
OPEN_QUOTES_MAX = 10_000
END_OF_FILE = "\x1a"  # as programs of DOS write it
csv.field_size_limit(CELL_MAX)
codecs.register_error("fidelia_marks", lambda error: (UNDECODABLE, getattr(error, "end", 0)))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file as bytes, unpacked where it is gzipped. Raises UnreadableFile where it is damaged."""
    with path.open("rb") as raw:
        is_packed = raw.read(2) == GZIP
        raw.seek(0)
        try:
            if is_packed:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield cast(BinaryIO, unpacked)
            else:
                yield raw
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableFile(f"{path.name} is damaged and cannot be unpacked: {error}.") from None


def records(path: Path, reading: Reading, width: int | None = None) -> Iterator[Row]:
    """Yield each record of a file, blank lines too (as empty rows). Raises UnreadableFile.

    A record with quotation marks that nobody escaped is mended where it then has `width` cells.
    """
    encoding = "utf-8-sig" if reading.encoding == "utf-8" else reading.encoding
    with opened(path) as raw, TextIOWrapper(raw, encoding=encoding, errors="fidelia_marks", newline="") as text:
        try:
            yield from _Records(text, reading, path.name, width).read()
        except UnicodeError as error:  # such as UTF-16 without its mark
            raise UnreadableFile(f"{path.name} is not written in {reading.encoding}: {error}.") from None


class _Records:
    """Feeds lines to the reader of CSV and keeps those of the record at hand, to begin again behind a bad one."""

    def __init__(self, text: TextIO, reading: Reading, name: str, width: int | None) -> None:
        self._text = text
        self._reading = reading
        self._name = name
        self._width = width
        self._lines: list[str] = []  # of the record at hand
        self._again: list[str] = []  # lines to read once more, the last one first
        self._is_suspect = False  # the record holds a character or a length that is looked into
        self._is_cut = False  # the file ended within the record
        self._too_long = ""  # the beginning of a line that no memory should hold
        self._open_quotes = 0

    def read(self) -> Iterator[Row]:
        """Yield each record."""
        goes_on = True
        while goes_on:
            try:
                yield from self._until_trouble()
            except csv.Error:
                yield self._mended() or self._bad_record()
            else:
                goes_on = bool(self._too_long or self._again)
            if self._too_long:
                yield BadRow([self._too_long], "cell_too_long", most=CELL_MAX)
                self._too_long = ""

    def _until_trouble(self) -> Iterator[Row]:
        lines = self._lines
        for row in self._reader():
            if self._too_long:
                break  # what began before that line is lost with it
            if len(lines) > 1 and self._width and swallows(lines, self._reading.separator, self._width):
                yield self._bad_record()
                return
            lines.clear()
            if self._is_suspect:
                self._is_suspect = False
                yield self._judged(row)
            else:
                yield row
        lines.clear()

    def _reader(self) -> Iterator[Row]:
        quote = self._reading.quote
        return csv.reader(
            self._fed(),
            delimiter=self._reading.separator,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            skipinitialspace=self._reading.separator == " " or self._reading.padded,
            strict=True,
        )

    def _fed(self) -> Iterator[str]:
        read, again, record = self._text.readline, self._again, self._lines
        is_wrapped = self._reading.wrapped
        while line := (again.pop() if again else read(LINE_MAX)):
            if is_wrapped:
                line = unwrap(line)
            if len(line) > CELL_MAX:
                if len(line) == LINE_MAX and not line.endswith(("\n", "\r")):
                    self._skip(line)
                    return
                self._is_suspect = True
            elif "\x00" in line or UNDECODABLE in line or END_OF_FILE in line:
                self._is_suspect = True
            record.append(line)
            yield line
        self._is_cut = bool(record)

    def _skip(self, line: str) -> None:
        self._too_long = line[:CUT]
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(LINE_MAX)

    def _judged(self, row: Row) -> Row:
        if any("\x00" in cell for cell in row):
            return BadRow(row, "no_text")
        if any(UNDECODABLE in cell for cell in row):
            return BadRow(row, "undecodable", encoding=self._reading.encoding)
        cleaned = [cell.replace(END_OF_FILE, "") for cell in row]
        return cleaned if any(cleaned) else []

    def _mended(self) -> Row | None:
        """Read the record at hand once more, with marks within its cells; None where that makes no row of it."""
        if self._is_suspect or not self._reading.quote:
            return None
        lines = list(self._lines)

        def more() -> Iterator[str]:
            yield from self._lines
            while line := (self._again.pop() if self._again else self._text.readline(LINE_MAX)):
                lines.append(line)
                yield line

        found = mend(more(), self._reading.separator, self._reading.quote, self._width)
        used = found[1] if found is not None else len(self._lines)
        self._again += reversed(lines[used:])
        if found is None or any("\x00" in line or UNDECODABLE in line for line in lines[:used]):
            return None
        self._lines.clear()
        return found[0]

    def _bad_record(self) -> BadRow:
        """Give up the first line of the record at hand and read the others again."""
        first, *rest = self._lines
        self._again += reversed(rest)
        self._lines.clear()
        self._is_suspect = self._is_cut = False
        cells = first.rstrip("\r\n").split(self._reading.separator)
        if len(first) > CELL_MAX:
            return BadRow(cells, "cell_too_long", most=CELL_MAX)
        self._open_quotes += 1
        if self._open_quotes > OPEN_QUOTES_MAX:
            raise UnreadableFile(f"{self._name} has more than {OPEN_QUOTES_MAX} quotation marks that are never closed.")
        return BadRow(cells, "open_quote")
