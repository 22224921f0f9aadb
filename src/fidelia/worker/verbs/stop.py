"""`fidelia stop`."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

from fidelia.worker.postgres import find_home, stop_for_all
from fidelia.worker.postgres.leases import Holder, list_holders, only_one, read_holder
from fidelia.worker.postgres.paths import find_places, short_hash
from fidelia.worker.processes import end_all, find_marked, wait_until

HELP = "stop everything that runs in FIDELIA_HOME, and leave nothing behind"
SUPERVISOR_SECONDS_MAX = 240.0  # its children have 40 s each and its database 120
LEFTOVER_SECONDS_MAX = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    home = find_home(os.environ)
    stopped = [*stop_supervisor(home), *stop_leftovers(home), *stop_database(home)]
    print("\n".join(stopped) or f"Nothing runs in {home}.")
    return 0


def stop_supervisor(home: Path) -> list[str]:
    """Ask `fidelia run` to end, and wait until it has; return what was done."""
    lock = home / "run" / "supervisor.lock"
    holder = read_holder(lock)
    if holder is None:
        return []
    os.kill(holder.pid, signal.SIGTERM)
    if not wait_until(lambda: read_holder(lock) is None, seconds_max=SUPERVISOR_SECONDS_MAX):
        os.kill(holder.pid, signal.SIGKILL)
        wait_until(lambda: read_holder(lock) is None, seconds_max=LEFTOVER_SECONDS_MAX)
    return [f"Stopped {holder}."]


def stop_leftovers(home: Path) -> list[str]:
    """End what a killed supervisor left running; return what was done."""
    lock = home / "run" / "supervisor.lock"
    if lock.exists():
        with only_one(lock):  # empties it
            pass
    left = find_marked(short_hash(home))
    end_all(left, seconds_max=LEFTOVER_SECONDS_MAX)
    return [f"Stopped what was left of an earlier run: process {pid}." for pid in left]


def stop_database(home: Path) -> list[str]:
    """Stop the embedded PostgreSQL whoever uses it; return what was done."""
    users = _other_users(home)
    pid = stop_for_all(home)
    if pid is None:
        return []
    return [f"Stopped PostgreSQL (process {pid}).", *(f"It was taken away from {user}." for user in users)]


def _other_users(home: Path) -> list[Holder]:
    return [holder for holder in list_holders(find_places(home)) if holder.pid != os.getpid()]
