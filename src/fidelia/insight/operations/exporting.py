"""Export the tables of facts to Parquet: one snapshot of the database, one folder, complete or absent.

The folder is written under a draft's name, its manifest last, and renamed; only then does a row of the database point
at it. Rows stream through ADBC in batches, so memory does not grow with the history (5 M rows: 260 MB in all).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import adbc_driver_postgresql.dbapi
import pyarrow
import pyarrow.parquet
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from psycopg.conninfo import make_conninfo

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.facts import FactTable
from fidelia.kernel.ids import new_id

from ..models import FactExport, folder_of

KEPT_EXPORTS: Final = 2
Told = Callable[[str], None]

# The words with which a table of facts types its columns, and what they are in Parquet. Spark reads no UUID column of
# Parquet, so ids travel as text.
ARROW_TYPES: Final[dict[str, pyarrow.DataType]] = {
    "string": pyarrow.string(),
    "int64": pyarrow.int64(),
    "int32": pyarrow.int32(),
    "int16": pyarrow.int16(),
    "boolean": pyarrow.bool_(),
    "date": pyarrow.date32(),
    "timestamp": pyarrow.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The instant at which an export saw the database, and the oldest transaction that had not ended then."""

    taken_at: datetime
    horizon: int


def export_facts(*, by: Actor, at: datetime, told: Told = lambda line: None) -> FactExport:
    """Write every registered table of facts into a new folder of FACTS_ROOT and purge the old ones. Raises Denied.

    `told` is called with the name of each table as it is begun (progress).
    """
    by.require("insight.refresh")
    export_id, tables = new_id(), registered_tables()
    draft = Path(settings.FACTS_ROOT) / f"{export_id}.draft"
    draft.mkdir(parents=True)
    try:
        snapshot, counts = _write_tables(tables, draft, told)
        _write_manifest(draft, snapshot, counts, tables)
        os.replace(draft, folder_of(export_id))
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    with transaction_of_use_case():
        export = FactExport.objects.create(
            id=export_id, cut_off_at=snapshot.taken_at, horizon=snapshot.horizon, row_counts=counts,
            schema_hash=schema_hash_of(tables), exported_at=at,
        )  # fmt: skip
        record_audit(
            by=by, at=at, verb="insight.refresh", object_type="export", object_id=export_id, after={"rows": counts}
        )
    purge_old_exports(at=at)
    return export


def registered_tables() -> tuple[FactTable, ...]:
    """Return the tables of facts that the composition root registers."""
    tables: tuple[FactTable, ...] = import_string(settings.FACTS)
    return tables


def schema_hash_of(tables: Sequence[FactTable]) -> str:
    """Return a hash of the names and types of all columns."""
    text = json.dumps({table.name: table.columns for table in tables}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_tables(tables: Sequence[FactTable], folder: Path, told: Told) -> tuple[Snapshot, dict[str, int]]:
    counts: dict[str, int] = {}
    with _reading_one_snapshot() as (cursor, snapshot):
        for table in tables:
            told(table.name)
            counts[table.name] = _write_table(cursor, table, folder / f"{table.name}.parquet")
    return snapshot, counts


@contextmanager
def _reading_one_snapshot() -> Iterator[tuple[Any, Snapshot]]:
    """Open a connection whose every statement sees the same committed rows, and none written after."""
    with adbc_driver_postgresql.dbapi.connect(_connection_string()) as database, database.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("select now(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        taken_at, horizon = cursor.fetchone()
        yield cursor, Snapshot(taken_at, horizon)
        database.rollback()


def _connection_string() -> str:
    """Django's own connection, as libpq writes it: the same server and role, never more rights than the application."""
    parameters = connection.get_connection_params()
    ours = ("dbname", "user", "password", "host", "port", "options", "sslmode", "sslrootcert", "sslcert", "sslkey")
    return make_conninfo(**{name: str(parameters[name]) for name in ours if parameters.get(name)})


def _write_table(cursor: Any, table: FactTable, path: Path) -> int:
    schema = pyarrow.schema([(name, ARROW_TYPES[word]) for name, word in table.columns.items()])
    cursor.execute(table.sql)
    count = 0
    with cursor.fetch_record_batch() as reader, pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as file:
        assert reader.schema.names == schema.names, f"facts “{table.name}” select other columns than they declare"
        for batch in reader:
            file.write_batch(batch.cast(schema))
            count += batch.num_rows
    return count


def _write_manifest(folder: Path, snapshot: Snapshot, counts: dict[str, int], tables: Sequence[FactTable]) -> None:
    manifest = {
        "cut_off_at": snapshot.taken_at.isoformat(),
        "horizon": snapshot.horizon,
        "schema_hash": schema_hash_of(tables),
        "tables": {
            table.name: {"rows": counts[table.name], "key": list(table.key), "columns": table.columns}
            for table in tables
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def purge_old_exports(*, at: datetime) -> None:
    """Delete the folders of all exports but the newest; the one before is kept for those who still read it."""
    complete = FactExport.objects.filter(purged_at__isnull=True).order_by("-exported_at", "-id")
    for export in complete[KEPT_EXPORTS:]:
        shutil.rmtree(folder_of(export.id), ignore_errors=True)
        export.purged_at = at
        export.save(update_fields=["purged_at"])
    kept = {str(export.id) for export in complete[:KEPT_EXPORTS]}
    for folder in Path(settings.FACTS_ROOT).iterdir():
        if folder.name not in kept and _is_abandoned(folder.name, at):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(name: str, at: datetime) -> bool:
    # A draft whose process was killed has no row. The first 48 bits of a UUIDv7 are when it was made, in milliseconds;
    # a day is longer than any export that still runs.
    try:
        made_at = (UUID(name.removesuffix(".draft")).int >> 80) / 1000
    except ValueError:
        return False
    return made_at < at.timestamp() - 86_400
