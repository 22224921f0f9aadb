"""Serving the outbox: the loop that hands announced events to the reactions of the map, batch by batch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.kernel.outbox import Reaction

# Polling, not NOTIFY: a NOTIFY takes one lock of the whole database at commit, and announcing is in every purchase.
# An idle look is one statement that writes nothing.
IDLE_SECONDS = 0.25
PAUSE_SECONDS_MIN = 2.0
PAUSE_SECONDS_MAX = 60.0
logger = logging.getLogger(__name__)


def run_dispatcher(stop: threading.Event) -> None:
    """Serve the reactions of `fidelia.flow` until `stop` is set; the batch under way comes to its end.

    A database that does not answer is waited for. Several processes may run this: they share the reactions.
    """
    from fidelia.flow import REACTIONS

    serve_until(stop, REACTIONS)


def serve_until(stop: threading.Event, reactions: Sequence[Reaction]) -> None:
    """Serve these reactions until `stop` is set."""
    from django.db import DatabaseError, InterfaceError, connection

    from fidelia.kernel.outbox.reading import OutboxFromAnotherCluster

    pauses, trouble = Pauses(), Pause()
    try:
        while not stop.is_set():
            try:
                idle = not _serve_once(reactions, pauses)
                trouble = Pause()
                stop.wait(IDLE_SECONDS if idle else 0)
            except (DatabaseError, InterfaceError, OutboxFromAnotherCluster) as failure:
                trouble = trouble.longer(now())
                logger.error("The dispatcher waits %.0f s for the database: %s", trouble.seconds, failure)
                connection.close()
                stop.wait(trouble.seconds)
    finally:
        connection.close()


def _serve_once(reactions: Sequence[Reaction], pauses: Pauses) -> bool:
    """Serve one batch to each reaction that is behind and not pausing; return whether there was any."""
    from fidelia.kernel.outbox.dispatching import dispatch_once

    at = now()
    ready = [reaction for reaction in reactions if pauses.is_over(reaction.name, at)]
    results = dispatch_once(ready, by_of=_actor_of, at=at) if ready else []
    for result in results:
        pauses.note(result.reaction, waits=bool(result.waiting_for), at=at)
        if result.parked:
            logger.warning("%s: %d events parked", result.reaction, result.parked)
        logger.debug("%s: %d events served", result.reaction, result.served)
    return any(not result.waiting_for for result in results)


def _actor_of(reaction: Reaction) -> Actor:
    return Actor.system(reaction.name)


class Pause:
    """How long to leave something alone that does not answer: twice as long each time, up to a minute."""

    def __init__(self, seconds: float = 0.0, until: datetime | None = None) -> None:
        self.seconds = seconds
        self.until = until

    def longer(self, at: datetime) -> Pause:
        seconds = min(max(PAUSE_SECONDS_MIN, 2 * self.seconds), PAUSE_SECONDS_MAX)
        return Pause(seconds, at + timedelta(seconds=seconds))


class Pauses:
    """The pauses of reactions, by name."""

    def __init__(self) -> None:
        self._by_reaction: dict[str, Pause] = {}

    def is_over(self, reaction: str, at: datetime) -> bool:
        until = self._by_reaction.get(reaction, Pause()).until
        return until is None or at >= until

    def note(self, reaction: str, *, waits: bool, at: datetime) -> None:
        if waits:
            self._by_reaction[reaction] = self._by_reaction.get(reaction, Pause()).longer(at)
        else:
            self._by_reaction.pop(reaction, None)
