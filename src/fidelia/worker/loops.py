"""Running several loops in one process, each in a thread, until a signal says stop or one of them fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

Loop = Callable[[threading.Event], None]
LOOK_SECONDS = 0.5
STOP_SECONDS_MAX = 35.0
logger = logging.getLogger(__name__)


def run_loops(loops: Sequence[Loop], stop: threading.Event) -> bool:
    """Run the loops until `stop` is set; return False when one of them failed or did not come to its end.

    A loop runs until the event is set. One that ends before that has failed, and the process with it: who started
    the process starts it anew, with nothing half alive in it.
    """
    failures: list[str] = []
    threads = [threading.Thread(target=_run, args=(loop, stop, failures), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    while not stop.wait(LOOK_SECONDS):
        pass
    for thread in threads:
        thread.join(STOP_SECONDS_MAX)
    return not failures and not any(thread.is_alive() for thread in threads)


def _run(loop: Loop, stop: threading.Event, failures: list[str]) -> None:
    try:
        loop(stop)
    except Exception:
        logger.exception("The loop %s failed", loop.__name__)
        failures.append(loop.__name__)
    if not stop.is_set():
        failures.append(loop.__name__)
        stop.set()
