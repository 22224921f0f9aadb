"""The audit row, the announcement and the row of a card that comes into another state: written together."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.outbox import announce

from ..events import CardChanged
from ..models import Card


def scope_of(card: Card) -> Scope:
    """The part of the network that a card concerns."""
    return Scope(card.partner_id, card.store_id)


def audit(
    by: Actor, at: datetime, verb: str, object_id: UUID, *, scope: Scope, before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None, noun: str = "card",
) -> None:  # fmt: skip
    """Record who did it; never the number, which names a person."""
    record_audit(
        by=by, at=at, verb=verb, object_type=noun, object_id=object_id, before=before, after=after, scope=scope
    )


def change_state(card: Card, state: str, *, by: Actor, at: datetime, verb: str, reason: str = "") -> None:
    """Building block: bring a locked card into a state, write it, and tell it."""
    before, card.state, card.reason, card.changed_at = card.state, state, " ".join(reason.split())[:300], at
    card.save()
    audit(
        by, at, verb, card.id, scope=scope_of(card), before={"state": before},
        after={"state": state, "reason": card.reason},
    )  # fmt: skip
    announce(
        CardChanged(
            occurred_at=at, customer_id=card.customer_id, card_id=card.id, programme_id=card.programme_id,
            from_state=before, to_state=state,
        )
    )  # fmt: skip
