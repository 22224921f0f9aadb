"""The key that asks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from .types import Output, shown


class KeyOut(Output):
    """What a key is and may do; null is the whole network."""

    model_config = shown(
        {
            "id": "019a5c1e-1000-7000-8000-000000000002",
            "name": "Lyon tills",
            "mode": "live",
            "rights": ["customer.see", "purchase.record"],
            "partner_id": None,
            "store_id": None,
            "limit_per_minute": 600,
            "remaining": 599,
            "as_of": "2026-03-02T09:30:00Z",
        }
    )
    id: UUID
    name: str
    mode: Literal["live", "test"]
    rights: list[str]
    partner_id: UUID | None
    store_id: UUID | None
    limit_per_minute: int
    remaining: int
    as_of: datetime
