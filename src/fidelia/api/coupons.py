"""/coupon-series and /codes: coupons, and what a code is that somebody shows."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programme
from fidelia.rewards.errors import MalformedSeries
from fidelia.rewards.models import CouponSeries
from fidelia.rewards.operations import (
    SeriesTerms,
    ask_codes,
    ask_coupons_for_segment,
    assign_coupons,
    bring_codes,
    change_series,
    create_series,
    end_series,
    look_up_code,
    revoke_coupon,
)
from fidelia.rewards.queries import get_series, list_codes, list_series
from fidelia.rewards.queries.coupons import CodeFilters, get_coupon, list_coupons_of, with_uses

from .answers import answer
from .cursors import page_of, read_cursor
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.coupons import (
    AssignmentIn,
    CodeOut,
    CodeQuery,
    CodesIn,
    CodesOut,
    CouponOut,
    CouponPage,
    CouponQuery,
    CouponsOut,
    SegmentGiftIn,
    SeriesChangeIn,
    SeriesIn,
    SeriesOut,
    SeriesPage,
    TermsIn,
    code_out,
    coupon_out,
    coupons_out,
    series_out,
)

series = Router(tags=["rewards"])
coupons = Router(tags=["rewards"])
codes = Router(tags=["rewards"])


@series.post("", response={201: SeriesOut}, summary="Create a series of coupons", operation_id="create_coupon_series")
def create(request: HttpRequest, body: SeriesIn) -> HttpResponse:
    """A generic series has its one code at once; a unique one gets codes afterwards. Needs coupon.change."""
    exchange, once = exchange_of(request), request_key(request)
    try:
        made = create_series(
            by=exchange.by,
            at=exchange.at,
            programme=programme_of(exchange.by, body.programme),
            key=body.key,
            terms=_terms(body),
            pattern=body.pattern,
            kind=body.kind,
            alphabet=body.alphabet,
            is_assigned=body.is_assigned,
            partner_id=partner_of(exchange.by),
            once=once,
        )
    except RequestRepeated as known:
        return answer(series_out(_series(exchange.by, UUID(known.resource_id))), 201, replayed=True)
    return answer(series_out(made), 201)


@series.get("", response=SeriesPage, summary="The series of coupons", operation_id="list_coupon_series")
def list_(request: HttpRequest) -> HttpResponse:
    """The newest first. Needs coupon.see."""
    found = list_series(by=exchange_of(request).by)
    return answer(SeriesPage(data=[series_out(one) for one in found], next=None))


@series.get("/{uuid:series_id}", response=SeriesOut, summary="One series", operation_id="get_coupon_series")
def get(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """Needs coupon.see."""
    return answer(series_out(get_series(by=exchange_of(request).by, series_id=series_id)))


@series.patch("/{uuid:series_id}", response=SeriesOut, summary="Change a series", operation_id="change_coupon_series")
def change(request: HttpRequest, series_id: UUID, body: SeriesChangeIn) -> HttpResponse:
    """Says anew all that a series says; its codes stay. Needs coupon.change."""
    exchange, once = exchange_of(request), request_key(request)
    replayed = False
    try:
        change_series(by=exchange.by, at=exchange.at, series_id=series_id, terms=_terms(body), once=once)
    except RequestRepeated:
        replayed = True
    return answer(series_out(_series(exchange.by, series_id)), replayed=replayed)


@series.post(
    "/{uuid:series_id}/closure", response={201: SeriesOut}, summary="End a series", operation_id="end_coupon_series"
)
def end(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """None of its codes works any more. Takes no body. Needs coupon.change."""
    exchange, once = exchange_of(request), request_key(request)
    replayed = False
    try:
        end_series(by=exchange.by, at=exchange.at, series_id=series_id, once=once)
    except RequestRepeated:
        replayed = True
    return answer(series_out(_series(exchange.by, series_id)), 201, replayed=replayed)


@series.post(
    "/{uuid:series_id}/codes",
    response={201: CodesOut},
    summary="Draw codes, or bring them in",
    operation_id="add_codes",
)
def add_codes(request: HttpRequest, series_id: UUID, body: CodesIn) -> HttpResponse:
    """Drawing is a job: a million codes take some seconds. Needs coupon.generate."""
    exchange, once = exchange_of(request), request_key(request)
    if (body.count is None) == (body.codes is None):
        raise MalformedSeries("Say how many codes to draw, or give the codes: one of the two.", pointer="/count")
    try:
        if body.codes is not None:
            brought = bring_codes(by=exchange.by, at=exchange.at, series_id=series_id, codes=body.codes, once=once)
            return answer(CodesOut(job_id=None, brought=brought), 201)
        job = ask_codes(by=exchange.by, at=exchange.at, series_id=series_id, count=body.count or 0, once=once)
    except RequestRepeated as known:
        job_id = UUID(known.resource_id) if known.resource_type == "job" else None
        return answer(CodesOut(job_id=job_id, brought=len(body.codes or ())), 201, replayed=True)
    return answer(CodesOut(job_id=job.id, brought=0), 201)


@series.post(
    "/{uuid:series_id}/segment-gifts", response={201: CodesOut}, summary="Give a segment coupons",
    operation_id="give_segment_coupons",
)  # fmt: skip
def give_to_segment(request: HttpRequest, series_id: UUID, body: SegmentGiftIn) -> HttpResponse:
    """A job: each member who is in the segment now gets one code, who has one of the series none; codes are drawn.

    Needs coupon.assign and segment.see.
    """
    exchange, once = exchange_of(request), request_key(request)
    try:
        job = ask_coupons_for_segment(
            by=exchange.by, at=exchange.at, series_id=series_id, segment=body.segment, is_told=body.told, once=once
        )
    except RequestRepeated as known:
        return answer(CodesOut(job_id=UUID(known.resource_id), brought=0), 201, replayed=True)
    return answer(CodesOut(job_id=job.id, brought=0), 201)


@series.get("/{uuid:series_id}/codes", response=CouponPage, summary="The codes of a series", operation_id="list_codes")
def list_codes_of(request: HttpRequest, series_id: UUID, asked: Query[CouponQuery]) -> HttpResponse:
    """In the order in which they were made. Needs coupon.see."""
    exchange = exchange_of(request)
    found = get_series(by=exchange.by, series_id=series_id)
    after = read_cursor(f"codes {series_id}", asked.after, int)
    rows = list_codes(
        by=exchange.by,
        series=found,
        filters=CodeFilters(state=asked.state or ""),
        after=after[0] if after else None,
        limit=asked.limit + 1,
    )
    page, next_ = page_of(f"codes {series_id}", rows, asked.limit, lambda row: (row.code.id,))
    return answer(CouponPage(data=coupons_out(page), next=next_))


@series.post(
    "/{uuid:series_id}/assignments",
    response={201: CouponsOut},
    summary="Give members a coupon each",
    operation_id="assign_coupons",
)
def assign(request: HttpRequest, series_id: UUID, body: AssignmentIn) -> HttpResponse:
    """Each gets a free code of the series; where too few are free, nobody does. Needs coupon.assign, customer.see."""
    exchange, once = exchange_of(request), request_key(request)
    members = [ids_of(get_customer(by=exchange.by, customer_id=one).id)[0] for one in body.customer_ids]
    try:
        given = assign_coupons(by=exchange.by, at=exchange.at, series_id=series_id, customer_ids=members, once=once)
    except RequestRepeated:
        held = list_coupons_of(by=exchange.by.lent("coupon.see"), customer_ids=members)
        mine = {row.code.customer_id: row for row in held[::-1] if row.code.series_id == series_id}
        return answer(CouponsOut(data=coupons_out([mine[one] for one in members if one in mine])), 201, replayed=True)
    return answer(CouponsOut(data=coupons_out(with_uses(given))), 201)


@coupons.get("/{int:coupon_id}", response=CouponOut, summary="One coupon", operation_id="get_coupon")
def get_one(request: HttpRequest, coupon_id: int) -> HttpResponse:
    """Needs coupon.see."""
    return answer(coupon_out(get_coupon(by=exchange_of(request).by, coupon_id=coupon_id)))


@coupons.post(
    "/{int:coupon_id}/revocation", response={201: CouponOut}, summary="Revoke a coupon", operation_id="revoke_coupon"
)
def revoke(request: HttpRequest, coupon_id: int) -> HttpResponse:
    """The code works no more. Takes no body. Needs coupon.change."""
    exchange, once = exchange_of(request), request_key(request)
    replayed = False
    try:
        revoke_coupon(by=exchange.by, at=exchange.at, coupon_id=coupon_id, once=once)
    except RequestRepeated:
        replayed = True
    found = get_coupon(by=exchange.by.lent("coupon.see"), coupon_id=coupon_id)
    return answer(coupon_out(found), 201, replayed=replayed)


@codes.get("/{str:code}", response=CodeOut, summary="What a code is", operation_id="look_up_code")
def look_up(request: HttpRequest, code: str, asked: Query[CodeQuery]) -> HttpResponse:
    """Coupon, voucher or gift card, and whether it can be used now. After 30 unknown codes within 10 minutes a key
    waits (429). Needs coupon.see, voucher.see or gift_card.see.
    """
    exchange = exchange_of(request)
    found = look_up_code(
        by=exchange.by,
        at=exchange.at,
        programme=programme_of(exchange.by, asked.programme),
        code=code,
        customer_id=None if asked.customer_id is None else ids_of(asked.customer_id)[0],
    )
    return answer(code_out(found))


def programme_of(by: Actor, slug: str | None) -> Programme:
    """Return the programme that a body names, or the only one."""
    return see_programme(by=by.lent("programme.see"), slug=slug)


def partner_of(by: Actor) -> UUID | None:
    """Return the partner whose key it is: what it makes is the partner's own."""
    return by.grants[0].scope.partner_id if by.grants else None


def _series(by: Actor, series_id: UUID) -> CouponSeries:
    return get_series(by=by.lent("coupon.see"), series_id=series_id)


def _terms(body: TermsIn) -> SeriesTerms:
    return SeriesTerms(
        name=body.name.text(),
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        uses=body.uses,
        uses_per_code=body.uses_per_code,
        uses_per_member=body.uses_per_member,
    )
