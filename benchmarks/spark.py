"""From which size Spark is the faster: two measures on DuckDB and on a Spark of one master and two workers, by rows.

Run it by `python -m benchmarks.spark` with a Python that has pyspark, and Java; `--rows 1000000 10000000` says sizes.
Both read the same Parquet and write their result as Parquet. DuckDB has two threads, Spark two workers of one core:
processor seconds are those of the process itself and of all the processes of the cluster; wall leaves out the start of
Spark, which is printed. From the two largest sizes the cost of a row follows, and from it the rows from which a cluster
of so many cores would win.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.insight.spark.cluster import open_cluster, open_session

from .report import AS_OF, draw_facts

CORES: Final = 2
CLUSTERS: Final = (8, 16, 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        began = time.perf_counter()
        with open_cluster(folder) as address, open_session(address, folder) as spark:
            started = time.perf_counter() - began
            print(f"Spark took {started:.0f} s to start\n")
            print(f"{'rows':>12} {'measure':10} {'engine':8} {'CPU':>8} {'wall':>8}")
            found: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
            draw_facts(folder, asked.rows[0])
            for ask in MEASURES.values():  # Java compiles what runs often: the first time says nothing of the others
                measured(ask, spark, folder)
            for rows in asked.rows:
                draw_facts(folder, rows)
                for measure, ask in MEASURES.items():
                    for engine, backend in (("spark", spark), ("duckdb", None)):
                        cpu, wall = measured(ask, backend, folder)
                        found.setdefault((measure, engine), []).append((rows, cpu, wall))
                        print(f"{rows:12,} {measure:10} {engine:8} {cpu:8.1f} {wall:8.1f}", flush=True)
    for measure in MEASURES:
        tell_crossing(measure, found[measure, "duckdb"], found[measure, "spark"], started)


def measured(ask: Callable[..., Any], spark: Any, folder: Path) -> tuple[float, float]:
    import ibis

    backend = spark or ibis.duckdb.connect(threads=CORES, memory_limit="2GB")
    used, began = processor_seconds(), time.perf_counter()
    tables = [backend.read_parquet(str(folder / f"{name}.parquet")) for name in ("purchases", "lines")]
    backend.to_parquet(ask(*tables), str(folder / f"result-{time.time_ns()}"))
    return processor_seconds() - used, time.perf_counter() - began


def processor_seconds() -> float:
    """Of this process and of all that it started, those of the cluster too."""
    parents, times = {}, {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        number = int(place.parent.name)
        parents[number], times[number] = int(fields[1]), sum(map(int, fields[11:13]))
    ours = {os.getpid()}
    while more := {number for number, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(times.get(number, 0) for number in ours) / os.sysconf("SC_CLK_TCK")


def _rfm(purchases: Any, lines: Any) -> Any:
    from fidelia.insight.measures.rfm import rfm

    return rfm(purchases, lines, as_of=AS_OF, currency="EUR")


def _months(purchases: Any, lines: Any) -> Any:
    from fidelia.insight.measures.cohorts import cohorts

    return cohorts(purchases, lines, as_of=AS_OF, currency="EUR")


MEASURES: Final[dict[str, Callable[..., Any]]] = {"rfm": _rfm, "cohorts": _months}


def tell_crossing(
    measure: str, duckdb: list[tuple[int, float, float]], spark: list[tuple[int, float, float]], started: float
) -> None:
    """Say from which rows a cluster wins: fixed part and part per row of each, the latter shared by the cores."""
    of_duckdb, of_spark = slope(duckdb), slope(spark)
    fixed = max(spark[0][2] - of_spark * spark[0][0] / CORES, 0.0)
    print(f"\n{measure}: a million rows take DuckDB {of_duckdb * 1e6:.2f} s of processor, Spark {of_spark * 1e6:.2f} s")
    if of_spark >= of_duckdb:
        print("with as many cores Spark never wins")
    for cores in CLUSTERS:
        gained = of_duckdb / CORES - of_spark / cores
        if gained <= 0:
            print(f"{cores} cores: never beside DuckDB on {CORES}")
            continue
        once, open_already = (started + fixed) / gained, fixed / gained
        print(f"{cores} cores beside DuckDB on {CORES}: from {once:,.0f} rows; {open_already:,.0f} with a session open")


def slope(found: list[tuple[int, float, float]]) -> float:
    """Processor seconds of one more row, between the two largest sizes."""
    (rows, cpu, _wall), (more, more_cpu, _more_wall) = found[-2:]
    return max(more_cpu - cpu, 0.01) / (more - rows)


if __name__ == "__main__":
    main()
