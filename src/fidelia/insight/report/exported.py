"""Load: the facts that the platform exported, as the tables that a report is made from.

The chapters of `fidelia report` were written for a file; read like this, the same chapters tell of the live platform.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import ibis

from fidelia.insight.errors import NothingToReport
from fidelia.insight.measures.costs import with_costs, with_margin_rates
from fidelia.insight.measures.engine import Engine, Facts, open_engine
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.kernel.money import exponent_of

from .facts import FileQuality, LeftOut, ReportFacts

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
    spark: str = "",
    threads: int = 2,
) -> Iterator[ReportFacts]:
    """Open the facts of one export for a report: purchases in `currency` of the whole days before `as_of`.

    `only` leaves the others out, as if they had never been: who bought before `since` is new then.

    Days are those of `zone`: an instant becomes the clock on the wall there, written as if it were UTC, so that a sale
    at half past midnight counts on its own day. Merged customers are one person; what was simulated or tried in a
    sandbox is left out. The tables live as long as the block. `spark` names the master of a Spark to measure on; DuckDB
    does without. Raises NothingToReport when no purchase is left, SparkMissing.
    """
    midnight = datetime.combine(_end_of(as_of.astimezone(zone).date(), only), time(), tzinfo=UTC)
    with open_engine(spark=spark, threads=threads) as engine:
        export = _Export(engine, Facts(folder, engine), currency, zone, midnight, only)
        yield _facts_of(export, name=name, margin_rate=margin_rate)


@dataclass(frozen=True, slots=True)
class _Export:
    """What is told of: the facts of one export, and the day (as a clock on the wall) before which they count."""

    engine: Engine
    facts: Facts
    currency: str
    zone: ZoneInfo
    midnight: datetime
    only: Only = EVERYTHING

    def purchases(self) -> ibis.Table:
        """Write the purchases of the currency with their place on the wall clock; return them."""
        known = self.facts.people_of("purchases").filter(ibis._.currency == self.currency)
        told = known.select(
            "purchase_id", "customer_id", "total", "kind", "currency",
            occurred_at=self.engine.on_the_wall(self.zone.key, known.occurred_at),
            store=ibis._.store_id, country=ibis.null("string"),
        )  # fmt: skip
        return self.engine.kept(self._kept(told.filter(told.occurred_at < self.midnight)), "told_purchases")

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return what was bought in other currencies in the same days, places and by the same people."""
        others = self.facts.people_of("purchases").filter(ibis._.currency != self.currency)
        told = others.select(
            "customer_id", "currency", "total", store=others.store_id,
            occurred_at=self.engine.on_the_wall(self.zone.key, others.occurred_at),
        )  # fmt: skip
        sums = (
            self._kept(told.filter(told.occurred_at < self.midnight))
            .group_by("currency")
            .agg(purchases=ibis._.count(), total=ibis._.total.sum().cast("int64"))
            .order_by("currency")
        )
        return tuple(LeftOut(**row) for row in self.facts.rows_of(sums))

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
        products = self.facts.table("products").select("product_id", kept_category="category", description="name")
        own = self.facts.table("lines").drop("occurred_at").join(head, "purchase_id")
        named = own.left_join(products, "product_id")
        told = self._costed(named.select(
            "purchase_id", "customer_id", "occurred_at", "store", "country", "product_code", "is_product", "quantity",
            "net", "returns_purchase_id", "description",
            # What the catalogue says today; where it says nothing, what the line said when it was sold.
            category=ibis.coalesce(named.kept_category.nullif(""), named.category.nullif("")),
            row_number=named.line_number.cast("int64"), discount=ibis.coalesce(named.discount, 0),
            product_id=named.product_id, sold_on=named.occurred_at.date(),
        ))  # fmt: skip
        return self.engine.kept(told, "told_lines")

    def _costed(self, lines: ibis.Table) -> ibis.Table:
        """Add what each line cost (`cost`), and the margin assumed of its category (`margin_rate`), where known."""
        costs, rates = self.facts.table("product_costs"), self.facts.rows_of(self.facts.table("margin_rates"))
        if self.facts.rows_of(costs.filter(costs.currency == self.currency).limit(1)):
            lines = with_costs(lines, costs, currency=self.currency, exponent=exponent_of(self.currency))
        else:
            lines = lines.mutate(cost=ibis.null("int64"))
        categories = self.facts.rows_of(lines.select("category").distinct()) if rates else []
        lines = with_margin_rates(lines, rates, {row["category"] for row in categories if row["category"]})
        return lines.drop("product_id", "sold_on")

    def stock(self) -> ibis.Table | None:
        """Return what lies in stock by product code, counted last; None where nothing was counted."""
        counted = self.facts.table("stock_levels")
        if self.only.store_ids is not None:
            counted = counted.filter(counted.store_id.isin(sorted(self.only.store_ids)))
        codes = self.facts.table("products").select("product_id", product_code="code")
        levels = counted.join(codes, "product_id").group_by("product_code").agg(
            units=ibis._.quantity.sum().cast("int64")
        )  # fmt: skip
        kept = self.engine.kept(levels, "told_stock")
        (counts,) = self.engine.to_pyarrow(kept.agg(rows=kept.count())).to_pylist()
        return kept if counts["rows"] else None

    def joined(self) -> ibis.Table:
        """Return who joined a programme, and when first, as a clock on the wall."""
        sandboxes = self.facts.table("programmes").filter(ibis._.is_sandbox)
        real = self.facts.table("enrolments").anti_join(sandboxes, "programme_id")
        people = self.facts.by_person(real).filter(ibis._.customer_id.notnull())
        first = people.group_by("customer_id").agg(first=ibis._.enrolled_at.min())
        told = first.select("customer_id", joined_at=self.engine.on_the_wall(self.zone.key, first["first"]))
        return self.engine.kept(told, "told_joined")


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
        costed=(lines.cost.notnull() | lines.margin_rate.notnull()).any(),
        first_at=lines.occurred_at.min(),
        newest_at=lines.occurred_at.max(),
    )
    (found,) = export.engine.to_pyarrow(survey).to_pylist()
    if not found["rows"]:
        raise NothingToReport("There is no purchase yet that a chapter could be written about.")
    said = {"category": found["categories"], "discount": found["discounted"], "cost": found["costed"]}
    has = _ALWAYS | {name for name, known in said.items() if known}
    quality = FileQuality(
        name=name, rows=found["rows"], taken=found["rows"], repeated=0, duplicates=0, refusals=(),
        anonymous_rows=found["anonymous"], matched_lines=found["matched"], return_lines=found["returned"],
        understood=(),
    )  # fmt: skip
    return ReportFacts(
        purchases=purchases, lines=lines, backend=export.engine, currency=export.currency,
        first_at=found["first_at"].astimezone(UTC), as_of=export.midnight,
        has=has, quality=quality, margin_rate=margin_rate, stock=export.stock(),
        joined=export.joined(), left_out=export.left_out(), newest_at=found["newest_at"].astimezone(UTC),
    )  # fmt: skip
