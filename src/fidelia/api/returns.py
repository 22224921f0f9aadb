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
from fidelia.shadow.operations import judge_lone_return, judge_return
from fidelia.shadow.queries import after_cut_over, is_in_shadow, is_of_a_shadow

from .activity import answer_recorded, asked_purchase
from .answers import answer
from .exchange import Exchange, exchange_of
from .idempotency import idempotency_key
from .sandbox import check_sandbox_purchase
from .schemas.activity import PurchaseOut, ReturnIn
from .schemas.returns import LoneReturnIn, ReturnOfReceiptIn
from .schemas.shadow import JudgedOut, judged_out

of_purchases = Router(tags=["purchases"])
returns = Router(tags=["purchases"])
lone_returns = Router(tags=["purchases"])


@of_purchases.post(
    "/{uuid:purchase_id}/returns",
    response={201: PurchaseOut, 202: JudgedOut},
    summary="Record a return",
    operation_id="record_return",
)
def give_back(request: HttpRequest, purchase_id: UUID, body: ReturnIn) -> HttpResponse:
    """What each line gave is taken back in proportion, whatever the rules say today. Needs purchase.return.

    A key that has purchase.shadow instead judges it while a programme is in shadow (202)."""
    exchange, key = exchange_of(request), idempotency_key(request)
    asked = asked_return(body, key, purchase_id=purchase_id)
    return _give_back_or_judge(exchange, asked, body.source or exchange.stream)


@returns.post(
    "",
    response={201: PurchaseOut, 202: JudgedOut},
    summary="Record a return by its receipt",
    operation_id="record_return_of_receipt",
)
def give_back_by_receipt(request: HttpRequest, body: ReturnOfReceiptIn) -> HttpResponse:
    """For a till that knows the receipt of the sale and not its id. Brought to another store of the same partner, it
    needs purchase.return there; which store bears it, the programme says.
    """
    exchange, key = exchange_of(request), idempotency_key(request)
    return _give_back_or_judge(exchange, asked_return(body, key), body.source or exchange.stream)


def _give_back_or_judge(exchange: Exchange, asked: ReturnRequest, source: str) -> HttpResponse:
    """Record a return; where the key is one of a shadow, judge it instead until the cut-over."""
    by = exchange.by
    if is_of_a_shadow(by, "purchase.return"):
        if is_in_shadow(None):
            judged = judge_return(by=by, at=exchange.at, request=asked, source=source)
            return answer(judged_out(judged.purchase), 202, replayed=judged.is_replay)
        by = after_cut_over(by, None, "purchase.return")
    if asked.purchase_id is not None:
        check_sandbox_purchase(by, asked.purchase_id)
    return answer_recorded(record_return(by=by, at=exchange.at, request=asked, source=source))


@lone_returns.post(
    "",
    response={201: PurchaseOut, 202: JudgedOut},
    summary="Record a return without receipt",
    operation_id="record_lone_return",
)
def give_back_alone(request: HttpRequest, body: LoneReturnIn) -> HttpResponse:
    """A member gives back what the rules in force at the return's own date would give for it, never as a first
    purchase. Needs purchase.return.

    A key that has purchase.shadow instead judges it while a programme is in shadow (202).
    """
    exchange, key = exchange_of(request), idempotency_key(request)
    source = body.source or exchange.stream
    asked, by = asked_purchase(body, key), exchange.by
    if is_of_a_shadow(by, "purchase.return"):
        if is_in_shadow(asked.programme):
            judged = judge_lone_return(by=by, at=exchange.at, request=asked, source=source)
            return answer(judged_out(judged.purchase), 202, replayed=judged.is_replay)
        by = after_cut_over(by, asked.programme, "purchase.return")
    return answer_recorded(record_lone_return(by=by, at=exchange.at, request=asked, source=source))


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
