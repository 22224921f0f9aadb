"""Which cards work, and what a till is told of one that does not. Read by the verbs as well."""

from __future__ import annotations

from datetime import datetime

from fidelia.customers.queries import normalise_identity
from fidelia.kernel.errors import Invalid

from ..errors import CardBlocked, CardExpired, CardLost, CardNotGiven, CardNotUsable, CardReplaced
from ..models import Card

State = Card.State
WORKING = (State.PROVISIONAL, State.ACTIVE)
_REFUSALS: dict[str, tuple[type[CardNotUsable], str]] = {
    State.LOST: (CardLost, "This card was reported lost."),
    State.REPLACED: (CardReplaced, "This card was replaced by another."),
    State.BLOCKED: (CardBlocked, "This card is blocked."),
    State.EXPIRED: (CardExpired, "This card has expired."),
}


def check_usable(card: Card, at: datetime) -> None:
    """Raise what a till is told of a card that works no more, or was never given: the reason with it."""
    state = state_of(card, at)
    if state in _REFUSALS:
        kind, sentence = _REFUSALS[state]
        raise kind(sentence, pointer="/member", state=state, reason=card.reason)
    if state == State.ISSUED:
        raise CardNotGiven("This card is with nobody yet.", pointer="/member", state=state)


def state_of(card: Card, at: datetime) -> str:
    """Return the state of a card at an instant: its time is over at `expires_at`, whether or not that is written down
    yet (`expire_cards`).
    """
    is_over = card.state in WORKING and card.expires_at is not None and card.expires_at <= at
    return State.EXPIRED if is_over else card.state


def normalise_number(text: str) -> str:
    """Return what a number would be kept as; what no number can be comes out as a text that no card has."""
    try:
        return normalise_identity("card", text[:200])
    except Invalid:
        return ""
