"""COPY the rows of a file into `intake_row` as text, whatever they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.db import DatabaseError, connection
from psycopg.errors import DiskFull

from fidelia.kernel.db import transaction_of_use_case

from ..errors import MalformedMapping, NoRoom
from ..models import Import, Mending
from ..rejections import keep_reason
from ..tables import BadRow, Row, Table

ROWS_PER_TRANSACTION = 100_000
ROWS_PER_PIECE = 5_000
CELLS_PER_PIECE = 100_000
CELL_MARK, ROW_MARK = "\x1f", "\x1e"
# Text that PostgreSQL or the joined row cannot hold is shown by the picture of the character.
PICTURES = str.maketrans({"\x00": "\u2400", CELL_MARK: "\u241f", ROW_MARK: "\u241e"})
_COPY = "copy intake_row (import_id, row_number, sheet, cells) from stdin"
_REJECT = """
update intake_row row set state = 'rejected', reason = bad.reason
from unnest(%s::bigint[], %s::text[]) as bad (row_number, reason)
where row.import_id = %s and row.row_number = bad.row_number
"""
_MEND = """
update intake_row row set cells = mending.cells, state = 'ready', reason = null from intake_mending mending
where row.import_id = %s and mending.import_id = row.import_id and mending.row_number = row.row_number
"""

SheetRow = tuple[int, Row]


def stage_file(found: Import, path: Path, *, step: Callable[[int], None]) -> int:
    """Stage every row anew, mended ones as they were mended; return how many. `step` counts rows, between transactions.

    Whatever stops it, none of them stays staged. Raises UnreadableFile, MalformedMapping, NoRoom.
    """
    table = Table(path, found.file_mapping.reading)
    if list(table.columns) != list(found.columns):
        raise MalformedMapping("Read in this way the file has other columns than those mapped.", pointer="/reading")
    unstage(found.id)
    pieces, staged = _pieces(table.sheeted_rows(), len(table.columns)), 0
    try:
        while copied := _copy(found.id, pieces, staged):
            staged += copied
            step(copied)
        _mend(found.id)
    except BaseException:
        with suppress(DatabaseError):  # where the database itself is gone, the next staging begins with this
            unstage(found.id)
        raise
    return staged


def join_cells(row: Iterable[str]) -> str:
    """Return a row as it is staged."""
    return CELL_MARK.join([cell.translate(PICTURES) for cell in row])


def split_cells(cells: str) -> list[str]:
    """Return a staged row as its cells."""
    return cells.split(CELL_MARK)


def unstage(import_id: UUID) -> None:
    """Forget the staged rows of an import, in a transaction of its own."""
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute("delete from intake_row where import_id = %s", [import_id])


@contextmanager
def room_needed() -> Iterator[None]:
    """Turn the answer of a full disk into a sentence. Raises NoRoom."""
    try:
        yield
    except DatabaseError as error:
        if isinstance(error.__cause__, DiskFull):
            raise NoRoom("There is no room left on the disk of the database; nothing half-written stays.") from error
        raise


def _pieces(rows: Iterator[SheetRow], width: int) -> Iterator[list[SheetRow]]:
    """Yield the rows by some thousands; fewer where they are wide, so that memory does not grow with their width."""
    most = max(1, min(ROWS_PER_PIECE, CELLS_PER_PIECE // max(width, 1)))
    while piece := list(islice(rows, most)):
        yield piece


def _copy(import_id: UUID, pieces: Iterator[list[SheetRow]], after: int) -> int:
    """Stage rows in one transaction; return how many, 0 at the end of the file."""
    count = 0
    bad: list[tuple[int, str]] = []
    with room_needed(), transaction_of_use_case(), connection.cursor() as cursor:
        with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            for rows in pieces:
                copy.write(_lines(import_id, rows, after + count))
                bad += _bad_of(rows, after + count)
                count += len(rows)
                if count >= ROWS_PER_TRANSACTION:
                    break
        if bad:
            cursor.execute(_REJECT, [*map(list, zip(*bad, strict=True)), import_id])
    return count


def _bad_of(rows: Sequence[SheetRow], after: int) -> list[tuple[int, str]]:
    return [
        (number, keep_reason(row.code, **row.values))
        for number, (_sheet, row) in enumerate(rows, after + 1)
        if isinstance(row, BadRow)
    ]


def _lines(import_id: UUID, rows: Sequence[SheetRow], after: int) -> str:
    """Escape many rows by a handful of calls: a call for each cell took six times as long."""
    joined = ROW_MARK.join([CELL_MARK.join(row) for _sheet, row in rows])
    marks = joined.count(CELL_MARK) + joined.count(ROW_MARK) + 1
    if marks != sum([len(row) for _sheet, row in rows]) or "\x00" in joined:  # a cell holds a mark, or no row has cells
        joined = ROW_MARK.join([join_cells(row) for _sheet, row in rows])
    escaped = joined.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    numbered = zip(range(after + 1, after + len(rows) + 1), rows, escaped.split(ROW_MARK), strict=True)
    return "".join([f"{import_id}\t{number}\t{row[0]}\t{cells}\n" for number, row, cells in numbered])


def _mend(import_id: UUID) -> None:
    if Mending.objects.filter(import_id=import_id).exists():
        with transaction_of_use_case(), connection.cursor() as cursor:
            cursor.execute(_MEND, [import_id])
    with connection.cursor() as cursor:
        cursor.execute("select intake_analyze_rows()")
