"""/returns and /lone-returns: goods that came back, named by the receipt of their sale, or by nothing."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.activity.operations import (
    ReturnedLine,
    ReturnRequest,
    SoldReceipt,
    record_lone_return,
    record_return,
)
from fidelia.kernel.money import parse_scaled

from .activity import answer_recorded, asked_purchase
from .exchange import exchange_of
from .idempotency import idempotency_key
from .sandbox import check_sandbox_purchase
from .schemas.activity import PurchaseOut, ReturnIn
from .schemas.returns import LoneReturnIn, ReturnOfReceiptIn

of_purchases = Router(tags=["purchases"])
returns = Router(tags=["purchases"])
lone_returns = Router(tags=["purchases"])


@of_purchases.post(
    "/{uuid:purchase_id}/returns", response={201: PurchaseOut}, summary="Record a return", operation_id="record_return"
)
def give_back(request: HttpRequest, purchase_id: UUID, body: ReturnIn) -> HttpResponse:
    """What each line gave is taken back in proportion, whatever the rules say today. Needs purchase.return."""
    exchange, key = exchange_of(request), idempotency_key(request)
    check_sandbox_purchase(exchange.by, purchase_id)
    asked = asked_return(body, key, purchase_id=purchase_id)
    source = body.source or exchange.stream
    return answer_recorded(record_return(by=exchange.by, at=exchange.at, request=asked, source=source))


@returns.post(
    "", response={201: PurchaseOut}, summary="Record a return by its receipt", operation_id="record_return_of_receipt"
)
def give_back_by_receipt(request: HttpRequest, body: ReturnOfReceiptIn) -> HttpResponse:
    """For a till that knows the receipt of the sale and not its id. Brought to another store of the same partner, it
    needs purchase.return there; which store bears it, the programme says.
    """
    exchange, key = exchange_of(request), idempotency_key(request)
    source = body.source or exchange.stream
    recorded = record_return(by=exchange.by, at=exchange.at, request=asked_return(body, key), source=source)
    return answer_recorded(recorded)


@lone_returns.post(
    "", response={201: PurchaseOut}, summary="Record a return without receipt", operation_id="record_lone_return"
)
def give_back_alone(request: HttpRequest, body: LoneReturnIn) -> HttpResponse:
    """A member gives back what the rules in force at the return's own date would give for it, never as a first
    purchase. Needs purchase.return.
    """
    exchange, key = exchange_of(request), idempotency_key(request)
    source = body.source or exchange.stream
    asked = asked_purchase(body, key)
    return answer_recorded(record_lone_return(by=exchange.by, at=exchange.at, request=asked, source=source))


def asked_return(body: ReturnIn, key: str, *, purchase_id: UUID | None = None) -> ReturnRequest:
    """Return what a body asks to take back, of a purchase or of the receipt that it names."""
    sold = body.sold if isinstance(body, ReturnOfReceiptIn) else None
    return ReturnRequest(
        idempotency_key=key,
        receipt_number=body.receipt_number,
        occurred_at=body.occurred_at,
        purchase_id=purchase_id,
        lines=tuple(
            ReturnedLine(line.line_number, None if line.quantity is None else parse_scaled(line.quantity, 3))
            for line in body.lines
        ),
        store=body.store,
        sold=SoldReceipt(sold.receipt_number, sold.source) if sold is not None else None,
    )
