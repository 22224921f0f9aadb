"""Give points back that a purchase was paid with: into lots that end when those ended from which they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from fidelia.ledger.operations import EarnPart, PostingResult, earn_parts
from fidelia.programme.queries import get_programme_by_id

from ...models import Purchase
from ..purchases import Caller, provenance_of
from .closing import spend_key
from .writing import CheckoutPurchaseRow

# What was taken first ends first; what comes back is what was taken last, so that the member loses none of its life.
_TAKEN = """
select -entry.amount, lot.expires_at, lot.unit_cost, lot.funding, lot.partner_id, lot.rule_version_id
from ledger_posting posting
join ledger_entry entry on entry.account_id = posting.account_id and entry.occurred_at = posting.occurred_at
    and entry.posting_id = posting.posting_id and entry.code = 'member'
join ledger_lot lot on lot.account_id = entry.account_id and lot.lot_id = entry.lot_id
where posting.account_id = %s and posting.idem_key = %s
order by entry.seq desc
"""


def give_points_back(
    caller: Caller, returned: CheckoutPurchaseRow, sale: Purchase, *, before: int, now: int
) -> PostingResult | None:
    """Building block: post that `now` of the points paid come back, after `before` did; None where none do."""
    if now <= 0 or sale.account_id is None or sale.programme_id is None:
        return None
    parts = _parts(sale, before, now)
    return earn_parts(
        by=caller.by,
        at=caller.at,
        account_id=sale.account_id,
        currency=get_programme_by_id(sale.programme_id).points_currency.code,
        parts=parts,
        key=f"purchase:{returned.purchase_id}:back",
        **provenance_of(returned),
    )


def _parts(sale: Purchase, before: int, now: int) -> list[EarnPart]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [sale.account_id, spend_key(sale.purchase_id)])
        taken = [_part(row) for row in cursor.fetchall()]
    parts = []
    for part in taken:
        skipped = min(before, part.amount)
        given = min(now, part.amount - skipped)
        before, now = before - skipped, now - given
        if given:
            parts.append(replace(part, amount=given))
    assert now == 0, "no more comes back than was paid"
    return parts


def _part(row: Sequence[Any]) -> EarnPart:
    amount, expires_at, unit_cost, funding, partner_id, version_id = row
    return EarnPart(
        amount=amount,
        expires_at=expires_at,
        rule_version_id=version_id,
        partner_id=partner_id,
        funding=funding,
        unit_cost=unit_cost,
    )
