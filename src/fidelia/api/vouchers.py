"""/vouchers and /stock: values in money with an owner, and pieces to give away."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.organisation.queries import get_store_by_code
from fidelia.rewards.operations import NewVoucher, add_stock, issue_voucher, revoke_voucher, set_pieces
from fidelia.rewards.queries import get_stock, get_voucher, list_stock, list_vouchers
from fidelia.rewards.queries.vouchers import VoucherRow

from .answers import answer
from .coupons import partner_of, programme_of
from .errors import located
from .exchange import exchange_of
from .gift_cards import money_of
from .idempotency import request_key
from .schemas.vouchers import (
    PiecesIn,
    StockIn,
    StockOut,
    StockPage,
    VoucherIn,
    VoucherOut,
    VoucherPage,
    VoucherQuery,
    stock_out,
    voucher_out,
)

vouchers = Router(tags=["rewards"])
stock = Router(tags=["rewards"])


@vouchers.post("", response={201: VoucherOut}, summary="Issue a voucher", operation_id="issue_voucher")
def issue(request: HttpRequest, body: VoucherIn) -> HttpResponse:
    """Needs voucher.issue; to name its owner, customer.see."""
    exchange, once = exchange_of(request), request_key(request)
    amount = money_of(body.amount, body.currency)
    with located("/minimum_basket"):
        smallest = money_of(body.minimum_basket, body.currency).minor
    owner = None if body.customer_id is None else get_customer(by=exchange.by, customer_id=body.customer_id).id
    asked = NewVoucher(
        amount=amount,
        name=body.name.text(),
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        customer_id=None if owner is None else ids_of(owner)[0],
        minimum_basket=smallest,
        is_divisible=body.is_divisible,
        purpose=body.purpose,
        code=body.code,
        partner_id=partner_of(exchange.by),
    )
    programme = programme_of(exchange.by, body.programme)
    try:
        made = issue_voucher(by=exchange.by, at=exchange.at, programme=programme, voucher=asked, once=once)
    except RequestRepeated as known:
        found = get_voucher(by=exchange.by.lent("voucher.see"), voucher_id=UUID(known.resource_id))
        return answer(voucher_out(found, exchange.at), 201, replayed=True)
    return answer(voucher_out(VoucherRow(made, 0), exchange.at), 201)


@vouchers.get("", response=VoucherPage, summary="The vouchers of a member", operation_id="list_vouchers")
def list_(request: HttpRequest, asked: Query[VoucherQuery]) -> HttpResponse:
    """The newest first. Needs voucher.see and customer.see."""
    exchange = exchange_of(request)
    customer = get_customer(by=exchange.by, customer_id=asked.customer_id)
    found = list_vouchers(by=exchange.by, customer_ids=ids_of(customer.id))
    return answer(VoucherPage(data=[voucher_out(one, exchange.at) for one in found], next=None))


@vouchers.get("/{uuid:voucher_id}", response=VoucherOut, summary="One voucher", operation_id="get_voucher")
def get(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Needs voucher.see."""
    exchange = exchange_of(request)
    return answer(voucher_out(get_voucher(by=exchange.by, voucher_id=voucher_id), exchange.at))


@vouchers.post(
    "/{uuid:voucher_id}/revocation",
    response={201: VoucherOut},
    summary="Take a voucher back",
    operation_id="revoke_voucher",
)
def revoke(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """One that nobody has used. Takes no body. Needs voucher.revoke."""
    exchange, once = exchange_of(request), request_key(request)
    lent = exchange.by.lent("voucher.see")
    found = get_voucher(by=lent, voucher_id=voucher_id)
    replayed = False
    try:
        revoke_voucher(by=exchange.by, at=exchange.at, voucher_id=found.voucher.id, once=once)
    except RequestRepeated:
        replayed = True
    return answer(voucher_out(get_voucher(by=lent, voucher_id=voucher_id), exchange.at), 201, replayed=replayed)


@stock.post("", response={201: StockOut}, summary="Open a stock", operation_id="add_stock")
def open_(request: HttpRequest, body: StockIn) -> HttpResponse:
    """Pieces to give away, in one store or in all. Needs stock.change."""
    exchange, once = exchange_of(request), request_key(request)
    store = None if body.store is None else get_store_by_code(code=body.store)
    try:
        made = add_stock(
            by=exchange.by,
            at=exchange.at,
            programme=programme_of(exchange.by, body.programme),
            key=body.key,
            name=body.name.text(),
            pieces=body.pieces,
            product_code=body.product,
            store_id=store.id if store else None,
            partner_id=store.partner_id if store else partner_of(exchange.by),
            once=once,
        )
    except RequestRepeated as known:
        return _answer(request, UUID(known.resource_id), 201, replayed=True)
    return _answer(request, made.id, 201)


@stock.get("", response=StockPage, summary="What there is to give away", operation_id="list_stock")
def list_all(request: HttpRequest) -> HttpResponse:
    """By key. Needs stock.see."""
    exchange = exchange_of(request)
    return answer(StockPage(data=[stock_out(one) for one in list_stock(by=exchange.by, at=exchange.at)], next=None))


@stock.patch("/{uuid:stock_id}", response=StockOut, summary="Say how many there are", operation_id="set_pieces")
def set_(request: HttpRequest, stock_id: UUID, body: PiecesIn) -> HttpResponse:
    """In all, those given included. Needs stock.change."""
    exchange, once = exchange_of(request), request_key(request)
    own = get_stock(by=exchange.by.lent("stock.see"), at=exchange.at, stock_id=stock_id).stock.id
    replayed = False
    try:
        set_pieces(by=exchange.by, at=exchange.at, stock_id=own, pieces=body.pieces, once=once)
    except RequestRepeated:
        replayed = True
    return _answer(request, stock_id, 200, replayed=replayed)


def _answer(request: HttpRequest, stock_id: UUID, status: int, *, replayed: bool = False) -> HttpResponse:
    exchange = exchange_of(request)
    found = get_stock(by=exchange.by.lent("stock.see"), at=exchange.at, stock_id=stock_id)
    return answer(stock_out(found), status, replayed=replayed)
