"""How many purchases of five lines a second come in over HTTP, beside pgbench's TPC-B on the same server.

Run it by `python -m benchmarks.purchases`. Two processes of granian as `fidelia web` starts them, eight tills on kept
connections, a key with a limit, ten thousand members, five rules; fsync on. TPC-B runs right before and right after.
On a machine that others use, CPU per request is the figure to compare by.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from uuid import uuid4

from fidelia.worker.listening import Address
from fidelia.worker.postgres.paths import Places
from fidelia.worker.processes import find_working_in

from .installation import Load, Meter, cpu_of, make_tpcb, measure_tpcb, scratch_installation, web_server
from .shop import open_shop, purchases, raw_request

TILLS = 8
MEMBERS = 10_000
REQUESTS_A_SECOND_MAX = 2_500
TARGET_SHARE = 0.2
TARGET_P99_MS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15)
    seconds: int = parser.parse_args().seconds
    with scratch_installation() as places:
        from fidelia.worker.readiness import django_ready

        django_ready()
        key = open_shop(MEMBERS)
        make_tpcb(places)
        from django.db import connection

        connection.close()
        before = tpcb(places, seconds // 2)
        with web_server({}) as (address, web_pid):
            meter = Meter(places, web_pid)
            run_tills(address, key, 3, seed=1)  # what is compiled and planned once is not measured
            found, load = measured(meter, address, key, seconds)
        after = tpcb(places, seconds // 2)
    report(found, load, before, after)


@dataclass(frozen=True, slots=True)
class Tpcb:
    """What pgbench found: transactions a second, and seconds of CPU of one, the client's included."""

    tps: float
    cpu: float


def tpcb(places: Places, seconds: int) -> Tpcb:
    began, client = cpu_of_server(places), cpu_of_children()
    tps = measure_tpcb(places, clients=TILLS, seconds=seconds)
    return Tpcb(tps, (cpu_of_server(places) - began + cpu_of_children() - client) / (tps * seconds))


def cpu_of_server(places: Places) -> float:
    return sum(map(cpu_of, find_working_in(places.data)))


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(meter: Meter, address: Address, key: str, seconds: int) -> tuple[dict, Load]:
    web, database, machine = meter.read()
    found = run_tills(address, key, seconds, seed=2)
    web_after, database_after, machine_after = meter.read()
    ours = (web_after - web, database_after - database, found["cpu"])
    return found, Load(found["seconds"], *ours, others=max(0.0, machine_after - machine - sum(ours)))


def run_tills(address: Address, key: str, seconds: int, *, seed: int) -> dict:
    """Send purchases for so many seconds; return what `benchmarks.tills` says."""
    occurred_at = datetime.now(UTC).isoformat(timespec="seconds")
    made = islice(purchases(MEMBERS, occurred_at, seed), seconds * REQUESTS_A_SECOND_MAX)
    wire = [raw_request("/api/v1/purchases", body, key=key, idempotency_key=str(uuid4())) for body in made]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.tills", address.host, str(address.port), str(TILLS), str(seconds)],
        input=b"".join(struct.pack("!I", len(request)) + request for request in wire),
        env=os.environ,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def report(found: dict, load: Load, before: Tpcb, after: Tpcb) -> None:
    waits, count = sorted(found["waits_ms"]), len(found["waits_ms"])
    rate, tps, cpu = count / found["seconds"], (before.tps + after.tps) / 2, (before.cpu + after.cpu) / 2
    p50, p99 = waits[count // 2], waits[int(count * 0.99)]
    print(f"purchases of five lines over HTTP, {TILLS} tills: {rate:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    print(f"answers by status: {found['statuses']}")
    print(
        f"TPC-B, {TILLS} clients: {before.tps:,.0f} tps before, {after.tps:,.0f} after; {1e6 * cpu:,.0f} µs of CPU each"
    )
    share, p99_met = rate / tps, p99 < TARGET_P99_MS
    print(
        f"share of TPC-B: {share:.3f} (bar {TARGET_SHARE}; {'met' if share >= TARGET_SHARE else 'MISSED'}); "
        f"p99 below {TARGET_P99_MS} ms: {'met' if p99_met else 'MISSED'}"
    )
    ours = (load.web + load.database + load.clients) / count
    print(f"share of TPC-B by CPU, whatever others did: {cpu / ours:.2f}")
    print(
        f"CPU of one purchase: web {1e6 * load.web / count:,.0f} µs, database {1e6 * load.database / count:,.0f} µs, "
        f"tills {1e6 * load.clients / count:,.0f} µs"
    )
    print(f"others had {load.others_percent:.0f} % of the machine meanwhile")


if __name__ == "__main__":
    main()
