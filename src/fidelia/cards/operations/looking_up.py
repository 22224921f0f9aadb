"""Look up what a card number is, without letting anybody guess."""

from __future__ import annotations

from datetime import datetime, timedelta

from fidelia.access.operations import check_failures, count_failure
from fidelia.kernel.actor import Actor

from ..errors import UnknownCard
from ..models import Card
from ..queries.cards import find_card

GUESSES = 30
GUESSED_IN = timedelta(minutes=10)
_KIND = "card look-up"


def look_up_card(*, by: Actor, at: datetime, number: str, subject: str | None = None) -> Card:
    """Return the card of a number that somebody shows. Outside a transaction.

    After 30 unknown numbers within 10 minutes the one who asks (`subject`, by default the actor) waits, as guessing
    would make him. Raises Denied (card.see), UnknownCard, RateLimited.
    """
    if not by.may_somewhere("card.see"):
        by.require("card.see")
    guesser = subject or f"{by.kind}:{by.id}"
    check_failures(kind=_KIND, subject=guesser, limit=GUESSES, period=GUESSED_IN, at=at)
    try:
        return find_card(by=by, number=number)
    except UnknownCard:
        count_failure(kind=_KIND, subject=guesser, limit=GUESSES, period=GUESSED_IN, at=at)
        raise
