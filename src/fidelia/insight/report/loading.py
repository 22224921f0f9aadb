"""Load: a file of purchases, of any shape that intake reads, as tables of facts for analytics.

Each distinct text of a column is read once, by the same readers as the import's; rows go through Parquet in batches, so
memory does not grow with the file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import ibis
import pyarrow
import pyarrow.parquet

from fidelia.activity.targets import PURCHASES
from fidelia.insight.errors import NothingToReport
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.intake.mapping import FileMapping, check_mapping
from fidelia.intake.proposing import propose
from fidelia.intake.tables import Table

from .cells import LINE_SCHEMA, LineReader
from .facts import FileQuality, ReportFacts
from .matching import match_returns
from .shaping import ROW, lines_of, purchases_of, without_repeated_sheets
from .stock import read_stock

MEMORY_LIMIT: Final = "1GB"
BATCH_ROWS: Final = 50_000
DEFAULT_CURRENCY: Final = "EUR"


@contextmanager
def open_purchases(
    path: Path,
    *,
    language: str,
    now: datetime,
    mapping: FileMapping | None = None,
    currency: str | None = None,
    margin_rate: Fraction = DEFAULT_RATE,
    stock: Path | None = None,
    threads: int = 2,
) -> Iterator[ReportFacts]:
    """Open a file of purchases for a report; its columns are proposed by what they look like unless a mapping is given.

    The tables live as long as the block; rows dated after `now` are left out. `currency` takes the place of what the
    file suggests; `stock` is a file of what lies there by product. Raises UnreadableFile, MalformedMapping when a
    needed column is not recognised, UnknownCurrency, NothingToReport.
    """
    proposal = None
    levels = None if stock is None else read_stock(stock)
    if mapping is None:
        proposal = propose(Table(path), PURCHASES, defaults={"time_zone": "UTC"})
        mapping = proposal.mapping
    check_mapping(_with_options(mapping, currency, path), PURCHASES)
    mapping = _with_options(mapping, currency, path)
    doubted = [doubt for doubt in proposal.doubts if doubt.about != "currency"] if proposal else []
    doubts = tuple(doubt.reason.in_language(language) for doubt in doubted)
    with tempfile.TemporaryDirectory(prefix="fidelia-report-") as folder:
        reader = LineReader(Table(path, mapping.reading), mapping, now=now, language=language)
        staged = Path(folder) / "rows.parquet"
        _stage(reader, staged)
        backend = ibis.duckdb.connect(threads=threads, memory_limit=MEMORY_LIMIT, temp_directory=folder)
        try:
            facts = _facts_of(backend, staged, reader, doubts=doubts, margin_rate=margin_rate)
            yield replace(facts, stock=levels)
        finally:
            backend.disconnect()


def _with_options(mapping: FileMapping, currency: str | None, path: Path) -> FileMapping:
    known = {"currency": DEFAULT_CURRENCY, "source": path.stem[:60], **mapping.options}
    return FileMapping(
        mapping.target, mapping.reading, mapping.columns, known | ({"currency": currency} if currency else {})
    )


def _stage(reader: LineReader, staged: Path) -> None:
    with pyarrow.parquet.ParquetWriter(staged, LINE_SCHEMA) as writer:
        for batch in reader.batches(BATCH_ROWS):
            writer.write_table(batch)


def _facts_of(
    backend: Any, staged: Path, reader: LineReader, *, doubts: tuple[str, ...], margin_rate: Fraction
) -> ReportFacts:
    mapping, folder = reader.mapping, staged.parent
    rows, repeated = without_repeated_sheets(backend, staged, folder)
    matched = match_returns(backend, rows)
    lines_file, purchases_file = (
        lines_of(backend, rows, matched, folder, not_products=tuple(mapping.options.get("not_products") or ())),
        purchases_of(backend, rows, str(mapping.options["currency"]), folder),
    )
    lines = backend.read_parquet(lines_file, table_name="lines")
    purchases = backend.read_parquet(purchases_file, table_name="purchases")
    (found,) = backend.to_pyarrow(_survey(lines)).to_pylist()
    distinct_rows = int(backend.execute(rows.select(*ROW).distinct().count()))
    if not found["taken"]:
        raise NothingToReport("No row of the file could be read as a purchase: see what its columns are taken for.")
    quality = FileQuality(
        name=mapping.options.get("source", ""), rows=reader.rows, taken=found["taken"], repeated=repeated,
        duplicates=found["taken"] - distinct_rows, refusals=reader.refusals, matched_lines=len(matched),
        anonymous_rows=found["anonymous"], return_lines=found["returned"], doubts=doubts,
        understood=tuple((PURCHASES.column(known).label.in_language(reader.language), name)
                         for known, name in mapping.columns.items()),
    )  # fmt: skip
    return ReportFacts(
        purchases=purchases, lines=lines, backend=backend, currency=str(mapping.options["currency"]),
        first_at=found["first_at"].astimezone(UTC), as_of=_next_midnight(found["last_at"].astimezone(UTC)),
        has=frozenset(mapping.columns), quality=quality, margin_rate=margin_rate,
    )  # fmt: skip


def _survey(lines: ibis.Table) -> ibis.Table:
    return lines.agg(
        taken=lines.count(),
        anonymous=lines.customer_id.isnull().cast("int64").sum(),
        returned=(lines.net < 0).cast("int64").sum(),
        first_at=lines.occurred_at.min(),
        last_at=lines.occurred_at.max(),
    )


def _next_midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
