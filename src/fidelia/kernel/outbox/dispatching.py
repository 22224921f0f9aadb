"""Dispatch: serve each reaction its next batch, in one transaction with the move of its cursor.

The cursor is the job: it is locked while its batch is served, so two dispatchers never serve the same events, and a
crash undoes the effects together with the move. Nothing is sent on the way (docs/adr/0003).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..actor import Actor
from ..db import transaction_of_use_case
from ..models import OutboxCursor
from .event import Reaction
from .parking import REASON_LENGTH_MAX, TRY_AGAIN_LATER, park_waiting, serve_singly
from .reading import Batch, create_cursors, lock_cursor, look, move_cursor, read_batch

BATCH_MAX = 1_000
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one reaction did: events served, events parked, and what it waits for if something does not answer."""

    reaction: str
    served: int = 0
    parked: int = 0
    waiting_for: str = ""


def dispatch_once(
    reactions: Sequence[Reaction], *, by_of: Callable[[Reaction], Actor], at: datetime, limit: int = BATCH_MAX
) -> list[Dispatched]:
    """Serve one batch of about `limit` events to each reaction that is behind and that no other dispatcher serves.

    Returns what each of them did; an empty list says that there is nothing to do. A reaction that raises Unavailable
    keeps its place and is tried again; for any other exception the batch is served one by one, and what fails is
    parked. Raises OutboxFromAnotherCluster.
    """
    create_cursors(reactions)
    outlook = look(reactions)
    results = [
        dispatch_to(reaction, horizon=outlook.horizon, by=by_of(reaction), at=at, limit=limit)
        for reaction in outlook.behind
    ]
    return [result for result in results if result is not None]


def dispatch_to(
    reaction: Reaction, *, horizon: str, by: Actor, at: datetime, limit: int = BATCH_MAX
) -> Dispatched | None:
    """Serve one batch to one reaction; None when another dispatcher holds it or nothing is left."""
    try:
        try:
            return _serve(reaction, _serve_together, horizon=horizon, by=by, at=at, limit=limit)
        except TRY_AGAIN_LATER:
            raise
        except Exception:
            logger.exception("%s failed on a batch; its events are served one by one", reaction.name)
            return _serve(reaction, _serve_singly, horizon=horizon, by=by, at=at, limit=limit)
    except TRY_AGAIN_LATER as refusal:
        return _wait(reaction, refusal, at)


def _serve(
    reaction: Reaction, serve: Callable[..., int], *, horizon: str, by: Actor, at: datetime, limit: int
) -> Dispatched | None:
    with transaction_of_use_case():
        start = lock_cursor(reaction.name)
        batch = read_batch(reaction, start, horizon=horizon, limit=limit) if start is not None else None
        if batch is None:
            return None
        parked = serve(reaction, batch, by=by, at=at)
        move_cursor(reaction, batch.end, at=at)
    return Dispatched(reaction.name, served=len(batch.events) - parked, parked=parked)


def _serve_together(reaction: Reaction, batch: Batch, *, by: Actor, at: datetime) -> int:
    events = park_waiting(reaction, batch.events, at=at) if batch.may_hold_waiting else batch.events
    if events:
        reaction(events, by=by, at=at)
    return len(batch.events) - len(events)


def _serve_singly(reaction: Reaction, batch: Batch, *, by: Actor, at: datetime) -> int:
    return serve_singly(reaction, batch.events, by=by, at=at)


def _wait(reaction: Reaction, refusal: Exception, at: datetime) -> Dispatched:
    """Keep for people why the reaction does not come on; its next batch clears it."""
    reason = f"{type(refusal).__name__}: {refusal}"[:REASON_LENGTH_MAX]
    cursor = OutboxCursor.objects.filter(reaction=reaction.name)
    cursor.filter(waiting_since__isnull=True).update(waiting_since=at)
    cursor.update(waiting_for=reason)
    logger.warning("%s waits: %s", reaction.name, reason)
    return Dispatched(reaction.name, waiting_for=reason)
