"""/checkouts: a basket is evaluated, opened, updated, closed, given back, cancelled and opened again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fidelia.activity.operations.checkouts import (
    CheckoutCall,
    CheckoutOutcome,
    Evaluation,
    GivenBack,
    ReturnedItem,
    cancel_checkout,
    close_checkout,
    evaluate_checkout,
    reading_of_basket,
    reading_of_call,
    reopen_checkout,
    return_from_checkout,
    update_checkout,
)
from fidelia.activity.operations.checkouts.requests import Step
from fidelia.activity.queries import list_lines
from fidelia.activity.queries.checkouts import get_checkout, list_checkouts
from fidelia.kernel import clock
from fidelia.kernel.changes import read_mark
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import parse_scaled

from .answers import answer
from .baskets import asked_basket, currency_of, lead_to_basket, minor
from .bodies import parse_json
from .cursors import page_of, read_cursor, read_since, write_mark
from .evaluations import evaluation_fields
from .exchange import Exchange, Prepared, exchange_of
from .idempotency import check_key, idempotency_key
from .plain_baskets import read_plain_evaluation
from .plain_purchases import OddBody
from .rendering import checkout_fields, refund_fields
from .schemas.activity import purchase_fields
from .schemas.checkout_answers import CheckoutOut, CheckoutPage, CheckoutReturnOut, EvaluationOut
from .schemas.checkouts import (
    CheckoutIn,
    CheckoutNumber,
    CheckoutQuery,
    CheckoutReturnIn,
    ClosureIn,
    EvaluationIn,
    ReopeningIn,
    SourceQuery,
    UndoIn,
)
from .schemas.shadow import JudgedOut
from .shadow_checkouts import closure_in_shadow, currency_in_shadow, live, return_in_shadow
from .spending import proof_of

router = Router(tags=["checkouts"])
evaluations = Router(tags=["checkouts"])
CHECKOUTS = "checkouts"
QUANTITY_SCALE = 3
UNDOING = ("purchase.record", "purchase.return")


@evaluations.post("", response=EvaluationOut, summary="Evaluate a basket", operation_id="evaluate_checkout")
def evaluate(request: HttpRequest, body: EvaluationIn) -> HttpResponse:
    """What closing this basket would come to, now or at another moment, by the rules in force or by drafts. Nothing is
    written. Needs purchase.record; to try drafts, programme.see.
    """
    exchange, asked = exchange_of(request), asked_evaluation(body)
    return _answered_evaluation(evaluate_checkout(by=exchange.by, at=exchange.at, asked=asked))


def prepare_evaluation(raw: bytes, _key: str) -> Prepared:
    """Prepare the evaluation of a basket for the straight road."""
    try:
        asked = read_plain_evaluation(raw)
    except OddBody:
        asked = asked_evaluation(EvaluationIn.model_validate(parse_json(raw)))

    def serve(exchange: Exchange, found: str) -> HttpResponse:
        return _answered_evaluation(evaluate_checkout(by=exchange.by, at=exchange.at, asked=asked, found=found))

    reading = reading_of_basket(asked.basket, clock.now(), by_other_rules=asked.tries_other_rules)
    return Prepared(reading, serve)


def asked_evaluation(body: EvaluationIn) -> Evaluation:
    return Evaluation(basket=asked_basket(body), explain=body.explain, version=body.version, drafts=tuple(body.drafts))


def _answered_evaluation(found: dict[str, Any]) -> HttpResponse:
    return answer(evaluation_fields(found, found["programme_id"]))


@router.put("/{number}", response=CheckoutOut, summary="Open or update a checkout", operation_id="update_checkout")
def update(
    request: HttpRequest, number: Path[CheckoutNumber], body: CheckoutIn, asked: Query[SourceQuery]
) -> HttpResponse:
    """The whole basket each time, under an id of your own. What it needs of coupons, gift cards and gifts is reserved
    for a while. Needs purchase.record.
    """
    exchange = exchange_of(request)
    call = CheckoutCall(
        idempotency_key=idempotency_key(request),
        step="update",
        source=asked.source or exchange.stream,
        number=number,
        basket=asked_basket(body),
        expected_total=body.expected_total,
        revision=body.revision,
        explain=body.explain,
    )
    by = live(exchange.by, "purchase.record")
    return _answered(update_checkout(by=by, at=exchange.at, call=call), 200)


@router.get("", response=CheckoutPage, summary="List checkouts", operation_id="list_checkouts")
def list_(request: HttpRequest, asked: Query[CheckoutQuery]) -> HttpResponse:
    """The last opened first. Needs purchase.see."""
    by, since = exchange_of(request).by, read_since(asked.updated_since)
    until = read_mark() if since is not None else None
    rows = list_checkouts(
        by=by,
        state=asked.state,
        source=asked.source,
        updated_since=since,
        updated_until=until,
        after=read_cursor(CHECKOUTS, asked.after, datetime.fromisoformat, UUID),
        limit=asked.limit + 1,
    )
    page, next_ = page_of(CHECKOUTS, rows, asked.limit, lambda row: (row["opened_at"], row["checkout_id"]))
    data = [checkout_fields(row) for row in page]
    return answer({"data": data, "next": next_, "updated_until": write_mark(until) if until else None})


@router.get("/{number}", response=CheckoutOut, summary="One checkout", operation_id="get_checkout")
def get(request: HttpRequest, number: Path[CheckoutNumber], asked: Query[SourceQuery]) -> HttpResponse:
    """With what its basket comes to, and why. Needs purchase.see."""
    exchange = exchange_of(request)
    found = get_checkout(by=exchange.by, source=asked.source or exchange.stream, number=number)
    return answer(checkout_fields(found))


@router.post(
    "/{number}/closure", response={201: CheckoutOut, 202: JudgedOut}, summary="Close it", operation_id="close_checkout"
)
def close(
    request: HttpRequest, number: Path[CheckoutNumber], body: ClosureIn, asked: Query[SourceQuery]
) -> HttpResponse:
    """It is a purchase from now on: points are posted, coupons, gift cards and gifts taken. Needs purchase.record.

    A key that has purchase.shadow instead judges its basket while a programme is in shadow (202).
    """
    exchange = exchange_of(request)
    call = _closure(idempotency_key(request), asked.source or exchange.stream, number, body)
    return _close(exchange, replace(call, proof=proof_of(exchange, body.confirmation)), None)


def _close(exchange: Exchange, call: CheckoutCall, found: str | None) -> HttpResponse:
    judged = closure_in_shadow(exchange, call)
    if judged is not None:
        return judged
    by = live(exchange.by, "purchase.record")
    found = found if by is exchange.by else None
    try:
        return _answered(close_checkout(by=by, at=exchange.at, call=call, found=found))
    except FideliaError as error:
        lead_to_basket(error, call.basket, call.occurred_at)
        raise


def prepare_closure(number: str, body: Any, key: str) -> Prepared:
    """Prepare the closure of a checkout for the straight road, in the stream of the key that asks."""
    read = ClosureIn.model_validate(body)
    asked = _closure(check_key(key), "", number, read)

    def serve(exchange: Exchange, found: str) -> HttpResponse:
        call = replace(asked, source=exchange.stream, proof=proof_of(exchange, read.confirmation))
        return _close(exchange, call, found)

    return Prepared(reading_of_call(asked, clock.now()), serve, names_object=True)


def _closure(key: str, source: str, number: str, body: ClosureIn) -> CheckoutCall:
    return CheckoutCall(
        idempotency_key=key,
        step="close",
        source=source,
        number=number,
        basket=None if body.basket is None else asked_basket(body.basket, "/basket"),
        expected_total=body.expected_total,
        revision=body.revision,
        receipt_number=body.receipt_number,
        occurred_at=body.occurred_at,
        explain=body.explain,
    )


@router.post(
    "/{number}/returns",
    response={201: CheckoutReturnOut, 202: JudgedOut},
    summary="Give goods back",
    operation_id="return_from_checkout",
)
def give_back(
    request: HttpRequest, number: Path[CheckoutNumber], body: CheckoutReturnIn, asked: Query[SourceQuery]
) -> HttpResponse:
    """By line and quantity, by line and amount, or by an amount over all of it: as it was frozen when it was closed.
    Needs purchase.return.
    """
    exchange = exchange_of(request)
    source = asked.source or exchange.stream
    has_amount = body.amount is not None or any(line.amount is not None for line in body.lines)
    currency = (currency_in_shadow(exchange.by) or currency_of(exchange.by, source, number)) if has_amount else None
    given = GivenBack(
        lines=tuple(_item(line, currency, f"/lines/{i}") for i, line in enumerate(body.lines)),
        amount=minor(body.amount, currency, "/amount"),
    )
    call = CheckoutCall(
        idempotency_key=idempotency_key(request),
        step="return",
        source=source,
        number=number,
        receipt_number=body.receipt_number,
        occurred_at=body.occurred_at,
        given=(given.amount, *((item.line_number, item.quantity, item.amount) for item in given.lines)),
    )
    judged = return_in_shadow(exchange, call, given)
    if judged is not None:
        return judged
    by = live(exchange.by, "purchase.return")
    done = return_from_checkout(by=by, at=exchange.at, call=call, given=given)
    return _answered_return(done)


def _item(line: Any, currency: str | None, pointer: str) -> ReturnedItem:
    quantity = None if line.quantity is None else parse_scaled(line.quantity, QUANTITY_SCALE)
    return ReturnedItem(line.line_number, quantity, minor(line.amount, currency, f"{pointer}/amount"))


@router.post("/{number}/cancellation", response={201: CheckoutOut}, summary="Cancel it", operation_id="cancel_checkout")
def cancel(request: HttpRequest, number: Path[CheckoutNumber], body: UndoIn, asked: Query[SourceQuery]) -> HttpResponse:
    """What it reserved is free again; of a closed one all is undone, coupons too. Needs purchase.record, and
    purchase.return where it was closed.
    """
    exchange = exchange_of(request)
    said = {"revision": body.revision, "occurred_at": body.occurred_at, "reason": body.reason}
    call = _call(request, "cancel", number, asked.source, **said)
    return _answered(cancel_checkout(by=live(exchange.by, *UNDOING), at=exchange.at, call=call))


@router.post(
    "/{number}/reopening", response={201: CheckoutOut}, summary="Open it again", operation_id="reopen_checkout"
)
def reopen(
    request: HttpRequest, number: Path[CheckoutNumber], body: ReopeningIn, asked: Query[SourceQuery]
) -> HttpResponse:
    """A cancelled one, or one closed not long ago, of which nothing came back. Needs purchase.record, and
    purchase.return where it was closed.
    """
    exchange = exchange_of(request)
    basket = None if body.basket is None else asked_basket(body.basket, "/basket")
    call = _call(request, "reopen", number, asked.source, revision=body.revision, basket=basket)
    try:
        return _answered(reopen_checkout(by=live(exchange.by, *UNDOING), at=exchange.at, call=call))
    except FideliaError as error:
        lead_to_basket(error, call.basket, call.occurred_at)
        raise


def _call(request: HttpRequest, step: Step, number: str, source: str | None, **more: Any) -> CheckoutCall:
    return CheckoutCall(
        idempotency_key=idempotency_key(request),
        step=step,
        source=source or exchange_of(request).stream,
        number=number,
        **more,
    )


def _answered(done: CheckoutOutcome, status: int = 201) -> HttpResponse:
    balance = done.made.balance_after if done.made is not None else None
    fields = checkout_fields(done.checkout, balance_after=balance)
    return answer(fields, status, replayed=done.is_replay)


def _answered_return(done: CheckoutOutcome) -> HttpResponse:
    returned = done.made
    lines = done.lines if done.lines is not None else list_lines([returned.purchase_id])[returned.purchase_id]
    fields = {"refund": refund_fields(returned), "purchase": purchase_fields(returned, lines)}
    return answer(fields, 201, replayed=done.is_replay)
