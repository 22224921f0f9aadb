"""The engine that computes the measures over a folder of facts: DuckDB in this process, or Spark where one is named."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis

from .duck import DuckEngine
from .people import by_person, that_happened
from .spark import SparkEngine

Engine = DuckEngine | SparkEngine


class Facts:
    """The tables of facts of one export, by name."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine

    def table(self, name: str) -> ibis.Table:
        """Return a table of facts; instants are UTC, money is int64 minor units."""
        return self._engine.read_parquet(self._folder / name / "*.parquet", table_name=name)

    def given(self, rows: Any) -> ibis.Table:
        """Return rows of Arrow as a table, to be joined with the facts."""
        return ibis.memtable(rows)

    def rows_of(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Compute a small result (a table of totals)."""
        rows: list[dict[str, Any]] = self._engine.to_pyarrow(expression).to_pylist()
        return rows

    def rows_by_sql(self, expression: ibis.Table, name: str, sql: str) -> list[dict[str, Any]]:
        """Ask a table, which the SQL calls `name`, for what Ibis cannot say, in DuckDB's own words (never on Spark)."""
        assert isinstance(self._engine, DuckEngine)
        return self._engine.rows_by_sql(expression, name, sql)

    def batches_of(self, expression: ibis.Table) -> Iterator[list[dict[str, Any]]]:
        """Compute a large result in batches of rows."""
        for batch in self._engine.batches_of(expression):
            yield batch.to_pylist()

    def people_of(self, name: str) -> ibis.Table:
        """Return a table of facts as analytics reads it: by person, without what only simulations and sandboxes saw."""
        return self.by_person(that_happened(self.table(name), self.table("programmes")))

    def by_person(self, table: ibis.Table) -> ibis.Table:
        """Return a table with the customer_id of the person; see `people`."""
        return by_person(table, self.table("customers"))


@contextmanager
def open_engine(*, spark: str = "", threads: int = 2) -> Iterator[Engine]:
    """Open DuckDB, or Spark at the master that `spark` names; results are the same. Raises SparkMissing."""
    with tempfile.TemporaryDirectory(prefix="fidelia-measures-") as scratch:
        engine: Engine = SparkEngine(spark) if spark else DuckEngine(Path(scratch), threads=threads)
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def open_facts(folder: Path, *, spark: str = "", threads: int = 2) -> Iterator[Facts]:
    """Open the facts of an export; results are the same whatever the engine and its number of threads."""
    with open_engine(spark=spark, threads=threads) as engine:
        yield Facts(folder, engine)
