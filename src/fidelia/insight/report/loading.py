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
from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.intake.doubts import Doubt
from fidelia.intake.errors import MalformedMapping
from fidelia.intake.mapping import FileMapping, check_mapping
from fidelia.intake.proposing import propose
from fidelia.intake.tables import Table
from fidelia.ui.charts.words import say

from .campaigns import campaign_column, campaign_of, satisfaction_column, with_answers, with_arms
from .cells import LINE_SCHEMA, LineReader
from .costs_in_file import cost_column, with_costs_told
from .facts import FileQuality, ReportFacts
from .matching import match_returns
from .shaping import ROW, lines_of, purchases_of, without_repeated_sheets
from .stock import read_stock

MEMORY_LIMIT: Final = "1GB"
BATCH_ROWS: Final = 50_000
COLUMNS_TOLD: Final = 20
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
    treatment: str = "",
    control: str = "",
    cost: str = "",
    unit_cost: str = "",
    threads: int = 2,
) -> Iterator[ReportFacts]:
    """Open a file of purchases for a report; its columns are proposed by what they look like unless a mapping is given.

    The tables live as long as the block; rows dated after `now` are left out. `currency` takes the place of what the
    file suggests; `stock` is a file of what lies there by product; `treatment` is the column of each customer's group
    and `control` the group left alone, both guessed unless told; so is the column of what the goods of a row cost
    (`cost`), or one unit of them (`unit_cost`). Raises UnreadableFile, MalformedMapping when a needed column is not
    recognised, UnknownCurrency, NothingToReport.
    """
    proposal = None
    levels = None if stock is None else read_stock(stock)
    if mapping is None:
        proposal = propose(Table(path), PURCHASES, defaults={"time_zone": "UTC"})
        mapping = proposal.mapping
    mapping = _with_options(mapping, currency, path)
    _check(mapping, path, language)
    doubted = proposal.doubts if proposal else ()
    doubts = tuple(_in_words(doubt, mapping, language) for doubt in doubted if doubt.about != "currency")
    with tempfile.TemporaryDirectory(prefix="fidelia-report-") as folder:
        table = Table(path, mapping.reading)
        taken = _taken(mapping, is_guessed=proposal is not None)
        column = campaign_column(table.columns, taken=taken, given=treatment)
        answer = satisfaction_column(table, taken=[*taken, column])
        costs = cost_column(table.columns, taken=[*taken, column, answer], cost=cost, unit_cost=unit_cost)
        reader = LineReader(table, mapping, now, language, column, answer, costs)
        staged = Path(folder) / "rows.parquet"
        _stage(reader, staged)
        backend = ibis.duckdb.connect(threads=threads, memory_limit=MEMORY_LIMIT, temp_directory=folder)
        try:
            facts = _facts_of(backend, staged, reader, doubts=doubts, margin_rate=margin_rate)
            facts = with_costs_told(with_answers(replace(facts, stock=levels), answer, language), costs, language)
            arms = campaign_of(facts, column, given=control, wanted=bool(treatment))
            yield facts if arms is None else with_arms(facts, arms, language)
        finally:
            backend.disconnect()


def _taken(mapping: FileMapping, *, is_guessed: bool) -> list[str]:
    """Return the columns that are spoken for; by its name alone a group may look like a category."""
    return [name for known, name in mapping.columns.items() if not (is_guessed and known == "category")]


def _check(mapping: FileMapping, path: Path, language: str) -> None:
    """Raise MalformedMapping; of a column that is not there in the words of the report, with those that are."""
    try:
        check_mapping(mapping, PURCHASES)
    except MalformedMapping as refused:
        name = (refused.pointer or "").removeprefix("/columns/")
        if name == refused.pointer or name in mapping.columns or name not in {one.name for one in PURCHASES.columns}:
            raise
        told = _("The file has no column that can be “{known}”; its columns are {columns}. Say which one it is by "
                 "--mapping.")  # fmt: skip
        known = PURCHASES.column(name).label.in_language(language)
        columns = ", ".join(Table(path, mapping.reading).columns[:COLUMNS_TOLD])
        raise MalformedMapping(Sentence(told, known=known, columns=columns), pointer=refused.pointer) from None


def _with_options(mapping: FileMapping, currency: str | None, path: Path) -> FileMapping:
    known = {"currency": DEFAULT_CURRENCY, "source": path.stem[:60], **mapping.options}
    return FileMapping(
        mapping.target, mapping.reading, mapping.columns, known | ({"currency": currency} if currency else {})
    )


def _in_words(doubt: Doubt, mapping: FileMapping, language: str) -> str:
    """Say a doubt with the column it is about: “Country (Land): …”."""
    reason = doubt.reason.in_language(language)
    column = mapping.columns.get(doubt.about)
    if column is None:
        return reason
    known = PURCHASES.column(doubt.about).label.in_language(language)
    return say(language, "{known} (“{column}”): {reason}", known=known, column=column, reason=reason)


def _stage(reader: LineReader, staged: Path) -> None:
    with pyarrow.parquet.ParquetWriter(staged, LINE_SCHEMA) as writer:
        for batch in reader.batches(BATCH_ROWS):
            writer.write_table(batch)


def _facts_of(
    backend: Any, staged: Path, reader: LineReader, *, doubts: tuple[str, ...], margin_rate: Fraction
) -> ReportFacts:
    mapping, folder = reader.mapping, staged.parent
    by_customer = mapping.options.get("receipt_by") == "customer"
    rows, repeated = without_repeated_sheets(backend, staged, folder, by_customer=by_customer)
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
        raise NothingToReport(_nothing_taken(reader))
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


def _nothing_taken(reader: LineReader) -> Sentence:
    """Say why no row counts: by far the most often it is one reason, such as a wrong column."""
    if not reader.rows:
        return Sentence(_("The file has the names of columns and no row below them."))
    most = reader.refusals[0]
    return Sentence(
        _("None of the {rows} rows could be read as a purchase. Mostly: {reason} (first in row {row}). Say by "
          "--mapping which column is what, or mend the file."),
        rows=str(reader.rows), reason=most.reason.rstrip("."), row=str(most.first_row),
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
