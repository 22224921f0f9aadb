"""How fast the outbox drains: announced events served each second, by one dispatcher.

Run it by `python -m benchmarks.outbox`; it makes an installation of its own with fsync on and removes it. Two
reactions: one only looks, the other writes a row for each event. The bar is 3,000 events a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from fidelia.worker.postgres.paths import Places, socket_url

from .installation import scratch_installation

EVENTS = 60_000
CUSTOMERS = 5_000
PER_TRANSACTION = 3
BAR = 3_000
AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)


def main() -> None:
    with scratch_installation() as places:
        prepare(places)
        announce_events()
        for name, reaction in reactions():
            started, load = time.perf_counter(), os.getloadavg()[0]
            served = drain(reaction)
            seconds = time.perf_counter() - started
            assert served == EVENTS, f"{served} events served of {EVENTS}"
            pace = served / seconds
            print(f"outbox, {name}: {pace:,.0f} events/s (bar {BAR:,}; {'met' if pace >= BAR else 'MISSED'}); "
                  f"other load of the machine before: {load:.1f} of {os.cpu_count()} cores")  # fmt: skip


def announce_events() -> None:
    """Announce as purchases do: a few events in each short transaction, of many customers."""
    from django.db import connection, transaction

    from fidelia.kernel.outbox import Event, announce_all

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Happened(Event):
        name: ClassVar[str] = "thing.happened"
        thing_id: UUID

    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")  # this is not measured yet
    for first in range(0, EVENTS, PER_TRANSACTION):
        with transaction.atomic():
            announce_all(
                [
                    Happened(occurred_at=AT, thing_id=UUID(int=number), customer_id=UUID(int=number % CUSTOMERS))
                    for number in range(first, first + PER_TRANSACTION)
                ]
            )
    connection.close()


def reactions() -> list[tuple[str, Any]]:
    from django.db import connection

    from fidelia.kernel.actor import Actor
    from fidelia.kernel.outbox import Announced, Event, Reaction

    class Happened(Event):
        name = "thing.happened"

    def look(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        assert all(event.payload["thing_id"] for event in events)

    def write(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into effect select * from unnest(%s::bigint[], %s::uuid[])",
                [[event.event_id for event in events], [event.customer_id for event in events]],
            )

    looking, writing = Reaction(look, on=[Happened]), Reaction(write, on=[Happened])
    return [("a reaction that looks", looking), ("a reaction that writes a row an event", writing)]


def drain(reaction: Any) -> int:
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.outbox.dispatching import dispatch_once

    served = 0
    while served < EVENTS:
        for result in dispatch_once([reaction], by_of=lambda reaction: Actor.system(reaction.name), at=AT):
            assert not result.parked, "a reaction of the benchmark failed"
            served += result.served
    return served


def prepare(places: Places) -> None:
    """Load Django on the installation, and make the table that a reaction writes to."""
    import django

    os.environ |= {"DJANGO_SETTINGS_MODULE": "fidelia.config.settings", "FIDELIA_DATABASE_POOL_MAX": "0"}
    django.setup()
    with psycopg.connect(socket_url(places), autocommit=True) as owner:
        owner.execute("create table effect (event_id bigint primary key, customer_id uuid)")


if __name__ == "__main__":
    from benchmarks import outbox  # a reaction is named after its module, and this one is called __main__ here

    outbox.main()
