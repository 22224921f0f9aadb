"""A person's judged purchases: give them out, erase them. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import ShadowPurchase

TABLES = ("shadow_purchase",)


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return what was judged of a person's purchases while another vendor granted their points."""
    found = ShadowPurchase.objects.filter(customer_id__in=list(customer_ids)).order_by("occurred_at")
    return {"judged_purchases": [dict(row) for row in found.values("receipt_number", "occurred_at", "total", "points")]}


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Erase a person's judged purchases inside the caller's transaction: nothing was granted by them."""
    require_transaction()
    return {"shadow_purchase": ShadowPurchase.objects.filter(customer_id__in=list(customer_ids)).delete()[0]}
