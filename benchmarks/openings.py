"""How many customers, and members with their opening balances, a second come in from files, checked and recorded.

Run it by `python -m benchmarks.openings [--rows 200000]`. Customers carry a number, a card, a name, an e-mail, a
telephone and a town; members two balances with their expiry dates, one in ten a tier; fsync on. Every row is understood
as a form is: names are folded, addresses and numbers normalised.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .installation import scratch_installation

ROWS = 200_000
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CUSTOMERS = "external_id,card,given_name,family_name,email,phone,postal_code,town,country"
MEMBERS = "external_id,card,balance,expires_on,balance_2,expires_on_2,tier,tier_until"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows: int = parser.parse_args().rows
    with scratch_installation(), tempfile.TemporaryDirectory() as folder:
        from fidelia.worker.readiness import django_ready

        django_ready()
        from .imports import open_programme

        open_programme()
        measure(Path(folder) / "customers.csv", "customers", CUSTOMERS, customers(rows), {})
        measure(Path(folder) / "members.csv", "members", MEMBERS, members(rows), {"cut_over": "2026-03-01"})
        broken()
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


def customers(rows: int) -> Iterator[str]:
    for n in range(rows):
        yield (
            f"C{n},29{n:09},Léonore {n % 977},Lefèvre-{n % 7919},client{n}@exemple.fr,06{n % 10**8:08},"
            f"{n % 95 + 1:02}000,Ville-{n % 500},FR"
        )


def members(rows: int) -> Iterator[str]:
    for n in range(rows):
        tier = "gold,2026-12-31" if n % 10 == 0 else ","
        yield f"M{n},28{n:09},{n % 900 + 1},2026-12-31,{n % 300 + 1},2027-06-30,{tier}"


def measure(path: Path, target: str, header: str, rows: Iterator[str], options: dict[str, Any]) -> None:
    """Check and record a file, and say how fast."""
    from fidelia.intake.operations import Unwatched, check_now, open_import, record_now
    from fidelia.kernel.actor import Actor

    by = Actor.system("benchmark")
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    document = {"target": target, "columns": {name: name for name in header.split(",")}, "options": options}
    found = open_import(by=by, at=AT, target=target, path=path, name=path.name, document=document)
    began, cpu = time.monotonic(), time.process_time()
    checked = check_now(by=by, at=AT, import_id=found.id, progress=Unwatched(), path=path)
    between = time.monotonic()
    done = record_now(by=by, at=AT, import_id=found.id, progress=Unwatched())
    ended = time.monotonic()
    count = done.totals["recorded_rows"]
    assert count == checked.check_report["rows"], done.totals
    print(
        f"{target}: {count:,} rows; checked in {between - began:.1f} s ({count / (between - began):,.0f} rows/s), "
        f"recorded in {ended - between:.1f} s ({count / (ended - between):,.0f} rows/s); "
        f"{(time.process_time() - cpu) / count * 1e6:.0f} µs of Python a row",
        flush=True,
    )
    if target == "members":
        lots = done.totals["posted_balances"]
        assert done.totals["posted_points"] == done.check_report["file_points"]
        print(f"opening balances: {lots:,}; {lots / (ended - between):,.0f} a second, enrolment and tiers included")


def broken() -> None:
    """Every promise of the ledger holds."""
    from fidelia.ledger.queries import find_broken_invariants

    assert find_broken_invariants() == []


if __name__ == "__main__":
    main()
