"""/enrolments/{id}/offers: what a member may activate, and has."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.kernel.idempotency import RequestRepeated
from fidelia.programme.queries import see_enrolment
from fidelia.rewards.operations import activate_offer
from fidelia.rewards.queries.offers import offers_of_member

from .answers import answer
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.offers import ActivationIn, OfferList, offer_out

of_enrolments = Router(tags=["rewards"])


@of_enrolments.get(
    "/{uuid:enrolment_id}/offers",
    response=OfferList,
    summary="Offers to activate",
    operation_id="list_offers_of_member",
)
def list_(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Those of the terms in force, each with its state to this member. Needs offer.see."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="offer.see")
    return answer(OfferList(data=[offer_out(one) for one in offers_of_member(enrolment, exchange.at)]))


@of_enrolments.post(
    "/{uuid:enrolment_id}/offers", response={201: OfferList}, summary="Activate an offer", operation_id="activate_offer"
)
def activate(request: HttpRequest, enrolment_id: UUID, body: ActivationIn) -> HttpResponse:
    """Rules that ask for it count for this member from now on. Needs offer.activate."""
    exchange, once = exchange_of(request), request_key(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="offer.activate")
    replayed = False
    try:
        activate_offer(by=exchange.by, at=exchange.at, enrolment=enrolment, offer=body.offer, once=once)
    except RequestRepeated:
        replayed = True
    found = [offer_out(one) for one in offers_of_member(enrolment, exchange.at)]
    return answer(OfferList(data=found), 201, replayed=replayed)
