"""An export writes what changed: months taken over by their fingerprint, a killed one resumed, the erased gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import fsspec
import psycopg
import pyarrow.parquet
import pytest
from django.db import connection

from fidelia.insight.measures.engine import open_facts
from fidelia.insight.models import FactExport, folder_of
from fidelia.insight.operations import exporting
from fidelia.insight.operations.exporting import export_facts
from fidelia.kernel.facts import FactTable
from tests.cast import AT, actor_with
from tests.insight.test_exporting import owner_string

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("insight.*", label="Rocco")
MONTHS = ("2026-08", "2026-09", "2026-10")
VISITS = FactTable(
    name="visits",
    sql="""select v.visit_id, v.customer_id, v.amount, v.at
from facts_test.visit v left join facts_test.claim c using (visit_id)""",
    columns={"visit_id": "int64", "customer_id": "string", "amount": "int64", "at": "timestamp"},
    key=("visit_id",),
    recorded_at_column="at",
    versions=("v", "c"),
)
CUSTOMERS = FactTable(
    name="customers",
    sql="select p.customer_id, p.town, p.erased as is_erased, p.at from facts_test.person p",
    columns={"customer_id": "string", "town": "string", "is_erased": "boolean", "at": "timestamp"},
    key=("customer_id",),
    recorded_at_column="at",
)
TABLES = (VISITS, CUSTOMERS)
CHILD = """
import django, sys, time
django.setup()
from django.conf import settings
from fidelia.insight.operations import exporting
from tests.cast import AT, actor_with
from tests.insight.test_exporting_changes import TABLES

def told(table):
    print(table, flush=True)
    if table == "customers":
        time.sleep(120)  # until it is killed

settings.FACTS_ROOT = sys.argv[1]
exporting.registered_tables = lambda: TABLES
exporting.export_facts(by=actor_with("insight.*", label="Rocco"), at=AT, told=told)
"""


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[psycopg.Connection[Any]]:
    """Three months of 20,000 visits each by 500 people, in tables of our own."""
    settings.FACTS_ROOT, settings.FACTS_HERE = str(tmp_path / "facts"), tmp_path / "here"
    monkeypatch.setattr(exporting, "registered_tables", lambda: TABLES)
    with psycopg.connect(owner_string(), autocommit=True) as owner:
        owner.execute(
            """create schema facts_test;
            create table facts_test.visit (
                visit_id bigint primary key, customer_id text, amount bigint, at timestamptz);
            create table facts_test.claim (visit_id bigint primary key);
            create table facts_test.person (customer_id text primary key, town text, erased bool, at timestamptz);
            grant usage on schema facts_test to fidelia_app;
            grant select on all tables in schema facts_test to fidelia_app;
            insert into facts_test.person select 'person-' || n, 'town-' || n, false, '2026-08-02Z'
                from generate_series(1, 500) n;
            insert into facts_test.visit select n, 'person-' || 1 + n % 500, n * 7,
                timestamptz '2026-08-01Z' + (n % 3) * interval '1 month' + interval '1 second' * n
                from generate_series(1, 60000) n"""
        )
        yield owner
        owner.execute("drop schema facts_test cascade")


def exported(hours: int = 0) -> FactExport:
    return export_facts(by=ANALYST, at=AT + timedelta(hours=hours))


def rows_in(export: FactExport, table: FactTable) -> list[tuple[Any, ...]]:
    found = pyarrow.parquet.read_table(folder_of(export.id) / table.name)
    return sorted(tuple(row.values()) for row in found.to_pylist())


def rows_of(owner: psycopg.Connection[Any], table: FactTable) -> list[tuple[Any, ...]]:
    return sorted(owner.execute(table.sql.encode()).fetchall())


def files_of(export: FactExport, table: FactTable) -> dict[str, int]:
    """The month of each file, and the place of its contents on the disk."""
    folder = folder_of(export.id) / table.name
    return {path.name[:7]: path.stat().st_ino for path in folder.iterdir()}


def test_it_holds_what_the_database_holds_month_by_month(owner: psycopg.Connection[Any]) -> None:
    export = exported()
    assert tuple(sorted(files_of(export, VISITS))) == MONTHS
    assert (export.row_counts, export.written_rows) == ({"visits": 60_000, "customers": 500}, 60_500)
    for table in TABLES:
        assert rows_in(export, table) == rows_of(owner, table)


def test_a_month_without_a_change_is_taken_over(owner: psycopg.Connection[Any]) -> None:
    before = files_of(exported(), VISITS)
    second = exported(1)
    assert (second.written_rows, files_of(second, VISITS)) == (0, before)
    owner.execute("insert into facts_test.visit values (70001, 'person-3', 5, '2026-10-30Z')")
    third = exported(2)
    assert third.written_rows == 20_001
    changed = {month for month, place in files_of(third, VISITS).items() if place != before.get(month)}
    assert changed == {"2026-10"}
    assert rows_in(third, VISITS) == rows_of(owner, VISITS)


@pytest.mark.parametrize(
    ("change", "months"),
    [
        ("insert into facts_test.visit values (70001, 'person-3', 5, '2026-08-30Z')", {"2026-08"}),  # late
        ("update facts_test.visit set amount = amount where visit_id = 3", {"2026-08"}),
        ("delete from facts_test.visit where visit_id in (1, 2)", {"2026-09", "2026-10"}),
        ("insert into facts_test.claim values (4)", {"2026-09"}),
        ("update facts_test.visit set at = '2026-11-05Z' where visit_id = 3", {"2026-08", "2026-11"}),
        ("delete from facts_test.visit where at < '2026-09-01Z'", set()),
    ],
)
def test_any_change_is_seen(owner: psycopg.Connection[Any], change: str, months: set[str]) -> None:
    before = files_of(exported(), VISITS)
    owner.execute(change.encode())
    export = exported(1)
    assert {month for month, place in files_of(export, VISITS).items() if place != before.get(month)} == months
    assert rows_in(export, VISITS) == rows_of(owner, VISITS)


def test_what_a_killed_export_wrote_is_resumed_while_people_write(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Killed between two tables while rows come in; then late rows, and a person erased: all is as in the database."""
    root, stop = tmp_path / "facts", threading.Event()
    writer = threading.Thread(target=_write_until, args=(stop,))
    writer.start()
    try:
        _export_and_kill(root)
        (begun,) = root.iterdir()
        assert not (begun / "manifest.json").exists()
        whole = {path.name: path.stat().st_ino for path in (begun / "visits").iterdir()}
        during = exported()
    finally:
        stop.set()
        writer.join()
    kept = {path.name: path.stat().st_ino for path in (folder_of(during.id) / "visits").iterdir()}
    assert {name for name in kept if whole.get(name) == kept[name]} >= {name for name in whole if "2026-09" in name}
    owner.execute("insert into facts_test.visit values (90001, 'person-7', 1, '2026-09-15Z')")  # recorded late
    owner.execute("update facts_test.visit set customer_id = null where customer_id = 'person-7'")
    owner.execute("update facts_test.person set town = null, erased = true, customer_id = 'gone' where town = 'town-7'")
    after = exported(1)
    for table in TABLES:
        assert rows_in(after, table) == rows_of(owner, table)
    assert [row for row in rows_of(owner, VISITS) if row[0] > 80_000]
    complete = [path for path in root.iterdir() if (path / "manifest.json").exists()]
    assert complete == [folder_of(after.id)]  # the export that knew the person is gone with him
    assert not [row for table in TABLES for row in rows_in(after, table) if "person-7" in row or "town-7" in row]


def _export_and_kill(root: Path) -> None:
    parameters = connection.get_connection_params()
    url = f"postgresql://{parameters['user']}@/{parameters['dbname']}?host={parameters['host']}"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        env=os.environ | {"FIDELIA_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "fidelia.config.settings"},
    )  # fmt: skip
    assert child.stdout is not None
    assert [child.stdout.readline().strip() for _table in TABLES] == ["visits", "customers"]
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=120)


def _write_until(stop: threading.Event) -> None:
    with psycopg.connect(owner_string(), autocommit=True) as writer:
        number = 80_000
        while not stop.wait(0.005):
            number += 1
            writer.execute("insert into facts_test.visit values (%s, 'person-9', 2, '2026-10-31Z')", (number,))


def test_a_transaction_that_was_open_during_an_export_is_in_the_next(owner: psycopg.Connection[Any]) -> None:
    """It began before the export and committed after: no cursor runs past it."""
    with psycopg.connect(owner_string()) as slow:
        slow.execute("insert into facts_test.visit values (70002, 'person-4', 8, '2026-08-20Z')")
        owner.execute("insert into facts_test.visit values (70003, 'person-4', 9, '2026-10-20Z')")
        first = exported()
        slow.commit()
    assert {70_002, 70_003} & {row[0] for row in rows_in(first, VISITS)} == {70_003}
    assert rows_in(exported(1), VISITS) == rows_of(owner, VISITS)


def test_an_empty_table_is_a_file_without_rows(owner: psycopg.Connection[Any]) -> None:
    owner.execute("delete from facts_test.visit")
    export = exported()
    assert rows_in(export, VISITS) == []
    with open_facts(folder_of(export.id)) as facts:
        assert facts.rows_of(facts.table("visits")) == []


def test_facts_lie_in_an_object_store_and_readers_fetch_them(
    owner: psycopg.Connection[Any], settings: Any, tmp_path: Path
) -> None:
    settings.FACTS_ROOT = f"memory://facts-{tmp_path.name}"
    first = exported()
    owner.execute("insert into facts_test.visit values (70001, 'person-3', 5, '2026-10-30Z')")
    second = exported(1)
    assert second.written_rows == 20_001
    store = fsspec.filesystem("memory")
    places = [path.split("/")[3:] for path in store.find(f"/facts-{tmp_path.name}/{second.id}")]
    assert sorted(place[0] for place in places) == ["customers", "manifest.json", "visits", "visits", "visits"]
    assert folder_of(second.id).is_relative_to(tmp_path / "here")
    assert rows_in(second, VISITS) == rows_of(owner, VISITS)
    exported(2)
    exported(3)
    assert not store.exists(f"/facts-{tmp_path.name}/{first.id}")
