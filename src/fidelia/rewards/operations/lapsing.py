"""Vouchers that ended unused, in whole or in part: written down once, and told with what was left."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import announce_all

from ..events import VoucherLapsed
from .audit import audit

_LAPSE = """
with due as (
    select id, programme_id from rewards_voucher
    where valid_until <= %(at)s and lapsed_at is null and revoked_at is null
    order by valid_until, id limit %(limit)s for no key update skip locked
)
update rewards_voucher voucher set lapsed_at = %(at)s
from due left join rewards_counter counter on counter.programme_id = due.programme_id
    and counter.subject = 'voucher:' || due.id and counter.scope_id = rewards_anybody()
    and counter.starts_on = rewards_no_period()
where voucher.id = due.id
returning voucher.id, voucher.programme_id, voucher.customer_id, voucher.currency, voucher.source_type,
    voucher.valid_until, voucher.amount - coalesce(counter.taken, 0)
"""


def lapse_vouchers(*, by: Actor, at: datetime, limit: int = 1_000) -> int:
    """Write down which vouchers have ended, at most so many; return how many. What has ended pays nothing anyway.

    What comes back of a purchase afterwards is not told again. Raises Denied (voucher.expire).
    """
    by.require("voucher.expire")
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute(_LAPSE, {"at": at, "limit": limit})
        ended = cursor.fetchall()
        unused = [row for row in ended if row[-1] > 0]
        announce_all([_lapsed(row) for row in unused])
        sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
        for _id, programme_id, _customer, currency, _source, _until, left in unused:
            sums[programme_id, currency][0] += 1
            sums[programme_id, currency][1] += left
        for (programme_id, currency), (count, left) in sorted(sums.items(), key=str):
            after = {"amount": Money(left, currency), "vouchers": count, "reason": "expired"}
            audit(by, at, "voucher.expire", programme_id, after=after)
    return len(ended)


def _lapsed(row: tuple[Any, ...]) -> VoucherLapsed:
    voucher_id, programme_id, customer_id, currency, source, until, left = row
    return VoucherLapsed(
        occurred_at=until, customer_id=customer_id, voucher_id=voucher_id, programme_id=programme_id, amount=left,
        currency=currency, reason="expired", source=source,
    )  # fmt: skip
