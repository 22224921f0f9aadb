"""A small random history of purchases, as tables for Ibis and as rows for plain Python."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pyarrow

AS_OF = datetime(2026, 11, 22, 12, tzinfo=UTC)
PURCHASES = pyarrow.schema(
    [
        ("purchase_id", pyarrow.string()),
        ("kind", pyarrow.string()),
        ("customer_id", pyarrow.string()),
        ("currency", pyarrow.string()),
        ("total", pyarrow.int64()),
        ("occurred_at", pyarrow.timestamp("us", tz="UTC")),
    ]
)
LINES = pyarrow.schema(
    [
        ("purchase_id", pyarrow.string()),
        ("product_code", pyarrow.string()),
        ("category", pyarrow.string()),
        ("quantity", pyarrow.int64()),
        ("net", pyarrow.int64()),
        ("discount", pyarrow.int64()),
        ("cost", pyarrow.int64()),
        ("is_product", pyarrow.bool_()),
        ("returns_purchase_id", pyarrow.string()),
        ("occurred_at", pyarrow.timestamp("us", tz="UTC")),
    ]
)
Row = dict[str, Any]


@dataclass
class History:
    """Rows as they happened; `tables` gives them to Ibis."""

    purchases: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)

    def sale(self, customer: str | None, days_ago: float, *goods: tuple[str, int], **other: Any) -> str:
        """Record a sale of (product, net) pairs; return its id."""
        return self._record("sale", customer, days_ago, goods, None, other)

    def back(self, sale: str, days_ago: float, *goods: tuple[str, int]) -> str:
        """Give (product, net) back from a sale."""
        customer = next(row["customer_id"] for row in self.purchases if row["purchase_id"] == sale)
        return self._record("return", customer, days_ago, [(code, -net) for code, net in goods], sale, {})

    def tables(self) -> tuple[ibis.Table, ibis.Table]:
        """Return the tables of facts: purchases and lines."""
        return (
            ibis.memtable(pyarrow.Table.from_pylist(self.purchases, schema=PURCHASES)),
            ibis.memtable(pyarrow.Table.from_pylist(self.lines, schema=LINES)),
        )

    def kept_sales(self) -> list[Row]:
        """Sales of known customers that were not given back in full, by plain Python."""
        back: dict[str, int] = {}
        for line in self.lines:
            if line["returns_purchase_id"] is not None:
                back[line["returns_purchase_id"]] = back.get(line["returns_purchase_id"], 0) + line["net"]
        return [
            row
            for row in self.purchases
            if row["kind"] == "sale"
            and row["customer_id"] is not None
            and (row["purchase_id"] not in back or row["total"] + back[row["purchase_id"]] > 0)
        ]

    def _record(
        self, kind: str, customer: str | None, days_ago: float, goods: Any, returns: str | None, other: Row
    ) -> str:
        purchase, at = f"p{len(self.purchases)}", AS_OF - timedelta(days=days_ago)
        self.purchases.append(
            {
                "purchase_id": purchase, "kind": kind, "customer_id": customer, "currency": "EUR",
                "total": sum(net for _code, net in goods), "occurred_at": at,
            }
        )  # fmt: skip
        for code, net in goods:
            line = {
                "purchase_id": purchase, "product_code": code, "category": code[:3], "net": net,
                "quantity": 1000 if net > 0 else -1000, "discount": 0, "cost": None, "is_product": True,
                "returns_purchase_id": returns, "occurred_at": at,
            }  # fmt: skip
            self.lines.append(line | other)
        return purchase


def random_history(seed: int, purchases: int = 400) -> History:
    """A history of forty customers and twelve products over two years, with anonymous sales and returns."""
    chance, history = random.Random(seed), History()
    for _sale in range(purchases):
        customer = chance.choice([None, *(f"c{chance.randrange(40)}" for _other in range(9))])
        goods = [(f"{chance.choice(['tea', 'cup', 'pot'])}-{chance.randrange(4)}", chance.randrange(0, 4000))
                 for _line in range(chance.randrange(1, 4))]  # fmt: skip
        days = chance.uniform(0, 730)
        sale = history.sale(customer, days, *goods, discount=chance.choice([0, 0, 50]))
        if chance.random() < 0.15:
            history.back(sale, chance.uniform(0, days), *goods[: chance.randrange(1, len(goods) + 1)])
    return history


def rows_of(expression: ibis.Table) -> list[Row]:
    """Compute a table."""
    rows: list[Row] = ibis.duckdb.connect(threads=1).to_pyarrow(expression).to_pylist()
    return rows
