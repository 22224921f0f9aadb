"""/checkouts/…/exchange: goods come back and others are taken, in one go: both are recorded, or neither."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fidelia.activity.operations import (
    Exchanged,
    ReturnedLine,
    ReturnRequest,
    SoldReceipt,
    exchange_goods,
    rehearse_exchange,
)
from fidelia.activity.operations.checkouts import CheckoutCall, Evaluation
from fidelia.activity.queries import list_lines
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import exponent_of, format_scaled, parse_scaled

from .answers import answer
from .baskets import asked_basket, lead_to_basket
from .evaluations import Fields, evaluation_fields
from .exchange import exchange_of
from .idempotency import idempotency_key
from .rendering import checkout_fields, refund_fields
from .schemas.activity import purchase_fields
from .schemas.checkout_answers import ExchangeEvaluationOut, ExchangeOut
from .schemas.checkouts import BackIn, BasketIn, CheckoutNumber, ExchangeEvaluationIn, ExchangeIn, SourceQuery
from .shadow_checkouts import live
from .spending import proof_of

of_checkouts = Router(tags=["checkouts"])
evaluations = Router(tags=["checkouts"])
NEEDED = ("purchase.return", "purchase.record")
QUANTITY_SCALE = 3


@evaluations.post("", response=ExchangeEvaluationOut, summary="Try an exchange", operation_id="evaluate_exchange")
def evaluate(request: HttpRequest, body: ExchangeEvaluationIn) -> HttpResponse:
    """What comes back frees points, uses and budgets, so that the basket may come to another total than alone. Nothing
    stays written. Needs purchase.return and purchase.record.
    """
    exchange = exchange_of(request)
    by, basket = live(exchange.by, *NEEDED), asked_basket(body.basket, "/basket")
    back = _back(body.back, body.basket, "", exchange.stream, basket.occurred_at or exchange.at)
    asked = Evaluation(basket=basket, explain=body.explain)
    try:
        refund, said = rehearse_exchange(by=by, at=exchange.at, back=back, asked=asked)
    except FideliaError as error:
        lead_to_basket(error, basket)
        raise
    fields = {
        **_settled(said["due"], refund, said["currency"]),
        "refund": format_scaled(refund, exponent_of(said["currency"])),
        "evaluation": evaluation_fields(said, said["programme_id"]),
    }
    return answer(fields)


@of_checkouts.post(
    "/{number}/exchange", response={201: ExchangeOut}, summary="Exchange goods", operation_id="exchange_goods"
)
def exchange(
    request: HttpRequest, number: Path[CheckoutNumber], body: ExchangeIn, asked: Query[SourceQuery]
) -> HttpResponse:
    """Goods of an earlier sale come back, and the checkout with what is taken instead is closed: on one receipt, in one
    transaction, the return first. Needs purchase.return and purchase.record.
    """
    exchange = exchange_of(request)
    by, source = live(exchange.by, *NEEDED), asked.source or exchange.stream
    basket = None if body.basket is None else asked_basket(body.basket, "/basket")
    call = CheckoutCall(
        idempotency_key=idempotency_key(request),
        step="close",
        source=source,
        number=number,
        basket=basket,
        expected_total=body.expected_total,
        revision=body.revision,
        receipt_number=body.receipt_number,
        occurred_at=body.occurred_at,
        explain=body.explain,
        proof=proof_of(exchange, body.confirmation),
    )
    moment = body.occurred_at or (basket.occurred_at if basket is not None else None) or exchange.at
    back = _back(body.back, body.basket, body.receipt_number or number, source, moment)
    try:
        done = exchange_goods(by=by, at=exchange.at, back=back, call=call)
    except FideliaError as error:
        lead_to_basket(error, basket, call.occurred_at)
        raise
    return answer(_fields(done), 201, replayed=done.closed.is_replay)


def _back(asked: BackIn, basket: BasketIn | None, receipt_number: str, source: str, moment: datetime) -> ReturnRequest:
    sold = asked.sold
    return ReturnRequest(
        idempotency_key="",  # that of the exchange
        receipt_number=receipt_number,
        occurred_at=moment,
        purchase_id=asked.purchase_id,
        lines=tuple(
            ReturnedLine(
                line.line_number, None if line.quantity is None else parse_scaled(line.quantity, QUANTITY_SCALE)
            )
            for line in asked.lines
        ),
        store=asked.store or (basket.store if basket is not None else None),
        sold=None if sold is None else SoldReceipt(sold.receipt_number, sold.source or source),
    )


def _fields(done: Exchanged) -> Fields:
    """Return the fields of an ExchangeOut, in its order."""
    checkout, returned = done.closed.checkout, done.returned
    lines = list_lines([returned.purchase_id])[returned.purchase_id]
    balance = done.closed.made.balance_after if done.closed.made is not None else None
    return {
        **_settled(checkout["evaluation"]["due"], done.refund, checkout["currency"]),
        "returned": {"refund": refund_fields(returned), "purchase": purchase_fields(returned, lines)},
        "checkout": checkout_fields(checkout, balance_after=balance),
    }


def _settled(due: int, refund: int, currency: str) -> Fields:
    difference, exponent = due - refund, exponent_of(currency)
    return {
        "to_pay": format_scaled(max(difference, 0), exponent),
        "to_give_back": format_scaled(max(-difference, 0), exponent),
    }
