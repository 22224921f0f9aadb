"""A person's own cards: give them out, erase them. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import Card

TABLES = ("cards_card",)


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return the cards a person was given, with what became of each."""
    found = Card.objects.filter(customer_id__in=list(customer_ids)).order_by("made_at", "id")
    return {"cards": [dict(row) for row in found.values("number", "state", "given_at", "expires_at", "reason")]}


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Take a person out inside the caller's transaction: the cards work no more, and name nobody."""
    require_transaction()
    found = Card.objects.filter(customer_id__in=list(customer_ids))
    found.filter(state__in=["active", "provisional", "lost"]).update(state=Card.State.BLOCKED, changed_at=at)
    return {"cards_card": found.update(customer_id=None, reason="")}
