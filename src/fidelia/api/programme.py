"""/programmes and /enrolments: what members belong to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.organisation.queries import get_store_by_code
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import end_enrolment, enrol
from fidelia.programme.queries import (
    get_enrolment,
    list_enrolments,
    see_enrolment,
    see_programme,
    see_programmes,
    tier_at,
    version_in_force,
)

from .answers import answer
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.programme import (
    EnrolmentIn,
    EnrolmentOut,
    EnrolmentPage,
    EnrolmentQuery,
    ProgrammeOut,
    ProgrammePage,
    enrolment_out,
    programme_out,
)

programmes = Router(tags=["programmes"])
enrolments = Router(tags=["enrolments"])


@programmes.get("", response=ProgrammePage, summary="The programmes", operation_id="list_programmes")
def list_programmes(request: HttpRequest) -> HttpResponse:
    """Each with the rules in force now. A test key sees sandbox programmes. Needs the right programme.see."""
    exchange = exchange_of(request)
    found = see_programmes(by=exchange.by)
    data = [programme_out(one, version_in_force(one, exchange.at)) for one in found]
    return answer(ProgrammePage(data=data, next=None))


@programmes.get("/{slug:slug}", response=ProgrammeOut, summary="One programme", operation_id="get_programme")
def get_programme(request: HttpRequest, slug: str) -> HttpResponse:
    """With the rules in force now. Needs the right programme.see."""
    exchange = exchange_of(request)
    programme = see_programme(by=exchange.by, slug=slug)
    return answer(programme_out(programme, version_in_force(programme, exchange.at)))


@enrolments.post("", response={201: EnrolmentOut}, summary="Enrol a customer", operation_id="enrol")
def add(request: HttpRequest, body: EnrolmentIn) -> HttpResponse:
    """Needs the rights enrolment.create and customer.see."""
    exchange, once = exchange_of(request), request_key(request)
    customer = get_customer(by=exchange.by, customer_id=body.customer_id)
    store = None if body.store is None else get_store_by_code(code=body.store)
    try:
        enrolment = enrol(
            by=exchange.by,
            at=exchange.at,
            programme=see_programme(by=exchange.by.lent("programme.see"), slug=body.programme),
            customer_id=ids_of(customer.id)[0],
            store_id=store.id if store else customer.home_store_id,
            partner_id=store.partner_id if store else customer.partner_id,
            once=once,
        )
    except RequestRepeated as known:
        return _answer(get_enrolment(UUID(known.resource_id)), exchange.at, status=201, replayed=True)
    return _answer(enrolment, exchange.at, status=201)


@enrolments.get("", response=EnrolmentPage, summary="The memberships of a customer", operation_id="list_enrolments")
def list_(request: HttpRequest, asked: Query[EnrolmentQuery]) -> HttpResponse:
    """The ended ones too, the newest first. Needs the right customer.see."""
    exchange = exchange_of(request)
    customer = get_customer(by=exchange.by, customer_id=asked.customer_id)
    found = list_enrolments(ids_of(customer.id))
    return answer(EnrolmentPage(data=[enrolment_out(one, tier_at(one.id, exchange.at)) for one in found], next=None))


@enrolments.get("/{uuid:enrolment_id}", response=EnrolmentOut, summary="One membership", operation_id="get_enrolment")
def get(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """With the tier held now. Needs the right customer.see."""
    exchange = exchange_of(request)
    return _answer(see_enrolment(by=exchange.by, enrolment_id=enrolment_id), exchange.at)


@enrolments.post(
    "/{uuid:enrolment_id}/closure",
    response={201: EnrolmentOut},
    summary="End a membership",
    operation_id="end_enrolment",
)
def close(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Its account and history stay. Takes no body. Needs the right enrolment.end."""
    exchange, once = exchange_of(request), request_key(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="enrolment.end")
    try:
        ended = end_enrolment(by=exchange.by, at=exchange.at, enrolment=enrolment, once=once)
    except RequestRepeated:
        return _answer(enrolment, exchange.at, status=201, replayed=True)
    return _answer(ended, exchange.at, status=201)


def _answer(enrolment: Enrolment, at: datetime, *, status: int = 200, replayed: bool = False) -> HttpResponse:
    return answer(enrolment_out(enrolment, tier_at(enrolment.id, at)), status, replayed=replayed)
