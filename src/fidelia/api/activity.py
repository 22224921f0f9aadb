"""/purchases: what customers did, and what they were given for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pydantic
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    Recorded,
    ReturnedLine,
    ReturnRequest,
    record_purchase,
    record_return,
)
from fidelia.activity.queries import (
    explain_purchase,
    get_decision,
    get_purchase,
    get_recorded,
    list_lines,
    list_purchases,
)
from fidelia.customers.queries import get_customer, ids_of, normalise_identity
from fidelia.kernel.actor import Actor
from fidelia.kernel.changes import read_mark
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money, exponent_of, parse_scaled

from .answers import answer, language_of
from .authentication import BearerKey
from .cursors import page_of, read_cursor, read_since, write_mark
from .errors import InvalidRequest, MalformedIdempotencyKey, located
from .exchange import Exchange, exchange_of
from .idempotency import idempotency_key
from .problems import problem_of
from .sandbox import check_sandbox_purchase
from .schemas.activity import (
    DecisionOut,
    LineIn,
    PurchaseBatchIn,
    PurchaseBatchOut,
    PurchaseIn,
    PurchaseOut,
    PurchasePage,
    PurchaseQuery,
    ReturnIn,
    RowOut,
    decision_out,
    purchase_out,
)
from .service import mistakes_of

router = Router(tags=["purchases"])
PURCHASES = "purchases"
BATCH_KEY_LENGTH_MAX = 250  # a row's own key is the batch's with /0 to /999 after it


@router.post("", response={201: PurchaseOut}, summary="Record a purchase", operation_id="record_purchase")
def record(request: HttpRequest, body: PurchaseIn) -> HttpResponse:
    """The rules in force when it occurred decide, and the points are granted at once. Needs purchase.record."""
    recorded = _record(exchange_of(request), body, idempotency_key(request))
    return _answer(recorded)


@router.post(
    "/batches",
    response=PurchaseBatchOut,
    summary="Record many purchases",
    operation_id="record_purchases",
    auth=BearerKey(counts_rows=True),
)
def record_many(request: HttpRequest, body: PurchaseBatchIn) -> HttpResponse:
    """Each row is recorded or refused by itself. Sent again with the same key, rows already recorded are replayed and
    the others tried again. Counts as many requests as it has rows. Needs purchase.record.
    """
    exchange, key = exchange_of(request), idempotency_key(request)
    if len(key) > BATCH_KEY_LENGTH_MAX:
        raise MalformedIdempotencyKey(f"The key of a batch has at most {BATCH_KEY_LENGTH_MAX} characters.")
    outcomes = [_try_row(exchange, row, f"{key}/{index}") for index, row in enumerate(body.purchases)]
    rows = [_row_out(index, outcome) for index, outcome in enumerate(outcomes)]
    replayed, refused = sum(row.replayed for row in rows), sum(row.problem is not None for row in rows)
    totals = {"recorded": len(rows) - replayed - refused, "replayed": replayed, "refused": refused}
    return answer(PurchaseBatchOut(rows=rows, **totals), replayed=replayed == len(rows))


@router.get("", response=PurchasePage, summary="List purchases", operation_id="list_purchases")
def list_(request: HttpRequest, asked: Query[PurchaseQuery]) -> HttpResponse:
    """Purchases and returns, the newest in the world first. Needs the right purchase.see."""
    by, since = exchange_of(request).by, read_since(asked.updated_since)
    until = read_mark() if since is not None else None
    rows = list_purchases(
        by=by,
        customer_ids=None if asked.customer_id is None else _ids_of(by, asked.customer_id),
        updated_since=since,
        updated_until=until,
        after=read_cursor(PURCHASES, asked.after, datetime.fromisoformat, UUID),
        limit=asked.limit + 1,
    )
    page, next_ = page_of(PURCHASES, rows, asked.limit, lambda row: (row.occurred_at, row.purchase_id))
    lines = list_lines(row.purchase_id for row in page)
    data = [purchase_out(row, lines.get(row.purchase_id, [])) for row in page]
    return answer(PurchasePage(data=data, next=next_, updated_until=write_mark(until) if until else None))


@router.get("/{uuid:purchase_id}", response=PurchaseOut, summary="One purchase", operation_id="get_purchase")
def get(request: HttpRequest, purchase_id: UUID) -> HttpResponse:
    """Or one return. Needs the right purchase.see."""
    detail = get_purchase(by=exchange_of(request).by, purchase_id=purchase_id)
    return answer(purchase_out(detail.purchase, detail.lines))


@router.post(
    "/{uuid:purchase_id}/returns", response={201: PurchaseOut}, summary="Record a return", operation_id="record_return"
)
def give_back(request: HttpRequest, purchase_id: UUID, body: ReturnIn) -> HttpResponse:
    """What each line gave is taken back in proportion, whatever the rules say today. Needs purchase.return."""
    exchange, key = exchange_of(request), idempotency_key(request)
    check_sandbox_purchase(exchange.by, purchase_id)
    lines = tuple(
        ReturnedLine(line.line_number, None if line.quantity is None else parse_scaled(line.quantity, 3))
        for line in body.lines
    )
    asked = ReturnRequest(
        idempotency_key=key,
        receipt_number=body.receipt_number,
        occurred_at=body.occurred_at,
        purchase_id=purchase_id,
        lines=lines,
    )
    source = body.source or f"key:{exchange.key_id}"
    return _answer(record_return(by=exchange.by, at=exchange.at, request=asked, source=source))


@router.get(
    "/{uuid:purchase_id}/decision", response=DecisionOut, summary="Why it gave its points", operation_id="get_decision"
)
def decision(request: HttpRequest, purchase_id: UUID) -> HttpResponse:
    """In French or English sentences (Accept-Language), and rule by rule. Needs decision.see and purchase.see."""
    detail = get_decision(by=exchange_of(request).by, purchase_id=purchase_id)
    language = language_of(request)
    response = answer(decision_out(detail, explain_purchase(detail, language), language))
    response["Content-Language"], response["Vary"] = language, "Accept-Language"
    return response


def _ids_of(by: Actor, customer_id: UUID) -> tuple[UUID, ...]:
    """Every id under which a customer the caller may see has bought. Raises Denied (customer.see), UnknownCustomer."""
    return ids_of(get_customer(by=by, customer_id=customer_id).id)


def _record(exchange: Exchange, body: PurchaseIn, key: str) -> Recorded:
    source = body.source or f"key:{exchange.key_id}"
    return record_purchase(by=exchange.by, at=exchange.at, request=_asked(body, key), source=source)


def _answer(recorded: Recorded) -> HttpResponse:
    return answer(_recorded_out(recorded), 201, replayed=recorded.is_replay)


def _recorded_out(recorded: Recorded) -> PurchaseOut:
    if recorded.purchase is not None:
        return purchase_out(recorded.purchase, recorded.lines)
    detail = get_recorded(recorded.purchase_id)
    return purchase_out(detail.purchase, detail.lines)


def _asked(body: PurchaseIn, key: str) -> PurchaseRequest:
    with located("/currency"):
        exponent_of(body.currency)
    member = body.member
    return PurchaseRequest(
        idempotency_key=key,
        receipt_number=body.receipt_number,
        occurred_at=body.occurred_at,
        currency=body.currency,
        lines=tuple(_line(line, body.currency, f"/lines/{i}") for i, line in enumerate(body.lines)),
        total=None if body.total is None else _minor(body.total, body.currency, "/total"),
        programme=body.programme,
        customer_id=member.customer_id if member else None,
        identity=_identity(member.identity) if member and member.identity else None,
        store=body.store,
        channel=body.channel,
    )


def _line(line: LineIn, currency: str, pointer: str) -> LineRequest:
    return LineRequest(
        product_code=line.product,
        quantity=parse_scaled(line.quantity, 3),
        net=_minor(line.net, currency, f"{pointer}/net"),
        description=line.description,
        category=line.category,
        brand=line.brand,
    )


def _minor(text: str, currency: str, pointer: str) -> int:
    with located(pointer):
        return Money.parse(text, currency).minor


def _identity(text: str) -> tuple[str, str]:
    scheme, _colon, value = text.partition(":")
    return scheme, normalise_identity(scheme, value, pointer="/member/identity")


def _try_row(exchange: Exchange, row: dict[str, Any], key: str) -> Recorded | FideliaError:
    try:
        return _record(exchange, PurchaseIn.model_validate(row), key)
    except pydantic.ValidationError as error:
        return InvalidRequest(mistakes_of((("body", "row", *found["loc"]), found["msg"]) for found in error.errors()))
    except FideliaError as error:
        return error


def _row_out(index: int, outcome: Recorded | FideliaError) -> RowOut:
    if isinstance(outcome, Recorded):
        purchase = _recorded_out(outcome)
        return RowOut(index=index, status=201, replayed=outcome.is_replay, purchase=purchase, problem=None)
    problem = _pointing_into(problem_of(outcome), f"/purchases/{index}")
    return RowOut(index=index, status=outcome.status, replayed=False, purchase=None, problem=problem)


def _pointing_into(problem: dict[str, Any], row: str) -> dict[str, Any]:
    """Lead the pointers of a problem, which begin at a row, from the whole body to it."""
    for one in (problem, *problem.get("errors", [])):
        if "pointer" in one:
            one["pointer"] = row + one["pointer"]
    return problem
