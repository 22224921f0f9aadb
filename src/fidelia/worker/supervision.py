"""Keeping the processes of an installation alive: `fidelia run`.

Each child runs in its own session, so that Ctrl-C reaches the supervisor alone and everything stops in its order. A
child that ends is started again, each time after a longer pause; one that does not stay alive is given up, and then
everything stops, because a half installation that looks whole is worse than none.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fidelia.worker.processes import MARK

Say = Callable[[str], None]
FAILURES_MAX = 5
PAUSE_SECONDS = 1.0  # doubled at each failure
STAYED_ALIVE_SECONDS = 60.0
STOP_SECONDS_MAX = 40.0
LOOK_SECONDS = 0.25


@dataclass(slots=True)
class Child:
    """One process: how to start it, and how often in a row it has not stayed alive."""

    name: str
    command: list[str]
    environ: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    start_again_at: float = 0.0

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(self.command, env=self.environ, start_new_session=True)
        self.started_at = time.monotonic()

    def note_end(self, code: int, say: Say) -> bool:
        """Take note that the process ended; return False when it is given up."""
        end_session(self.process)
        self.process = None
        if time.monotonic() - self.started_at > STAYED_ALIVE_SECONDS:
            self.failures = 0
        self.failures += 1
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        if self.failures > FAILURES_MAX:
            say(f"`fidelia {self.name}` {how}, for the {self.failures}th time in a row; it is given up.")
            return False
        pause = PAUSE_SECONDS * 2 ** (self.failures - 1)
        say(f"`fidelia {self.name}` {how}; it is started again in {pause:.0f} s.")
        self.start_again_at = time.monotonic() + pause
        return True


def command_of(verb: str) -> list[str]:
    """Return the command that runs a verb with the Python we run on."""
    return [sys.executable, "-m", "fidelia.worker", verb]


def marked_environ(home: Path, mark: str) -> dict[str, str]:
    """Return the environment of the children: they carry a mark by which `fidelia stop` finds each of them."""
    return os.environ | {"FIDELIA_HOME": str(home), MARK: mark, "PYTHONUNBUFFERED": "1"}


def keep_alive(children: list[Child], stop: threading.Event, look: Callable[[], None], say: Say) -> bool:
    """Start the children and keep them alive until `stop` is set; return False when one was given up.

    `look` is called at each round: it looks after what is not a child of ours.
    """
    for child in children:
        child.start()
    while not stop.wait(LOOK_SECONDS):
        look()
        if not all(_look_after(child, say) for child in children):
            return False
    return True


def _look_after(child: Child, say: Say) -> bool:
    if child.process is None:
        if time.monotonic() >= child.start_again_at:
            child.start()
        return True
    code = child.process.poll()
    return code is None or child.note_end(code, say)


def stop_in_order(children: list[Child], say: Say) -> None:
    """Stop the children one after the other: the doors first, then the work behind them."""
    for child in children:
        if child.process is not None:
            child.process.terminate()
            try:
                child.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                say(f"`fidelia {child.name}` does not end; it is made to.")
            end_session(child.process)


def end_session(process: subprocess.Popen[bytes] | None) -> None:
    """End what is left of a child's session: a web server that was killed leaves its workers at the door."""
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
