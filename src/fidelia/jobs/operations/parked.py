"""Retry and dismiss parked events, with right and audit; the outbox does the work."""

from __future__ import annotations

from datetime import datetime

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Reaction, parking
from fidelia.kernel.outbox.parking import Retried


def retry_parked(*, by: Actor, at: datetime, reaction: Reaction, event_id: int) -> Retried:
    """Serve a parked event again, and then those of its customer that wait behind it, in order, until one fails.

    A failure is told in the result and kept with the event. Raises Denied, NotParked, ParkedBehindAnother, and
    Unavailable when what the reaction needs does not answer.
    """
    by.require("event.retry")
    with transaction_of_use_case():
        retried = parking.retry_parked(reaction=reaction, event_id=event_id, by=Actor.system(reaction.name), at=at)
        _audit(by, at, "event.retry", reaction=reaction, event_id=event_id, retried=retried)
    return retried


def dismiss_parked(*, by: Actor, at: datetime, reaction: Reaction, event_id: int) -> Retried:
    """Give a parked event up for good, and serve those of its customer that wait behind it.

    Raises Denied, NotParked, ParkedBehindAnother, Unavailable.
    """
    by.require("event.dismiss")
    with transaction_of_use_case():
        retried = parking.dismiss_parked(reaction=reaction, event_id=event_id, by=Actor.system(reaction.name), at=at)
        _audit(by, at, "event.dismiss", reaction=reaction, event_id=event_id, retried=retried)
    return retried


def _audit(by: Actor, at: datetime, verb: str, *, reaction: Reaction, event_id: int, retried: Retried) -> None:
    record_audit(
        by=by, at=at, verb=verb, object_type="event", object_id=event_id,
        after={"reaction": reaction.name, "served": list(retried.served), "failed": retried.reason is not None},
    )  # fmt: skip
