"""How many checkouts a second: evaluated at 1, 20 and 200 rules with explanation, closed at 20 and 200, over HTTP.

Run it by `python -m benchmarks.checkouts`. Baskets of ten lines, eight tills on kept connections, two processes of
granian as `fidelia web` starts them; fsync on. pgbench's TPC-B runs on the same server right before and after each
figure. On a machine that others use, the quotient of the CPU of both is the figure to compare by. With `--peer PYTHON`
(an interpreter that has django-oscar 4.2) the same baskets are priced there, on this machine, in the same minute.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import uuid4

from fidelia.worker.listening import Address
from fidelia.worker.postgres.paths import Places

from .beside_oscar import compare_with_oscar
from .checkout_shop import RULE_COUNTS, baskets, open_programmes
from .installation import Load, Meter, make_tpcb, scratch_installation, web_server
from .purchases import Tpcb, tpcb
from .shop import open_shop, raw_request

TILLS = 8
MEMBERS = 5_000
A_SECOND_MAX = 2_500
EVALUATE_BARS = {1: 0.4, 20: 0.3, 200: 0.15}
CLOSE_BARS = {20: 0.2, 200: 0.12}
P95_MS = {"evaluate": 20, "close": 25}
P99_MS = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure: what was done at so many rules, what the tills found, what it cost, and TPC-B around it."""

    what: str
    rules: int
    bar: float
    found: dict[str, Any]
    load: Load
    beside: Tpcb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--peer", default="", help="a Python that has django-oscar 4.2")
    asked = parser.parse_args()
    with scratch_installation() as places:
        from fidelia.worker.readiness import django_ready

        django_ready()
        key = open_shop(MEMBERS)
        open_programmes(MEMBERS)
        make_tpcb(places)
        from django.db import connection

        connection.close()
        with web_server({}) as (address, web_pid):
            bench = Bench(places, Meter(places, web_pid), address, key, asked.seconds)
            for rules in RULE_COUNTS:
                report(bench.evaluate(rules))
            for rules in CLOSE_BARS:
                report(bench.close(rules))
    compare_with_oscar(asked.peer)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where it is measured, and for how long."""

    places: Places
    meter: Meter
    address: Address
    key: str
    seconds: int

    def evaluate(self, rules: int) -> Figure:
        def requests(seed: int) -> Iterator[bytes]:
            for body in islice(baskets(MEMBERS, rules, seed), self.seconds * A_SECOND_MAX):
                yield self.post("/api/v1/checkouts:evaluate", {**body, "explain": True})

        self.run(list(islice(requests(1), 300)), 2)
        return self.measured("evaluate", rules, EVALUATE_BARS[rules], list(requests(2)))

    def close(self, rules: int) -> Figure:
        """Close checkouts that were opened before; opening them is not measured."""
        numbers = [f"B{rules}-{number}" for number in range(self.seconds * 900)]
        opened = [
            self.post(f"/api/v1/checkouts/{number}", body, method="PUT")
            for number, body in zip(numbers, baskets(MEMBERS, rules, 3), strict=False)
        ]
        said = self.run(opened, 10 * self.seconds)
        done = sum(said["statuses"].values())
        print(f"opened {done} checkouts at {rules} rules: {done / said['seconds']:,.0f}/s")
        closed = [self.post(f"/api/v1/checkouts/{number}/closure", {}) for number in numbers[: done - TILLS]]
        self.run(closed[:100], 2)
        return self.measured("close", rules, CLOSE_BARS[rules], closed[100:])

    def post(self, path: str, body: dict[str, Any], method: str = "POST") -> bytes:
        raw = raw_request(path, body, key=self.key, idempotency_key=str(uuid4()))
        return raw if method == "POST" else raw.replace(b"POST", method.encode(), 1)

    def measured(self, what: str, rules: int, bar: float, requests: list[bytes]) -> Figure:
        before = tpcb(self.places, self.seconds // 2)
        web, database, machine = self.meter.read()
        found = self.run(requests, self.seconds)
        web_after, database_after, machine_after = self.meter.read()
        after = tpcb(self.places, self.seconds // 2)
        ours = (web_after - web, database_after - database, found["cpu"])
        load = Load(found["seconds"], *ours, others=max(0.0, machine_after - machine - sum(ours)))
        return Figure(what, rules, bar, found, load, Tpcb((before.tps + after.tps) / 2, (before.cpu + after.cpu) / 2))

    def run(self, requests: list[bytes], seconds: int) -> dict[str, Any]:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.tills",
                self.address.host,
                str(self.address.port),
                str(TILLS),
                str(seconds),
            ],
            input=b"".join(struct.pack("!I", len(request)) + request for request in requests),
            env=os.environ,
            stdout=subprocess.PIPE,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def report(figure: Figure) -> None:
    found, load, beside = figure.found, figure.load, figure.beside
    waits = sorted(found["waits_ms"])
    count = len(waits)
    p50, p95, p99 = (waits[int(count * part)] for part in (0.5, 0.95, 0.99))
    rate, ours = count / found["seconds"], load.web + load.database + load.clients
    share, by_cpu = rate / beside.tps, beside.cpu / (ours / count)
    met = "met" if share >= figure.bar else "MISSED"
    waited = "met" if p95 < P95_MS[figure.what] and p99 < P99_MS else "MISSED"
    print(
        f"{figure.what} at {figure.rules} rules: {rate:,.0f}/s, p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms "
        f"(p95 below {P95_MS[figure.what]}, p99 below {P99_MS}: {waited}); answers {found['statuses']}"
    )
    print(
        f"    share of TPC-B ({beside.tps:,.0f} tps): {share:.3f} (bar {figure.bar}: {met}), by CPU {by_cpu:.2f}; "
        f"CPU of one: web {1e6 * load.web / count:,.0f}, database {1e6 * load.database / count:,.0f}, "
        f"tills {1e6 * load.clients / count:,.0f} µs, TPC-B {1e6 * beside.cpu:,.0f} µs; "
        f"others had {load.others_percent:.0f} % of the machine"
    )


if __name__ == "__main__":
    main()
