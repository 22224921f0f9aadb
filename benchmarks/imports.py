"""How many lines a second an import of purchases takes end to end, beside a bare COPY of the same rows.

Run it by `python -m benchmarks.imports`. The UCI Online Retail file (541,909 lines): detected, staged, checked, every
receipt decided by the rules at its own date, points posted, tiers followed; fsync on. The COPY writes the same rows as
they are into a table of texts of its own. The bar is 20,000 lines a second and 1 GiB of memory; on a machine that
others use, seconds of CPU are the figure to compare by.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fidelia.worker.postgres.paths import Places, socket_url
from fidelia.worker.processes import find_working_in

from .installation import CORES, Load, busy_of_machine, cpu_of, scratch_installation

FILE = Path(__file__).resolve().parents[2] / "shared" / "data" / "online_retail" / "online_retail.parquet"
BAR_LINES = 20_000
BAR_MIB = 1_024
RULES: dict[str, Any] = {
    "rules": [
        {
            "key": "base",
            "name": {"en": "One point per pound", "fr": "Un point par livre"},
            "points_per": {"amount": "1.00", "points": "1"},
        }
    ],
    "points": {"validity_months": 24, "ends": "month"},
    "tiers": {
        "window_days": 365,
        "kept_days": 365,
        "levels": [{"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "1000"}],
    },
}
OPTIONS = ("source=online-retail", "currency=GBP", "time_zone=Europe/London", "language=en", "channel=web")


def main() -> None:
    if not FILE.is_file():
        sys.exit(f"The real data sets are not beside this checkout: there is no {FILE}.")
    with scratch_installation() as places:
        from fidelia.worker.readiness import django_ready

        django_ready()
        open_programme()
        copied, copy_load = measured(places, lambda: bare_copy(socket_url(places)))
        imported, first = measured(places, bring_in)
        known, second = measured(places, bring_in)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show("bare COPY of the same rows", copied, copy_load)
    show("import, end to end", imported["recorded_rows"], first)
    show("the same file again", known["known_rows"], second)
    rate = imported["recorded_rows"] / first.seconds
    print(f"points {imported['points']:,}, net {imported['net'] / 100:,.2f}")
    print(f"memory of Python at its highest: {memory:,.0f} MiB (bar {BAR_MIB:,}: {verdict(memory <= BAR_MIB)})")
    print(f"{rate:,.0f} lines/s (bar {BAR_LINES:,}: {verdict(rate >= BAR_LINES)})")


def open_programme() -> None:
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.localized import LocalizedText
    from fidelia.programme.operations import create_programme, draft_version, publish_version

    by, at = Actor.system("benchmark"), datetime.now(UTC)
    made = create_programme(
        by=by, at=at, slug="shop", name=LocalizedText(en="Shop", fr="Boutique"), currency="GBP",
        time_zone="Europe/London", points_code="PTS", points_name=LocalizedText(en="points", fr="points"),
        may_go_negative=True,
    )  # fmt: skip
    version = draft_version(by=by, at=at, programme=made, document=RULES)
    publish_version(by=by, at=at, version=version, in_force_from=datetime(2009, 1, 1, tzinfo=UTC))


def bare_copy(address: str) -> int:
    """Write the rows as they are into a table of texts: what no import can be faster than."""
    import psycopg

    from fidelia.intake.tables import Table

    table = Table(FILE)
    with psycopg.connect(address) as connection:
        columns = ", ".join(f"c{place} text" for place in range(len(table.columns)))
        connection.execute(f"create table copied ({columns})")
        count = 0
        with connection.cursor().copy("copy copied from stdin") as copy:
            for row in table.rows():
                copy.write_row(row)
                count += 1
        connection.commit()
        connection.execute("drop table copied")
    return count


def bring_in() -> dict[str, int]:
    """Detect, check and record the file as `fidelia import --yes` does."""
    from fidelia.intake.operations import Unwatched, check_now, open_import, record_now
    from fidelia.kernel.actor import Actor
    from fidelia.worker.importing import mapping_as_proposed

    by, at = Actor.system("benchmark"), datetime.now(UTC)
    target, document = mapping_as_proposed(FILE, "purchases")
    document["options"] |= dict(option.split("=") for option in OPTIONS)
    opened = open_import(by=by, at=at, target=target, path=FILE, name=FILE.name, document=document)
    check_now(by=by, at=at, import_id=opened.id, path=FILE, progress=Unwatched())
    totals: dict[str, int] = record_now(by=by, at=at, import_id=opened.id, progress=Unwatched()).totals
    return totals


def measured(places: Places, work: Callable[[], Any]) -> tuple[Any, Load]:
    """Return what the work gives, and what it cost: this process, the database's, and all others of the machine."""
    started, before = time.perf_counter(), read(places)
    done = work()
    seconds = time.perf_counter() - started
    own, database, machine = (now - then for now, then in zip(read(places), before, strict=True))
    return done, Load(seconds, own, database, 0.0, others=max(0.0, machine - own - database))


def read(places: Places) -> tuple[float, float, float]:
    """Backends that have ended are in what their postmaster used."""
    return time.process_time(), sum(map(cpu_of, find_working_in(places.data))), busy_of_machine()


def show(what: str, lines: int, load: Load) -> None:
    print(
        f"{what:28} {lines:>9,} lines in {load.seconds:6.1f} s = {lines / load.seconds:>9,.0f}/s; "
        f"CPU Python {load.web:.1f} s, PostgreSQL {load.database:.1f} s; others had {load.others_percent:.0f} % "
        f"of {CORES} cores"
    )


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


if __name__ == "__main__":
    main()
