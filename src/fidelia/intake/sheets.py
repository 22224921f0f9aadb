"""Which sheets of a workbook are the table, and whether they overlap. Knows no Django."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from .doubts import Doubt, because
from .errors import UnreadableFile
from .headers import ROWS_LOOKED_AT, Header, guess_header
from .reading import HEADER_ROW_MAX
from .rows import BadRow, Row, name_columns
from .workbooks import Workbook

SAMPLE_ROWS = 2_000
OVERLAP_ROWS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sheets that are read one after the other: their header, a sample of their rows."""

    sheets: tuple[str, ...]
    header: Row
    place: Header
    sample: list[Row]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    place: Header
    columns: tuple[str, ...]
    rows: int
    sample: tuple[Row, ...]
    hashes: Counter[int]

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns in whatever order they stand."""
        return tuple(sorted(self.columns))


def put_in_order(rows: Iterable[Row], columns: Sequence[str], wanted: Sequence[str]) -> Iterator[Row]:
    """Yield rows of a sheet with its cells in the order of another sheet that has the same columns."""
    order = [columns.index(name) for name in wanted]
    if order == list(range(len(columns))):
        yield from rows
        return
    for row in rows:
        if isinstance(row, BadRow) or not row:
            yield row
        else:
            filled = [*row, *[""] * (len(columns) - len(row))]
            yield [*(filled[place] for place in order), *filled[len(columns) :]]


def choose_sheets(book: Workbook) -> Chosen:
    """Take the sheets of the header under which most rows stand; the others are left out. Raises UnreadableFile."""
    looked_at = [sheet for name in book.sheets if (sheet := _look_at(book, name)) is not None]
    if not looked_at:
        raise UnreadableFile("No sheet of the workbook holds a table.")
    rows_under: Counter[tuple[str, ...]] = Counter()
    for sheet in looked_at:
        rows_under[sheet.names] += sheet.rows * min(len(sheet.columns), 3)  # a list of notes has one column
    names = max(rows_under, key=lambda one: rows_under[one])
    taken = [sheet for sheet in looked_at if sheet.names == names]
    left = [sheet.name for sheet in looked_at if sheet.names != names and sheet.rows]
    each, columns = max(SAMPLE_ROWS // len(taken), 100), taken[0].columns
    return Chosen(
        sheets=tuple(sheet.name for sheet in taken),
        header=list(columns),
        place=taken[0].place,
        sample=[row for sheet in taken for row in put_in_order(sheet.sample[:each], sheet.columns, columns)],
        doubts=(*_doubt_of_left_out(taken, left), *_doubt_of_hidden(book), *_doubt_of_overlap(taken)),
    )


def _look_at(book: Workbook, name: str) -> _Sheet | None:
    rows = book.rows(name)
    head = list(islice(rows, HEADER_ROW_MAX + ROWS_LOOKED_AT))
    if not any(any(cell.strip() for cell in row) for row in head):
        return None
    place = guess_header(head)
    columns = (
        name_columns(head[place.row - 1], head[place.row - 2] if place.row > 1 else None)
        if place.row
        else [f"#{number}" for number in range(1, len(head[0]) + 1)]
    )
    hashes: Counter[int] = Counter()
    sample, count = head[place.row :], 0
    for row in put_in_order(head[place.row :], columns, sorted(columns)):
        count += _count(row, hashes)
    for row in rows:
        count += _count(next(put_in_order([row], columns, sorted(columns))), hashes)
        if count % max(1, count // SAMPLE_ROWS) == 0:
            sample.append(row)
    return _Sheet(name, place, tuple(columns), count, tuple(sample), hashes)


def _count(row: Row, hashes: Counter[int]) -> int:
    if not any(row):
        return 0
    if len(hashes) < OVERLAP_ROWS_MAX:
        hashes[hash(tuple(row))] += 1
    return 1


def _doubt_of_left_out(taken: list[_Sheet], left: list[str]) -> list[Doubt]:
    if not left:
        return []
    reason = because(
        "{left} have other columns and are left out.",
        "{left} : d’autres colonnes, feuilles laissées de côté.",
        left=_quoted(left),
    )
    return [Doubt("sheets", tuple(sheet.name for sheet in taken), reason, tuple(left))]


def _doubt_of_hidden(book: Workbook) -> list[Doubt]:
    if not book.hidden or book.sheets == book.hidden:
        return []
    reason = because(
        "{hidden} are hidden and left out.",
        "{hidden} : feuilles masquées, laissées de côté.",
        hidden=_quoted(book.hidden),
    )
    return [Doubt("sheets", tuple(book.sheets), reason, tuple(book.hidden))]


def _doubt_of_overlap(taken: list[_Sheet]) -> list[Doubt]:
    """Rows of one sheet that stand in an earlier one too: a person decides whether they happened twice."""
    doubts = []
    for place, sheet in enumerate(taken):
        for earlier in taken[:place]:
            common = sum((sheet.hashes & earlier.hashes).values())
            if common:
                reason = because(
                    "{count} rows of “{sheet}” stand in “{earlier}” too: the sheets overlap.",
                    "{count} lignes de « {sheet} » figurent aussi dans « {earlier} » : les feuilles se recouvrent.",
                    count=common,
                    sheet=sheet.name,
                    earlier=earlier.name,
                )
                others = tuple(other.name for other in taken if other is not sheet)
                doubts.append(Doubt("sheets", tuple(one.name for one in taken), reason, others))
    return doubts


def _quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
