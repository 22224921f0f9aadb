"""What comes back to a till: a sale found by its receipt, goods of it, or all of it where it should not have been."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.views.decorators.http import require_POST

from fidelia.activity.models import Purchase
from fidelia.activity.operations import ReturnedLine, ReturnRequest, record_return, refund_of
from fidelia.activity.operations.checkouts import CheckoutCall, cancel_checkout
from fidelia.activity.queries import get_purchase, list_lines
from fidelia.activity.queries.checkouts import get_checkout_by_id
from fidelia.kernel import clock
from fidelia.kernel.errors import Invalid

from ..pages import ConsoleRequest
from .answers import Answer, answers, read_question
from .places import store_of
from .questions import source_of
from .requests import BackLine


class ReasonMissing(Invalid):
    """A closed sale is cancelled with a reason: it is kept for who checks the till."""

    default_code = "reason_missing"


class TillReturn(msgspec.Struct):
    """What is brought back of one purchase, under a key and a receipt number of its own."""

    key: str
    receipt: str
    store: str
    till: str
    purchase_id: UUID
    occurred_at: datetime
    lines: list[BackLine]


class TillCancellation(msgspec.Struct):
    """A closed sale that should not have been, and why; under a key and a receipt number of its own."""

    key: str
    receipt: str
    store: str
    till: str
    purchase_id: UUID
    occurred_at: datetime
    reason: str


@require_POST
@answers
def give_back(request: ConsoleRequest) -> Answer:
    """Take goods back by line and quantity; their points by what was frozen with the purchase."""
    back, at = read_question(request, TillReturn), clock.now()
    store_of(request.actor, back.store)
    asked = ReturnRequest(
        idempotency_key=back.key,
        receipt_number=back.receipt,
        occurred_at=back.occurred_at,
        purchase_id=back.purchase_id,
        lines=tuple(ReturnedLine(line.line_number, line.quantity) for line in back.lines),
        store=back.store,
    )
    recorded = record_return(by=request.actor, at=at, request=asked, source=source_of(back.store, back.till))
    return told_of_return(get_purchase(by=request.actor, purchase_id=recorded.purchase_id).purchase)


@require_POST
@answers
def cancel(request: ConsoleRequest) -> Answer:
    """End a closed sale as if it had not been: money, points, coupons and cards go back to where they came from.

    A sale that was recorded as it was charged off line has given and taken nothing but points: all of it comes back.
    """
    asked, by, at = read_question(request, TillCancellation), request.actor, clock.now()
    store_of(by, asked.store)
    if not asked.reason.strip():
        raise ReasonMissing("Say why the sale is cancelled.", pointer="/reason")
    sale = get_purchase(by=by, purchase_id=asked.purchase_id).purchase
    if sale.checkout_id is None:
        back = ReturnRequest(
            asked.key, asked.receipt, asked.occurred_at, purchase_id=sale.purchase_id, reason=asked.reason.strip()[:200]
        )  # fmt: skip
        made = record_return(by=by, at=at, request=back, source=source_of(asked.store, asked.till))
        return told_of_return(get_purchase(by=by, purchase_id=made.purchase_id).purchase)
    checkout = get_checkout_by_id(by=by, checkout_id=sale.checkout_id)
    call = CheckoutCall(
        idempotency_key=asked.key,
        step="cancel",
        source=checkout["source"],
        number=checkout["number"],
        receipt_number=asked.receipt,
        occurred_at=asked.occurred_at,
        reason=asked.reason.strip()[:200],
    )
    cancel_checkout(by=by, at=at, call=call)
    undone = sale.returns.filter(receipt_number=asked.receipt).first()
    # Where all of it had come back before, there is nothing left to give back.
    return told_of_return(undone) if undone is not None else {"receipt": "", "total": 0, "money": 0, "points": 0}


def told_of_return(returned: Purchase) -> Answer:
    """Return what the cashier is told: the money to give back, and the points taken back, both of the return's row."""
    return {
        "receipt": returned.receipt_number,
        "total": returned.total,
        "money": refund_of(returned),
        "points": returned.points,
    }


def sale_found(sale: Purchase) -> Answer:
    """Return a sale as it is brought back: each line with what is left of it."""
    returns = list(sale.returns.values_list("purchase_id", flat=True))
    lines = list_lines([sale.purchase_id, *returns])
    back: dict[int, int] = {}
    for one in (line for key in returns for line in lines.get(key, [])):
        if one.returns_line_number is not None:
            back[one.returns_line_number] = back.get(one.returns_line_number, 0) - one.quantity
    return {
        "purchase_id": str(sale.purchase_id),
        "receipt": sale.receipt_number,
        "customer_id": str(sale.customer_id) if sale.customer_id is not None else None,
        "occurred_at": sale.occurred_at.isoformat(),
        "total": sale.total,
        "lines": [_line(line, back) for line in lines.get(sale.purchase_id, [])],
    }


def _line(line: Any, back: dict[int, int]) -> Answer:
    return {
        "line_number": line.line_number,
        "name": line.description or line.product_code,
        "quantity": line.quantity,
        "left": line.quantity - back.get(line.line_number, 0),
        "net": line.net,
    }
