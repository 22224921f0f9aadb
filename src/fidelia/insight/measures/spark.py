"""Spark as the engine of the measures: a cluster, or the processors of this machine, for more than DuckDB can hold.

The same expressions, the same results. pyspark is an extra of Fidelia and Java a package of the machine: both are
looked for before anything is begun. A process has one Spark application whatever it does at once, so the last task to
leave ends it, and a cluster is free again.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import ibis
import pyarrow

from fidelia.insight.errors import SparkMissing

MASTER: Final = re.compile(r"local(\[(\*|[1-9]\d*)\])?|yarn|spark://\S+|k8s://\S+")
LOCAL_PARTITIONS: Final = "4"
_USERS_LOCK: Final = threading.Lock()
_users = 0


def look_for_spark(master: str) -> None:
    """Raise SparkMissing, with what is missing, where measures cannot be computed on Spark. No cluster is asked."""
    if not MASTER.fullmatch(master):
        raise SparkMissing(
            f"FIDELIA_SPARK is “{master}”; write the address of a master: spark://host:7077, yarn or local[4]."
        )
    if importlib.util.find_spec("pyspark") is None:
        raise SparkMissing("FIDELIA_SPARK is set, and pyspark is not installed: pip install 'fidelia[spark]'.")
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=f"{home}/bin" if home else None) is None:
        raise SparkMissing("FIDELIA_SPARK is set, and there is no Java 17 or newer on this machine (see JAVA_HOME).")


class SparkEngine:
    """Computes expressions of Ibis on Spark. Files must lie where the workers of the cluster see them, too."""

    def __init__(self, master: str) -> None:
        look_for_spark(master)
        self._session = _enter(master)
        self._backend = ibis.pyspark.connect(self._session)
        self._kept: list[Any] = []

    def close(self) -> None:
        for frame in self._kept:
            frame.unpersist()
        _leave(self._session)

    def read_parquet(self, path: str | Path, table_name: str) -> ibis.Table:
        # A folder is read as one; of a pattern Spark first asks whether it is a stream, and logs that it is none.
        return self._backend.read_parquet(str(path).removesuffix("/*.parquet"), table_name=table_name)

    def to_pyarrow(self, expression: ibis.Expr) -> Any:
        """Compute a result whole, as a table of Arrow."""
        # Not by Ibis' own way, which goes through pandas: there a column of integers with a gap becomes one of floats.
        table = expression.as_table()
        self._backend._run_pre_execute_hooks(table)  # rows given from memory
        found = self._session.sql(self._backend.compile(table)).toArrow()
        return found.cast(_schema_of(table, found.schema))

    def batches_of(self, expression: ibis.Table) -> Iterator[Any]:
        """Compute a large result: one row for each customer, which the driver holds."""
        yield from self.to_pyarrow(expression).to_batches(max_chunksize=10_000)

    def kept(self, table: ibis.Table, name: str) -> ibis.Table:
        """Compute a table once, to be read often: it stays with the workers, in memory or on their disks."""
        frame = self._session.sql(self._backend.compile(table)).persist()
        self._kept.append(frame)
        frame.createOrReplaceTempView(name)
        return self._backend.table(name)

    def on_the_wall(self, zone: str, moment: ibis.Value) -> ibis.Value:
        """Return the clock on the wall of a zone, written as if it were UTC, which is the session's zone."""
        return _from_utc(moment, zone)


def _schema_of(table: ibis.Table, found: Any) -> Any:
    """The schema that the expression promises, with instants as Spark gives them: microseconds of UTC."""
    promised = table.schema().to_pyarrow()
    return pyarrow.schema([
        own if pyarrow.types.is_timestamp(own.type) else field for own, field in zip(found, promised, strict=True)
    ])  # fmt: skip


def _enter(master: str) -> Any:
    from pyspark.sql import SparkSession

    global _users  # noqa: PLW0603
    with _USERS_LOCK:
        builder = SparkSession.builder.master(master).appName("fidelia").config("spark.ui.enabled", "false")
        if master.startswith("local"):
            builder = builder.config("spark.sql.shuffle.partitions", LOCAL_PARTITIONS)
            builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        session = builder.getOrCreate().newSession()  # views of its own
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.sparkContext.setLogLevel("ERROR")
        _users += 1
    return session


def _leave(session: Any) -> None:
    global _users  # noqa: PLW0603
    with _USERS_LOCK:
        _users -= 1
        if not _users:
            session.stop()


def _utc_to_zone(moment: Any, zone: str) -> Any:
    """Spark's own: the clock on the wall of a zone as an instant."""


_from_utc: Any = ibis.udf.scalar.builtin(
    _utc_to_zone, name="from_utc_timestamp",
    signature=((ibis.dtype("timestamp"), ibis.dtype("string")), ibis.dtype("timestamp")),
)  # fmt: skip
