"""/rewards and /redemptions: the catalog, and what members chose; /enrolments/…/cheques: how far the next one is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.kernel.money import Money
from fidelia.kernel.points import parse_points
from fidelia.programme.models import PointsCurrency, Programme
from fidelia.programme.queries import see_enrolment
from fidelia.rewards.models import Reward
from fidelia.rewards.operations import (
    RewardTerms,
    add_reward,
    cancel_redemption,
    change_reward,
    end_reward,
    fulfil_redemptions,
    redeem_reward,
)
from fidelia.rewards.queries import get_redemption, get_reward, list_catalog, see_redemptions
from fidelia.rewards.queries.catalog import offer
from fidelia.rewards.queries.cheques import cheque_standings

from .answers import answer
from .coupons import partner_of, programme_of
from .cursors import page_of, read_cursor
from .errors import located
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.catalog import (
    CancellationIn,
    ChequeStandings,
    FulfilmentIn,
    FulfilmentOut,
    RedemptionIn,
    RedemptionOut,
    RedemptionPage,
    RedemptionQuery,
    RewardIn,
    RewardOut,
    RewardPage,
    RewardQuery,
    RewardTermsIn,
    redemption_out,
    reward_out,
    standing_out,
)
from .spending import proof_of

rewards = Router(tags=["rewards"])
redemptions = Router(tags=["rewards"])
of_enrolments = Router(tags=["rewards"])
REDEMPTIONS = "redemptions"


@rewards.post("", response={201: RewardOut}, summary="Put a reward into the catalog", operation_id="add_reward")
def add(request: HttpRequest, body: RewardIn) -> HttpResponse:
    """Needs reward.change."""
    exchange, once = exchange_of(request), request_key(request)
    programme = programme_of(exchange.by, body.programme)
    try:
        made = add_reward(
            by=exchange.by, at=exchange.at, programme=programme, key=body.key, terms=_terms(body, programme),
            partner_id=partner_of(exchange.by), once=once,
        )  # fmt: skip
    except RequestRepeated as known:
        return _reward(request, UUID(known.resource_id), 201, replayed=True)
    return _reward(request, made.id, 201)


@rewards.get("", response=RewardPage, summary="The catalog of rewards", operation_id="list_rewards")
def list_(request: HttpRequest, asked: Query[RewardQuery]) -> HttpResponse:
    """What is not over, the cheapest first; with a member, as it stands to them. Needs reward.see; with a member,
    points.see.
    """
    exchange = exchange_of(request)
    exchange.by.require("reward.see")
    enrolment = None
    if asked.enrolment_id is not None:
        enrolment = see_enrolment(by=exchange.by, enrolment_id=asked.enrolment_id, right="points.see")
    programme = programme_of(exchange.by, asked.programme) if enrolment is None else enrolment.programme
    found = list_catalog(programme, at=exchange.at, enrolment=enrolment)
    scales = _scales()
    return answer(
        RewardPage(
            data=[
                reward_out(one, scales[one.reward.points_currency], to_member=enrolment is not None) for one in found
            ],
            next=None,
        )
    )


@rewards.get("/{uuid:reward_id}", response=RewardOut, summary="One reward", operation_id="get_reward")
def get(request: HttpRequest, reward_id: UUID) -> HttpResponse:
    """Needs reward.see."""
    return _reward(request, get_reward(by=exchange_of(request).by, reward_id=reward_id).id, 200)


@rewards.put("/{uuid:reward_id}", response=RewardOut, summary="Change a reward", operation_id="change_reward")
def change(request: HttpRequest, reward_id: UUID, body: RewardTermsIn) -> HttpResponse:
    """All its terms anew; what was chosen keeps its own. Needs reward.change."""
    exchange, once = exchange_of(request), request_key(request)
    own = get_reward(by=exchange.by.lent("reward.see"), reward_id=reward_id)
    replayed = False
    try:
        change_reward(
            by=exchange.by, at=exchange.at, reward_id=own.id, terms=_terms(body, own.programme, own), once=once
        )
    except RequestRepeated:
        replayed = True
    return _reward(request, reward_id, 200, replayed=replayed)


@rewards.post(
    "/{uuid:reward_id}/closure", response={201: RewardOut}, summary="Take a reward out", operation_id="end_reward"
)
def end(request: HttpRequest, reward_id: UUID) -> HttpResponse:
    """What was chosen is still handed over. Takes no body. Needs reward.change."""
    exchange, once = exchange_of(request), request_key(request)
    own = get_reward(by=exchange.by.lent("reward.see"), reward_id=reward_id)
    replayed = False
    try:
        end_reward(by=exchange.by, at=exchange.at, reward_id=own.id, once=once)
    except RequestRepeated:
        replayed = True
    return _reward(request, reward_id, 201, replayed=replayed)


@redemptions.post("", response={201: RedemptionOut}, summary="Choose a reward", operation_id="redeem_reward")
def redeem(request: HttpRequest, body: RedemptionIn) -> HttpResponse:
    """For a member: points, pieces and limit are taken together, or nothing is. Needs reward.redeem."""
    exchange, once = exchange_of(request), request_key(request)
    with located("/enrolment_id"):
        enrolment = see_enrolment(by=exchange.by, enrolment_id=body.enrolment_id, right="reward.redeem")
    try:
        made = redeem_reward(
            by=exchange.by, at=exchange.at, enrolment=enrolment, reward_id=body.reward_id, pieces=body.pieces,
            once=once, proof=proof_of(exchange, body.confirmation),
        )  # fmt: skip
    except RequestRepeated as known:
        return _redemption(request, UUID(known.resource_id), 201, replayed=True)
    return answer(redemption_out(made, _scales()[made.points_currency]), 201)


@redemptions.get("", response=RedemptionPage, summary="What was chosen", operation_id="list_redemptions")
def list_chosen(request: HttpRequest, asked: Query[RedemptionQuery]) -> HttpResponse:
    """The newest first. Needs reward.see; for one member, customer.see."""
    exchange = exchange_of(request)
    found = see_redemptions(by=exchange.by)
    if asked.customer_id is not None:
        customer = get_customer(by=exchange.by, customer_id=asked.customer_id)
        found = found.filter(customer_id__in=ids_of(customer.id))
    if asked.state:
        found = found.filter(state=asked.state)
    place = read_cursor(REDEMPTIONS, asked.after, datetime.fromisoformat, UUID)
    if place is not None:
        redeemed_at, last = place
        found = found.filter(redeemed_at__lt=redeemed_at) | found.filter(redeemed_at=redeemed_at, id__lt=last)
    rows = list(found.order_by("-redeemed_at", "-id")[: asked.limit + 1])
    page, next_ = page_of(REDEMPTIONS, rows, asked.limit, lambda one: (one.redeemed_at, one.id))
    scales = _scales()
    return answer(RedemptionPage(data=[redemption_out(one, scales[one.points_currency]) for one in page], next=next_))


@redemptions.get("/{uuid:redemption_id}", response=RedemptionOut, summary="One choice", operation_id="get_redemption")
def get_chosen(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    """Needs reward.see."""
    return _redemption(request, get_redemption(by=exchange_of(request).by, redemption_id=redemption_id).id, 200)


@redemptions.post(
    "/{uuid:redemption_id}/cancellation",
    response={201: RedemptionOut},
    summary="Cancel a choice",
    operation_id="cancel_redemption",
)
def cancel(request: HttpRequest, redemption_id: UUID, body: CancellationIn) -> HttpResponse:
    """Points go back into their lots, pieces into the stock. Needs reward.cancel; once handed over, reward.fulfil."""
    exchange, once = exchange_of(request), request_key(request)
    replayed = False
    try:
        cancel_redemption(by=exchange.by, at=exchange.at, redemption_id=redemption_id, reason=body.reason, once=once)
    except RequestRepeated:
        replayed = True
    return _redemption(request, redemption_id, 201, replayed=replayed)


@redemptions.post(
    "/fulfilments", response={201: FulfilmentOut}, summary="Hand rewards over", operation_id="fulfil_redemptions"
)
def fulfil(request: HttpRequest, body: FulfilmentIn) -> HttpResponse:
    """All of them, or none. Needs reward.fulfil."""
    exchange, once = exchange_of(request), request_key(request)
    try:
        done = fulfil_redemptions(by=exchange.by, at=exchange.at, redemption_ids=body.redemption_ids, once=once)
    except RequestRepeated:
        return answer(FulfilmentOut(fulfilled=0), 201, replayed=True)
    return answer(FulfilmentOut(fulfilled=done), 201)


@of_enrolments.get(
    "/{uuid:enrolment_id}/cheques",
    response=ChequeStandings,
    summary="How far the next loyalty cheque is",
    operation_id="list_cheque_standings",
)
def cheques(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Needs points.see."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="points.see")
    programme, scales = enrolment.programme, _scales()
    found = cheque_standings(enrolment, at=exchange.at)
    return answer(
        ChequeStandings(
            data=[
                standing_out(one, scales[one.policy.currency or programme.points_currency_id], programme.currency)
                for one in found
            ]
        )
    )


def _terms(body: RewardTermsIn, programme: Programme, own: Reward | None = None) -> RewardTerms:
    with located("/points"):
        points = parse_points(body.points, programme.points_currency.scale)
    with located("/money"):
        money = Money.parse(body.money, programme.currency).minor
    voucher = body.voucher
    with located("/voucher"):
        worth = None if voucher is None else Money.parse(voucher.amount, programme.currency).minor
        smallest = 0 if voucher is None else Money.parse(voucher.minimum_basket, programme.currency).minor
    return RewardTerms(
        name=body.name.text(),
        description=None if body.description is None else body.description.text(),
        kind=body.kind,
        points=points,
        money=money,
        condition=body.condition,
        per_member=body.per_member,
        pieces=body.pieces,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        voucher_amount=worth,
        voucher_days=None if voucher is None else voucher.days,
        voucher_minimum=smallest,
        voucher_purpose="multi" if voucher is None else voucher.purpose,
        voucher_is_divisible=voucher is not None and voucher.is_divisible,
        picture_id=None if own is None else own.picture_id,
    )


def _scales() -> dict[str, int]:
    return dict(PointsCurrency.objects.values_list("code", "scale"))


def _reward(request: HttpRequest, reward_id: UUID, status: int, *, replayed: bool = False) -> HttpResponse:
    exchange = exchange_of(request)
    found = get_reward(by=exchange.by.lent("reward.see"), reward_id=reward_id)
    (row,) = offer([found], at=exchange.at)
    return answer(reward_out(row, _scales()[found.points_currency]), status, replayed=replayed)


def _redemption(request: HttpRequest, redemption_id: UUID, status: int, *, replayed: bool = False) -> HttpResponse:
    exchange = exchange_of(request)
    found = get_redemption(by=exchange.by.lent("reward.see"), redemption_id=redemption_id)
    return answer(redemption_out(found, _scales()[found.points_currency]), status, replayed=replayed)
