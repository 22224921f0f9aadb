"""A person's own data in insight: give it out, erase it. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import RfmScore

TABLES = ("insight_rfm",)
FACTS = ("last_sale_at", "recency_days", "frequency", "amount", "segment")


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return what insight holds of a person: the scores of the last refresh."""
    return {"rfm": list(RfmScore.objects.filter(customer_id__in=list(customer_ids)).values(*FACTS))}


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Erase a person inside the caller's transaction; exported facts hold ids only, and all go with the next export."""
    require_transaction()
    return {"insight_rfm": RfmScore.objects.filter(customer_id__in=list(customer_ids)).delete()[0]}
