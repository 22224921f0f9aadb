"""The loop of the dispatcher: it serves what comes, leaves alone what does not answer, and ends when told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Unavailable
from fidelia.kernel.models import OutboxCursor
from fidelia.kernel.outbox import Announced, Reaction
from fidelia.worker.dispatch import Pauses, serve_until
from fidelia.worker.processes import wait_until
from tests.kernel.serving import AT, WRITE_DOWN, LampLit, effects, light, owner, table_of_effects, write_down


@pytest.fixture(autouse=True)
def effect_table(transactional_db: None) -> Iterator[None]:
    with table_of_effects():
        yield


def test_it_serves_what_comes_until_it_is_told_to_stop() -> None:
    stop, both = threading.Event(), threading.Event()
    assert effects() == []
    before = connections_of_the_application()

    def write_and_tell(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        write_down(events, by=by, at=at)
        if events[-1].payload["lamp"] == "2":
            both.set()

    loop = threading.Thread(target=serve_until, args=(stop, [Reaction(write_and_tell, on=[LampLit])]))
    loop.start()
    light("1")
    light("2")
    assert both.wait(60)
    stop.set()
    loop.join(60)
    assert not loop.is_alive()
    assert effects() == ["1", "2"]
    assert wait_until(lambda: connections_of_the_application() <= before, seconds_max=60), "the loop has left one open"


def test_a_reaction_that_waits_does_not_hold_up_the_others() -> None:
    stop, asked = threading.Event(), []

    def call_in_vain(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        asked.append(at)
        raise Unavailable("nobody answers")

    def stop_at_the_end(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        if any(event.payload["lamp"] == "99" for event in events):
            stop.set()

    light(*map(str, range(100)))
    serve_until(stop, [Reaction(call_in_vain, on=[LampLit]), WRITE_DOWN, Reaction(stop_at_the_end, on=[LampLit])])
    assert effects() == [str(number) for number in range(100)]
    assert len(asked) == 1
    assert OutboxCursor.objects.get(reaction="worker.call_in_vain").waiting_for == "Unavailable: nobody answers"


def test_pauses_double_up_to_a_minute_and_end_with_an_answer() -> None:
    pauses, at, waited = Pauses(), AT, []
    for _ in range(7):
        pauses.note("mail", waits=True, at=at)
        assert not pauses.is_over("mail", at)
        assert pauses.is_over("other", at)
        seconds = next(s for s in range(1, 100) if pauses.is_over("mail", at + timedelta(seconds=s)))
        waited.append(seconds)
        at += timedelta(seconds=seconds)
    assert waited == [2, 4, 8, 16, 32, 60, 60]
    pauses.note("mail", waits=False, at=at)
    assert pauses.is_over("mail", at)


def connections_of_the_application() -> int:
    with owner() as connected:
        row = connected.execute(
            "select count(*) from pg_stat_activity where datname = current_database() "
            "and pid <> pg_backend_pid() and backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0])
