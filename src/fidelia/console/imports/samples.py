"""The first rows of a file, read as it is mapped: the page of the columns shows them anew after each change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.core.cache import cache

from fidelia.files.queries import local_path
from fidelia.intake.errors import UnreadableFile
from fidelia.intake.models import Import
from fidelia.intake.notes import count_sensitive
from fidelia.intake.preview import ROWS_LOOKED_AT
from fidelia.intake.reading import Format, Reading
from fidelia.intake.rows import BadRow, Row
from fidelia.intake.tables import Table
from fidelia.intake.workbooks import Workbook

from .opening import hash_of_reading

KEPT_SECONDS = 600


class Sample(Table):
    """A table of its first rows, in memory. `all_sheets` are those of the file, also those that are not read."""

    def __init__(self, table: Table, all_sheets: tuple[str, ...]) -> None:
        self.path = table.path
        self.reading = table.reading
        self.columns = table.columns
        self.sheets = table.sheets
        self.all_sheets = all_sheets
        self._first = list(islice(table.sheeted_rows(), ROWS_LOOKED_AT))

    def sheeted_rows(self) -> Iterator[tuple[int, Row]]:
        """Yield the rows that were kept."""
        yield from self._first

    @property
    def bad_rows(self) -> int:
        """How many of them cannot be read even as text."""
        return sum(isinstance(row, BadRow) for _sheet, row in self._first)

    def count_sensitive(self) -> dict[str, int]:
        """Return, for each column, how many of its cells speak of health or faith."""
        counts = {}
        for place, name in enumerate(self.columns):
            counts[name] = count_sensitive(row[place] for _sheet, row in self._first if place < len(row))
        return counts


def sample_of(found: Import, reading: Reading) -> Sample:
    """Return the first rows under a reading; kept for ten minutes, since a large workbook takes seconds to open.

    Raises UnreadableFile, ContentLost, FileUnknown.
    """
    key = f"sample:{found.file_hash}:{hash_of_reading(reading)}"
    kept: Sample | None = cache.get(key)
    if kept is None:
        kept = _read(found, reading)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _read(found: Import, reading: Reading) -> Sample:
    if found.file_id is None:
        raise UnreadableFile("The file of this import is not kept here; bring it in again.")
    with local_path(found.file_id) as path:
        sheets = Workbook(path).sheets if reading.format in (Format.EXCEL, Format.ODS) else ()
        return Sample(Table(path, reading), tuple(sheets))
