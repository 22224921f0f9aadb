"""Export the tables of facts to Parquet: one snapshot of the database, one folder, complete or absent.

A folder holds a file for each month of each table (`parting`). What did not change since an earlier export is taken
over from it by a link; so is what an export had written that was killed. Rows stream through ADBC in batches, so memory
does not grow with the history. The manifest is written last, and only then does a row of the database point at the
folder: one without a manifest is not complete. Everything is read in one snapshot, so what an export holds is what was
committed when it began: nothing that committed is skipped, however long its transaction took.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import adbc_driver_postgresql.dbapi
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from psycopg.conninfo import make_conninfo

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.facts import FactTable
from fidelia.kernel.ids import new_id

from ..models import FactExport, Refresh, folder_of
from .part_files import PartWriter, working_folder
from .parting import Part, parts_of, rows_of
from .placing import FactStore

KEPT_EXPORTS: Final = 2
LEARNT: Final = frozenset({"traits", "segment_memberships"})  # what a refresh writes: no reason for the next one
MANIFEST: Final = "manifest.json"
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The instant at which an export saw the database, and the oldest transaction that had not ended then.

    `erased_people` is how many customers had been erased by then.
    """

    taken_at: datetime
    horizon: int
    erased_people: int = 0


def export_facts(*, by: Actor, at: datetime, told: Told = lambda line: None) -> FactExport:
    """Write every registered table of facts into a new folder of FACTS_ROOT and purge the old ones. Raises Denied.

    Only months in which something changed are written; see `FactExport.written_rows`. `told` is called with the name of
    each table as it is begun (progress).
    """
    by.require("insight.refresh")
    export_id, tables, store = new_id(), registered_tables(), FactStore()
    snapshot, counts, written, content = _write_tables(tables, store, str(export_id), told)
    _write_manifest(store, str(export_id), snapshot, counts, tables)
    with transaction_of_use_case():
        export = FactExport.objects.create(
            id=export_id, cut_off_at=snapshot.taken_at, horizon=snapshot.horizon, row_counts=counts,
            written_rows=written, erased_people=snapshot.erased_people, schema_hash=schema_hash_of(tables),
            content=content, exported_at=at,
        )  # fmt: skip
        record_audit(
            by=by, at=at, verb="insight.refresh", object_type="export", object_id=export_id, after={"rows": counts}
        )
    purge_old_exports(at=at)
    store.fetch(export_id)
    return export


def registered_tables() -> tuple[FactTable, ...]:
    """Return the tables of facts that the composition root registers."""
    tables: tuple[FactTable, ...] = import_string(settings.FACTS)
    return tables


def schema_hash_of(tables: Sequence[FactTable]) -> str:
    """Return a hash of the names and types of all columns."""
    text = json.dumps({table.name: table.columns for table in tables}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_tables(
    tables: Sequence[FactTable], store: FactStore, export: str, told: Told
) -> tuple[Snapshot, dict[str, int], int, str]:
    counts: dict[str, int] = {}
    written, known, content = 0, store.known_files(), hashlib.sha256()
    with _reading_one_snapshot() as (cursor, seen):
        snapshot = replace(seen, erased_people=_count_erased(cursor, tables))
        for table in tables:
            told(table.name)
            parts = parts_of(cursor, table, schema_hash_of([table]))
            changed = [part for part in parts if (table.name, part.file) not in known]
            for part in parts:
                if part not in changed:
                    store.take_over(known[table.name, part.file], export, table.name, part.file)
            if changed:
                _write_parts(cursor, table, changed, PartWriter(store, export, table), whole=len(changed) == len(parts))
            if table.name not in LEARNT:  # a file is called by what its rows hold
                content.update("".join(f"{table.name}/{part.file}\n" for part in parts).encode())
            counts[table.name] = sum(part.rows for part in parts)
            written += sum(part.rows for part in changed)
    return snapshot, counts, written, content.hexdigest()[:32]


def _count_erased(cursor: Any, tables: Sequence[FactTable]) -> int:
    for table in tables:
        if table.name == "customers":
            cursor.execute(f"select count(*) from ({table.sql}) fact where is_erased")
            return int(cursor.fetchone()[0])
    return 0


def _write_parts(cursor: Any, table: FactTable, parts: Sequence[Part], writer: PartWriter, *, whole: bool) -> None:
    cursor.execute(rows_of(table, parts, whole=whole))
    with cursor.fetch_record_batch() as reader, writer.writing(parts):
        assert reader.schema.names == [*table.columns, "part_"], f"facts “{table.name}” select what they do not declare"
        for batch in reader:
            writer.add(batch)


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


def _write_manifest(
    store: FactStore, export: str, snapshot: Snapshot, counts: dict[str, int], tables: Sequence[FactTable]
) -> None:
    manifest = {
        "cut_off_at": snapshot.taken_at.isoformat(),
        "horizon": snapshot.horizon,
        "schema_hash": schema_hash_of(tables),
        "tables": {
            table.name: {"rows": counts[table.name], "key": list(table.key), "columns": table.columns}
            for table in tables
        },
    }
    with tempfile.TemporaryDirectory(dir=working_folder(export)) as folder:
        path = Path(folder) / MANIFEST
        path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        store.put(path, export, MANIFEST)


def purge_old_exports(*, at: datetime) -> None:
    """Delete the folders of all exports but the newest; the one before is kept for those who still read it, and that of
    the last refresh for the lists and parts that are asked of its chapters (a backtest exports, too).

    None is kept when a person was erased since it was taken: then nothing of the person may be left in any.
    """
    store = FactStore()
    complete = list(FactExport.objects.filter(purged_at__isnull=True).order_by("-exported_at", "-id"))
    read = Refresh.objects.order_by("-refreshed_at", "-id").values_list("export_id", flat=True).first()
    read_on = [*complete[:KEPT_EXPORTS], *(one for one in complete[KEPT_EXPORTS:] if one.id == read)]
    kept = [one for one in read_on if one.erased_people == complete[0].erased_people]
    for export in complete:
        if export not in kept:
            store.remove(str(export.id))
            shutil.rmtree(folder_of(export.id), ignore_errors=True)
            export.purged_at = at
            export.save(update_fields=["purged_at"])
    names = {str(export.id) for export in kept}
    for folder in store.folders():
        if folder not in names and _is_abandoned(folder, at):
            store.remove(folder)
            shutil.rmtree(folder_of(UUID(folder.removesuffix(".draft"))), ignore_errors=True)


def _is_abandoned(name: str, at: datetime) -> bool:
    # What a killed process began has no row, and was taken over by the export after it. The first 48 bits of a UUIDv7
    # are when it was made, in milliseconds; a day is longer than any export that still runs.
    try:
        made_at = (UUID(name.removesuffix(".draft")).int >> 80) / 1000
    except ValueError:
        return False
    return made_at < at.timestamp() - 86_400
