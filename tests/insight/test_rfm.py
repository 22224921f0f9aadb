"""It scores recency, frequency and amount as defined: against plain Python, plain SQL and published totals."""

from __future__ import annotations

import csv
import gzip
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow
import pytest

from fidelia.insight.measures.definitions import definition_of, paragraphs_of
from fidelia.insight.measures.rfm import rfm
from fidelia.insight.measures.segments import CELLS, SEGMENT_BY_KEY, SEGMENTS

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
SCHEMA = pyarrow.schema(
    [
        ("purchase_id", pyarrow.string()),
        ("kind", pyarrow.string()),
        ("customer_id", pyarrow.string()),
        ("currency", pyarrow.string()),
        ("total", pyarrow.int64()),
        ("returns_purchase_id", pyarrow.string()),
        ("occurred_at", pyarrow.timestamp("us", tz="UTC")),
    ]
)
Row = dict[str, Any]


def sale(purchase: str, customer: str | None, days_ago: float, total: int, **other: Any) -> Row:
    row = {"purchase_id": purchase, "kind": "sale", "customer_id": customer, "currency": "EUR", "total": total}
    return row | {"returns_purchase_id": None, "occurred_at": AS_OF - timedelta(days=days_ago)} | other


def returned(purchase: str, customer: str | None, days_ago: float, total: int, of: str | None) -> Row:
    return sale(purchase, customer, days_ago, total, kind="return", returns_purchase_id=of)


def scored(rows: list[Row], *, threads: int = 2, **options: Any) -> dict[str, Row]:
    engine = ibis.duckdb.connect(threads=threads)
    table = pyarrow.Table.from_pylist(rows, schema=SCHEMA)
    result = rfm(ibis.memtable(table), lines_of(table), **{"as_of": AS_OF, "currency": "EUR"} | options)
    return {row["customer_id"]: row for row in engine.to_pyarrow(result).to_pylist()}


def lines_of(purchases: pyarrow.Table) -> ibis.Table:
    """One line per purchase, which is all that the tests need of lines: what a return takes back."""
    return ibis.memtable(purchases).select("purchase_id", "returns_purchase_id", "occurred_at", net="total")


def test_it_counts_days_sales_and_net_amount() -> None:
    rows = [
        sale("1", "leonore", 30.5, 1000),
        sale("2", "leonore", 3.9, 2000),
        returned("3", "leonore", 2, -500, of="2"),
        sale("4", "rocco", 0, 0),
    ]
    people = scored(rows)
    leonore, rocco = people["leonore"], people["rocco"]
    assert (leonore["recency_days"], leonore["frequency"], leonore["amount"]) == (3, 2, 2500)
    assert (rocco["recency_days"], rocco["frequency"], rocco["amount"]) == (0, 1, 0)


def test_a_sale_returned_in_full_is_no_sale() -> None:
    rows = [
        sale("1", "leonore", 300, 1000),
        sale("2", "leonore", 10, 2000),
        returned("3", "leonore", 9, -1500, of="2"),
        returned("4", "leonore", 8, -500, of="2"),
        sale("5", "rocco", 10, 700),
        returned("6", "rocco", 1, -700, of="5"),
    ]
    people = scored(rows)
    assert (people["leonore"]["recency_days"], people["leonore"]["frequency"], people["leonore"]["amount"]) == (
        300,
        1,
        1000,
    )
    assert "rocco" not in people


def test_a_return_without_its_sale_lowers_the_amount_only() -> None:
    people = scored([sale("1", "leonore", 5, 1000), returned("2", "leonore", 1, -300, of=None)])
    assert (people["leonore"]["recency_days"], people["leonore"]["frequency"], people["leonore"]["amount"]) == (
        5,
        1,
        700,
    )


def test_it_looks_at_the_window_only_and_never_past_its_end() -> None:
    rows = [
        sale("1", "leonore", 100, 1000),
        sale("2", "leonore", 100.01, 5000),
        sale("3", "leonore", -1, 9000),
        sale("4", "rocco", 99.9, 100),
        returned("5", "rocco", -1, -100, of="4"),
        sale("6", None, 1, 100),
    ]
    people = scored(rows, window_days=100)
    assert set(people) == {"rocco"}  # the window is open at its start: exactly 100 days ago is outside
    assert people["rocco"]["frequency"] == 1


def test_amounts_of_another_currency_do_not_add_up() -> None:
    people = scored([sale("1", "leonore", 5, 1000), sale("2", "leonore", 4, 77, currency="CHF")])
    assert (people["leonore"]["frequency"], people["leonore"]["amount"]) == (2, 1000)


def test_equal_values_have_equal_scores_and_the_best_fifth_has_five() -> None:
    rows = [sale(str(person), f"c{person}", person, 100 * (10 - person)) for person in range(10)]
    people = scored(rows)
    assert [people[f"c{person}"]["recency_score"] for person in range(10)] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert [people[f"c{person}"]["amount_score"] for person in range(10)] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert {person["frequency_score"] for person in people.values()} == {1}


def test_the_ten_groups_cover_each_cell_once() -> None:
    assert len(CELLS) == 25 == sum(len(segment.cells()) for segment in SEGMENTS)
    assert len(SEGMENT_BY_KEY) == 10
    expected = {(5, 5): "champions", (3, 4): "loyal", (5, 1): "new", (1, 5): "cannot_lose", (2, 3): "at_risk"}
    assert {cell: CELLS[cell] for cell in expected} == expected


def test_the_definition_is_the_docstring() -> None:
    assert definition_of(rfm).startswith("Recency, frequency and amount of each customer who bought in the window")
    assert "quintiles" in paragraphs_of(rfm)[1]


# An independent computation, in plain Python and in the order of the definition.


def expected_of(rows: list[Row], window_days: int = 730) -> dict[str, Row]:
    since = AS_OF - timedelta(days=window_days)
    back: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["kind"] == "return" and row["returns_purchase_id"] and row["occurred_at"] <= AS_OF:
            back[row["returns_purchase_id"]] += row["total"]
    people: dict[str, Row] = {}
    for row in rows:
        if row["customer_id"] is None or not since < row["occurred_at"] <= AS_OF:
            continue
        person = people.setdefault(row["customer_id"], {"sales": [], "amount": 0})
        person["amount"] += row["total"]
        taken_back = row["purchase_id"] in back and row["total"] + back[row["purchase_id"]] <= 0
        if row["kind"] == "sale" and not taken_back:
            person["sales"].append(row["occurred_at"])
    people = {
        name: {
            "last_sale_at": max(person["sales"]),
            "recency_days": (AS_OF - max(person["sales"])).days,
            "frequency": len(person["sales"]),
            "amount": person["amount"],
        }
        for name, person in people.items()
        if person["sales"]
    }
    for score, value, sign in (
        ("recency_score", "recency_days", -1),
        ("frequency_score", "frequency", 1),
        ("amount_score", "amount", 1),
    ):
        values = sorted(sign * person[value] for person in people.values())
        for person in people.values():
            person[score] = 1 + values.index(sign * person[value]) * 5 // len(values)
    for name, person in people.items():
        person["customer_id"] = name
        person["segment"] = CELLS[person["recency_score"], person["frequency_score"]]
    return people


def invented_rows(seed: int, people: int) -> list[Row]:
    chance = random.Random(seed)
    rows: list[Row] = []
    for number in range(people * 4):
        customer = f"c{chance.randrange(people)}" if chance.random() < 0.95 else None
        rows.append(
            sale(
                f"s{number}", customer, chance.uniform(-5, 900), chance.choice([0, 99, 1000, chance.randrange(50_000)])
            )
        )
        if chance.random() < 0.15:
            part = chance.choice([1.0, 1.0, 0.5])
            moment = rows[-1]["occurred_at"] + timedelta(days=chance.uniform(0, 20))
            back = returned(
                f"r{number}", customer, 0, -int(rows[-1]["total"] * part), of=chance.choice([f"s{number}", None])
            )
            rows.append(back | {"occurred_at": moment})
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_plain_python_whatever_the_threads(seed: int) -> None:
    rows = invented_rows(seed, people=400)
    expected = expected_of(rows)
    assert len(expected) > 300
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert scored(rows, threads=1) == expected
    assert scored(shuffled, threads=4) == expected


PLAIN_SQL = """
with kept as (
    select s.* from purchases s where s.kind = 'sale' and s.customer_id is not null
    and not exists (select 1 from purchases r where r.returns_purchase_id = s.purchase_id and r.kind = 'return'
                    having count(*) > 0 and sum(r.total) + s.total <= 0)
), facts as (
    select customer_id,
        (epoch_us(timestamptz '{as_of}') - epoch_us(max(occurred_at))) // 86400000000 as recency_days,
        count(*) as frequency,
        (select sum(total) from purchases p where p.customer_id = kept.customer_id)::bigint as amount
    from kept group by customer_id
)
select customer_id, recency_days, frequency, amount,
    1 + (rank() over (order by recency_days desc) - 1) * 5 // count(*) over () as recency_score,
    1 + (rank() over (order by frequency) - 1) * 5 // count(*) over () as frequency_score,
    1 + (rank() over (order by amount) - 1) * 5 // count(*) over () as amount_score
from facts
"""


def by_plain_sql(rows: pyarrow.Table, as_of: datetime) -> list[Row]:
    engine = duckdb.connect()
    engine.execute("set timezone = 'UTC'")
    engine.register("purchases", rows)
    return list(engine.sql(PLAIN_SQL.format(as_of=as_of.isoformat())).to_arrow_table().to_pylist())


def by_measure(rows: pyarrow.Table, as_of: datetime, currency: str) -> list[Row]:
    engine = ibis.duckdb.connect(threads=2)
    result = rfm(ibis.memtable(rows), lines_of(rows), as_of=as_of, currency=currency)
    return list(engine.to_pyarrow(result).to_pylist())


def assert_same(ours: list[Row], theirs: list[Row]) -> None:
    names = ["customer_id", "recency_days", "frequency", "amount", "recency_score", "frequency_score", "amount_score"]
    assert sorted([row[name] for name in names] for row in ours) == sorted(
        [row[name] for name in names] for row in theirs
    )


def test_it_agrees_with_plain_sql_on_cdnow(shared_data: Path) -> None:
    rows = []
    with gzip.open(shared_data / "cdnow" / "cdnow_full.csv.gz", "rt") as file:
        for number, line in enumerate(csv.DictReader(file)):
            day = datetime.strptime(line["date"], "%Y-%m-%d").replace(tzinfo=UTC)
            cents = round(float(line["amount"]) * 100)
            rows.append(sale(str(number), line["customer_id"], 0, cents, currency="USD", occurred_at=day))
    table, as_of = pyarrow.Table.from_pylist(rows, schema=SCHEMA), datetime(1998, 7, 1, tzinfo=UTC)
    people = by_measure(table, as_of, "USD")
    # Control totals of the data set's README.
    assert (len(people), sum(row["frequency"] for row in people), sum(row["amount"] for row in people)) == (
        23_570,
        69_659,
        250_031_563,
    )
    assert_same(people, by_plain_sql(table, as_of))


ONLINE_RETAIL = """
select "InvoiceNo" as purchase_id, case when "InvoiceNo" like 'C%' then 'return' else 'sale' end as kind,
    "CustomerID"::varchar as customer_id, 'GBP' as currency,
    sum("Quantity" * (round("UnitPrice" * 1000)::bigint))::bigint as total,
    null::varchar as returns_purchase_id, timezone('UTC', min("InvoiceDate")) as occurred_at
from '{path}' where "CustomerID" is not null and "UnitPrice" > 0 group by all
"""


def test_it_agrees_with_plain_sql_on_online_retail(shared_data: Path) -> None:
    """Amounts in thousandths of a pound here: some prices of the file are finer than a penny."""
    engine = duckdb.connect()
    engine.execute("set timezone = 'UTC'")
    query = ONLINE_RETAIL.format(path=shared_data / "online_retail" / "online_retail.parquet")
    table, as_of = engine.sql(query).to_arrow_table(), datetime(2011, 12, 10, tzinfo=UTC)
    people = by_measure(table, as_of, "GBP")
    # README and facts: 4,338 customers with sales, 18,532 invoices.
    assert (len(people), sum(row["frequency"] for row in people)) == (4_338, 18_532)
    net_of_all = sum(table.column("total").to_pylist())
    assert net_of_all == 8_300_065_814
    assert {row["segment"] for row in people} == {segment.key for segment in SEGMENTS}
    assert_same(people, by_plain_sql(table, as_of))
