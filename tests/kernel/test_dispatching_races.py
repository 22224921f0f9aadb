"""Races of dispatching, on real connections. Each first shows that the race is there when the guard is off."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced, Reaction
from fidelia.kernel.outbox import dispatching as dispatching_module
from fidelia.kernel.outbox.reading import Position, lock_cursor
from tests.conftest import ROOT, address_of
from tests.kernel.serving import (
    WRITE_DOWN,
    LampLit,
    dispatch,
    drain,
    effects,
    light,
    light_on,
    settle,
    write_down,
    writer,
)

pytestmark = pytest.mark.usefixtures("effect_table")


def test_a_slow_writer_is_not_skipped() -> None:
    with writer() as slow:
        light_on(slow, "slow")
        light("fast", among_others=True)
        seen = read_after(0)
        cursor_by_id = max(event_id for event_id, _ in seen)
        drain()
        slow.commit()
    settle()
    assert [lamp for _, lamp in seen] == ["fast"]
    assert read_after(cursor_by_id) == [], "a cursor over event_id has skipped the slow one: that is the race"
    drain()
    assert sorted(effects()) == ["fast", "slow"]


def test_many_writers_of_all_speeds_lose_nothing() -> None:
    start, done = threading.Barrier(5), threading.Event()

    def write(number: int) -> None:
        pauses = random.Random(number)
        start.wait()
        with writer() as other:
            for turn in range(30):
                for part in range(pauses.randint(1, 4)):
                    light_on(other, f"{number}.{turn}.{part}")
                if pauses.random() < 0.2:
                    other.rollback()
                else:
                    other.commit()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in writers:
        thread.start()
    start.wait()
    while any(thread.is_alive() for thread in writers) or not done.is_set():
        if not any(thread.is_alive() for thread in writers):
            done.set()
        dispatch(limit=7)
    settle()
    drain(limit=7)
    served = effects()
    assert len(served) == len(set(served))
    assert set(served) == {lamp for _, lamp in read_after(0)}


def test_two_dispatchers_never_serve_the_same_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the lock off, a second dispatcher serves what the first one is serving; with it, it finds nothing to do."""
    light("1", "2")
    with monkeypatch.context() as guard_off:
        guard_off.setattr(dispatching_module, "lock_cursor", look_without_locking)
        with serving_slowly():
            assert dispatch() != []
        assert Counter(effects()) == {"1": 2, "2": 2}, "without the lock both have served both: that is the race"

    empty_effects()
    light("3", "4")
    with serving_slowly():
        assert dispatch() == []
    drain()
    assert effects() == ["3", "4"]


def test_eight_dispatchers_share_the_work() -> None:
    light(*map(str, range(500)))
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        while effects_count() < 500:
            dispatch(limit=9)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects() == [str(number) for number in range(500)]


def test_kill_9_while_serving_leaves_no_half_effects() -> None:
    light("1", "2")
    process = start_process("serve_and_hang")
    assert process.stdout is not None
    assert process.stdout.readline() == "effects are written, nothing is committed\n"
    process.kill()
    process.wait()
    with transaction.atomic():
        lock_cursor(WRITE_DOWN.name, wait=True)  # until the server has noticed
    assert effects() == []
    drain()
    assert effects() == ["1", "2"]


@pytest.mark.slow
def test_kill_9_at_any_moment_serves_each_event_once() -> None:
    lamps = [str(number) for number in range(20_000)]
    light(*lamps)
    moments = random.Random(5)
    for _ in range(8):
        process = start_process("serve_until_killed")
        assert process.stdout is not None
        for _ in range(moments.randint(1, 12)):
            process.stdout.readline()
        process.kill()
        process.wait()
    assert 0 < effects_count() < len(lamps)
    with transaction.atomic():
        lock_cursor(WRITE_DOWN.name, wait=True)
    drain()
    assert effects() == lamps


# What the tests above call


def read_after(event_id: int) -> list[tuple[int, str]]:
    """What a dispatcher with a cursor over event_id would see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select event_id, payload ->> 'lamp' from kernel_outbox where event_id > %s order by event_id", [event_id]
        )
        return list(cursor.fetchall())


def look_without_locking(reaction: str, *, wait: bool = False) -> Position | None:
    with connection.cursor() as cursor:
        cursor.execute("select epoch, xid::text, event_id from kernel_outbox_cursor where reaction = %s", [reaction])
        row = cursor.fetchone()
    return None if row is None else Position(*row)


@contextmanager
def serving_slowly() -> Iterator[None]:
    """Another dispatcher, which has written its effects and does not commit until the block ends."""
    inside, let_go = threading.Event(), threading.Event()

    def write_down_slowly(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        write_down(events, by=by, at=at)
        inside.set()
        assert let_go.wait(120)

    slow = Reaction(write_down_slowly, on=[LampLit])
    slow.name = WRITE_DOWN.name

    def work() -> None:
        dispatch(slow)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(120)
    try:
        yield
    finally:
        let_go.set()
        thread.join()


def empty_effects() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from effect")


def effects_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from effect")
        return int(cursor.fetchone()[0])


def start_process(function: str) -> subprocess.Popen[str]:
    """A process of its own that dispatches on this test's database."""
    environment: dict[str, Any] = os.environ | {
        "FIDELIA_DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
        "DJANGO_SETTINGS_MODULE": "fidelia.config.settings",
        "PYTHONPATH": str(ROOT),
    }
    code = f"import django; django.setup(); from tests.kernel.crashing import {function}; {function}()"
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(ROOT), env=environment, stdout=subprocess.PIPE, text=True
    )
