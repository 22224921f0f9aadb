"""The row of one card, locked: two tills that act upon one card act one after the other."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction

from ..errors import (
    CardBlocked,
    CardExpired,
    CardLost,
    CardNotGiven,
    CardNotUsable,
    CardReplaced,
    UnknownCard,
)
from ..models import Card
from .audit import scope_of
from .numbers import normalise_number

State = Card.State
WORKING = (State.PROVISIONAL, State.ACTIVE)
_REFUSALS: dict[str, tuple[type[CardNotUsable], str]] = {
    State.LOST: (CardLost, "This card was reported lost."),
    State.REPLACED: (CardReplaced, "This card was replaced by another."),
    State.BLOCKED: (CardBlocked, "This card is blocked."),
    State.EXPIRED: (CardExpired, "This card has expired."),
}


def locked_card(by: Actor, card: UUID | str, right: str) -> Card:
    """Return a card by its id or its number, its row locked. Raises Denied, UnknownCard."""
    require_transaction()
    named = Q(pk=card) if isinstance(card, UUID) else Q(number=normalise_number(card))
    row = (
        Card.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme", "series")
        .filter(named, programme__is_sandbox=by.mode == "test")
        .first()
    )
    by.require(right, Scope() if row is None else scope_of(row))
    if row is None:
        raise UnknownCard("There is no card of this number.")
    return row


def check_usable(card: Card) -> None:
    """Raise what a till is told of a card that works no more, or was never given: the reason with it."""
    if card.state in _REFUSALS:
        kind, sentence = _REFUSALS[card.state]
        raise kind(sentence, pointer="/member", state=card.state, reason=card.reason)
    if card.state == State.ISSUED:
        raise CardNotGiven("This card is with nobody yet.", pointer="/member", state=card.state)
