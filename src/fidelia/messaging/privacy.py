"""A person's own data in messaging: what was sent to them and when; erased, only that a message was sent remains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import Message, State

TABLES = ("messaging_message",)


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return every message to a person (every id of `ids_of`), with the inputs it was made from."""
    messages = Message.objects.filter(customer_id__in=list(customer_ids)).order_by("queued_at", "id")
    columns = ("version__template__key", "language", "channel", "purpose", "state", "reason", "variables", "queued_at",
               "sent_at", "sent_to")  # fmt: skip
    return {"messages": list(messages.values(*columns))}


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Blank inputs and addresses inside the caller's transaction, and suppress what waits; return how many messages."""
    require_transaction()
    messages = Message.objects.filter(customer_id__in=list(customer_ids))
    messages.filter(state=State.QUEUED).update(state=State.SUPPRESSED, reason="customer_gone")
    return {
        "messaging_message": messages.update(variables={}, sealed="", sent_to="", address="", detail="", updated_at=at)
    }
