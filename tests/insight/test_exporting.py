"""It exports facts: one snapshot, complete or absent, with the past exports purged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet
import pytest
from django.db import connection

from fidelia.insight.measures.engine import open_facts
from fidelia.insight.models import FactExport, folder_of
from fidelia.insight.operations import exporting
from fidelia.insight.operations.exporting import export_facts, registered_tables
from fidelia.insight.operations.part_files import ARROW_TYPES
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.kernel.facts import FactTable
from tests.cast import AT, actor_with

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("insight.*", label="Rocco")
NOTES = FactTable(
    name="notes",
    sql="select id::text as note_id, amount, at from notes.note",
    columns={"note_id": "string", "amount": "int64", "at": "timestamp"},
    key=("note_id",),
    recorded_at_column="at",
)


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> Path:
    settings.FACTS_ROOT = tmp_path / "facts"
    return tmp_path / "facts"


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A table of facts of our own, so that what is exported is known to the row."""
    with psycopg.connect(owner_string(), autocommit=True) as owner:
        owner.execute("create schema notes")  # not public, whose tables are emptied after each test
        owner.execute("create table notes.note (id int, amount bigint, at timestamptz)")
        owner.execute("grant usage on schema notes to fidelia_app; grant select on notes.note to fidelia_app")
        owner.execute(
            "insert into notes.note select n, n * 1000000007::bigint, '2026-11-01Z'::timestamptz + n * interval '1s'"
            " from generate_series(1, 60000) n"
        )
        monkeypatch.setattr(exporting, "registered_tables", lambda: (NOTES,))
        yield
        owner.execute("drop schema notes cascade")


def owner_string() -> str:
    parameters = connection.get_connection_params()
    return " ".join(f"{name}={parameters[name]}" for name in ("dbname", "user", "host") if parameters.get(name))


def test_it_writes_what_the_table_holds(notes: None) -> None:
    export = export_facts(by=ANALYST, at=AT)
    table = pyarrow.parquet.read_table(folder_of(export.id) / "notes")
    assert table.schema.types == [ARROW_TYPES["string"], ARROW_TYPES["int64"], ARROW_TYPES["timestamp"]]
    assert table.num_rows == 60_000 == export.row_counts["notes"]
    assert sum(table.column("amount").to_pylist()) == 1_000_000_007 * 60_000 * 60_001 // 2
    assert table.column("at")[0].as_py() == datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC)
    with open_facts(folder_of(export.id)) as facts:
        assert sum(len(batch) for batch in facts.batches_of(facts.table("notes"))) == 60_000


def test_its_manifest_says_what_it_holds_and_until_when(notes: None) -> None:
    before = datetime.now(UTC)
    export = export_facts(by=ANALYST, at=AT)
    manifest = json.loads((folder_of(export.id) / "manifest.json").read_text())
    assert manifest["tables"]["notes"] == {"rows": 60_000, "key": ["note_id"], "columns": NOTES.columns}
    assert manifest["schema_hash"] == export.schema_hash
    assert manifest["cut_off_at"] == export.cut_off_at.isoformat()
    assert before - timedelta(seconds=5) <= export.cut_off_at <= datetime.now(UTC) + timedelta(seconds=5)


def test_it_sees_one_snapshot_and_keeps_its_horizon(notes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row committed between two tables is in neither; an open transaction holds the horizon back."""
    again = FactTable("again", NOTES.sql, NOTES.columns, NOTES.key, NOTES.recorded_at_column)
    monkeypatch.setattr(exporting, "registered_tables", lambda: (NOTES, again))
    with psycopg.connect(owner_string()) as open_one, psycopg.connect(owner_string(), autocommit=True) as other:
        oldest = open_one.execute("select pg_current_xact_id()::text::bigint").fetchone()

        def add_a_row(table: str) -> None:
            other.execute("insert into notes.note values (0, 1, now())")

        export = export_facts(by=ANALYST, at=AT, told=add_a_row)
    assert export.row_counts == {"notes": 60_000, "again": 60_000}
    assert oldest is not None
    assert export.horizon <= oldest[0]


def test_it_is_not_complete_when_it_fails(notes: None, monkeypatch: pytest.MonkeyPatch, facts_root: Path) -> None:
    broken = FactTable("broken", "select 1 / 0 as x, now() as at", {"x": "int64", "at": "timestamp"}, ("x",), "at")
    monkeypatch.setattr(exporting, "registered_tables", lambda: (NOTES, broken))
    with pytest.raises(Exception, match="division by zero"):
        export_facts(by=ANALYST, at=AT)
    assert not list(facts_root.glob("*/manifest.json"))
    assert not FactExport.objects.exists()


def test_it_keeps_the_two_newest_exports_and_what_is_not_its_own(notes: None, facts_root: Path) -> None:
    exports = [export_facts(by=ANALYST, at=AT + timedelta(hours=hour)) for hour in range(3)]
    killed = facts_root / "019a0000-0000-7000-8000-000000000000.draft"  # made in October 2025 by a process that died
    killed.mkdir()
    (facts_root / "notes-of-rocco").mkdir()
    exports.append(export_facts(by=ANALYST, at=AT + timedelta(hours=3)))
    names = {folder.name for folder in facts_root.iterdir()}
    assert names == {str(exports[2].id), str(exports[3].id), "notes-of-rocco"}
    assert FactExport.objects.filter(purged_at__isnull=False).count() == 2


def test_it_asks_for_the_right(facts_root: Path) -> None:
    with pytest.raises(Denied):
        export_facts(by=Actor("user", None, "Marzelline"), at=AT)
    assert not facts_root.exists()


def test_every_registered_table_declares_what_it_selects() -> None:
    """The whole registry against the empty, migrated database: names, order and types agree."""
    export = export_facts(by=ANALYST, at=AT)
    assert set(export.row_counts) == {table.name for table in registered_tables()}
    for table in registered_tables():
        assert set(table.key) <= set(table.columns)
        assert table.recorded_at_column in table.columns
