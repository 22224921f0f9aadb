"""Which purchases of a person stand: those of which something is left after all returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

_KEPT = """
select sale.purchase_id, sale.occurred_at, sale.total + coalesce((
    select sum(back.total) from activity_purchase back where back.returns_purchase_id = sale.purchase_id), 0) as left
from activity_purchase sale
where sale.kind = 'sale' and (sale.customer_id = any(%(customers)s) or sale.purchase_id in (
        select claim.purchase_id from activity_claim claim where claim.customer_id = any(%(customers)s)))
    and sale.programme_id = %(programme)s and sale.occurred_at >= %(since)s
order by sale.occurred_at, sale.purchase_id limit %(limit)s
"""
_ANY = """
select exists (
    select from activity_purchase sale where sale.customer_id = any(%(customers)s) and sale.kind || '' = 'sale'
    and sale.occurred_at < %(before)s)
"""
LIMIT_MAX = 1_000


def list_kept_purchases(
    *, customer_ids: Sequence[UUID], programme_id: UUID, since: datetime, least: int = 0
) -> list[tuple[UUID, datetime, int]]:
    """Return (purchase, moment, money left of it) of what a person bought from a moment on and kept, in its order.

    Of `least` and more in minor units, and always of more than nothing; claimed purchases count, cancelled ones not.
    """
    values: dict[str, Any] = {
        "customers": list(customer_ids),
        "programme": programme_id,
        "since": since,
        "limit": LIMIT_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, values)
        rows = cursor.fetchall()
    return [(purchase_id, at, left) for purchase_id, at, left in rows if left > 0 and left >= least]


def has_bought_before(*, customer_ids: Sequence[UUID], before: datetime) -> bool:
    """Tell whether a person had bought anything, with any programme, before a moment."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY, {"customers": list(customer_ids), "before": before})
        return bool(cursor.fetchone()[0])
