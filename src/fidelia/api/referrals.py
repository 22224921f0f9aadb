"""/referrals, and the referral of a membership: a member's code, friends who came by it, a person's word."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.customers.queries import ids_of
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.programme.queries import see_enrolment
from fidelia.referral.errors import NoReferral
from fidelia.referral.operations import Evidence, code_of_member, record_referral, review_referral
from fidelia.referral.queries import ReferralFilters, get_referral, list_referrals, referral_of

from .answers import answer
from .cursors import page_of, read_cursor
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.referrals import (
    MyReferralOut,
    ReferralIn,
    ReferralOut,
    ReferralPage,
    ReferralQuery,
    ReviewIn,
    my_referral_out,
    referral_out,
)

referrals = Router(tags=["referral"])
of_enrolments = Router(tags=["referral"])


@referrals.post("", response={201: ReferralOut}, summary="A friend came by a code", operation_id="record_referral")
def record(request: HttpRequest, body: ReferralIn) -> HttpResponse:
    """A guard that acts is no error: the answer is a referral that is refused, or in review, with its reason.

    Who guesses codes waits (429). Needs referral.record.
    """
    exchange, once = exchange_of(request), request_key(request)
    by = exchange.by
    enrolment = see_enrolment(by=by, enrolment_id=body.enrolment_id, right="referral.record")
    subject = f"ip:{body.ip}" if body.ip else None
    try:
        made = record_referral(
            by=by, at=exchange.at, code=body.code, enrolment=enrolment, evidence=Evidence(body.ip, body.device),
            subject=subject, once=once,
        )  # fmt: skip
    except RequestRepeated as known:
        found = get_referral(by=by.lent("referral.see"), referral_id=UUID(known.resource_id))
        return answer(referral_out(found), 201, replayed=True)
    return answer(referral_out(made), 201)


@referrals.get("", response=ReferralPage, summary="Referrals", operation_id="list_referrals")
def list_(request: HttpRequest, asked: Query[ReferralQuery]) -> HttpResponse:
    """The last changed first. Needs referral.see."""
    by = exchange_of(request).by
    after = read_cursor("referrals", asked.after, datetime.fromisoformat, UUID)
    rows = list_referrals(
        by=by, filters=ReferralFilters(state=asked.state or ""), after=(after[0], after[1]) if after else None,
        limit=asked.limit + 1,
    )  # fmt: skip
    page, next_ = page_of("referrals", rows, asked.limit, lambda one: (one.changed_at.isoformat(), str(one.id)))
    return answer(ReferralPage(data=[referral_out(one) for one in page], next=next_))


@referrals.get("/{uuid:referral_id}", response=ReferralOut, summary="One referral", operation_id="get_referral")
def get(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Needs referral.see."""
    return answer(referral_out(get_referral(by=exchange_of(request).by, referral_id=referral_id)))


@referrals.post(
    "/{uuid:referral_id}/reviews",
    response={201: ReferralOut},
    summary="Decide about one",
    operation_id="review_referral",
)
def review(request: HttpRequest, referral_id: UUID, body: ReviewIn) -> HttpResponse:
    """Accepted, it goes on; refused, nobody gets anything. Needs referral.review."""
    exchange, once = exchange_of(request), request_key(request)
    replayed = False
    try:
        review_referral(
            by=exchange.by, at=exchange.at, referral_id=referral_id, is_accepted=body.is_accepted, once=once
        )  # fmt: skip
    except RequestRepeated:
        replayed = True
    found = get_referral(by=exchange.by.lent("referral.see"), referral_id=referral_id)
    return answer(referral_out(found), 201, replayed=replayed)


@of_enrolments.get(
    "/{uuid:enrolment_id}/referral", response=MyReferralOut, summary="A member's referral",
    operation_id="get_referral_of_member",
)  # fmt: skip
def mine(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """The code, made when it is first asked for, the promise in words, how far each friend is. Needs referral.see."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="referral.see")
    ids = ids_of(enrolment.customer_id)
    found = referral_of(customer_ids=ids, programme_id=enrolment.programme_id, at=exchange.at)
    if found is None:
        raise NoReferral("This programme runs no referral now.")
    code = found.code or code_of_member(by=exchange.by, at=exchange.at, enrolment=enrolment)
    return answer(my_referral_out(found, code))
