"""Spark says what DuckDB says: every measure, the same expression, the same rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow
import pyarrow.parquet
import pytest

from fidelia.insight.measures.bands import Bands, with_band_scores
from fidelia.insight.measures.cohorts import cohorts
from fidelia.insight.measures.frat import frat
from fidelia.insight.measures.lifecycle import StageDefinition, moves, stages_at
from fidelia.insight.measures.margin import margin_by_customer, with_margin
from fidelia.insight.measures.next_products import product_counts
from fidelia.insight.measures.portfolio import portfolio, portfolio_totals
from fidelia.insight.measures.products import bought_together, product_performance, rotation
from fidelia.insight.measures.profitability import loyalty_and_profit, margin_by_purchase
from fidelia.insight.measures.promotions import promotion_dependence
from fidelia.insight.measures.rfm import rfm, summary_by_customer, with_kept
from fidelia.insight.measures.sales import amount_by_customer, concentration, lorenz_points, sales_by_period
from tests.insight.measures.history import AS_OF, LINES, PURCHASES, random_history

from .cluster import open_cluster, open_session

pytestmark = pytest.mark.slow
Tables = tuple[ibis.Table, ibis.Table]
SINCE = AS_OF - timedelta(days=3_000)
ALL: dict[str, Any] = {"as_of": AS_OF, "currency": "EUR"}


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any, Path]]:
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'fidelia[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer, and there is none")
    folder = tmp_path_factory.mktemp("spark")
    history = random_history(7, purchases=800)
    for name, rows, schema in (("purchases", history.purchases, PURCHASES), ("lines", history.lines, LINES)):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), folder / f"{name}.parquet")
    with open_cluster(folder) as address, open_session(address, folder) as spark:
        yield ibis.duckdb.connect(threads=2), spark, folder


def tables_of(engine: Any, folder: Path) -> Tables:
    purchases, lines = (engine.read_parquet(str(folder / f"{name}.parquet")) for name in ("purchases", "lines"))
    return purchases, lines


def _bands(purchases: ibis.Table, lines: ibis.Table) -> ibis.Table:
    known = purchases.filter(purchases.customer_id.notnull())
    return with_band_scores(summary_by_customer(with_kept(known, lines, as_of=AS_OF), **ALL), Bands())


def _stages(purchases: ibis.Table, lines: ibis.Table, at: datetime = AS_OF) -> ibis.Table:
    return stages_at(purchases, lines, as_of=at, definition=StageDefinition(window_days=200, left_after_days=60))


def _moves(purchases: ibis.Table, lines: ibis.Table) -> ibis.Table:
    return moves(_stages(purchases, lines, AS_OF - timedelta(days=300)), _stages(purchases, lines))


def _amounts(purchases: ibis.Table) -> ibis.Table:
    return amount_by_customer(purchases, since=SINCE, **ALL)


def _portfolio(purchases: ibis.Table, lines: ibis.Table) -> ibis.Table:
    people = margin_by_customer(purchases, with_margin(lines))
    return portfolio(people.select("customer_id", value="margin", potential="amount"))


def _rotation(purchases: ibis.Table, lines: ibis.Table) -> ibis.Table:
    stock = lines.group_by("product_code").agg(units=ibis._.quantity.max())
    return rotation(lines, stock, since=SINCE, as_of=AS_OF)


MEASURES: dict[str, Callable[[ibis.Table, ibis.Table], ibis.Table]] = {
    "rfm": lambda purchases, lines: rfm(purchases, lines, **ALL),
    "bands": _bands,
    "frat": lambda purchases, lines: frat(purchases, lines, type_column="category", **ALL),
    "stages": _stages,
    "moves": _moves,
    "cohorts": lambda purchases, lines: cohorts(purchases, lines, **ALL),
    "sales by day": lambda purchases, _lines: sales_by_period(purchases, currency="EUR", period="day"),
    "sales by week": lambda purchases, _lines: sales_by_period(purchases, currency="EUR", period="week"),
    "sales by month": lambda purchases, _lines: sales_by_period(purchases, currency="EUR"),
    "sales by quarter": lambda purchases, _lines: sales_by_period(purchases, currency="EUR", period="quarter"),
    "lorenz": lambda purchases, _lines: lorenz_points(_amounts(purchases)),
    "concentration": lambda purchases, _lines: concentration(_amounts(purchases)),
    "margin": lambda purchases, lines: margin_by_customer(purchases, with_margin(lines, cost_column="cost")),
    "portfolio": _portfolio,
    "portfolio totals": lambda purchases, lines: portfolio_totals(_portfolio(purchases, lines)),
    "products": lambda purchases, lines: product_performance(purchases, lines, currency="EUR"),
    "rotation": _rotation,
    "bought together": lambda _purchases, lines: bought_together(lines, purchases_min=5),
    "next products": product_counts,
    "promotions": lambda purchases, lines: promotion_dependence(purchases, lines, currency="EUR"),
    "profitability": lambda purchases, lines: loyalty_and_profit(
        purchases, margin_by_purchase(with_margin(lines)), lines, as_of=AS_OF
    ),
}


@pytest.mark.parametrize("name", MEASURES)
def test_spark_and_duckdb_agree(engines: tuple[Any, Any, Path], name: str) -> None:
    duckdb, spark, folder = engines
    by_duckdb, by_spark = (rows_of(engine, MEASURES[name](*tables_of(engine, folder))) for engine in (duckdb, spark))
    assert by_duckdb
    assert by_spark == by_duckdb


def rows_of(engine: Any, expression: ibis.Table) -> list[tuple[Any, ...]]:
    """The rows in an order of their own; floats to twelve digits, for sums are added in another order."""
    table = engine.to_pyarrow(expression).cast(expression.schema().to_pyarrow())
    rows = [tuple(map(_plain, row.values())) for row in table.to_pylist()]
    return sorted(rows, key=repr)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, datetime):  # Spark's instants have no zone of their own: they are the session's, UTC
        return value.replace(tzinfo=UTC).isoformat()
    return value
