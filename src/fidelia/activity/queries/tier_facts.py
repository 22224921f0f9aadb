"""What tiers by money spent or by the number of purchases are measured by; programme asks by the composition root."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

# Each purchase once, whoever it was recorded for: a claim gives it to its member. Of a return, when what comes back was
# bought, and whether it is the one by which nothing of the purchase is left.
_PURCHASES = """
with own as (
    select purchase_id, enrolment_id from activity_purchase
    where customer_id = any(%(customers)s) and enrolment_id = any(%(enrolments)s)
    union
    select purchase_id, enrolment_id from activity_claim
    where customer_id = any(%(customers)s) and enrolment_id = any(%(enrolments)s)
), dated as (
    select own.enrolment_id, purchase.occurred_at, purchase.total, purchase.returns_purchase_id is not null as is_back,
        purchase.kind, sold.occurred_at as sold_at, sold.total as sold_total,
        sum(purchase.total) over (
            partition by purchase.returns_purchase_id order by purchase.occurred_at, purchase.purchase_id) as back
    from own join activity_purchase purchase using (purchase_id)
    left join activity_purchase sold on sold.purchase_id = purchase.returns_purchase_id
)
select enrolment_id, occurred_at, total, sold_at, kind = 'sale',
    is_back and back + sold_total <= 0 and back - total + sold_total > 0
from dated order by enrolment_id, occurred_at
"""


def list_purchase_facts(
    customer_ids: Sequence[UUID], enrolment_ids: Sequence[UUID], metric: str
) -> dict[UUID, list[tuple[datetime, int, datetime | None]]]:
    """Return the dated facts of each membership: money "spent" in minor units, or "purchases" counted.

    What a return takes back un-does its purchase of then; a purchase is no longer one when nothing of it is left.
    """
    facts: dict[UUID, list[tuple[datetime, int, datetime | None]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_PURCHASES, {"customers": list(customer_ids), "enrolments": list(enrolment_ids)})
        for enrolment_id, occurred_at, total, sold_at, is_sale, is_all_back in cursor.fetchall():
            if metric == "spent" and total:
                facts[enrolment_id].append((occurred_at, total, sold_at))
            elif metric == "purchases" and (is_sale or is_all_back):
                facts[enrolment_id].append((occurred_at, 1 if is_sale else -1, sold_at))
    return facts
