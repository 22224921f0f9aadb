"""Who uses the server: one locked file for each process, so that the last to leave puts out the light.

A count in a file would be wrong after the first `kill -9`. A lock is given back by the kernel however its process
ends, so a file without a lock is that of a process that is no more.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fidelia.kernel import clock

from .paths import Places

# To look who holds a lock, `read_holder` takes it for an instant; whoever comes then must not believe it taken.
GLANCE_SECONDS_MAX = 0.5


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that uses something: its pid, since when, and the command that was typed."""

    pid: int
    since: datetime
    command: str

    def __str__(self) -> str:
        return f"`{self.command}` (process {self.pid}, since {self.since.astimezone():%Y-%m-%d %H:%M:%S})"


@dataclass(slots=True)
class Lease:
    """A locked file that says that this process uses the server; closing it gives the lock back."""

    path: Path
    descriptor: int

    def give_back(self) -> None:
        """Say that this process no longer uses the server."""
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def take_lease(places: Places) -> Lease:
    """Say that this process uses the server. The caller holds the mutex."""
    path = places.leases / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    _write_holder(descriptor)
    return Lease(path, descriptor)


def list_holders(places: Places) -> list[Holder]:
    """Return who uses the server now."""
    found = (read_holder(path) for path in sorted(places.leases.glob("*.json")))
    return [holder for holder in found if holder is not None]


def remove_stale_leases(places: Places) -> None:
    """Remove the files of processes that are no more. The caller holds the mutex."""
    for path in places.leases.glob("*.json"):
        if read_holder(path) is None:
            path.unlink(missing_ok=True)


def read_holder(path: Path) -> Holder | None:
    """Return who holds the lock of a file, None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def only_one(path: Path, on_wait: Callable[[Holder], None] | None = None) -> Iterator[bool]:
    """Hold the lock of a file; what is yielded tells whether we have it.

    Without `on_wait` a lock that another holds is not waited for. With it, `on_wait` is told once who holds it, and
    we wait for as long as that process lives: what it does (recovering after a crash) has no length known before.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    ours = False
    try:
        ours = _lock(descriptor, on_wait)
        if ours:
            _write_holder(descriptor)
        yield ours
    finally:
        if ours:
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


def _lock(descriptor: int, on_wait: Callable[[Holder], None] | None) -> bool:
    told = False
    deadline = time.monotonic() + GLANCE_SECONDS_MAX
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            glanced_at = time.monotonic() < deadline
            if on_wait is None and not glanced_at:
                return False
            if on_wait is not None and not glanced_at and not told:
                on_wait(_read_holder(descriptor))
                told = True
            time.sleep(0.05)
        else:
            return True


def _write_holder(descriptor: int) -> None:
    since = clock.now().isoformat()
    text = json.dumps({"pid": os.getpid(), "since": since, "command": _command_line()})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _read_holder(descriptor: int) -> Holder:
    try:
        found = json.loads(os.pread(descriptor, 10_000, 0))
    except ValueError:  # its process has locked it and not yet written
        return Holder(0, datetime.now(UTC), "a process that has just begun")
    return Holder(found["pid"], datetime.fromisoformat(found["since"]), found["command"])


def _command_line() -> str:
    name = Path(sys.argv[0]).name
    if name == "__main__.py":
        name = "fidelia"
    return " ".join([name, *sys.argv[1:]])[:200]
