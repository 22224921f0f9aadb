"""All tables of facts, while people are merged and erased and a store closes: each export is one moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from django.db import connection

from fidelia.customers.models import Customer
from fidelia.insight.models import FactExport, folder_of
from fidelia.insight.operations.exporting import export_facts, registered_tables
from fidelia.kernel.facts import FactTable
from fidelia.organisation.models import Store
from fidelia.organisation.operations import close_store
from fidelia.persons.operations import ask_erasure, carry_out_erasure, merge_customers
from tests.cast import AT, SYSTEM
from tests.console.boutique import add_two_stores

from .shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def in_database() -> Rows:
    return {table.name: in_order(rows_of(table)) for table in registered_tables()}


def rows_of(table: FactTable) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(f'x.{name}' for name in table.columns)} from ({table.sql}) x")
        yield from cursor.fetchall()


def in_files(export: FactExport) -> Rows:
    found: Rows = {}
    for table in registered_tables():
        whole = pyarrow.parquet.read_table(folder_of(export.id) / table.name).select(list(table.columns))
        found[table.name] = in_order(tuple(row.values()) for row in whole.to_pylist())
    return found


def in_order(rows: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(plain(value) for value in row) for row in rows), key=repr)


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return None if value is None else str(value)


def test_each_export_is_one_moment_while_people_merge_and_go_and_a_store_closes() -> None:
    _banner, lyon, _lille = add_two_stores(AT)
    people = customers(8)
    buy([purchase(who, 1_000 + n, AT - timedelta(days=20 * n), store_id=lyon.id) for n, who in enumerate(people)])
    begun: list[str] = []

    def disturb(table: str) -> None:
        begun.append(table)
        if len(begun) == len(registered_tables()) // 2:
            merge_customers(by=SYSTEM, at=AT, customer_id=people[1], into=people[0])
            close_store(by=SYSTEM, at=AT, store_id=lyon.id, closed_on=date(2026, 1, 31))
            asked = ask_erasure(by=SYSTEM, at=AT, customer_id=people[2], source="portal")
            carry_out_erasure(by=SYSTEM, at=AT, request_id=asked.id)
            buy([purchase(people[3], 77, AT - timedelta(days=400))])  # recorded late

    before = in_database()
    first = export_facts(by=SYSTEM, at=AT, told=disturb)
    assert len(begun) == len(registered_tables())
    assert in_files(first) == before, "what came about while it ran is not in it, in no table"
    assert in_database() != before

    second = export_facts(by=SYSTEM, at=AT + timedelta(hours=1))
    assert in_files(second) == in_database()
    assert not folder_of(first.id).exists(), "it knew the person who is gone"
    assert Customer.objects.get(id=people[1]).merged_into_id == people[0]

    Store.objects.filter(id=lyon.id).update(code="lugdunum")  # a key that is corrected
    third = export_facts(by=SYSTEM, at=AT + timedelta(hours=2))
    assert in_files(third) == in_database()
