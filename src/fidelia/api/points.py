"""/enrolments/…: movements in words, standing, what is ahead, and what is done to points by hand; /points-pools."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import Invalid
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.kernel.points import parse_points
from fidelia.ledger.models import Entry, Pending
from fidelia.ledger.operations import PostingResult
from fidelia.ledger.queries import entries_of, get_balance, list_entries, list_postings, lots_used
from fidelia.programme.models import AskedAdjustment, Enrolment, PointsPool
from fidelia.programme.operations.adjusting import approve_adjustment, correct_points, refuse_adjustment
from fidelia.programme.operations.converting import convert_points
from fidelia.programme.operations.points import (
    activate_points,
    currency_of,
    extend_points,
    give_points,
    give_up_points,
    grant_points,
    reinstate_points,
)
from fidelia.programme.operations.pools import create_pool, join_pool, leave_pool
from fidelia.programme.queries import (
    Movement,
    explain_movement,
    list_pool_members,
    list_standings,
    movement_of,
    see_adjustment,
    see_enrolment,
    see_pool,
    see_programme,
    terms_in_force,
)
from fidelia.rewards.queries.foresight import foresee_holdings

from .answers import answer, language_of
from .cursors import page_of, read_cursor
from .errors import located
from .exchange import exchange_of
from .idempotency import idempotency_key, request_key
from .schemas.points import (
    AdjustmentIn,
    AdjustmentOut,
    ConversionIn,
    ConversionOut,
    DecisionIn,
    DepartureIn,
    ExtensionIn,
    ForesightOut,
    GrantIn,
    JoinerIn,
    PointsMovementOut,
    PointsMovementPage,
    PoolIn,
    PoolOut,
    PromisedIn,
    ReinstatementIn,
    TransferIn,
    adjustment_out,
    conversion_out,
    foresight_out,
    movement_out,
    pool_out,
)
from .schemas.standing import StandingOut, ahead_out
from .schemas.types import Day, Input, PageQuery
from .spending import proof_of

router = Router(tags=["points"])
pools = Router(tags=["points"])
adjustments = Router(tags=["points"])
MOVEMENTS = "movements"
FORESEEN_DAYS_MAX = 3_660


class ForesightQuery(Input):
    """The local day to look at."""

    on: Day


@router.get(
    "/{uuid:enrolment_id}/movements",
    response=PointsMovementPage,
    summary="Movements in words",
    operation_id="list_movements",
)
def movements(request: HttpRequest, enrolment_id: UUID, asked: Query[PageQuery]) -> HttpResponse:
    """What happened to the points, the newest in the world first, each as the member would be told it, with the lots
    that a spend took. Needs the right points.see.
    """
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.see")
    before = read_cursor(MOVEMENTS, asked.after, datetime.fromisoformat, UUID, int)
    legs = list_entries(
        account_id=enrolment.account_id, currency=enrolment.programme.points_currency_id, before=before,
        limit=asked.limit + 1,
    )  # fmt: skip
    page, next_ = page_of(MOVEMENTS, legs, asked.limit, lambda row: (row.occurred_at, row.posting_id, 0))
    ids = list(dict.fromkeys(leg.posting_id for leg in page))
    return answer(PointsMovementPage(data=_movements(request, enrolment, ids), next=next_))


def _movements(request: HttpRequest, enrolment: Enrolment, posting_ids: list[UUID]) -> list[PointsMovementOut]:
    account_id, programme = enrolment.account_id, enrolment.programme
    postings = list_postings(account_id=account_id, posting_ids=posting_ids)
    lots = lots_used(account_id=account_id, posting_ids=posting_ids)
    waiting = dict(
        Pending.objects.filter(account_id=account_id, posting_id__in=posting_ids).values_list(
            "posting_id", "activates_at"
        )
    )
    legs: dict[UUID, list[Entry]] = defaultdict(list)
    for leg in Entry.objects.filter(account_id=account_id, posting_id__in=posting_ids).order_by("seq"):
        legs[leg.posting_id].append(leg)
    language, zone = language_of(request), zone_of(programme.time_zone)
    data = []
    for id in posting_ids:
        move: Movement = movement_of(postings[id], legs[id], lots.get(id, ()), waiting.get(id))
        says = explain_movement(move, programme.points_currency, zone, language)
        data.append(movement_out(move, says, programme.points_currency.scale))
    return data


@router.get(
    "/{uuid:enrolment_id}/standing", response=StandingOut, summary="Tiers, with the dates ahead",
    operation_id="get_standing",
)  # fmt: skip
def standing(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Which tier is held until when, what is missing to keep it and to rise, and when it would fall.

    Needs the right points.see.
    """
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.see")
    found = list_standings(enrolment, exchange.at)
    data = [ahead_out(one, enrolment.programme) for one in found]
    return answer(StandingOut(enrolment_id=enrolment.id, as_of=exchange.at, data=data))


@router.get(
    "/{uuid:enrolment_id}/foresight", response=ForesightOut, summary="What will be there on a day",
    operation_id="foresee",
)  # fmt: skip
def foresight(request: HttpRequest, enrolment_id: UUID, asked: Query[ForesightQuery]) -> HttpResponse:
    """At the end of a local day, if nothing more is earned or spent, chèques included. Needs the right points.see."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.see")
    _check_ahead(asked.on, exchange.at.date())
    found = foresee_holdings(enrolment, at=exchange.at, on=asked.on)
    return answer(foresight_out(enrolment, found))


def _check_ahead(on: date, today: date) -> None:
    if not 0 <= (on - today).days <= FORESEEN_DAYS_MAX:
        raise Invalid("Ask for a day from today on, within ten years.", pointer="/on")


@router.post(
    "/{uuid:enrolment_id}/grants", response={201: PointsMovementOut}, summary="Give points", operation_id="grant_points"
)
def grant(request: HttpRequest, enrolment_id: UUID, body: GrantIn) -> HttpResponse:
    """With the life that the terms give them. Needs the right points.grant."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.grant")
    done = grant_points(
        by=exchange.by, at=exchange.at, enrolment=enrolment, amount=_amount(body.points, enrolment),
        reason=body.reason, key=_key(request), currency=body.points_currency, occurred_at=body.occurred_at,
    )  # fmt: skip
    return _answer(request, enrolment, done)


@router.post(
    "/{uuid:enrolment_id}/activations", response={201: PointsMovementOut}, summary="Bring pending points to life",
    operation_id="activate_points",
)  # fmt: skip
def activate(request: HttpRequest, enrolment_id: UUID, body: PromisedIn) -> HttpResponse:
    """The event that they wait for has come: the order is delivered. Needs the right points.activate."""
    return _end(request, enrolment_id, body, activate_points)


@router.post(
    "/{uuid:enrolment_id}/cancellations", response={201: PointsMovementOut}, summary="Give pending points up",
    operation_id="give_up_points",
)  # fmt: skip
def cancel(request: HttpRequest, enrolment_id: UUID, body: PromisedIn) -> HttpResponse:
    """The event that they wait for will not come. Needs the right points.activate."""
    return _end(request, enrolment_id, body, give_up_points)


def _end(request: HttpRequest, enrolment_id: UUID, body: PromisedIn, verb: Any) -> HttpResponse:
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.activate")
    done = verb(
        by=exchange.by, at=exchange.at, enrolment=enrolment, source_id=body.source_id, key=_key(request),
        currency=body.points_currency,
    )  # fmt: skip
    return _answer(request, enrolment, done)


@router.post(
    "/{uuid:enrolment_id}/extensions", response={201: PointsMovementOut}, summary="Let points live longer",
    operation_id="extend_points",
)  # fmt: skip
def extend(request: HttpRequest, enrolment_id: UUID, body: ExtensionIn) -> HttpResponse:
    """Never shorter, and not what has died. Needs the right points.extend."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.extend")
    done = extend_points(
        by=exchange.by, at=exchange.at, enrolment=enrolment, until=body.until, reason=body.reason, key=_key(request),
        lot_id=body.lot_id,
    )  # fmt: skip
    return _answer(request, enrolment, done)


@router.post(
    "/{uuid:enrolment_id}/reinstatements", response={201: PointsMovementOut}, summary="Bring expired points back",
    operation_id="reinstate_points",
)  # fmt: skip
def reinstate(request: HttpRequest, enrolment_id: UUID, body: ReinstatementIn) -> HttpResponse:
    """All that expired within the days of the terms. Needs the right points.reinstate."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.reinstate")
    done = reinstate_points(
        by=exchange.by, at=exchange.at, enrolment=enrolment, reason=body.reason, key=_key(request)
    )  # fmt: skip
    return _answer(request, enrolment, done)


@router.post(
    "/{uuid:enrolment_id}/transfers", response={201: PointsMovementOut}, summary="Give points to another member",
    operation_id="transfer_points",
)  # fmt: skip
def transfer(request: HttpRequest, enrolment_id: UUID, body: TransferIn) -> HttpResponse:
    """They keep their end or restart, as the terms say. Needs the right points.transfer."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.transfer")
    with located("/to"):
        taker = see_enrolment(by=exchange.by, enrolment_id=body.to, right="points.transfer")
    done = give_points(
        by=exchange.by, at=exchange.at, enrolment=enrolment, to=taker, amount=_amount(body.points, enrolment),
        reason=body.reason, key=_key(request), proof=proof_of(exchange, body.confirmation),
    )  # fmt: skip
    return _answer(request, enrolment, done.outgoing)


@router.post(
    "/{uuid:enrolment_id}/adjustments", response={201: AdjustmentOut}, summary="Correct a balance",
    operation_id="adjust_points",
)  # fmt: skip
def adjust(request: HttpRequest, enrolment_id: UUID, body: AdjustmentIn) -> HttpResponse:
    """At once, or above the programme's threshold once a second person says yes. Needs the right points.adjust."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.adjust")
    amount, terms = _amount(body.points, enrolment), terms_in_force(enrolment, exchange.at)
    expires_at = terms.points.expires_at(exchange.at, terms.zone) if terms is not None and amount > 0 else None
    done = correct_points(
        by=exchange.by, at=exchange.at, enrolment=enrolment, amount=amount, reason=body.reason, key=_key(request),
        expires_at=expires_at,
    )  # fmt: skip
    scale = enrolment.programme.points_currency.scale
    if isinstance(done, AskedAdjustment):
        return answer(adjustment_out(done, scale), 201)
    told = AdjustmentOut(id=None, state="done", points=body.points, reason=body.reason, posting_id=done.posting_id)
    return answer(told, 201, replayed=done.replayed)


@adjustments.post(
    "/{uuid:adjustment_id}/decision", response={201: AdjustmentOut}, summary="A second person's word",
    operation_id="decide_adjustment",
)  # fmt: skip
def decide(request: HttpRequest, adjustment_id: UUID, body: DecisionIn) -> HttpResponse:
    """Only a person decides, and not the one who asked. Needs the right points.approve."""
    exchange = exchange_of(request)
    idempotency_key(request)
    asked = see_adjustment(by=exchange.by, adjustment_id=adjustment_id)
    if body.approved:
        asked = approve_adjustment(by=exchange.by, at=exchange.at, adjustment_id=asked.id)
    else:
        asked = refuse_adjustment(by=exchange.by, at=exchange.at, adjustment_id=asked.id, note=body.note)
    return answer(adjustment_out(asked, asked.enrolment.programme.points_currency.scale), 201)


@router.post(
    "/{uuid:enrolment_id}/conversions", response={201: ConversionOut}, summary="Exchange points for others",
    operation_id="convert_points",
)  # fmt: skip
def convert(request: HttpRequest, enrolment_id: UUID, body: ConversionIn) -> HttpResponse:
    """As the terms in force say: rate, minimum, steps, fee and rounding. Needs the right points.convert."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.convert")
    source = currency_of(enrolment, body.points_currency)
    with located("/points"):
        amount = parse_points(body.points, source.scale)
    done = convert_points(
        by=exchange.by, at=exchange.at, enrolment=enrolment, amount=amount, to=body.to, key=_key(request),
        currency=source.code, proof=proof_of(exchange, body.confirmation),
    )  # fmt: skip
    target = currency_of(enrolment, done.target)
    return answer(conversion_out(done, source, target), 201, replayed=done.replayed)


@pools.post("", response={201: PoolOut}, summary="Open a pool of points", operation_id="create_pool")
def add(request: HttpRequest, body: PoolIn) -> HttpResponse:
    """A family's or a company's: several members with one balance. Needs the right pool.create."""
    exchange, once = exchange_of(request), request_key(request)
    programme = see_programme(by=exchange.by.lent("programme.see"), slug=body.programme)
    try:
        pool = create_pool(
            by=exchange.by, at=exchange.at, programme=programme, name=body.name, members_max=body.members_max, once=once
        )
    except RequestRepeated as known:
        return _pool(request, see_pool(by=exchange.by, pool_id=UUID(known.resource_id)), replayed=True)
    return _pool(request, pool, status=201)


@pools.get("/{uuid:pool_id}", response=PoolOut, summary="One pool", operation_id="get_pool")
def get(request: HttpRequest, pool_id: UUID) -> HttpResponse:
    """With its members and what they have together. Needs the right points.see."""
    return _pool(request, see_pool(by=exchange_of(request).by, pool_id=pool_id))


@pools.post("/{uuid:pool_id}/members", response={201: PoolOut}, summary="Join a pool", operation_id="join_pool")
def join(request: HttpRequest, pool_id: UUID, body: JoinerIn) -> HttpResponse:
    """With all the points there are, pending ones too. Needs the right pool.change."""
    exchange, once = exchange_of(request), request_key(request)
    pool = see_pool(by=exchange.by, pool_id=pool_id, right="pool.change")
    with located("/enrolment_id"):
        enrolment = see_enrolment(by=exchange.by, enrolment_id=body.enrolment_id, right="pool.change")
    try:
        join_pool(by=exchange.by, at=exchange.at, enrolment=enrolment, pool_id=pool.id, once=once)
    except RequestRepeated:
        return _pool(request, pool, status=201, replayed=True)
    return _pool(request, pool, status=201)


@pools.post("/{uuid:pool_id}/departures", response={201: PoolOut}, summary="Leave a pool", operation_id="leave_pool")
def leave(request: HttpRequest, pool_id: UUID, body: DepartureIn) -> HttpResponse:
    """With nothing, or with an equal share of what is available. Needs the right pool.change."""
    exchange, once = exchange_of(request), request_key(request)
    pool = see_pool(by=exchange.by, pool_id=pool_id, right="pool.change")
    with located("/enrolment_id"):
        enrolment = see_enrolment(by=exchange.by, enrolment_id=body.enrolment_id, right="pool.change")
    try:
        leave_pool(by=exchange.by, at=exchange.at, enrolment=enrolment, takes=body.takes, once=once)
    except RequestRepeated:
        return _pool(request, pool, status=201, replayed=True)
    return _pool(request, pool, status=201)


def _pool(request: HttpRequest, pool: PointsPool, *, status: int = 200, replayed: bool = False) -> HttpResponse:
    currency = pool.programme.points_currency_id
    balance = get_balance(account_id=pool.account_id, currency=currency, at=exchange_of(request).at)
    return answer(pool_out(pool, balance, list_pool_members(pool)), 201 if replayed else status, replayed=replayed)


def _answer(request: HttpRequest, enrolment: Enrolment, done: PostingResult) -> HttpResponse:
    posting = list_postings(account_id=enrolment.account_id, posting_ids=[done.posting_id])[done.posting_id]
    lots = lots_used(account_id=enrolment.account_id, posting_ids=[done.posting_id]).get(done.posting_id, [])
    legs = entries_of(account_id=enrolment.account_id, posting_id=done.posting_id)
    waiting = Pending.objects.filter(account_id=enrolment.account_id, posting_id=done.posting_id).first()
    move = movement_of(posting, legs, lots, waiting.activates_at if waiting is not None else None)
    programme = enrolment.programme
    says = explain_movement(move, programme.points_currency, zone_of(programme.time_zone), language_of(request))
    return answer(movement_out(move, says, programme.points_currency.scale), 201, replayed=done.replayed)


def _amount(text: str, enrolment: Enrolment) -> int:
    with located("/points"):
        return parse_points(text, enrolment.programme.points_currency.scale)


def _key(request: HttpRequest) -> str:
    """The ledger's key of a request: the caller's own, told from those of others, in a length that it keeps."""
    named = f"{exchange_of(request).key_id}:{idempotency_key(request)}"
    return f"api:{hashlib.sha256(named.encode()).hexdigest()}"
