"""A person's own data in campaigns: give it out, erase it. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import CampaignMember

TABLES = ("campaigns_member",)


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return the campaigns a person was drawn into, and the arm."""
    rows = CampaignMember.objects.filter(customer_id__in=list(customer_ids)).order_by("assigned_at")
    return {"campaigns": [dict(row) for row in rows.values("campaign__key", "arm", "assigned_at")]}


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Erase a person from all draws inside the caller's transaction; results keep the counts they had."""
    require_transaction()
    return {"campaigns_member": CampaignMember.objects.filter(customer_id__in=list(customer_ids)).delete()[0]}
