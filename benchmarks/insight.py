"""A refresh of insight in a large shop: every trait, every chapter, every segment; then segments after a small change.

`python -m benchmarks.insight --customers 1000000` makes a scratch installation, fills in the invented shop, copies it
to that many customers with ten purchases each (`benchmarks.multiplying`), and does the work of a night: export, scores,
their traits, chapters and what they say of each customer, segments. Once anew, once more with nothing changed. Then 5 %
of the customers get another amount and the segments are found again (at most 10 s); last, the pages of insight are
opened (less than 200 ms). With `--here` it measures the installation at hand, as it is.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from .installation import busy_of_machine, scratch_installation
from .pages import BASE_CUSTOMERS, PASSWORD, signed_in, time_page

CHANGED_PERCENT: Final = 5
SEGMENTS_S_MAX: Final = 10.0
PAGE_MS_MAX: Final = 200
CHAPTERS: Final = ("rfm", "frat", "lifecycle", "cohorts", "value", "churn", "scores", "portfolio", "profit", "products")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--here", action="store_true", help="measure the installation at hand, as it is")
    parser.add_argument("--only", choices=("segments",), help="with --here: only segments after the small change")
    asked = parser.parse_args()
    if asked.here:
        sys.exit(measure_segments() if asked.only else measure())
    with scratch_installation():
        base = min(BASE_CUSTOMERS, asked.customers)
        run("fidelia.worker", "demo", "--no-serve", f"--customers={base}", f"--password={PASSWORD}")
        if asked.customers > base:
            run("benchmarks.multiplying", str(asked.customers))
        sys.exit(measure())


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-m", module, *arguments], check=True)


def measure() -> int:
    """Measure all of it and print it; return 1 where a bar is missed."""
    from fidelia.worker.readiness import django_ready

    django_ready()
    from fidelia.activity.models import Purchase
    from fidelia.customers.models import Customer, Segment

    people, bought = Customer.objects.count(), Purchase.objects.count()
    print(f"{people:,} customers, {bought:,} purchases, {Segment.objects.count()} segments\n", flush=True)
    night = Night()
    day, moment = timedelta(days=1), timedelta(seconds=1)
    for told, then in (("everything new", day), ("nothing new, a day on", moment), ("nothing new, the same day", day)):
        print(told)
        night.refresh()
        night.at += then
    slow = night.segments_after_a_change() > SEGMENTS_S_MAX
    return 1 if slow | measure_pages() else 0


def measure_segments() -> int:
    """Find segments again after the small change, some days on: measures may have been taken for the next ones."""
    from fidelia.worker.readiness import django_ready

    django_ready()
    from django.db.models import Max

    from fidelia.customers.models import Segment

    last = Segment.objects.aggregate(last=Max("refreshed_at"))["last"]
    night = Night()
    night.at = max(night.at, last + timedelta(days=1)) if last else night.at
    return 1 if night.segments_after_a_change() > SEGMENTS_S_MAX else 0


@dataclass(slots=True)
class Night:
    """What the night's job does, each part on the clock, later each time it is done."""

    at: datetime = field(default_factory=lambda: _now() + timedelta(minutes=1))

    def refresh(self) -> None:
        from fidelia.customers.operations import refresh_segments
        from fidelia.insight.operations import refresh, write_chapters

        by = _system()
        with told("  export, scores and their traits") as found:
            last = refresh(by=by, at=self.at, unless_same=True)
            found.rows = last.customer_count
        if last.refreshed_at == self.at:
            with told("  chapters in two languages, all other traits") as found:
                found.rows = write_chapters(by=by, at=self.at, refresh=last)
        with told("  segments") as found:
            found.rows = refresh_segments(by=by, at=self.at)

    def segments_after_a_change(self) -> float:
        """Give some customers another amount, and find the people of all segments again; return its seconds."""
        from django.db import connection, transaction

        from fidelia.customers.operations import refresh_segments, set_traits

        with connection.cursor() as cursor:
            cursor.execute(
                "select customer_id, number from customers_trait where name = 'rfm_net' and valid_until is null "
                "order by md5(customer_id::text) limit (select count(*) * %s / 100 from customers_customer)",
                [CHANGED_PERCENT],
            )
            rows = [(person, "rfm_net", amount * 3 + 1_000) for person, amount in cursor.fetchall()]
        print(f"\n{len(rows):,} customers changed, {CHANGED_PERCENT} %")
        by = _system()
        with told("  the change itself") as found, transaction.atomic():
            found.rows = set_traits(by=by, at=self.at, rows=rows, source="benchmark")
        with told("  segments found again") as found:
            found.rows = refresh_segments(by=by, at=self.at)
        print(f"  {found.seconds:.1f} s (at most {SEGMENTS_S_MAX:.0f})")
        return found.seconds


def measure_pages() -> bool:
    """Open each page of insight and one customer's; tell whether one takes too long."""
    from fidelia.insight.models import RfmScore

    client = signed_in("loyalty_manager")
    someone = RfmScore.objects.order_by("-amount").first()
    paths = ["/console/insight/", *(f"/console/insight/{key}/" for key in CHAPTERS), "/console/insight/effects/"]
    paths += [f"/console/customers/{someone.customer_id}/insight/"] if someone is not None else []
    timings = [time_page(client, path, path) for path in paths]
    print(f"\n{'page':60} {'median ms':>9} {'CPU ms':>8} {'queries':>8}")
    for one in sorted(timings, key=lambda one: -one.median):
        print(f"{one.path:60} {one.median:9.0f} {one.cpu:8.0f} {one.queries:8}" + status_of(one))
    print(f"median of all {statistics.median(one.median for one in timings):.0f} ms (each less than {PAGE_MS_MAX})")
    return any(one.median > PAGE_MS_MAX or one.status != 200 for one in timings)


def status_of(one: Any) -> str:
    return "" if one.status == 200 else f"  answers {one.status}"


@dataclass(slots=True)
class Found:
    rows: int = 0
    seconds: float = 0.0


@contextmanager
def told(what: str) -> Iterator[Found]:
    """Print what a stretch of work took: the clock, our CPU, that of the whole machine, and our memory at its peak."""
    found, watch = Found(), Memory()
    began, used, busy = time.perf_counter(), time.process_time(), busy_of_machine()
    with watch:
        yield found
    found.seconds = time.perf_counter() - began
    cpu, machine = time.process_time() - used, busy_of_machine() - busy
    print(
        f"{what:46} {found.seconds:8.1f} s {cpu:8.1f} s of CPU here {machine:8.1f} s of the machine's "
        f"{watch.peak_mib:7.0f} MiB {found.rows:12,}",
        flush=True,
    )


class Memory:
    """The most memory that this process held while it was watched."""

    def __init__(self) -> None:
        self.peak_mib = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            self.peak_mib = max(self.peak_mib, pages * 4096 / 2**20)


def _system() -> Any:
    from fidelia.kernel.actor import Actor

    return Actor.system("benchmarks")


def _now() -> datetime:
    from fidelia.kernel import clock

    return clock.now()


if __name__ == "__main__":
    main()
