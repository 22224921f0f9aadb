"""What Linux knows about processes: who lives, since when, in which folder, with which mark.

A pid alone proves nothing, because pids are used again; each question here looks at something that is not.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1
MARK = "FIDELIA_RUN"  # set in the environment of each process that `fidelia run` starts


def is_alive(pid: int) -> bool:
    """Tell whether the process runs; one that has ended and waits for its parent does not."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def is_taken(pid: int) -> bool:
    """Tell whether the number belongs to any process, be it one that has ended."""
    return (PROC / str(pid)).exists()


def works_in(pid: int, folder: Path) -> bool:
    """Tell whether the process lives and its working folder is `folder` (PostgreSQL's is its cluster)."""
    try:
        return is_alive(pid) and os.readlink(PROC / str(pid) / "cwd") == str(folder.resolve())
    except OSError:
        return False


def find_working_in(folder: Path) -> list[int]:
    """Return the processes whose working folder is `folder`."""
    return [pid for pid in _list_pids() if works_in(pid, folder)]


def find_marked(mark: str) -> list[int]:
    """Return the processes, other than this one, that carry the mark in their environment."""
    wanted = f"{MARK}={mark}".encode()
    return [pid for pid in _list_pids() if pid != os.getpid() and _has_variable(pid, wanted) and is_alive(pid)]


def end_with_parent(end: signal.Signals) -> None:
    """Ask Linux to send this process the signal `end` when its parent dies, be it by `kill -9`."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, end.value)
    if os.getppid() != parent:  # it died before we had asked
        os.kill(os.getpid(), end)


def end_all(pids: list[int], *, seconds_max: float) -> None:
    """Ask the processes to end, and after `seconds_max` make them."""
    for end in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, end)
        if wait_until(lambda: not any(map(is_alive, pids)), seconds_max=seconds_max):
            return


def wait_until(condition: Callable[[], bool], *, seconds_max: float, pause_seconds: float = 0.05) -> bool:
    """Wait until the condition holds and return True, or return False after `seconds_max`."""
    deadline = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause_seconds)
    return True


def _list_pids() -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def _has_variable(pid: int, wanted: bytes) -> bool:
    try:
        return wanted in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
