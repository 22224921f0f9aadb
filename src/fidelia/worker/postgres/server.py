"""Starting and stopping the server process. The caller holds the mutex of the installation."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import psycopg

from fidelia.worker.errors import ServerDidNotStart, ServerDidNotStop
from fidelia.worker.processes import find_working_in, is_alive, is_taken, wait_until, works_in

from .binaries import Binaries, account_of_server
from .conf import write_configuration
from .paths import DATABASE, Places, socket_url

Say = Callable[[str], None]
LOG_BYTES_MAX = 20_000_000
FIRST_WORD_SECONDS = 5.0
NEXT_WORD_SECONDS = 10.0
ORPHANS_SECONDS_MAX = 60.0
FAST_STOP_SECONDS_MAX = 120.0
LAST_STOP_SECONDS_MAX = 30.0

# Servers that this process started: when one ends, its parent has to take note of it.
_children: dict[int, subprocess.Popen[bytes]] = {}


def connect(places: Places, database: str = DATABASE) -> psycopg.Connection:
    """Open a connection as the owner, outside any transaction. Raises psycopg.OperationalError."""
    return psycopg.connect(socket_url(places, database), autocommit=True, connect_timeout=10)


def find_server(places: Places) -> int | None:
    """Return the pid of the server that has our cluster open, None when there is none."""
    pid = _read_pid(places)
    if pid is not None and works_in(pid, places.data):
        return pid
    return None


def start_server(places: Places, binaries: Binaries, say: Say) -> int:
    """Start the server, wait until it answers, and return its pid. Raises ServerDidNotStart.

    A recovery after a crash may take as long as it likes: we wait for as long as the server lives, and say so.
    """
    _note_crash(places, say)
    keep_log_small(places)
    write_configuration(places)
    with _open_log(places) as log:
        process = subprocess.Popen(
            [binaries.program("postgres"), "-D", str(places.data), "-c", f"config_file={places.conf}/fidelia.conf"],
            **account_of_server(places),
            cwd="/",
            umask=0o077,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we stop the server in its turn
        )
    _children[process.pid] = process
    if not wait_until_ready(places, process.pid, say):
        raise ServerDidNotStart(f"PostgreSQL ended while it was starting. Its last words: {_last_words(places)}")
    _make_database(places)
    return process.pid


def wait_until_ready(places: Places, pid: int, say: Say) -> bool:
    """Wait until the server with this pid takes connections and return True, or return False when it has ended."""
    began = time.monotonic()
    next_word = began + FIRST_WORD_SECONDS
    while not _is_ready(places, pid):
        if _has_ended(places, pid):
            return False
        if time.monotonic() > next_word:
            waited = int(time.monotonic() - began)
            say(f"PostgreSQL is getting ready since {waited} s (process {pid}): {_last_words(places, lines=1)}")
            next_word = time.monotonic() + NEXT_WORD_SECONDS
        time.sleep(0.02)
    return True


def stop_server(places: Places, say: Say) -> int | None:
    """Stop the server, ending connections, and return the pid it had; None when none ran. Raises ServerDidNotStop."""
    pid = find_server(places)
    if pid is None:
        return None
    os.kill(pid, signal.SIGINT)  # "fast": open transactions are rolled back
    if not wait_until(lambda: _has_ended(places, pid), seconds_max=FAST_STOP_SECONDS_MAX):
        say(f"PostgreSQL (process {pid}) does not end; it is now told to leave at once and will recover at next start.")
        os.kill(pid, signal.SIGQUIT)
        if not wait_until(lambda: _has_ended(places, pid), seconds_max=LAST_STOP_SECONDS_MAX):
            raise ServerDidNotStop(f"PostgreSQL (process {pid}) would not end; `kill -9 {pid}` is what remains.")
    _children.pop(pid, None)
    return pid


def clear_traces(places: Places) -> None:
    """Remove the socket of a server that is no more, and its folder where that lies outside the home."""
    _remove_sockets(places)
    if places.home not in places.socket_folder.parents and places.socket_folder.exists():
        places.socket_folder.rmdir()


def keep_log_small(places: Places) -> None:
    """Keep the last part of a log that has grown, and begin anew. The server goes on writing to the same file."""
    if places.log.exists() and places.log.stat().st_size > LOG_BYTES_MAX:
        places.log.with_suffix(".log.1").write_bytes(places.log.read_bytes()[-LOG_BYTES_MAX:])
        os.truncate(places.log, 0)


def _note_crash(places: Places, say: Say) -> None:
    """Say that the last server was killed, and clear away what would hinder the next.

    PostgreSQL replaces the pid file of a server that is no more. But where the pid went to another program since, or
    to a corpse whose parent has not looked, it would refuse to start; we know better, because nobody works in the
    cluster's folder. Raises ServerDidNotStart.
    """
    pid = _read_pid(places)
    if pid is None:
        return
    say(f"The last server (process {pid}) was not stopped properly; PostgreSQL now recovers what it had promised.")
    if not wait_until(lambda: not find_working_in(places.data), seconds_max=ORPHANS_SECONDS_MAX):
        left = ", ".join(str(left) for left in find_working_in(places.data))
        raise ServerDidNotStart(f"Processes of the last server still work in {places.data}; end them first: {left}.")
    if is_taken(pid):
        _pid_file(places).unlink()
        _remove_sockets(places)


def _remove_sockets(places: Places) -> None:
    for path in places.socket_folder.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def _open_log(places: Places) -> BinaryIO:
    """What the server complains about may quote a row, so nobody else reads it."""
    descriptor = os.open(places.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "ab")


def _is_ready(places: Places, pid: int) -> bool:
    """The eighth line of the pid file is the server's state; pg_ctl looks there too."""
    lines = _read_pid_file(places)
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _has_ended(places: Places, pid: int) -> bool:
    if pid in _children:
        _children[pid].poll()
    return not is_alive(pid) and not find_working_in(places.data)


def _make_database(places: Places) -> None:
    try:
        with connect(places, "postgres") as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f"create database {DATABASE}")
    except psycopg.OperationalError as error:
        raise ServerDidNotStart(f"PostgreSQL runs but does not let us in: {error}") from error


def _pid_file(places: Places) -> Path:
    return places.data / "postmaster.pid"


def _read_pid(places: Places) -> int | None:
    lines = _read_pid_file(places)
    return abs(int(lines[0])) if lines and lines[0].lstrip("-").isdigit() else None


def _read_pid_file(places: Places) -> list[str]:
    try:
        return _pid_file(places).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _last_words(places: Places, lines: int = 8) -> str:
    try:
        with places.log.open("rb") as log:
            log.seek(max(0, places.log.stat().st_size - 4000))
            words = log.read().decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return "(no log)"
    return " / ".join(words[-lines:])
