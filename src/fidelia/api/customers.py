"""/customers: the customer file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.customers.operations import NewCustomer, add_customer, record_consent, update_customer
from fidelia.customers.queries import (
    CustomerCard,
    CustomerFilters,
    custom_values_of_each_at,
    get_customer,
    get_customer_by_identity,
    get_customer_card,
    list_consents,
    search_customers,
)
from fidelia.kernel.actor import Actor
from fidelia.kernel.changes import read_mark
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.organisation.queries import get_store_by_code
from fidelia.persons.operations import merge_customers

from .answers import answer
from .cursors import page_of, read_cursor, read_since, write_mark
from .exchange import Exchange, exchange_of
from .idempotency import request_key
from .sandbox import check_sandbox_customer, source_of
from .schemas.customers import (
    ConsentIn,
    ConsentOut,
    ConsentPage,
    CustomerChange,
    CustomerIn,
    CustomerOut,
    CustomerPage,
    CustomerQuery,
    MergeIn,
    MergeOut,
    consent_out,
    customer_out,
    customer_row,
)

router = Router(tags=["customers"])
CUSTOMERS = "customers"


@router.post("", response={201: CustomerOut}, summary="Add a customer", operation_id="add_customer")
def add(request: HttpRequest, body: CustomerIn) -> HttpResponse:
    """Needs the right customer.create. Refused when an identity names somebody else (identity_taken)."""
    exchange, once = exchange_of(request), request_key(request)
    try:
        customer_id = add_customer(
            by=exchange.by, at=exchange.at, customer=_new_customer(body, exchange.by), once=once
        ).id
    except RequestRepeated as known:
        return _answer_own(exchange, UUID(known.resource_id), status=201, replayed=True)
    return _answer_own(exchange, customer_id, status=201)


@router.get("", response=CustomerPage, summary="List and find customers", operation_id="list_customers")
def list_(request: HttpRequest, asked: Query[CustomerQuery]) -> HttpResponse:
    """In order of name, without those erased or merged into another. Needs the right customer.see."""
    by, at = exchange_of(request).by, exchange_of(request).at
    if asked.identity is not None:
        scheme, _colon, value = asked.identity.partition(":")
        found = get_customer_by_identity(by=by, scheme=scheme, value=value)
        held = custom_values_of_each_at([found.id], at)
        return answer(CustomerPage(data=[customer_row(found, held.get(found.id, {}))], next=None, updated_until=None))
    since = read_since(asked.updated_since)
    until = read_mark() if since is not None else None
    rows = search_customers(
        by=by,
        text=asked.text or "",
        filters=CustomerFilters(updated_since=since, updated_until=until),
        after=read_cursor(CUSTOMERS, asked.after, str, UUID),
        limit=asked.limit + 1,
    )
    page, next_ = page_of(CUSTOMERS, rows, asked.limit, lambda row: (row.sort_key, row.id))
    held = custom_values_of_each_at([row.id for row in page], at)
    data = [customer_row(row, held.get(row.id, {})) for row in page]
    return answer(CustomerPage(data=data, next=next_, updated_until=write_mark(until) if until else None))


@router.get("/{uuid:customer_id}", response=CustomerOut, summary="One customer", operation_id="get_customer")
def get(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Needs the right customer.see; contact points are shown with customer.see_contacts."""
    exchange = exchange_of(request)
    return answer(_out(exchange, get_customer_card(by=exchange.by, customer_id=customer_id)))


@router.patch("/{uuid:customer_id}", response=CustomerOut, summary="Change a customer", operation_id="change_customer")
def change(request: HttpRequest, customer_id: UUID, body: CustomerChange) -> HttpResponse:
    """Each fact that differs is kept with its former value, its source and its date. Needs customer.change."""
    exchange, once = exchange_of(request), request_key(request)
    check_sandbox_customer(exchange.by, customer_id)
    try:
        update_customer(
            by=exchange.by,
            at=exchange.at,
            customer_id=customer_id,
            changes=_changes(body),
            source=body.source,
            once=once,
            custom=body.custom,
        )
    except RequestRepeated:
        return _answer_own(exchange, customer_id, replayed=True)
    return _answer_own(exchange, customer_id)


@router.post(
    "/{uuid:customer_id}/merges",
    response={201: MergeOut},
    summary="Let two records of one person become one",
    operation_id="merge_customer",
)
def merge(request: HttpRequest, customer_id: UUID, body: MergeIn) -> HttpResponse:
    """This record points at `into` from then on; points, tiers, cards, coupons, vouchers and gift cards are that
    person's. Needs customer.merge over both.
    """
    exchange, once = exchange_of(request), request_key(request)
    for one in (customer_id, body.into):
        check_sandbox_customer(exchange.by, one)
    try:
        merge_customers(
            by=exchange.by, at=exchange.at, customer_id=customer_id, into=body.into, reason=body.reason, once=once
        )
    except RequestRepeated:
        return answer(MergeOut(customer_id=body.into, merged_id=customer_id), 201, replayed=True)
    return answer(MergeOut(customer_id=body.into, merged_id=customer_id), 201)


@router.post(
    "/{uuid:customer_id}/consents",
    response={201: ConsentOut},
    summary="Record a consent",
    operation_id="record_consent",
)
def consent(request: HttpRequest, customer_id: UUID, body: ConsentIn) -> HttpResponse:
    """Given or withdrawn, with its proof; no word is ever changed. Needs the right customer.record_consent."""
    exchange, once = exchange_of(request), request_key(request)
    check_sandbox_customer(exchange.by, customer_id)
    proof = body.proof.model_dump(mode="json", exclude_defaults=True)
    try:
        said = record_consent(
            by=exchange.by, at=exchange.at, customer_id=customer_id, purpose=body.purpose, channel=body.channel,
            given=body.given, proof=proof, occurred_at=body.occurred_at, once=once,
        )  # fmt: skip
    except RequestRepeated as known:
        words = list_consents(customer_id)
        return answer(
            consent_out(next(word for word in words if str(word.pk) == known.resource_id)), 201, replayed=True
        )
    return answer(consent_out(said), 201)


@router.get(
    "/{uuid:customer_id}/consents",
    response=ConsentPage,
    summary="What a customer agreed to",
    operation_id="list_consents",
)
def consents(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Every word said, the newest first. Needs the right customer.see."""
    customer = get_customer(by=exchange_of(request).by, customer_id=customer_id)
    return answer(ConsentPage(data=[consent_out(word) for word in list_consents(customer.id)], next=None))


def _answer_own(exchange: Exchange, customer_id: UUID, *, status: int = 200, replayed: bool = False) -> HttpResponse:
    """Who has just written a customer is shown it, with or without the right to look others up."""
    card = get_customer_card(by=exchange.by.lent("customer.see"), customer_id=customer_id)
    return answer(_out(exchange, card), status, replayed=replayed)


def _out(exchange: Exchange, card: CustomerCard) -> CustomerOut:
    return customer_out(card, custom_values_of_each_at([card.customer.id], exchange.at).get(card.customer.id, {}))


def _new_customer(body: CustomerIn, by: Actor) -> NewCustomer:
    partner_id, store_id = _home(body.home_store, by)
    identities = tuple((scheme, value) for scheme, _colon, value in (text.partition(":") for text in body.identities))
    facts = body.model_dump(exclude={"identities", "home_store", "source"})
    return NewCustomer(
        **facts, identities=identities, partner_id=partner_id, home_store_id=store_id, source=source_of(by, body.source)
    )


def _home(store_code: str | None, by: Actor) -> tuple[UUID | None, UUID | None]:
    """Where a customer belongs: the store named, else the part of the network that the key is for."""
    if store_code is not None:
        store = get_store_by_code(code=store_code)
        return store.partner_id, store.id
    scope = by.grants[0].scope if by.grants else None
    return (scope.partner_id, scope.store_id) if scope else (None, None)


def _changes(body: CustomerChange) -> dict[str, Any]:
    changes = body.model_dump(exclude_unset=True, exclude={"source", "home_store", "custom"})
    if body.home_store is not None:
        store = get_store_by_code(code=body.home_store)
        changes |= {"partner_id": store.partner_id, "home_store_id": store.id}
    return changes
