"""Cells in quotation marks that nobody escaped: "Screen 24" black", "5". Knows no Django.

Read to the letter, such a row swallows its neighbor's cells, or a whole line after it, with nobody to notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .rows import CELL_MAX, Row

WHOLE_LENGTH = 10  # characters of a line that may be a record
WRAPPED_LEAST, WRAPPED_LOOKED_AT = 3, 300
_WRAPPED = re.compile(r'"(?:[^"]|"")*"')
LINES_MAX = 50  # over which the end of a cell is looked for


def split_loosely(text: str, separator: str, quote: str, *, pairs_close: bool = False) -> Row | None:
    """Cut a record whose cells may hold marks that are not doubled; None where a cell is still open at its end.

    A mark closes a cell only where the cell ends: before the end of the record, or before a separator behind which
    another cell begins, in marks or with none in it. Of a pair of marks
    at such a place the second does so, if `pairs_close`; otherwise the two are one that is escaped.
    """
    cells: Row = []
    text = text.rstrip("\r\n")
    place = 0
    while True:
        opening = _past_blanks(text, place)
        if text.startswith(quote, opening):
            found = _end_of(text, opening + 1, separator, quote, pairs_close=pairs_close)
            if found is None:
                return None
            mark, end = found
            cells.append(text[opening + 1 : mark].replace(quote * 2, quote))
        else:
            end = text.find(separator, place)
            end = len(text) if end < 0 else end
            cells.append(text[place:end])
        if end >= len(text):
            return cells
        place = end + 1


def mend(lines: Iterable[str], separator: str, quote: str, width: int | None) -> tuple[Row, int] | None:
    """Read the first record of lines that a strict reader refuses; return it and of how many lines it is.

    None where it has not as many cells as the rows of the file have (`width`; None: not known yet).
    """
    text, read = "", []
    for count, line in enumerate(lines, 1):
        text += line
        read.append(line)
        if width is not None and swallows(read, separator, width):
            return None
        for pairs_close in (False, True):
            cells = split_loosely(text, separator, quote, pairs_close=pairs_close)
            if cells is not None and (width is None or len(cells) == width) and max(map(len, cells)) <= CELL_MAX:
                return cells, count
        if count == LINES_MAX or len(text) > CELL_MAX:
            return None
    return None


def swallows(lines: Sequence[str], separator: str, width: int) -> bool:
    """Whether a record that goes on over several lines holds others: a mark was opened in one and closed in another.

    A line within a cell that has by itself just as many cells as a record, most filled and some with digits, is one.
    """
    if len(lines) < 2 or width < 3:
        return False
    are_whole = [_is_whole(line, separator, width) for line in lines]
    return any(are_whole[1:-1]) or (are_whole[0] and are_whole[-1])


def _is_whole(line: str, separator: str, width: int) -> bool:
    cells = line.split(separator)
    if len(cells) != width or len(line) < WHOLE_LENGTH:
        return False
    filled = sum(bool(cell.strip()) for cell in cells)
    return filled >= 0.6 * width and sum(any(map(str.isdigit, cell)) for cell in cells) >= 2


def _end_of(text: str, start: int, separator: str, quote: str, *, pairs_close: bool) -> tuple[int, int] | None:
    """Return where the mark stands that closes a cell, and where the cell's separator does."""
    place = text.find(quote, start)
    while place >= 0:
        last = place
        while text.startswith(quote, last + 1):
            last += 1
        end = _past_blanks(text, last + 1)
        is_end = end >= len(text) or (text.startswith(separator, end) and _begins_well(text, end + 1, separator, quote))
        if is_end and ((last - place) % 2 == 0 or pairs_close):
            return last, end
        place = text.find(quote, last + 1)
    return None


def _begins_well(text: str, start: int, separator: str, quote: str) -> bool:
    if text.startswith(quote, _past_blanks(text, start)):
        return True
    end = text.find(separator, start)
    return quote not in text[start : end if end >= 0 else len(text)]


def _past_blanks(text: str, place: int) -> int:
    while text.startswith(" ", place):
        place += 1
    return place


def are_wrapped(text: str) -> bool:
    """Say whether each line as a whole stands between marks: `"T1;03/02/2024;9,90"`, with doubled marks inside.

    A file of one quoted column, or one whose every cell is quoted, is not.
    """
    lines = [line for line in text.splitlines()[:WRAPPED_LOOKED_AT] if line.strip()]
    inner = [line.strip()[1:-1] for line in lines if _WRAPPED.fullmatch(line.strip())]
    if len(lines) < WRAPPED_LEAST or len(inner) < len(lines):
        return False
    return any(inner[0].count(sign) >= 2 and all(sign in line for line in inner) for sign in ";\t|,")


def unwrapped(text: str) -> str:
    """Return a text without the marks around its lines."""
    return "".join(map(unwrap, text.splitlines(keepends=True)))


def unwrap(line: str) -> str:
    """Return a line without the marks around it; one that has none stays."""
    body = line.rstrip("\r\n")
    if _WRAPPED.fullmatch(body.strip()):
        return body.strip()[1:-1].replace('""', '"') + line[len(body) :]
    return line
