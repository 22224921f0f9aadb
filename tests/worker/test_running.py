"""`fidelia run` as a person meets it: it answers, survives kills, refuses a second, and stops without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from fidelia.worker.listening import Address, is_answering
from fidelia.worker.postgres.leases import list_holders
from fidelia.worker.postgres.paths import database_url, find_places, short_hash
from fidelia.worker.postgres.server import find_server
from fidelia.worker.processes import find_marked, find_working_in, is_alive, wait_until
from tests.serving import free_port

from .conftest import Run, environ_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def address() -> Address:
    return Address("127.0.0.1", free_port())


@pytest.fixture
def running(migrated_home: Path, address: Address, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An installation that answers. That `run` migrates by itself is proven where it begins with nothing: crash."""
    home = migrated_home
    more = {"FIDELIA_LISTEN": f"{address.host}:{address.port}"}
    with subprocess.Popen(
        [sys.executable, "-m", "fidelia.worker", "run"], env=environ_of(home, more), cwd=tmp_path
    ) as process:
        try:
            assert wait_until(lambda: is_answering(address), seconds_max=300)
            assert wait_until(lambda: worker_beats(home), seconds_max=120)
            yield process
        finally:
            process.terminate()


def worker_beats(home: Path) -> bool:
    try:
        with psycopg.connect(database_url(home, {})) as connection:
            row = connection.execute("select count(*) from procrastinate_workers").fetchone()
    except psycopg.Error:
        return False
    return row is not None and row[0] > 0


def pids_of(home: Path) -> list[int]:
    return find_marked(short_hash(home))


def holder_of(home: Path, verb: str) -> int | None:
    """The process that runs a verb, as its use of the database says."""
    return next((h.pid for h in list_holders(find_places(home)) if h.command.endswith(f" {verb}")), None)


def has_come_back(home: Path, verb: str, killed: int) -> bool:
    return holder_of(home, verb) not in (None, killed)


def test_it_answers_says_so_and_stops_without_a_trace(
    running: subprocess.Popen[bytes], home: Path, address: Address, fidelia: Run
) -> None:
    where = {"FIDELIA_LISTEN": f"{address.host}:{address.port}"}
    status = fidelia("status", **where)
    assert status.returncode == 0
    assert f"(process {running.pid}, since " in status.stdout
    assert f"The web answers at {address.url}." in status.stdout
    second = fidelia("run", **where)
    assert second.returncode == 1
    assert f"Fidelia already runs in {home}: " in second.stderr
    assert f"(process {running.pid}, since " in second.stderr
    doctor = fidelia("doctor", "--ledger", **where)
    assert (doctor.returncode, "WRONG" in doctor.stdout) == (0, False), doctor.stdout
    assert "The worker is alive" in doctor.stdout

    started = pids_of(home)
    stopped = fidelia("stop")

    assert stopped.returncode == 0
    assert running.wait(timeout=60) == 0
    assert not any(map(is_alive, started))
    assert_no_trace(home)
    assert not is_answering(address)


def test_ctrl_c_stops_everything(running: subprocess.Popen[bytes], home: Path) -> None:
    running.send_signal(signal.SIGINT)

    assert running.wait(timeout=120) == 0
    assert_no_trace(home)


def test_each_part_that_is_killed_comes_back(running: subprocess.Popen[bytes], home: Path, address: Address) -> None:
    places = find_places(home)
    for verb in ("web", "work"):
        pid = holder_of(home, verb)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_until(partial(has_come_back, home, verb, pid), seconds_max=120)
    server = find_server(places)
    assert server is not None
    os.kill(server, signal.SIGKILL)

    assert wait_until(lambda: find_server(places) not in (None, server), seconds_max=120)
    assert wait_until(lambda: is_answering(address), seconds_max=300)
    assert wait_until(lambda: worker_beats(home), seconds_max=120)
    assert running.poll() is None


def test_after_a_kill_of_the_supervisor_stop_finds_what_is_left(
    running: subprocess.Popen[bytes], home: Path, fidelia: Run
) -> None:
    running.kill()
    running.wait()

    assert fidelia("stop").returncode == 0
    assert_no_trace(home)


def test_after_a_kill_of_everything_it_starts_again(running: subprocess.Popen[bytes], home: Path, fidelia: Run) -> None:
    places = find_places(home)
    server = find_server(places)
    assert server is not None
    for pid in (running.pid, *pids_of(home), server):
        os.kill(pid, signal.SIGKILL)
    running.wait()
    assert wait_until(lambda: find_working_in(places.data) == [], seconds_max=120)

    migrated = fidelia("migrate")

    assert migrated.returncode == 0
    assert "PostgreSQL now recovers what it had promised" in migrated.stderr
    assert_no_trace(home)


def assert_no_trace(home: Path) -> None:
    places = find_places(home)
    assert pids_of(home) == []
    assert find_working_in(places.data) == []
    assert list(places.socket_folder.glob(".s.*")) == []
    assert not (places.data / "postmaster.pid").exists()
    assert list_holders(places) == []
