"""/purchases: what customers did, and what they were given for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    Recorded,
    reading_of,
    record_purchase,
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
from fidelia.shadow.operations import judge_purchase
from fidelia.shadow.queries import after_cut_over, is_in_shadow, is_of_a_shadow

from .answers import answer, language_of
from .bodies import parse_json
from .cursors import page_of, read_cursor, read_since, write_mark
from .errors import located
from .exchange import Exchange, Prepared, exchange_of
from .idempotency import check_key, idempotency_key
from .plain_purchases import OddBody, read_plain_purchase
from .schemas.activity import (
    LineIn,
    PurchaseIn,
    PurchaseOut,
    PurchasePage,
    PurchaseQuery,
    purchase_fields,
    purchase_out,
)
from .schemas.decisions import DecisionOut, decision_out
from .schemas.shadow import JudgedOut, judged_out

router = Router(tags=["purchases"])
PURCHASES = "purchases"


@router.post(
    "", response={201: PurchaseOut, 202: JudgedOut}, summary="Record a purchase", operation_id="record_purchase"
)
def record(request: HttpRequest, body: PurchaseIn) -> HttpResponse:
    """The rules in force when it occurred decide, and the points are granted at once. Needs purchase.record.

    A key that has purchase.shadow instead judges it and grants nothing while the programme is in shadow (202)."""
    exchange, key = exchange_of(request), idempotency_key(request)
    asked, source = asked_purchase(body, key), body.source or exchange.stream
    return record_or_judge(exchange, asked, source)


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


def prepare_purchase(raw: bytes, key: str) -> Prepared:
    """Prepare the recording of a purchase for the straight road."""
    check_key(key)
    try:
        asked, named = read_plain_purchase(raw, key)
    except OddBody:
        read = PurchaseIn.model_validate(parse_json(raw))
        asked, named = asked_purchase(read, key), read.source

    def serve(exchange: Exchange, found: str) -> HttpResponse:
        return record_or_judge(exchange, asked, named or exchange.stream, found)

    return Prepared(reading_of(asked), serve)


def record_or_judge(exchange: Exchange, asked: PurchaseRequest, source: str, found: str | None = None) -> HttpResponse:
    """Record a purchase; where the key is one of a shadow, judge it instead until the cut-over."""
    by = exchange.by
    if is_of_a_shadow(by, "purchase.record"):
        if is_in_shadow(asked.programme):
            judged = judge_purchase(by=by, at=exchange.at, request=asked, source=source)
            return answer(judged_out(judged.purchase), 202, replayed=judged.is_replay)
        by, found = after_cut_over(by, asked.programme), None
    return answer_recorded(record_purchase(by=by, at=exchange.at, request=asked, source=source, found=found))


def answer_recorded(recorded: Recorded) -> HttpResponse:
    """Answer with what was recorded, and whether it was before."""
    if recorded.purchase is not None:
        return answer(purchase_fields(recorded.purchase, recorded.lines), 201)
    return answer(recorded_out(recorded), 201, replayed=recorded.is_replay)


def recorded_out(recorded: Recorded) -> PurchaseOut:
    """Return what was recorded; what was recorded before is read."""
    if recorded.purchase is not None:
        return purchase_out(recorded.purchase, recorded.lines)
    detail = get_recorded(recorded.purchase_id)
    return purchase_out(detail.purchase, detail.lines)


def asked_purchase(body: PurchaseIn, key: str) -> PurchaseRequest:
    """Return what a body asks to record. Raises what its amounts and identities are refused for, with their place."""
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
        identity=identity_of(member.identity) if member and member.identity else None,
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
    try:
        return Money.parse(text, currency).minor
    except FideliaError as error:  # `located` costs more than the parsing
        error.pointer = error.pointer or pointer
        raise


def identity_of(text: str) -> tuple[str, str]:
    """Return scheme and value of an identity as it is kept."""
    scheme, _colon, value = text.partition(":")
    return scheme, normalise_identity(scheme, value, pointer="/member/identity")
