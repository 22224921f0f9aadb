"""Read Parquet as rows of text. Knows no Django."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import UnreadableFile
from .rows import CELL_MAX, BadRow, Row

BATCH_ROWS = 20_000


def column_names(path: Path) -> list[str]:
    """Return the names of the columns. Raises UnreadableFile, for columns of lists or records too."""
    from pyarrow import parquet, types

    try:
        schema = parquet.read_schema(path)
    except Exception as error:
        raise UnreadableFile(f"{path.name} is not a Parquet file: {error}") from None
    nested = [column.name for column in schema if types.is_nested(column.type)]
    if nested:
        raise UnreadableFile(f"The column “{nested[0]}” of {path.name} holds lists or records, not values.")
    return list(schema.names)


def rows(path: Path, decimal: str = ".") -> Iterator[Row]:
    """Yield each row, numbers with the sign of decimals asked for. Raises UnreadableFile."""
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=BATCH_ROWS):
            yield from _texts(batch, decimal)
    except (arrow.ArrowException, OSError) as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}") from None


def _texts(batch: Any, decimal: str) -> Iterator[Row]:
    import pyarrow as arrow
    from pyarrow import compute, types

    texts = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            text = compute.fill_null(compute.cast(column, arrow.string()), "")
        except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
            raise UnreadableFile(f"The column “{name}” holds bytes that are no text; export it as text.") from None
        if decimal != "." and (types.is_floating(column.type) or types.is_decimal(column.type)):
            text = compute.replace_substring(text, ".", decimal)
        texts.append(text)
    is_plain = all(_is_plain(text) for text in texts)
    for row in zip(*(text.to_pylist() for text in texts), strict=True):
        yield list(row) if is_plain else _judged(list(row))


def count_rows(path: Path) -> int:
    """Return the number of rows, as the file's foot says it."""
    from pyarrow import parquet

    return int(parquet.ParquetFile(path).metadata.num_rows)


def _is_plain(text: object) -> bool:
    from pyarrow import compute

    longest = compute.max(compute.utf8_length(text)).as_py() or 0
    return longest <= CELL_MAX and not compute.any(compute.match_substring(text, "\x00")).as_py()


def _judged(row: Row) -> Row:
    if any("\x00" in cell for cell in row):
        return BadRow(row, "no_text")
    return row if max(map(len, row), default=0) <= CELL_MAX else BadRow(row, "cell_too_long", most=CELL_MAX)


def sample(path: Path, most: int) -> list[Row]:
    """Return rows from the whole length of the file: the first ones of each of its groups. Raises UnreadableFile."""
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        each = max(most // max(file.num_row_groups, 1), 100)
        found: list[Row] = []
        for group in range(0, file.num_row_groups, max(1, file.num_row_groups // 50)):
            batch = next(file.iter_batches(batch_size=each, row_groups=[group]), None)
            found += _texts(batch, ".") if batch is not None else []
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}") from None
    return found
