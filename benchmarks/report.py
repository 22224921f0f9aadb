"""RFM from raw rows beside hand-written SQL and lifetimes, and a report of a file end to end: seconds and memory.

Run it by `python -m benchmarks.report`, with `--rows 1000000` for less, `--peers /folder/bin/python` for a Python that
has lifetimes. Every contender runs in a process of its own and reads the same Parquet. Processor seconds and wall
include reading; starting Python and loading libraries are left out for all alike.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .fits import peak_memory

ROWS_PER_CUSTOMER = 15
LINES_PER_PURCHASE = 4
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
TIME_MAX = 900
ROUNDS = 5
CONTENDERS = ("fidelia", "sql", "lifetimes")
# The content of `rfm`, as one who knows DuckDB would write it.
BY_HAND = """
WITH taken AS (
    SELECT returns_purchase_id AS sale, sum(net) AS returned FROM '{lines}'
    WHERE returns_purchase_id IS NOT NULL AND occurred_at <= TIMESTAMPTZ '{as_of}' GROUP BY 1
), bought AS (
    SELECT p.customer_id, p.purchase_id, p.kind, p.occurred_at, p.total, p.currency,
           p.kind = 'sale' AND (t.returned IS NULL OR p.total + t.returned > 0) AS is_kept
    FROM '{purchases}' p LEFT JOIN taken t ON p.purchase_id = t.sale
    WHERE p.customer_id IS NOT NULL AND p.occurred_at > TIMESTAMPTZ '{as_of}' - INTERVAL 730 DAY
          AND p.occurred_at <= TIMESTAMPTZ '{as_of}'
), summary AS (
    SELECT customer_id, max(occurred_at) FILTER (is_kept) AS last_sale_at,
           (epoch(TIMESTAMPTZ '{as_of}')::BIGINT - epoch_us(max(occurred_at) FILTER (is_kept)) // 1000000)
               // 86400 AS recency_days,
           count(*) FILTER (is_kept) AS frequency,
           coalesce(sum(total) FILTER (currency = 'EUR'), 0)::BIGINT AS amount
    FROM bought GROUP BY 1 HAVING count(*) FILTER (is_kept) > 0
), scored AS (
    SELECT *, (rank() OVER (ORDER BY -recency_days) - 1) * 5 // count(*) OVER () + 1 AS recency_score,
           (rank() OVER (ORDER BY frequency) - 1) * 5 // count(*) OVER () + 1 AS frequency_score,
           (rank() OVER (ORDER BY amount) - 1) * 5 // count(*) OVER () + 1 AS amount_score
    FROM summary
)
SELECT s.*, g.segment FROM scored s
JOIN (VALUES {cells}) g(recency_score, frequency_score, segment) USING (recency_score, frequency_score)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="raw rows for RFM")
    parser.add_argument("--purchases", type=int, default=1_000_000, help="purchases of the report")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has lifetimes")
    parser.add_argument("--run", nargs=2, metavar=("CONTENDER", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(run_here(asked.run[0], Path(asked.run[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        if asked.rows:
            compare_rfm(Path(folder), asked.rows, asked.peers)
        if asked.purchases:
            report_end_to_end(Path(folder), asked.purchases)


def compare_rfm(folder: Path, rows: int, peers: str) -> None:
    draw_facts(folder, rows)
    print(f"\nRFM from {rows:,} rows in {rows // LINES_PER_PURCHASE:,} purchases of {rows // ROWS_PER_CUSTOMER:,}")
    print(f"{'':12} {'CPU':>9} {'wall':>9} {'peak MiB':>9}")
    # One after the other, again and again: a single second on a machine of others says little.
    rounds = [{name: measured(name, folder, sys.executable) for name in CONTENDERS[:2]} for _ in range(ROUNDS)]
    found = {name: middle_of([one[name] for one in rounds]) for name in CONTENDERS[:2]}
    found["lifetimes"] = measured("lifetimes", folder, peers)
    for name, one in found.items():
        if isinstance(one, str):
            print(f"{name:12} {one[:90]}")
        else:
            print(f"{name:12} {one['cpu']:9.2f} {one['wall']:9.2f} {one['peak']:9.0f}")
    ours, sql, peer = (found[name] for name in CONTENDERS)
    if isinstance(ours, dict) and isinstance(sql, dict):
        same = "the same result" if ours["digest"] == sql["digest"] else "ANOTHER RESULT"
        print(f"CPU {ours['cpu'] / sql['cpu']:.2f} times that of the SQL (at most 1.3); {same}")
        print(f"peak {ours['peak']:.0f} MiB (less than 1024)")
    if isinstance(ours, dict) and isinstance(peer, dict):
        print(f"lifetimes takes {peer['wall'] / ours['wall']:.1f} times the wall (at least 3)")


def middle_of(measures: list[dict[str, Any] | str]) -> dict[str, Any] | str:
    """Return the measure of middling CPU; what failed where one did."""
    failed = [one for one in measures if isinstance(one, str)]
    known = [one for one in measures if isinstance(one, dict)]
    return failed[0] if failed else sorted(known, key=lambda one: one["cpu"])[len(known) // 2]


def draw_facts(folder: Path, rows: int) -> None:
    """Write the two tables of facts: purchases of skewed customers over three years, one in fifty of them returned."""
    import duckdb

    count, people = rows // LINES_PER_PURCHASE, max(1, rows // ROWS_PER_CUSTOMER)
    with duckdb.connect() as database:
        database.execute("SET threads = 2; SET memory_limit = '1GB'; SET TimeZone = 'UTC'")
        database.execute(
            f"""COPY (SELECT 'P' || i AS purchase_id, CASE WHEN hash(i) % 10 = 0 THEN NULL
                   ELSE 'C' || (({people} * pow((hash(i, 1) % 1000000) / 1e6, 2))::BIGINT) END AS customer_id,
                   TIMESTAMPTZ '2023-07-01' + INTERVAL 1 SECOND * (hash(i, 2) % 94608000)::BIGINT AS occurred_at,
                   CASE WHEN i % 50 = 49 THEN 'return' ELSE 'sale' END AS kind, 'EUR' AS currency,
                   (CASE WHEN i % 50 = 49 THEN -1 ELSE 1 END) * (400 + hash(i, 3) % 20000)::BIGINT AS total
            FROM range({count}) t(i)) TO '{folder}/purchases.parquet'"""
        )
        database.execute(
            f"""COPY (SELECT purchase_id, occurred_at, total // {LINES_PER_PURCHASE} AS net,
                   CASE WHEN kind = 'return' AND part = 0
                   THEN 'P' || (substr(purchase_id, 2)::BIGINT - 7) END AS returns_purchase_id
            FROM '{folder}/purchases.parquet', range({LINES_PER_PURCHASE}) u(part))
            TO '{folder}/lines.parquet'"""
        )


def measured(contender: str, folder: Path, python: str) -> dict[str, Any] | str:
    command = [python, "-W", "ignore", "-m", "benchmarks.report", "--run", contender, str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_MAX, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {TIME_MAX} s"
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if lines:
        answer: dict[str, Any] = json.loads(lines[-1])
        return answer
    return "not installed" if "ModuleNotFoundError" in done.stderr else (done.stderr.strip() or "silent")[-90:]


def run_here(contender: str, folder: Path) -> dict[str, Any]:
    if contender == "report":
        return report_by_stage(folder)
    compute = {"fidelia": with_fidelia, "sql": with_sql, "lifetimes": with_lifetimes}[contender](folder)
    used, began = time.process_time(), time.perf_counter()
    compute()
    cpu, wall = time.process_time() - used, time.perf_counter() - began
    written = folder / f"{contender}.parquet"
    peak = peak_memory()
    return {"cpu": cpu, "wall": wall, "peak": peak, "digest": digest_of(written) if written.exists() else ""}


def with_fidelia(folder: Path) -> Any:
    import ibis
    import ibis.backends.duckdb  # loaded at first use otherwise

    from fidelia.insight.measures.duck import MEMORY_LIMIT
    from fidelia.insight.measures.rfm import rfm

    def compute() -> None:
        backend = ibis.duckdb.connect(threads=2, memory_limit=MEMORY_LIMIT)
        purchases, lines = (backend.read_parquet(folder / f"{name}.parquet") for name in ("purchases", "lines"))
        backend.to_parquet(rfm(purchases, lines, as_of=AS_OF, currency="EUR"), folder / "fidelia.parquet")
        backend.disconnect()

    return compute


def with_sql(folder: Path) -> Any:
    import duckdb

    from fidelia.insight.measures.segments import CELLS

    cells = ", ".join(f"({recency}, {often}, '{key}')" for (recency, often), key in CELLS.items())
    places = {"purchases": folder / "purchases.parquet", "lines": folder / "lines.parquet"}
    query = BY_HAND.format(as_of=AS_OF.isoformat(), cells=cells, **places)

    def compute() -> None:
        with duckdb.connect() as database:
            database.execute("SET threads = 2; SET memory_limit = '1GB'; SET TimeZone = 'UTC'")
            database.execute(f"COPY ({query}) TO '{folder}/sql.parquet'")

    return compute


def with_lifetimes(folder: Path) -> Any:
    import pandas
    from lifetimes.utils import summary_data_from_transaction_data

    def compute() -> None:
        table = pandas.read_parquet(
            folder / "purchases.parquet", columns=["customer_id", "occurred_at", "total"]
        ).dropna()
        table["occurred_at"] = table["occurred_at"].dt.tz_localize(None)
        summary_data_from_transaction_data(table, "customer_id", "occurred_at", monetary_value_col="total")

    return compute


def digest_of(path: Path) -> str:
    """What the rows are, whatever their order."""
    import duckdb

    # DuckDB's sum of bigint is a hugeint, which Parquet keeps as a double.
    wanted = "customer_id, recency_days, frequency, amount::BIGINT AS amount, segment"
    wanted += ", recency_score, frequency_score, amount_score"
    with duckdb.connect() as database:
        found = database.execute(f"SELECT count(*), sum(hash(r)) FROM (SELECT {wanted} FROM '{path}') r").fetchone()
    return hashlib.sha256(str(found).encode()).hexdigest()


def report_end_to_end(folder: Path, purchases: int) -> None:
    path = folder / "purchases.csv"
    draw_file(path, purchases)
    print(f"\nReport of {purchases:,} purchases, {path.stat().st_size / 2**20:.0f} MiB of CSV")
    found = measured_report(folder)
    for name, seconds in found["stages"].items():
        print(f"{name:32} {seconds:8.1f} s")
    print(f"{'in all':32} {found['wall']:8.1f} s, {found['cpu']:.1f} s of CPU, peak {found['peak']:.0f} MiB")


def measured_report(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.report", "--run", "report", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_MAX, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def draw_file(path: Path, purchases: int) -> None:
    """Write a till's file: one row per line of a purchase, three years, the customers as skewed as above."""
    import duckdb

    people = max(1, purchases // 8)
    with duckdb.connect() as database:
        database.execute("SET threads = 2; SET memory_limit = '1GB'")
        database.execute(
            f"""COPY (SELECT 'R' || i AS receipt,
                   strftime(TIMESTAMP '2023-07-01' + INTERVAL 1 SECOND * (hash(i, 2) % 94608000)::BIGINT,
                            '%Y-%m-%d %H:%M:%S') AS date,
                   'C' || (({people} * pow((hash(i, 1) % 1000000) / 1e6, 2))::BIGINT) AS customer,
                   'A' || (500 * pow((hash(i, part, 4) % 1000) / 1e3, 3))::BIGINT AS product, 1 AS quantity,
                   (100 + hash(i, part, 3) % 5000) / 100 AS amount
            FROM range({purchases}) t(i), range(2) u(part) WHERE part = 0 OR hash(i, 5) % 2 = 0
            ) TO '{path}' (HEADER)"""
        )


def report_by_stage(folder: Path) -> dict[str, Any]:
    from fidelia.insight.report import make_report, open_purchases
    from fidelia.insight.report.drawing import open_drawer
    from fidelia.insight.report.html import write_html
    from fidelia.insight.report.pdf import write_pdf
    from fidelia.insight.report.speech import Speech

    moments = [("Reading", time.perf_counter())]
    used, now = time.process_time(), datetime.now(UTC)
    with open_purchases(folder / "purchases.csv", language="en", now=now) as facts:
        report = make_report(
            facts, language="en", made_at=now, told=lambda title: moments.append((title, time.perf_counter()))
        )
        speech = Speech("en", facts.currency, facts.scale)
    with open_drawer() as drawer:
        moments.append(("Page", time.perf_counter()))
        (folder / "report.html").write_text(write_html(report, speech, drawer), encoding="utf-8")
        moments.append(("Paper", time.perf_counter()))
        (folder / "report.pdf").write_bytes(write_pdf(report, speech, drawer))
    ends = [*(at for _name, at in moments[1:]), time.perf_counter()]
    stages = {name: end - at for (name, at), end in zip(moments, ends, strict=True)}
    return {
        "stages": stages,
        "wall": ends[-1] - moments[0][1],
        "cpu": time.process_time() - used,
        "peak": peak_memory(),
    }


if __name__ == "__main__":
    main()
