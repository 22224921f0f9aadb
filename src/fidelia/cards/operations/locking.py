"""The row of one card, locked: two tills that act upon one card act one after the other."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction

from ..errors import UnknownCard
from ..models import Card
from ..queries.usable import WORKING, State, check_usable, normalise_number, state_of
from .audit import scope_of

__all__ = ["WORKING", "State", "check_usable", "locked_card", "state_of"]


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
