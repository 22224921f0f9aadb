"""In which row of a table its header stands. Knows no Django."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .dates import COMPACT, ISO, LOCAL, NAMED, NAMED_FIRST
from .moments import tidy_moment
from .rows import Row
from .values import split_currency

ROWS_LOOKED_AT = 40
CELLS_JUDGED = 400
_NUMBER = re.compile(r"[-+−(]?[0-9][0-9.,'’ \u00a0\u202f]*[-−)%]?|")
_HOUR = re.compile(r"[0-9]{1,2}[:h][0-9]{2}(:[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Header:
    """`row` counts from 1; 0 where the table has none. `others` are rows that look like headers too."""

    row: int
    is_sure: bool
    others: tuple[int, ...] = ()


def guess_header(rows: Sequence[Row]) -> Header:
    """Find the header: the last row of names before the values begin.

    A row of names has a word over (nearly) every column and above all over those whose values are numbers or days.
    """
    width = _usual_width(rows)
    kinds = _kinds_of_columns(rows, width)
    candidates = [
        place
        for place, row in enumerate(rows[:ROWS_LOOKED_AT])
        if len(row) <= width + 1 and _filled(row) >= max(1, width * 0.6) and _are_names(row, kinds)
    ]
    filled = [_filled(row) for row in rows]
    first = next((place for place, cells in enumerate(filled) if cells >= max(1, width * 0.6)), None)
    if first is None:
        first = next((place for place, cells in enumerate(filled) if cells), 0)
    candidates = [place for place in candidates if place <= first + 2]
    if not candidates:
        return _without(rows, first, kinds)
    run = [candidates[0]]
    if any(kinds):  # only beside numbers and days can two rows of names be told from names and values
        run = [place for place in candidates if place - candidates[0] == candidates.index(place)]
    best = max(run, key=lambda place: (_filled(rows[place]) >= width * 0.9, _distinct(rows[place]), place))
    return Header(best + 1, len(run) == 1, tuple(place + 1 for place in run if place != best))


def is_value(cell: str) -> bool:
    """A number, an amount, a day, an hour or an address: nothing by which a column is named."""
    text = cell.strip()
    number = split_currency(text)[0].strip()
    return bool(
        (any(map(str.isdigit, number)) and _NUMBER.fullmatch(number))
        or _HOUR.fullmatch(text)
        or ("@" in text and "." in text)
        or any(form.fullmatch(tidy_moment(text)) for form in (ISO, COMPACT, LOCAL, NAMED, NAMED_FIRST))
    )


def _usual_width(rows: Sequence[Row]) -> int:
    widths = sorted(_filled(row) and len(row) for row in rows if _filled(row))
    return widths[len(widths) // 2] if widths else 1


def _kinds_of_columns(rows: Sequence[Row], width: int) -> list[bool]:
    """Say of each column whether most of its cells, in the lower part of the sample, are values."""
    lower = rows[min(len(rows) // 2, ROWS_LOOKED_AT) :] if len(rows) > 3 else rows[1:]
    kinds = []
    for place in range(width):
        cells = _spread([row[place] for row in lower if place < len(row) and row[place].strip()])
        kinds.append(bool(cells) and sum(map(is_value, cells)) > 0.6 * len(cells))
    return kinds


def _spread(cells: list[str]) -> list[str]:
    """Return some of the cells, evenly from all of them: enough to tell what most are."""
    return cells[:: len(cells) // CELLS_JUDGED + 1]


def _are_names(row: Row, kinds: list[bool]) -> bool:
    named = [cell for cell in row if cell.strip()]
    if sum(map(is_value, named)) > 0.2 * len(named):
        return False
    over_values = [row[place] for place, is_of_values in enumerate(kinds) if is_of_values and place < len(row)]
    filled = [cell for cell in over_values if cell.strip()]
    return len(filled) >= 0.5 * len(over_values) and sum(map(is_value, filled)) <= 0.2 * len(filled)


def _filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _distinct(row: Row) -> int:
    return len({cell.strip().casefold() for cell in row if cell.strip()})


def _without(rows: Sequence[Row], first: int, kinds: list[bool]) -> Header:
    """No row of names: where the first row is like those below, the table has no header."""
    if rows and any(kinds) and sum(map(is_value, rows[first])) >= 0.5 * sum(kinds):
        return Header(0, False, (first + 1,))
    return Header(first + 1, False, (0,))
