"""A person's own data in activity: give it out, erase it. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import Purchase, PurchaseClaim

TABLES = ("activity_purchase", "activity_claim")
COLUMNS = ("kind", "receipt_number", "channel", "currency", "total", "points", "occurred_at")


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return what a person bought and gave back, and what they claimed; amounts in minor units."""
    ids = list(customer_ids)
    bought = Purchase.objects.filter(customer_id__in=ids).order_by("occurred_at", "purchase_id")
    claims = PurchaseClaim.objects.filter(customer_id__in=ids).order_by("claimed_at", "purchase_id")
    return {
        "purchases": list(bought.values(*COLUMNS)),
        "claims": list(claims.values("purchase__receipt_number", "purchase__total", "points", "claimed_at")),
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Erase nothing: purchases say nothing of who bought but an id, of which no name is left once customers erase.

    What was sold, and the points that it moved, stay, so that amounts keep adding up.
    """
    require_transaction()
    return dict.fromkeys(TABLES, 0)
