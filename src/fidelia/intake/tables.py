"""Read a file as rows of text: CSV or TSV (gzipped too) and Parquet. Knows no Django."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from .errors import UnreadableFile

Row = list[str]
BATCH_ROWS = 50_000
CELL_MAX = 20_000
csv.field_size_limit(CELL_MAX)


class Table:
    """A file of rows: its columns, and its rows as texts in file order (an absent value is an empty text)."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises UnreadableFile."""
        if not path.is_file():
            raise UnreadableFile(f"There is no file {path.name}.")
        self.path = path
        self._is_parquet = path.suffix.lower() in (".parquet", ".pq")
        self.columns = self._parquet_columns() if self._is_parquet else self._csv_columns()
        if len(set(self.columns)) < len(self.columns):
            raise UnreadableFile(f"{path.name} has two columns of the same name.")

    def rows(self) -> Iterator[Row]:
        """Yield each row. Raises UnreadableFile at a row that cannot be read."""
        yield from self._parquet_rows() if self._is_parquet else self._csv_rows()

    def content_hash(self) -> str:
        """Return the SHA-256 of the file's bytes, by which the same file is known again whatever its name."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _parquet_columns(self) -> list[str]:
        from pyarrow import parquet, types

        try:
            schema = parquet.read_schema(self.path)
        except Exception as error:
            raise UnreadableFile(f"{self.path.name} is not a Parquet file: {error}") from None
        nested = [column.name for column in schema if types.is_nested(column.type)]
        if nested:
            raise UnreadableFile(f"The column “{nested[0]}” of {self.path.name} holds lists or records, not values.")
        return list(schema.names)

    def _parquet_rows(self) -> Iterator[Row]:
        import pyarrow as arrow
        from pyarrow import compute, parquet

        try:
            for batch in parquet.ParquetFile(self.path).iter_batches(batch_size=BATCH_ROWS):
                texts = [compute.fill_null(compute.cast(column, arrow.string()), "") for column in batch.columns]
                yield from (list(row) for row in zip(*(text.to_pylist() for text in texts), strict=True))
        except (arrow.ArrowException, OSError) as error:
            raise UnreadableFile(f"{self.path.name} cannot be read: {error}") from None

    def _csv_columns(self) -> list[str]:
        with self._csv_reader() as reader:
            header = next(reader, None)
        if not header or not any(name.strip() for name in header):
            raise UnreadableFile(f"{self.path.name} has no header line.")
        return [name.strip() for name in header]

    def _csv_rows(self) -> Iterator[Row]:
        width = len(self.columns)
        with self._csv_reader() as reader:
            for row in islice(reader, 1, None):
                if row:  # a blank line is no row; a short one lacks its last cells
                    yield row + [""] * (width - len(row))

    @contextmanager
    def _csv_reader(self) -> Iterator[Any]:
        with self._opened() as file, TextIOWrapper(file, encoding=self._encoding, newline="") as text:
            sample = text.readline()
            text.seek(0)
            separator = max(",;\t|", key=sample.count)
            try:
                yield csv.reader(text, delimiter=separator)
            except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
                raise UnreadableFile(f"{self.path.name} cannot be read: {error}") from None

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with self.path.open("rb") as raw:
            if self._is_gzip():
                with gzip.GzipFile(fileobj=raw) as unzipped:
                    yield cast(BinaryIO, unzipped)
            else:
                yield raw

    def _is_gzip(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"

    @cached_property
    def _encoding(self) -> str:
        """UTF-8 when the whole file is; otherwise Windows-1252, in which French tills write."""
        try:
            with self._opened() as file:
                pending = b""
                while chunk := file.read(1 << 20):
                    pending = _undecoded(pending + chunk)
        except UnicodeDecodeError:
            return "cp1252"
        except (EOFError, gzip.BadGzipFile) as error:
            raise UnreadableFile(f"{self.path.name} cannot be read: {error}") from None
        return "utf-8-sig"


def _undecoded(data: bytes) -> bytes:
    """Return the bytes of a character cut at the end of a chunk. Raises UnicodeDecodeError for what is not UTF-8."""
    for cut in range(4):
        end = len(data) - cut
        try:
            data[:end].decode("utf-8")
        except UnicodeDecodeError:
            if cut == 3 or len(data) <= cut:
                raise
        else:
            return data[end:]
    return b""
