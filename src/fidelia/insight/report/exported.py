"""Load: the facts that the platform exported, as the tables that a report is made from.

The chapters of `fidelia report` were written for a file; read like this, the same chapters tell of the live platform.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt

from fidelia.insight.errors import NothingToReport
from fidelia.insight.measures.engine import Facts
from fidelia.insight.measures.margin import DEFAULT_RATE

from .facts import FileQuality, ReportFacts

MEMORY_LIMIT: Final = "1GB"
_ALWAYS: Final = frozenset({"customer", "product", "description", "store", "currency", "receipt"})


@dataclass(frozen=True, slots=True)
class Only:
    """Which purchases count: of these stores, of the people who are in this segment, of these days. Empty: all."""

    store_ids: frozenset[str] | None = None
    segment: str = ""
    since: date | None = None
    until: date | None = None


EVERYTHING: Final = Only()


@contextmanager
def open_export(
    folder: Path,
    *,
    name: str,
    currency: str,
    zone: ZoneInfo,
    as_of: datetime,
    margin_rate: Fraction = DEFAULT_RATE,
    only: Only = EVERYTHING,
    threads: int = 2,
) -> Iterator[ReportFacts]:
    """Open the facts of one export for a report: purchases in `currency` of the whole days before `as_of`.

    `only` leaves the others out, as if they had never been: who bought before `since` is new then.

    Days are those of `zone`: an instant becomes the clock on the wall there, written as if it were UTC, so that a sale
    at half past midnight counts on its own day. Merged customers are one person; what was simulated or tried in a
    sandbox is left out. The tables live as long as the block. Raises NothingToReport when no purchase is left.
    """
    midnight = datetime.combine(_end_of(as_of.astimezone(zone).date(), only), time(), tzinfo=UTC)
    with tempfile.TemporaryDirectory(prefix="fidelia-chapters-") as scratch:
        backend = ibis.duckdb.connect(threads=threads, memory_limit=MEMORY_LIMIT, temp_directory=scratch)
        try:
            export = _Export(backend, Facts(folder, backend), Path(scratch), currency, zone, midnight, only)
            yield _facts_of(export, name=name, margin_rate=margin_rate)
        finally:
            backend.disconnect()


@dataclass(frozen=True, slots=True)
class _Export:
    """What is told of: the facts of one export, and the day (as a clock on the wall) before which they count."""

    backend: Any
    facts: Facts
    scratch: Path
    currency: str
    zone: ZoneInfo
    midnight: datetime
    only: Only = EVERYTHING

    def purchases(self) -> ibis.Table:
        """Write the purchases of the currency with their place on the wall clock; return them."""
        known = self.facts.people_of("purchases").filter(ibis._.currency == self.currency)
        told = known.select(
            "purchase_id", "customer_id", "total", "kind", "currency",
            occurred_at=_as_utc("UTC", _on_the_wall(self.zone.key, known.occurred_at)),
            store=ibis._.store_id, country=ibis.null("string"),
        )  # fmt: skip
        return self._written(self._kept(told.filter(told.occurred_at < self.midnight)), "told_purchases")

    def _kept(self, told: ibis.Table) -> ibis.Table:
        only = self.only
        if only.store_ids is not None:
            told = told.filter(told.store.isin(sorted(only.store_ids)))
        if only.since is not None:
            told = told.filter(told.occurred_at >= datetime.combine(only.since, time(), tzinfo=UTC))
        if only.segment:
            members = self.facts.by_person(self.facts.table("segment_memberships"))
            inside = members.filter(members.segment == only.segment, members.valid_until.isnull())
            told = told.semi_join(inside.select("customer_id").distinct(), "customer_id")
        return told

    def lines(self, purchases: ibis.Table) -> ibis.Table:
        """Write the lines of these purchases, each with what it is and whose; return them."""
        head = purchases.select("purchase_id", "customer_id", "store", "country", "occurred_at")
        products = self.facts.table("products").select("product_id", "category", description="name")
        own = self.facts.table("lines").drop("occurred_at").join(head, "purchase_id")
        named = own.left_join(products, "product_id")
        told = named.select(
            "purchase_id", "customer_id", "occurred_at", "store", "country", "product_code", "is_product", "quantity",
            "net", "returns_purchase_id", "category", "description",
            row_number=named.line_number.cast("int64"), discount=ibis.coalesce(named.discount, 0),
        )  # fmt: skip
        return self._written(told, "told_lines")

    def stock(self) -> ibis.Table | None:
        """Return what lies in stock by product code, counted last; None where nothing was counted."""
        counted = self.facts.table("stock_levels")
        if self.only.store_ids is not None:
            counted = counted.filter(counted.store_id.isin(sorted(self.only.store_ids)))
        codes = self.facts.table("products").select("product_id", product_code="code")
        levels = counted.join(codes, "product_id").group_by("product_code").agg(
            units=ibis._.quantity.sum().cast("int64")
        )  # fmt: skip
        return self._written(levels, "told_stock") if self.backend.execute(levels.count()) else None

    def joined(self) -> ibis.Table:
        """Return who joined a programme, and when first, as a clock on the wall."""
        sandboxes = self.facts.table("programmes").filter(ibis._.is_sandbox)
        real = self.facts.table("enrolments").anti_join(sandboxes, "programme_id")
        people = self.facts.by_person(real).filter(ibis._.customer_id.notnull())
        first = people.group_by("customer_id").agg(first=ibis._.enrolled_at.min())
        told = first.select("customer_id", joined_at=_as_utc("UTC", _on_the_wall(self.zone.key, first["first"])))
        return self._written(told, "told_joined")

    def _written(self, table: ibis.Table, name: str) -> ibis.Table:
        path = self.scratch / f"{name}.parquet"
        self.backend.to_parquet(table, path)
        written: ibis.Table = self.backend.read_parquet(path, table_name=name)
        return written


def _end_of(today: date, only: Only) -> date:
    """The day before which purchases count: today, or the day after the last one asked for."""
    return today if only.until is None else min(today, only.until + timedelta(days=1))


def _facts_of(export: _Export, *, name: str, margin_rate: Fraction) -> ReportFacts:
    purchases = export.purchases()
    lines = export.lines(purchases)
    survey = lines.agg(
        rows=lines.count(),
        anonymous=lines.customer_id.isnull().cast("int64").sum(),
        returned=(lines.net < 0).cast("int64").sum(),
        matched=lines.returns_purchase_id.notnull().cast("int64").sum(),
        categories=lines.category.nunique(),
        discounted=(lines.discount != 0).any(),
        first_at=lines.occurred_at.min(),
    )
    (found,) = export.backend.to_pyarrow(survey).to_pylist()
    if not found["rows"]:
        raise NothingToReport("There is no purchase yet that a chapter could be written about.")
    said = {"category": found["categories"], "discount": found["discounted"]}
    has = _ALWAYS | {name for name, known in said.items() if known}
    quality = FileQuality(
        name=name, rows=found["rows"], taken=found["rows"], repeated=0, duplicates=0, refusals=(),
        anonymous_rows=found["anonymous"], matched_lines=found["matched"], return_lines=found["returned"],
        understood=(),
    )  # fmt: skip
    return ReportFacts(
        purchases=purchases, lines=lines, backend=export.backend, currency=export.currency,
        first_at=found["first_at"].astimezone(UTC), as_of=export.midnight,
        has=has, quality=quality, margin_rate=margin_rate, stock=export.stock(),
        joined=export.joined(),
    )  # fmt: skip


# DuckDB's two readings of `timezone`: of an instant the clock on the wall, of a clock on the wall the instant.


def _zone_to_wall(zone: str, moment: Any) -> Any:
    """Return the clock on the wall of the zone."""


def _wall_to_zone(zone: str, clock: Any) -> Any:
    """Return the instant at which a clock of the zone shows this."""


_INSTANT: Final = dt.Timestamp(timezone="UTC")
_on_the_wall: Any = ibis.udf.scalar.builtin(
    _zone_to_wall, name="timezone", signature=((dt.string, _INSTANT), dt.timestamp)
)
_as_utc: Any = ibis.udf.scalar.builtin(_wall_to_zone, name="timezone", signature=((dt.string, dt.timestamp), _INSTANT))
