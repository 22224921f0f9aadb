"""Tills that go off line, queue, repeat, reorder and duplicate, against a real server: it must end as if sent in order.

Run it by `python -m benchmarks.till [--purchases 1000] [--tills 4] [--seed 7]`. The same purchases and returns are sent
twice, each time to an installation of its own behind `fidelia web`: once one by one in the order in which they
occurred, and once by several tills at a time that lose their connection. A till off line keeps what it sells; on line
again it sends its queue to `/purchases/batches` in no order, sends a batch again whose answer was lost, sends receipts
a second time under another key, and keeps what was refused because its sale is still at another till. Then both are
compared: receipts, points, balances, tiers; and no promise of the ledger or of a chain of decisions is broken.

The rules read the purchase alone. What rules give that read what came before it (the first purchase, the tier held)
depends on what is known when it is recorded: docs/adr says why nothing is taken back for that.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fidelia.worker.listening import Address

from .installation import scratch_installation, web_server
from .shop import RULES, card_of, open_shop, purchases

MEMBERS = 60
RULES_OF_THE_PURCHASE = [rule for rule in RULES if "is_first" not in str(rule)]
PATIENCE_SECONDS = 300  # so long a till waits for a sale that another one has yet to send: the machine may be busy
Row = dict[str, Any]
State = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--purchases", type=int, default=1_000)
    parser.add_argument("--tills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--deliver", choices=["in order", "off line"], help=argparse.SUPPRESS)
    parser.add_argument("--start", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.deliver:
        print(json.dumps(state_after(asked)))
        return 0
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=25)
    expected, found = (run(deliver, start) for deliver in ("in order", "off line"))
    differing = [name for name in expected if expected[name] != found[name]]
    if differing:
        print(f"DIFFERENT: {', '.join(differing)}")
    print(f"the same in both: {', '.join(name for name in expected if name not in differing)}")
    return 1 if differing else 0


def run(deliver: str, start: datetime) -> State:
    """Deliver in a process of its own, since a process belongs to one installation; return what it ended with."""
    more = ["--deliver", deliver, "--start", start.isoformat()]
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.till", *sys.argv[1:], *more]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def queues_of(count: int, tills: int, start: datetime, draw: random.Random) -> list[list[Row]]:
    """What each till sells and takes back, in the order of time; a third of it comes back, in part at another till."""
    queues: list[list[Row]] = [[] for _till in range(tills)]
    made = purchases(MEMBERS, "", seed=draw.randrange(10**6))
    for number in range(count):
        sold_at = start + timedelta(seconds=draw.randrange(20 * 86_400))
        row = next(made) | {"occurred_at": sold_at.isoformat(), "receipt_number": f"R{number}", "source": "tills"}
        if draw.random() < 0.1:
            del row["member"]
        queues[draw.randrange(tills)].append(row)
        if draw.random() < 0.35:
            back_at = sold_at + timedelta(seconds=draw.randrange(1, 4 * 86_400))
            queues[draw.randrange(tills)].append(return_of(row, back_at, draw))
    for queue in queues:
        queue.sort(key=lambda row: row["occurred_at"])
    return queues


def return_of(row: Row, at: datetime, draw: random.Random) -> Row:
    lines = [{"line_number": place, "quantity": "1"} for place in draw.sample(range(1, 6), draw.randint(1, 3))]
    return {
        "kind": "return",
        "receipt_number": f"B{row['receipt_number']}",
        "occurred_at": at.isoformat(),
        "source": "tills",
        "sold": {"receipt_number": row["receipt_number"]},
        "lines": lines,
    }


def state_after(asked: argparse.Namespace) -> State:
    """Make an installation, deliver to its server, and read what it ended with."""
    queues = queues_of(asked.purchases, asked.tills, asked.start, random.Random(asked.seed))
    with scratch_installation():
        from fidelia.worker.readiness import django_ready

        django_ready()
        key = open_shop(MEMBERS, rules=RULES_OF_THE_PURCHASE)
        from django.db import connection

        connection.close()
        with web_server({}) as (address, _pid):
            began = time.perf_counter()
            if asked.deliver == "in order":
                counts = send_in_order(queues, address, key)
            else:
                counts = send_off_line(queues, asked.seed, address, key)
            seconds = time.perf_counter() - began
        rate = sum(counts.values()) / seconds
        print(f"{asked.deliver}: {dict(counts)} in {seconds:.1f} s, {rate:,.0f} rows/s", file=sys.stderr)
        state = read_state()
        connection.close()
    return state


def send_in_order(queues: list[list[Row]], address: Address, key: str) -> Counter[str]:
    door, counts = Door(address, key), Counter[str]()
    everything = sorted((row for queue in queues for row in queue), key=lambda row: row["occurred_at"])
    for number, row in enumerate(everything):
        counts.update(outcome for outcome, _code in door.send([row], f"order-{number}"))
    return counts


def send_off_line(queues: list[list[Row]], seed: int, address: Address, key: str) -> Counter[str]:
    tills = [Till(number, queue, random.Random(seed + number)) for number, queue in enumerate(queues)]
    with ThreadPoolExecutor(len(tills)) as pool:
        return sum(pool.map(lambda till: till.work(Door(address, key)), tills), Counter[str]())


class Door:
    """A kept connection to the API."""

    def __init__(self, address: Address, key: str) -> None:
        self.connection = http.client.HTTPConnection(address.host, address.port)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def send(self, rows: list[Row], key: str) -> list[tuple[str, str]]:
        """Send a batch; return outcome and code of each row."""
        body = json.dumps({"purchases": rows})
        self.connection.request("POST", "/api/v1/purchases/batches", body, self.headers | {"Idempotency-Key": key})
        answer = self.connection.getresponse()
        said = json.loads(answer.read())
        assert answer.status == 200, said
        return [(row["outcome"], (row["problem"] or {}).get("code", "")) for row in said["rows"]]


@dataclass(slots=True)
class Till:
    """One till: what it has yet to sell, and what it has kept since it went off line."""

    number: int
    selling: list[Row]
    draw: random.Random
    kept: list[Row] = field(default_factory=list)
    sent: int = 0

    def work(self, door: Door) -> Counter[str]:
        """Sell everything, in outages of any length, until nothing is kept any more."""
        counts, place = Counter[str](), 0
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            outage = self.draw.choice((1, 1, 5, 40))
            self.kept += self.selling[place : place + outage]
            place += outage
            counts += self._empty(door)
            if place >= len(self.selling) and not self.kept:
                return counts
            if place >= len(self.selling):
                time.sleep(0.05)  # what is refused waits for a sale of another till
        raise AssertionError(f"till {self.number} is left with {len(self.kept)} rows")

    def _empty(self, door: Door) -> Counter[str]:
        queue = self.kept + [dict(row) for row in self.kept if self.draw.random() < 0.1]
        self.draw.shuffle(queue)
        self.kept, counts = [], Counter[str]()
        for batch in self._batches(queue):
            self.sent += 1
            key = f"till-{self.number}-{self.sent}"
            outcomes = door.send(batch, key)
            if self.draw.random() < 0.2:  # the answer was lost
                outcomes = door.send(batch, key)
            for row, (outcome, code) in zip(batch, outcomes, strict=True):
                assert outcome != "refused" or code == "unknown_purchase", (code, row)
                counts[outcome if outcome != "refused" else "kept for later"] += 1
                if outcome == "refused" and row not in self.kept:
                    self.kept.append(row)
        return counts

    def _batches(self, queue: list[Row]) -> Iterator[list[Row]]:
        while queue:
            size = self.draw.randint(1, 30)
            yield queue[:size]
            queue = queue[size:]


def read_state() -> State:
    """Return receipts, balances and tiers by card, and what is broken, as the installation at hand has them."""
    from django.db import connection, transaction

    from fidelia.activity.models import Purchase
    from fidelia.activity.queries import find_broken_chain
    from fidelia.customers.queries import get_customer_by_identity
    from fidelia.kernel import clock
    from fidelia.kernel.actor import Actor
    from fidelia.ledger.queries import find_broken_invariants, list_balances
    from fidelia.programme.models import Enrolment
    from fidelia.programme.operations import rederive_tiers
    from fidelia.programme.queries import list_tier_periods

    connection.ensure_connection()
    by, at = Actor.system("benchmarks"), clock.now()
    cards = [card_of(number) for number in range(MEMBERS)]
    person = {get_customer_by_identity(by=by, scheme="card", value=card).id: card for card in cards}
    enrolments = {enrolment.id: enrolment for enrolment in Enrolment.objects.all()}
    with transaction.atomic():
        rederive_tiers(at=at, enrolment_ids=enrolments)
    accounts = [enrolment.account_id for enrolment in enrolments.values()]
    balances = list_balances(account_ids=accounts, currency="PTS", at=at)
    columns = ("kind", "receipt_number", "total", "customer_id", "occurred_at")
    rows = Purchase.objects.values_list(*columns)
    return {
        "receipts": sorted((*row[:3], person.get(row[3], ""), str(row[4])) for row in rows),
        "points": sum(Purchase.objects.values_list("points", flat=True)),
        "balances": sorted(
            (person[each.customer_id], balances[each.account_id].available) for each in enrolments.values()
        ),
        "tiers": sorted(
            (person[each.customer_id], held.tier, str(held.valid_from), str(held.valid_until))
            for each in enrolments.values()
            for held in list_tier_periods(each.id)
        ),
        "promises kept": find_broken_invariants() == [] and not any(map(find_broken_chain, accounts)),
    }


if __name__ == "__main__":
    sys.exit(main())
