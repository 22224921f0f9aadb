"""The frozen allocation of a sale, and what of it came back: all that a reversal reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from fidelia.kernel.db import read_jsonb
from fidelia.rules import GENESIS
from fidelia.rules.pricing import FrozenBill, Returned

from ...errors import NotASale, WrongCheckoutState
from ...models import DecisionRecord, Purchase, PurchaseClaim, PurchaseLine
from ..deciding import ChainHead
from ..locking import lock_sale
from .reading import waiting_in_time

# In the order in which they were decided: those of the purchase's own chain come before a claim, a member's after it.
# What a file gave back has no part of the bill in its decision; its lines say how much of each came back.
_RETURNED = """
select coalesce(decision.record->'values'->'returned', (
    select jsonb_agg(jsonb_build_array(line.returns_line_number - 1, -line.quantity, null) order by line.line_number)
    from activity_line line where line.purchase_id = back.purchase_id and line.returns_purchase_id = %(sale)s))
from (select distinct purchase_id from activity_line where returns_purchase_id = %(sale)s) back
left join activity_decision decision
    on decision.purchase_id = back.purchase_id and decision.record->'values' ? 'returned'
order by decision.account_id = %(sale)s desc nulls last, decision.sequence nulls last, back.purchase_id
"""

_LOCK = "select state, purchase_id from activity_checkout where checkout_id = %s for update"
_TOUCH = """
update activity_checkout set revision = revision + 1, changed_xid = pg_current_xact_id() where checkout_id = %s
"""


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale under its lock: what was frozen, what came back, and the head of the chain that the next return follows.

    `is_chained` tells a member's chain from the one that an anonymous purchase is for itself.
    """

    purchase: Purchase
    bill: FrozenBill
    lines: Sequence[PurchaseLine]
    returned: tuple[Returned, ...]
    head: ChainHead
    is_chained: bool


def lock_closed(sale: Purchase) -> None:
    """Lock the checkout that a sale is, as a call on the checkout would. Raises WrongCheckoutState, CheckoutBusy."""
    with waiting_in_time(), connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [f"{settings.CHECKOUT_WAIT_MS}ms"])
        cursor.execute(_LOCK, [sale.checkout_id])
        state, purchase_id = cursor.fetchone()
        if (state, purchase_id) != ("closed", sale.purchase_id):
            raise WrongCheckoutState("The checkout of this purchase was undone.", state=state)
        cursor.execute(_TOUCH, [sale.checkout_id])


def read_sold(purchase: Purchase) -> Sold:
    """Lock a sale of a checkout and read its frozen allocation. Raises NotASale."""
    if purchase.kind != Purchase.Kind.SALE:
        raise NotASale("This is a return; only a sale can be returned.")
    head = lock_sale(purchase)
    own = DecisionRecord.objects.filter(purchase_id=purchase.purchase_id)
    records = [record for record in own.values_list("record", flat=True) if "bill" in record]
    assert len(records) == 1, "a closure froze its bill once"
    return Sold(
        purchase=purchase,
        bill=_claimed(FrozenBill.from_mapping(records[0]["bill"]), purchase),
        lines=list(PurchaseLine.objects.filter(purchase_id=purchase.purchase_id).order_by("line_number")),
        returned=_returned(purchase.purchase_id),
        head=head or _own_head(purchase.purchase_id),
        is_chained=head is not None,
    )


def _claimed(bill: FrozenBill, purchase: Purchase) -> FrozenBill:
    """An anonymous purchase that a member claimed gave points by its claim; to nobody it gave none."""
    if purchase.account_id is not None:
        claim = PurchaseClaim.objects.filter(purchase_id=purchase.purchase_id).first()
        if claim is None:
            return bill
        points: list[int] = claim.line_points
    else:
        points = [0] * len(bill.lines)
    lines = [replace(line, points=own, points_by_rule=()) for line, own in zip(bill.lines, points, strict=True)]
    return replace(bill, lines=tuple(lines), unassigned=0, tier_credit=0, credits=())


def _returned(purchase_id: UUID) -> tuple[Returned, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_RETURNED, {"sale": purchase_id})
        rows: list[Any] = [row for (rows,) in cursor.fetchall() for row in read_jsonb(rows)]
    return tuple([Returned(line, quantity, amount) for line, quantity, amount in rows])


def _own_head(purchase_id: UUID) -> ChainHead:
    last = DecisionRecord.objects.filter(account_id=purchase_id).order_by("-sequence").first()
    if last is None:
        return ChainHead(purchase_id, 0, GENESIS)
    return ChainHead(purchase_id, last.sequence, bytes(last.hash))
