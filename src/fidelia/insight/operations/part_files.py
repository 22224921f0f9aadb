"""Write the parts of a table of facts as they come, mixed, into a file each, with bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pyarrow
import pyarrow.compute
import pyarrow.parquet

from fidelia.kernel.facts import FactTable

from ..models import folder_of
from .parting import Part
from .placing import FactStore

ROWS_TOGETHER: Final = 100_000  # of one part in a row group
ROWS_HELD_MAX: Final = 400_000  # of all parts: then the largest is written before its time

# The words with which a table of facts types its columns, and what they are in Parquet. Spark reads no UUID column of
# Parquet, so ids travel as text.
ARROW_TYPES: Final[dict[str, pyarrow.DataType]] = {
    "string": pyarrow.string(),
    "int64": pyarrow.int64(),
    "int32": pyarrow.int32(),
    "int16": pyarrow.int16(),
    "boolean": pyarrow.bool_(),
    "date": pyarrow.date32(),
    "timestamp": pyarrow.timestamp("us", tz="UTC"),
}


def working_folder(export: str) -> Path:
    """Return the folder on this machine in which files are written before they move to their place."""
    here = folder_of(UUID(export))
    here.mkdir(parents=True, exist_ok=True)
    return here


class PartWriter:
    """Takes batches of rows with their part, and puts each part into the store once all rows are there."""

    def __init__(self, store: FactStore, export: str, table: FactTable) -> None:
        self._store, self._export, self._table = store, export, table
        self._schema = pyarrow.schema([(name, ARROW_TYPES[word]) for name, word in table.columns.items()])
        self._held: dict[str, list[pyarrow.RecordBatch]] = {}
        self._rows: dict[str, int] = {}
        self._files: dict[str, Any] = {}
        self._written: dict[str, int] = {}

    @contextmanager
    def writing(self, parts: Sequence[Part]) -> Iterator[None]:
        """Open a file for each part; at the end of the block all move to their places, each with all of its rows."""
        with tempfile.TemporaryDirectory(dir=working_folder(self._export)) as temporary:
            folder = Path(temporary)
            for part in parts:
                path = folder / part.file
                self._files[part.month] = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")
            try:
                yield
                for month in list(self._held):
                    self._flush(month)
            finally:
                for file in self._files.values():
                    file.close()
            for part in parts:
                found = self._written.get(part.month, 0)
                assert found == part.rows, f"{self._table.name} {part.month}: {found} rows instead of {part.rows}"
                self._store.put(folder / part.file, self._export, self._table.name, part.file)

    def add(self, batch: pyarrow.RecordBatch) -> None:
        """Take rows of any parts; the column `part_` is the last."""
        months = batch.column(batch.num_columns - 1)
        rows = batch.select(self._schema.names)
        for month in months.unique().to_pylist():
            own = rows if len(months.unique()) == 1 else rows.filter(pyarrow.compute.equal(months, month))
            self._held.setdefault(month, []).append(own.cast(self._schema))
            self._rows[month] = self._rows.get(month, 0) + own.num_rows
            if self._rows[month] >= ROWS_TOGETHER:
                self._flush(month)
        while sum(self._rows.values()) > ROWS_HELD_MAX:
            self._flush(max(self._rows, key=self._rows.__getitem__))

    def _flush(self, month: str) -> None:
        held = self._held.pop(month, [])
        if held:
            self._files[month].write_table(pyarrow.Table.from_batches(held, self._schema))
            self._written[month] = self._written.get(month, 0) + self._rows.pop(month)
