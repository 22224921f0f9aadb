"""A person's own data in persons: what they asked about their data; the fact that they asked stays as proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import RightsRequest

TABLES = ("persons_request",)


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return every request of a person (every id of `ids_of`)."""
    found = RightsRequest.objects.filter(customer_id__in=list(customer_ids)).order_by("asked_at")
    columns = ("kind", "state", "note", "asked_at", "due_on", "answered_at", "answer")
    return {"requests": [dict(row) for row in found.values(*columns)]}


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Blank what was written inside the caller's transaction: that it was asked, and answered, is proof."""
    require_transaction()
    found = RightsRequest.objects.filter(customer_id__in=list(customer_ids))
    return {"persons_request": found.update(note="", answer="")}
