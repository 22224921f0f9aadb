"""By which sign the cells of a text are separated, and which stands around them. Knows no Django."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from .quoting import mend
from .rows import Row

SEPARATORS = (";", "\t", "|", ",", "^", "~", "\x1f")  # the last are those of old tills and of data warehouses
USUAL = SEPARATORS[:3]  # by which rows of all lengths are cut: sentences have commas, and names a stroke
QUOTES = ('"', "'", "")
ROWS_TRIED = 300
ROWS_LEAST = 5
CONSISTENT = 0.7
TITLE_ROWS_MAX = 30
_TORN = re.compile(r'[;\t|,^~\x1f]"[^"]|[^"]"[;\t|,^~\x1f]')
OPENED_SHARE = 0.05
MENDED_MAX = 20  # lines of a record with marks that nobody escaped


@dataclass(frozen=True, slots=True)
class Separation:
    """How a text falls apart by one sign: `width` cells in a `share` of the rows from the first such row on.

    `above` are the rows before it. In `wrapped` rows a cell still stands between marks that quote it;
    `joined` cells go on over a line end, as they also do where a mark that quotes nothing is taken for one that does.
    It is `torn` where cells hold a mark beside another separator, as the halves of quoted cells do, and `padded` where
    blanks stand between marks and separators.
    """

    separator: str
    quote: str
    width: int
    share: float
    above: int = 0
    wrapped: int = 0
    joined: int = 0
    torn: bool = False
    padded: bool = False

    @property
    def is_even(self) -> bool:
        return self.width >= 2 and self.share >= CONSISTENT


def guess_separation(text: str) -> tuple[Separation, tuple[str, ...]]:
    """Return the best separation, and the other signs by which the text falls apart as evenly."""
    found = [max(_quotations(text, sign), key=_merit_of_quote) for sign in SEPARATORS if sign in text]
    even = sorted((one for one in found if one.is_even), key=_merit, reverse=True)
    if not even and _is_set_out_by_blanks(text):
        return Separation(" ", '"', 3, 1.0), ()
    if not even and (uneven := _by_the_header(text)) is not None:
        return uneven, ()
    if not even:
        unused = next((sign for sign in (",", *SEPARATORS) if sign not in text), ",")
        return Separation(unused, '"', 1, 1.0), ()
    best = even[0]
    rivals = [
        one.separator
        for one in even
        if one.separator != best.separator and one.width >= best.width and one.above <= best.above
    ]
    return best, tuple(dict.fromkeys(rivals))


def _by_the_header(text: str) -> Separation | None:
    """Rows of all lengths under a header of names: each row of another length is given back with the reason.

    Not by commas: sentences have them too.
    """
    lines = [line for line in _lines(text)[:ROWS_TRIED] if line.strip()]
    for sign in USUAL:
        names = [name.strip() for name in lines[0].split(sign)] if lines else []
        are_names = len(set(names)) == len(names) >= 3 and all(any(map(str.isalpha, name)) for name in names)
        if are_names and 2 * sum(sign in line for line in lines) >= len(lines) >= ROWS_LEAST:
            return Separation(sign, '"', len(names), 0.0)
    return None


def _is_set_out_by_blanks(text: str) -> bool:
    """Columns of figures under each other, as old programs print them; texts have words, and rows of other lengths."""
    rows = [row for line in _lines(text)[:ROWS_TRIED] if (row := line.split())]
    widths = Counter(map(len, rows))
    width = max(widths, key=lambda one: widths[one], default=0)
    figures = sum(any(map(str.isdigit, cell)) for row in rows for cell in row)
    is_even = len(rows) >= ROWS_LEAST and widths[width] >= 0.95 * len(rows)
    return width >= 3 and is_even and figures >= 0.6 * sum(map(len, rows))


def _quotations(text: str, separator: str) -> list[Separation]:
    tried = [
        try_separation(text, separator, quote)
        for quote in QUOTES
        if quote == '"' or (quote == "'" and _may_quote(text, separator)) or (not quote and '"' in text)
    ]
    if tried[0].width == 1:  # each such sign stands in a quoted cell: “"Dupont, Jean"” under “Nom” is one column
        tried = [one for one in tried if one.quote or not (one.above and one.wrapped)]
    is_padded = separator not in " \t" and re.search(rf'{re.escape(separator)} +"', text) is not None
    return [*tried, try_separation(text, separator, '"', padded=True)] if is_padded else tried


def try_separation(text: str, separator: str, quote: str, *, padded: bool = False) -> Separation:
    """Cut a text by a sign and look how even its rows are."""
    read = separate(text, separator, quote, rows_max=ROWS_TRIED, padded=padded)
    rows = [row for row in read if any(cell.strip() for cell in row)]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return Separation(separator, quote, 1, 0.0)
    width = max(widths, key=lambda one: (widths[one], one))
    first = next(place for place, row in enumerate(rows) if len(row) == width)
    rows = rows[first:] if first <= TITLE_ROWS_MAX else rows
    if separator == "," and width == 2 and first and _are_decimals(rows):
        return Separation(separator, quote, 1, 0.0)
    wrapped = sum(_holds_marks(row) for row in rows)
    joined = sum("\n" in cell for row in rows for cell in row)
    opened = sum(cell.startswith(quote) for row in rows for cell in row) if quote else 0  # and never closed
    joined += opened if opened > OPENED_SHARE * len(rows) else 0
    torn = sum(any(map(_TORN.search, row)) for row in rows) > 0.5 * len(rows) if quote else False
    return Separation(separator, quote, width, widths[width] / len(rows), first, wrapped, joined, torn, padded)


def separate(text: str, separator: str, quote: str = '"', *, rows_max: int, padded: bool = False) -> list[Row]:
    """Return the first records of a text, blank ones as empty rows; what follows a cell without an end is left out."""
    rows: list[Row] = []
    lines = _lines(text)
    first = 0  # of the record at hand
    while first < len(lines) and len(rows) < rows_max:
        reader = csv.reader(
            islice(lines, first, None),
            delimiter=separator,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            skipinitialspace=separator == " " or padded,
            strict=True,
        )
        read = 0
        try:
            for row in reader:
                rows.append(row)
                read = reader.line_num
                if len(rows) == rows_max:
                    return rows
        except csv.Error:
            mended = mend(lines[first + read : first + read + MENDED_MAX], separator, quote, None) if quote else None
            row, taken = mended or (lines[first + read].rstrip("\n").split(separator), 1)
            rows.append(row)
            read += taken
        first += max(read, 1)
    return rows


def _lines(text: str) -> list[str]:
    """str.splitlines ends lines at signs at which no file does."""
    return [f"{line}\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def _holds_marks(row: Row) -> bool:
    """Say whether a cell of the row stands between marks, or a mark opens in one cell and closes in a later one."""
    is_open = False
    for cell in map(str.strip, row):
        if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'":
            return True
        if is_open and cell.endswith('"'):
            return True
        is_open = is_open or (cell.startswith('"') and '"' not in cell[1:])
    return False


def _may_quote(text: str, separator: str) -> bool:
    return f"{separator}'" in text or f"'{separator}" in text


def _are_decimals(rows: list[Row]) -> bool:
    """12,50 under one heading is an amount and not two cells."""
    return sum(not row[0].strip("+-0123456789 ") and row[-1].strip().isdigit() for row in rows) >= 0.9 * len(rows)


def _merit(one: Separation) -> tuple[float, ...]:
    """Even rows whose quoted cells stay whole and whose header is one of them, then many columns.

    Texts with as many commas each fall apart as evenly, but their header does not. Ties go to what is usual.
    """
    return (
        *(round(one.share, 1), -one.torn, min(one.width, 3), -one.above, one.width),
        -SEPARATORS.index(one.separator),
    )


def _merit_of_quote(one: Separation) -> tuple[float, ...]:
    """No mark left around a cell, no cells joined over lines; ties go to what is usual."""
    return (one.is_even, -one.wrapped, -one.joined, round(one.share, 1), not one.padded, -QUOTES.index(one.quote))
