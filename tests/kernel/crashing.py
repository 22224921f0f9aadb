"""What the killed processes of the crash tests run."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from datetime import datetime

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced, Reaction
from tests.kernel.serving import WRITE_DOWN, LampLit, dispatch, write_down


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve_and_hang() -> None:
    """Write the effects of a batch and never commit."""

    def hang(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        write_down(events, by=by, at=at)
        say("effects are written, nothing is committed")
        threading.Event().wait()

    hanging = Reaction(hang, on=[LampLit])
    hanging.name = WRITE_DOWN.name
    dispatch(hanging)


def serve_until_killed() -> None:
    """Dispatch in small batches, a line on standard output after each."""
    while True:
        dispatch(limit=50)
        say("a batch is committed")
