"""Using the embedded server: the first who needs it starts it, the others attach, the last to leave stops it.

So no command leaves a server behind, none takes it away from another, and `fidelia stop` stops it for all.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from fidelia.kernel import clock
from fidelia.worker.errors import NotSupported

from . import cluster, leases, server
from .binaries import find_server_binaries
from .folders import prepare_folders, prepare_home
from .leases import Holder, Lease
from .paths import Places, find_places, socket_url

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Attachment:
    """This process's use of the server of one home."""

    places: Places
    lease: Lease
    owner_pid: int


_attachments: dict[Path, Attachment] = {}


def tell(sentence: str) -> None:
    """Say a sentence to the person at the terminal."""
    print(sentence, file=sys.stderr, flush=True)


def ensure_running(home: Path, say: Say = tell) -> str:
    """Make sure that the embedded PostgreSQL of `home` runs, and return its address.

    The server goes on at least until this process ends, and stops with the last process that called this.
    Raises NotYours, NoBinaries, NotSupported, ServerDidNotStart.
    """
    places = find_places(home)
    if places.home not in _attachments:
        _refuse_other_systems()
        prepare_home(places.home)
        with _mutex(places, say):
            _start_if_needed(places, say)
            _attachments[places.home] = Attachment(places, leases.take_lease(places), os.getpid())
        atexit.register(leave, home)
    else:
        _start_again_if_ended(places, say)
    return socket_url(places)


def leave(home: Path, say: Say = tell) -> list[Holder]:
    """End this process's use; stop the server when nobody else uses it, else return who does."""
    places = find_places(home)
    attachment = _attachments.get(places.home)
    if attachment is None or attachment.owner_pid != os.getpid():  # a fork of the one who attached
        return []
    with _mutex(places, say):
        del _attachments[places.home]
        attachment.lease.give_back()
        leases.remove_stale_leases(places)
        others = leases.list_holders(places)
        if not others:
            server.stop_server(places, say)
            server.clear_traces(places)
    return others


def stop_for_all(home: Path, say: Say = tell) -> int | None:
    """Stop the server whoever uses it, leave nothing behind, and return the pid it had. Raises ServerDidNotStop."""
    places = find_places(home)
    if not places.home.exists():
        return None
    with _mutex(places, say):
        pid = server.stop_server(places, say)
        server.clear_traces(places)
        leases.remove_stale_leases(places)
    return pid


def is_ours_running(home: Path) -> bool:
    """Tell whether the server that this process attached to still lives."""
    return server.find_server(find_places(home)) is not None


def _start_if_needed(places: Places, say: Say) -> None:
    prepare_folders(places)  # under the lock, because whoever stops takes the socket's folder away under it
    if cluster.is_orphan(places):
        server.stop_server(places, say)
        cluster.set_aside(places, clock.now(), say)
    leases.remove_stale_leases(places)
    pid = server.find_server(places)
    # One that is there may still be recovering, because whoever started it was killed meanwhile.
    if pid is None or not server.wait_until_ready(places, pid, say):
        binaries = find_server_binaries(places, os.environ)
        if not cluster.has_cluster(places):
            cluster.make_cluster(places, binaries, say)
        server.start_server(places, binaries, say)


def _start_again_if_ended(places: Places, say: Say) -> None:
    if server.find_server(places) is None:
        with _mutex(places, say):
            if server.find_server(places) is None:
                prepare_folders(places)
                server.start_server(places, find_server_binaries(places, os.environ), say)


def _mutex(places: Places, say: Say) -> AbstractContextManager[bool]:
    def explain(holder: Holder) -> None:
        say(f"Waiting for {holder}, which is starting or stopping the database.")

    return leases.only_one(places.mutex, on_wait=explain)


def _refuse_other_systems() -> None:
    if not Path("/proc/self").exists():
        raise NotSupported(
            "The embedded PostgreSQL needs Linux; on this system let FIDELIA_DATABASE_URL name a server of your own."
        )


def free_bytes(folder: Path) -> int:
    """Return the room left on the disk of a folder or of the nearest parent that exists."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
