"""The export of facts beside the bare rate of ADBC: rows a second, for all of it, for nothing new, for one month.

Run it by `python -m benchmarks.facts`, with `--rows` for more or fewer; it makes an installation of its own and removes
it. The bar: at least half the rate at which ADBC alone writes the same table to one Parquet file.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import django
import psycopg

from fidelia.worker.postgres.paths import socket_url

from .fits import peak_memory
from .installation import scratch_installation

MONTHS: Final = 24
BAR: Final = 0.5
SETTINGS: Final = "fidelia.config.settings"
SQL: Final = """select v.visit_id::text, v.customer_id::text, v.kind, v.currency, v.total, v.points, v.occurred_at,
    v.recorded_at
from facts_bench.visit v left join facts_bench.claim c using (visit_id)"""
COLUMNS: Final = {
    "visit_id": "string", "customer_id": "string", "kind": "string", "currency": "string", "total": "int64",
    "points": "int64", "occurred_at": "timestamp", "recorded_at": "timestamp",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    asked = parser.parse_args()
    with (
        scratch_installation() as places,
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(socket_url(places), autocommit=True) as owner,
    ):
        os.environ |= {"FIDELIA_DATABASE_URL": socket_url(places), "DJANGO_SETTINGS_MODULE": SETTINGS}
        django.setup()
        fill(owner, asked.rows)
        measure(owner, Path(folder), asked.rows)


def fill(owner: psycopg.Connection[Any], rows: int) -> None:
    owner.execute(
        f"""create schema facts_bench;
        create table facts_bench.visit as
            select gen_random_uuid() as visit_id, gen_random_uuid() as customer_id, 'sale' as kind, 'EUR' as currency,
                   n * 7::bigint as total, n % 100::bigint as points, i as occurred_at, i as recorded_at
            from generate_series(1, {rows}) n,
                 lateral (select timestamptz '2024-01-01Z' + n * interval '{MONTHS * 30 * 86_400 / rows} s' as i) t;
        alter table facts_bench.visit add primary key (visit_id);
        create table facts_bench.claim as select visit_id from facts_bench.visit limit {rows // 100};
        grant usage on schema facts_bench to fidelia_app;
        grant select on all tables in schema facts_bench to fidelia_app;
        analyze facts_bench.visit; analyze facts_bench.claim"""
    )


def measure(owner: psycopg.Connection[Any], folder: Path, rows: int) -> None:
    from django.conf import settings

    from fidelia.insight.operations import exporting
    from fidelia.kernel.actor import Actor, Grant
    from fidelia.kernel.facts import FactTable

    table = FactTable("visits", SQL, COLUMNS, ("visit_id",), "recorded_at", versions=("v", "c"))
    settings.FACTS_ROOT = str(folder / "facts")
    exporting.registered_tables = lambda: (table,)
    by, at = Actor("system", None, "Benchmark", grants=(Grant("insight.*"),)), datetime(2026, 11, 22, tzinfo=UTC)

    def export() -> None:
        exporting.export_facts(by=by, at=at)

    bare = timed("ADBC alone, one file", rows, lambda: write_bare(exporting, folder / "bare.parquet"))
    whole = timed("export, everything new", rows, export)
    timed("export, nothing new", rows, export)
    owner.execute("update facts_bench.visit set points = 0 where ctid = (select ctid from facts_bench.visit limit 1)")
    timed("export, a row of one month", rows, export)
    print(f"{whole / bare:.2f} of the bare rate (at least {BAR}); peak {peak_memory():.0f} MiB")


def write_bare(exporting: Any, path: Path) -> None:
    import pyarrow.parquet

    with exporting._reading_one_snapshot() as (cursor, _snapshot):
        cursor.execute(SQL)
        with cursor.fetch_record_batch() as reader, pyarrow.parquet.ParquetWriter(path, reader.schema) as file:
            for batch in reader:
                file.write_batch(batch)


def timed(name: str, rows: int, work: Callable[[], None]) -> float:
    """Print and return rows a second."""
    began, used = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"{name:28} {wall:7.1f} s {cpu:7.1f} s of CPU here {rows / wall:12,.0f} rows/s", flush=True)
    return rows / wall


if __name__ == "__main__":
    main()
