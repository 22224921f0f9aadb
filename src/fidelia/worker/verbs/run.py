"""`fidelia run`: everything in the foreground."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import threading
from pathlib import Path

from fidelia.worker.errors import HeldByAnother
from fidelia.worker.listening import Address, is_answering, read_address, refuse_taken
from fidelia.worker.postgres import ensure_running, find_home, leave
from fidelia.worker.postgres.folders import prepare_home
from fidelia.worker.postgres.leases import only_one, read_holder
from fidelia.worker.postgres.paths import find_places, short_hash
from fidelia.worker.postgres.server import keep_log_small
from fidelia.worker.postgres.supervisor import tell
from fidelia.worker.supervision import Child, command_of, keep_alive, marked_environ, stop_in_order

HELP = "run everything in the foreground: database, migrations, web and jobs (Ctrl-C stops it)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    home = find_home(os.environ)
    address = read_address(os.environ)
    prepare_home(home)
    lock = home / "run" / "supervisor.lock"
    with only_one(lock) as ours:
        if not ours:
            raise HeldByAnother(f"Fidelia already runs in {home}: {read_holder(lock)}. `fidelia stop` stops it.")
        refuse_taken(address)
        return serve(home, address)


def serve(home: Path, address: Address) -> int:
    """Run the database, the migrations, then web and jobs until a signal says stop; return the exit code."""
    stop = stop_on_signals()
    embedded = not os.environ.get("FIDELIA_DATABASE_URL")
    if embedded:
        ensure_running(home)
    environ = marked_environ(home, short_hash(home))
    try:
        code = subprocess.run(command_of("migrate"), env=environ, start_new_session=True, check=False).returncode
        if code == 0 and not stop.is_set():
            code = serve_until(stop, home, address, environ, embedded=embedded)
        return code
    finally:
        if embedded:
            for other in leave(home):
                tell(f"The database goes on for {other}.")


def serve_until(stop: threading.Event, home: Path, address: Address, environ: dict[str, str], *, embedded: bool) -> int:
    """Keep web and jobs alive until `stop` is set; return the exit code."""
    children = [Child(verb, command_of(verb), environ) for verb in ("web", "work")]
    watch = Watch(home, address, embedded=embedded)
    try:
        stayed = keep_alive(children, stop, watch.look, tell)
    finally:
        stop_in_order(children, tell)
    return 0 if stayed else 1


class Watch:
    """Looks after the database, which may have been killed, and says once that the web answers."""

    def __init__(self, home: Path, address: Address, *, embedded: bool) -> None:
        self.home = home
        self.address = address
        self.embedded = embedded
        self.has_answered = False

    def look(self) -> None:
        if self.embedded:
            ensure_running(self.home)
            keep_log_small(find_places(self.home))
        if not self.has_answered and is_answering(self.address):
            self.has_answered = True
            tell(f"Fidelia answers at {self.address.url} (Ctrl-C stops it).")


def stop_on_signals() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, lambda _number, _frame: stop.set())
    return stop
