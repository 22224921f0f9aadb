"""Events, reactions and a table for their effects, shared by the tests of dispatching."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from django.db import connection, transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced, Event, Origin, Reaction, announce_all
from fidelia.kernel.outbox.dispatching import Dispatched, dispatch_once
from fidelia.worker.processes import wait_until

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FLORESTAN, LEONORE = UUID(int=1), UUID(int=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LampLit(Event):
    name: ClassVar[str] = "lamp.lit"
    lamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOpened(Event):
    name: ClassVar[str] = "gate.opened"


def write_down(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """The effect: one row per event served, in the order of serving."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into effect (event_id, customer_id, lamp) values (%s, %s, %s)",
            [(event.event_id, event.customer_id, event.payload.get("lamp")) for event in events],
        )


WRITE_DOWN = Reaction(write_down, on=[LampLit])


def by_of(reaction: Reaction) -> Actor:
    return Actor.system(reaction.name)


def light(
    *lamps: str, customer_id: UUID | None = None, origin: Origin = Origin.LIVE, among_others: bool = False
) -> None:
    """Announce one lamp.lit each, in one transaction; `among_others` when the test itself holds another one open."""
    with transaction.atomic():
        announce_all([LampLit(occurred_at=AT, lamp=lamp, customer_id=customer_id, origin=origin) for lamp in lamps])
    if not among_others:
        settle()


def settle() -> None:
    """Wait until what is committed is below the horizon: the server's own analyze holds it for a moment."""
    assert wait_until(_is_settled, seconds_max=60)


def _is_settled() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(xid) < kernel_horizon(), true) from kernel_outbox where epoch = 0")
        return bool(cursor.fetchone()[0])


def dispatch(*reactions: Reaction, limit: int = 1_000, at: datetime = AT) -> list[Dispatched]:
    return dispatch_once(reactions or (WRITE_DOWN,), by_of=by_of, at=at, limit=limit)


def drain(*reactions: Reaction, limit: int = 1_000) -> None:
    """Dispatch until there is nothing left."""
    for _ in range(1_000):
        if not dispatch(*reactions, limit=limit):
            return
    raise AssertionError("the outbox does not end")


def effects() -> list[str]:
    """The lamps written down, in the order of serving."""
    with connection.cursor() as cursor:
        cursor.execute("select lamp from effect order by place")
        return [lamp for (lamp,) in cursor.fetchall()]


@contextmanager
def table_of_effects() -> Iterator[None]:
    """A table of the tests' own: the owner makes and drops it, the application writes to it."""
    with owner() as connected:
        connected.execute("drop table if exists effect")
        connected.execute(
            "create table effect (place bigint generated always as identity, event_id bigint, customer_id uuid,"
            " lamp text)"
        )
    try:
        yield
    finally:
        with owner() as connected:
            connected.execute("drop table effect")


def owner() -> psycopg.Connection[Any]:
    """A connection of the owner of the database of this test, beside Django's."""
    from tests.conftest import address_of

    return psycopg.connect(address_of(str(connection.settings_dict["NAME"])), autocommit=True)


def writer() -> psycopg.Connection[Any]:
    """Another connection of the application, in which a test holds a transaction open."""
    from tests.conftest import address_of

    return psycopg.connect(address_of(str(connection.settings_dict["NAME"])), options="-c role=fidelia_app")


def light_on(other: psycopg.Connection[Any], lamp: str, customer_id: UUID | None = None) -> None:
    """Announce on another connection, without committing."""
    other.execute(
        "insert into kernel_outbox (name, schema_version, origin, customer_id, payload, occurred_at) "
        "values ('lamp.lit', 1, 'live', %s, jsonb_build_object('lamp', %s::text), now())",
        [customer_id, lamp],
    )


assert os.environ.get("FIDELIA_DATABASE_URL"), "the tests' conftest names the server"
