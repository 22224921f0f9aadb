"""What a decision needs to know of what is scarce, by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import prepared_cursor, read_jsonb

_READ = "select rewards_for_rules(%s::uuid, %s::uuid, %s::uuid, %s::uuid, %s::text[], %s::text[], %s::timestamptz)"


def read_for_rules(
    *,
    programme_id: UUID,
    at: datetime,
    customer_id: UUID | None = None,
    store_id: UUID | None = None,
    checkout_id: UUID | None = None,
    codes: Sequence[str] = (),
    gift_cards: Sequence[str] = (),
) -> dict[str, Any]:
    """Return {"codes", "gift_cards", "stock", "limits"} as `rewards_for_rules` (sql/reading.sql) tells them.

    Codes are normalised. What `checkout_id` has reserved counts as free.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_READ, [programme_id, customer_id, store_id, checkout_id, list(codes), list(gift_cards), at])
        found: dict[str, Any] = read_jsonb(cursor.fetchone()[0])
    return found
