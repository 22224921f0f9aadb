"""The embedded PostgreSQL: real servers, started, shared, killed and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from fidelia.worker.errors import NoBinaries, NotYours, ServerDidNotStart
from fidelia.worker.postgres import ensure_running, leave, stop_for_all
from fidelia.worker.postgres.folders import make_private
from fidelia.worker.postgres.leases import list_holders, only_one, read_holder
from fidelia.worker.postgres.paths import Places, find_places
from fidelia.worker.postgres.server import find_server
from fidelia.worker.processes import find_working_in, wait_until

from .conftest import environ_of

USE_UNTIL_TOLD = """
import sys, pathlib
from fidelia.worker.postgres import ensure_running
print(ensure_running(pathlib.Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@contextmanager
def another_user(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", USE_UNTIL_TOLD, str(home)],
        env=environ_of(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        yield process


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return None if row is None else row[0]


def tell(url: str, order: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(order.encode())


def traces(places: Places) -> list[str]:
    """What a server that no longer runs could have left behind."""
    sockets = [str(path) for path in places.socket_folder.glob("*")] + [
        str(path) for path in places.socket_folder.glob(".s.*")
    ]
    pid_files = [str(path) for path in places.data.glob("postmaster.pid")]
    leases = [str(path) for path in places.leases.glob("*")]
    return [*sockets, *pid_files, *leases, *map(str, find_working_in(places.data))]


def test_it_starts_keeps_its_promises_and_leaves_nothing_behind(home: Path) -> None:
    url = ensure_running(home)

    assert ask(url, "select current_user || ' ' || current_database()") == "fidelia fidelia"
    assert ask(url, "show synchronous_commit") == "on"
    assert ask(url, "show fsync") == "on"
    assert ask(url, "show data_checksums") == "on"
    assert ask(url, "show listen_addresses") == ""
    assert ask(url, "show server_encoding") == "UTF8"
    assert ask(url, "select lower('ÉLÉONORE')") == "éléonore"
    places = find_places(home)
    assert leave(home) == []
    assert traces(places) == []


def test_nobody_else_enters_the_folders(home: Path) -> None:
    ensure_running(home)
    places = find_places(home)

    assert places.socket_folder.stat().st_mode & 0o077 == 0
    assert places.data.stat().st_mode & 0o077 == 0
    assert places.log.stat().st_mode & 0o077 == 0
    assert places.data.stat().st_uid == places.uid
    assert 'fidelia "nobody"' not in (places.conf / "pg_ident.conf").read_text(encoding="utf-8")
    leave(home)


def test_a_second_process_attaches_and_the_last_to_leave_stops_the_server(home: Path) -> None:
    ensure_running(home)
    places = find_places(home)
    server = find_server(places)

    with another_user(home) as other:
        assert find_server(places) == server
        assert {holder.pid for holder in list_holders(places)} == {os.getpid(), other.pid}
        assert [holder.pid for holder in leave(home)] == [other.pid]
        assert find_server(places) == server

    assert find_server(places) is None
    assert traces(places) == []


def test_a_process_that_was_killed_counts_no_longer(home: Path) -> None:
    ensure_running(home)
    with another_user(home) as other:
        other.kill()

    assert leave(home) == []
    assert find_server(find_places(home)) is None


def test_stopping_for_all_takes_it_away_from_others(home: Path) -> None:
    places = find_places(home)
    with another_user(home):
        assert stop_for_all(home) is not None

    assert traces(places) == []


def test_who_starts_while_another_stops_finds_a_folder_for_the_socket(home: Path) -> None:
    ensure_running(home)
    leave(home)
    places = find_places(home)
    with only_one(places.mutex):  # as somebody does who is stopping
        starter = subprocess.Popen(
            [sys.executable, "-c", USE_UNTIL_TOLD, str(home)],
            env=environ_of(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert starter.stderr is not None
        assert "Waiting for" in starter.stderr.readline()
        shutil.rmtree(places.socket_folder, ignore_errors=True)

    said, complaints = starter.communicate("")

    assert said.startswith("postgresql://"), complaints
    assert traces(places) == []


def test_a_server_whose_starter_was_killed_is_taken_as_it_is(home: Path) -> None:
    with another_user(home) as starter:
        server = find_server(find_places(home))
        starter.kill()

    ensure_running(home)

    assert find_server(find_places(home)) == server
    leave(home)


def test_who_waits_for_a_start_is_told_what_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fidelia.worker.postgres.server.FIRST_WORD_SECONDS", -1.0)
    said: list[str] = []

    ensure_running(home, said.append)

    assert said[1].startswith(f"PostgreSQL is getting ready since 0 s (process {find_server(find_places(home))}): ")
    leave(home)


def test_a_killed_server_recovers_what_it_had_acknowledged(home: Path) -> None:
    url = ensure_running(home)
    places = find_places(home)
    tell(url, "create table kept as select generate_series(1, 1000) as n")
    killed = find_server(places)
    assert killed is not None

    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: find_server(places) is None, seconds_max=60)
    said: list[str] = []
    assert ensure_running(home, said.append) == url

    assert ask(url, "select count(*) from kept") == 1000
    assert find_server(places) != killed
    assert said[0] == (
        f"The last server (process {killed}) was not stopped properly; PostgreSQL now recovers what it had promised."
    )
    assert leave(home) == []
    assert traces(places) == []


def test_a_pid_that_went_to_another_program_does_not_hinder_the_start(home: Path) -> None:
    ensure_running(home)
    places = find_places(home)
    leave(home)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (places.data / "postmaster.pid").write_text(f"{stranger.pid}\n{places.data}\n1\n5432\n", encoding="ascii")
        os.chown(places.data / "postmaster.pid", places.uid, places.gid)
        said: list[str] = []

        url = ensure_running(home, said.append)

        assert ask(url, "select 1") == 1
        assert str(stranger.pid) in said[0]
        stranger.kill()
    leave(home)


def test_a_socket_left_by_a_killed_server_does_not_hinder_the_start(home: Path) -> None:
    ensure_running(home)
    places = find_places(home)
    server = find_server(places)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    assert wait_until(lambda: find_working_in(places.data) == [], seconds_max=60)
    assert (places.socket_folder / ".s.PGSQL.5432").exists()

    with another_user(home):
        assert find_server(places) not in (None, server)
    leave(home)


def test_a_cluster_of_another_version_is_refused_in_a_sentence(home: Path) -> None:
    ensure_running(home)
    leave(home)
    places = find_places(home)
    (places.data / "PG_VERSION").write_text("17\n", encoding="ascii")

    with pytest.raises(NoBinaries, match="made by PostgreSQL 17, and only that version may open it"):
        ensure_running(home)


def test_an_interrupted_making_of_the_cluster_begins_anew(home: Path) -> None:
    ensure_running(home)
    leave(home)
    places = find_places(home)
    shutil.move(places.data, places.base / "data.draft")
    (places.base / "data.draft" / "PG_VERSION").unlink()

    assert ask(ensure_running(home), "select 1") == 1
    leave(home)


def test_a_server_that_ends_while_it_starts_says_why(home: Path) -> None:
    ensure_running(home)
    leave(home)
    (find_places(home).data / "global" / "pg_control").unlink()

    with pytest.raises(ServerDidNotStart, match=r"Its last words: .*pg_control"):
        ensure_running(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps the cluster outside the home")
def test_the_cluster_of_a_removed_home_is_kept_aside(home: Path) -> None:
    url = ensure_running(home)
    tell(url, "create table precious (n int)")
    leave(home)
    shutil.rmtree(home)
    said: list[str] = []

    url = ensure_running(home, said.append)

    assert ask(url, "select to_regclass('precious') is null") is True
    [aside] = find_places(home).base.parent.glob(f"{find_places(home).base.name}-of-removed-home-*")
    assert said[0] == f"An older database of a removed {home} was kept in {aside}; remove it when nobody wants it."
    assert (aside / "data" / "PG_VERSION").exists()
    leave(home)


def test_a_folder_that_is_a_link_or_open_to_others_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(NotYours, match="should be a folder of"):
        make_private(link, os.geteuid(), os.getegid())

    target.chmod(0o755)
    with pytest.raises(NotYours, match="can be entered by others"):
        make_private(target, os.geteuid(), os.getegid())


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotYours, match="should be a folder of"):
        make_private(tmp_path, os.geteuid() + 1, os.getegid())


def test_a_lock_tells_who_holds_it_and_keeps_nobody_in_memory(tmp_path: Path) -> None:
    lock = tmp_path / "run" / "lock"
    with only_one(lock) as ours:
        assert ours
        holder = read_holder(lock)
        assert holder is not None
        assert holder.pid == os.getpid()
        with only_one(lock) as second:
            assert not second

    assert read_holder(lock) is None
    assert lock.read_text(encoding="utf-8") == ""
