"""Dispatching: each event once, in order, to the reactions that serve its name and origin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.kernel.actor import Actor
from fidelia.kernel.models import OutboxCursor
from fidelia.kernel.outbox import Announced, Origin, Reaction, announce, announce_all
from fidelia.kernel.outbox.dispatching import Dispatched
from fidelia.kernel.outbox.keeping import count_lag
from fidelia.kernel.outbox.reading import _READ, OutboxFromAnotherCluster, Position, read_batch
from tests.conftest import maintenance_url
from tests.kernel.serving import (
    AT,
    FLORESTAN,
    LEONORE,
    WRITE_DOWN,
    GateOpened,
    LampLit,
    dispatch,
    drain,
    effects,
    light,
    light_on,
    owner,
    settle,
    writer,
)

pytestmark = pytest.mark.usefixtures("effect_table")


def test_it_serves_each_event_once_in_the_order_announced() -> None:
    light("1", "2")
    light("3")
    assert dispatch() == [Dispatched("kernel.write_down", served=3)]
    assert dispatch() == []
    light("4")
    drain()
    assert effects() == ["1", "2", "3", "4"]


def test_a_reaction_meets_the_event_as_it_was_announced() -> None:
    met: list[Announced] = []

    def look(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        assert (by, at) == (Actor.system("kernel.look"), AT)
        met.extend(events)

    light("L1", customer_id=FLORESTAN, origin=Origin.LATE)
    drain(Reaction(look, on=[LampLit], origins=[Origin.LATE]))
    (event,) = met
    assert (event.name, event.schema_version, event.origin) == ("lamp.lit", 1, Origin.LATE)
    assert (event.customer_id, event.payload, event.occurred_at) == (FLORESTAN, {"lamp": "L1"}, AT)


def test_it_goes_in_batches_and_leaves_the_rest_for_the_next() -> None:
    light(*map(str, range(25)))
    assert [dispatch(limit=10)[0].served for _ in range(3)] == [10, 10, 5]
    assert effects() == [str(number) for number in range(25)]


def test_names_and_origins_that_it_does_not_serve_are_passed_over() -> None:
    light("live")
    for origin in (Origin.LATE, Origin.BACKFILL, Origin.SIMULATION):
        light(str(origin), origin=origin)
    with transaction.atomic():
        announce(GateOpened(occurred_at=AT))
    settle()

    def serve_late(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        late.extend(event.payload["lamp"] for event in events)

    late: list[str] = []
    drain(WRITE_DOWN, Reaction(serve_late, on=[LampLit], origins=[Origin.LATE, Origin.BACKFILL]))
    assert effects() == ["live"]
    assert late == ["late", "backfill"]
    assert [lag.pending for lag in count_lag([WRITE_DOWN])] == [0]


def test_many_events_of_others_are_passed_without_calling() -> None:
    with transaction.atomic():
        for _ in range(120):
            announce(GateOpened(occurred_at=AT))
    light("1")
    with CaptureQueriesContext(connection) as queries:
        drain(limit=10)
    assert effects() == ["1"]
    assert len(queries) < 60


def test_a_batch_costs_four_statements_and_its_transaction() -> None:
    drain()
    light("1", "2")
    with CaptureQueriesContext(connection) as queries:
        dispatch()
    statements = [query["sql"].split()[0].lower() for query in queries if "effect" not in query["sql"]]
    assert statements == ["insert", "with", "begin", "select", "with", "update", "commit"]


def test_a_reaction_that_is_new_begins_at_the_beginning() -> None:
    light("1")
    drain()

    def arrive(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        met.extend(event.payload["lamp"] for event in events)

    met: list[str] = []
    light("2")
    drain(WRITE_DOWN, Reaction(arrive, on=[LampLit]))
    assert met == effects() == ["1", "2"]


def test_events_of_one_customer_come_in_the_order_of_announcing_not_of_transaction_ids() -> None:
    """The first transaction has the lower xid, waits for the customer, and announces after the one it waited for."""
    light("before", customer_id=LEONORE)
    drain()
    with writer() as early:
        early.execute("select pg_current_xact_id()")
        light("first", customer_id=FLORESTAN, among_others=True)
        light_on(early, "second", FLORESTAN)
        early.commit()
    settle()
    assert order_by_xid() == ["before", "second", "first"]
    drain(limit=1)
    assert effects() == ["before", "first", "second"]


def test_while_a_transaction_is_open_what_came_after_it_waits() -> None:
    with writer() as slow:
        light_on(slow, "slow")
        light("fast", among_others=True)
        assert dispatch() == []
        slow.commit()
    settle()
    drain()
    assert sorted(effects()) == ["fast", "slow"]


def test_a_transaction_in_another_database_holds_nothing_up() -> None:
    with psycopg.connect(maintenance_url()) as elsewhere:
        elsewhere.execute("select pg_current_xact_id()")
        light("1")
        assert is_below_horizon("pg_snapshot_xmin(pg_current_snapshot())") is False
        assert is_below_horizon("kernel_horizon()") is True
        drain()
    assert effects() == ["1"]


def test_ones_own_transaction_is_below_no_horizon() -> None:
    with transaction.atomic():
        light_without_committing("1")
        assert is_below_horizon("kernel_horizon()") is False


def test_what_is_rolled_back_is_never_served() -> None:
    with writer() as other:
        light_on(other, "never")
        other.rollback()
    light("1")
    drain()
    assert effects() == ["1"]


def test_after_a_restore_into_another_cluster_nothing_is_skipped_nor_served_twice() -> None:
    light("served")
    drain()
    light("pending")
    with owner() as restored:  # as a dump of a cluster whose counter was far ahead
        restored.execute("update kernel_outbox set xid = (xid::text::bigint + 1000000)::text::xid8")
        restored.execute("update kernel_outbox_cursor set xid = (xid::text::bigint + 1000000)::text::xid8")
        with pytest.raises(OutboxFromAnotherCluster):
            dispatch()
        restored.execute("select kernel_restored()")
    light("new")
    drain()
    assert effects() == ["served", "pending", "new"]


def test_the_application_cannot_declare_a_restore() -> None:
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("select kernel_restored()")


def test_the_lag_is_counted() -> None:
    light("1", "2")
    drain()
    assert count_lag([WRITE_DOWN])[0].pending == 0
    light("3")
    (lag,) = count_lag([WRITE_DOWN])
    assert (lag.reaction, lag.pending, lag.failed, lag.waiting, lag.waiting_since) == (
        "kernel.write_down", 1, 0, 0, None,
    )  # fmt: skip
    assert lag.oldest_at is not None
    assert OutboxCursor.objects.values_list("reaction", flat=True).get() == "kernel.write_down"


def light_without_committing(lamp: str) -> None:
    announce(LampLit(occurred_at=AT, lamp=lamp))


def is_below_horizon(horizon: str) -> Any:
    """Whether the last event announced is below what this SQL calls the horizon."""
    with connection.cursor() as cursor:
        cursor.execute(f"select xid < {horizon} from kernel_outbox order by event_id desc limit 1")
        return cursor.fetchone()[0]


def order_by_xid() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("select payload ->> 'lamp' from kernel_outbox order by xid, event_id")
        return [lamp for (lamp,) in cursor.fetchall()]


def test_a_batch_costs_the_same_however_many_events_wait_and_whatever_the_planner_knows() -> None:
    """Of a table it took for empty it once read every row for every batch, and joined all of them with all."""
    pages: list[int] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql == _READ:
            with connection.connection.cursor() as plain:
                plain.execute(f"explain (analyze, buffers, format json) {sql}", params)
                plan = plain.fetchone()[0][0]["Plan"]
                pages.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("analyze kernel_outbox")
        announce_all([LampLit(occurred_at=AT, lamp=str(number)) for number in range(20_000)])
        with connection.execute_wrapper(explain):
            batch = read_batch(WRITE_DOWN, Position(-32768, "0", 0), horizon=str(2**60), limit=10)
    assert batch is not None
    assert len(batch.events) == 10
    (read,) = pages
    assert read < 150, "the outbox has about 400 pages, and each was read more than once"
