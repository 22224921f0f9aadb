"""/gift-cards: sold, looked at, spent in parts, charged again, refunded, blocked."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.kernel.money import Money, exponent_of
from fidelia.organisation.queries import get_store_by_code
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations import (
    block_gift_card,
    refund_gift_card,
    sell_gift_card,
    spend_gift_card,
    take_top_up_back,
    top_up_gift_card,
)
from fidelia.rewards.queries import get_gift_card, list_movements

from .answers import answer
from .coupons import partner_of, programme_of
from .errors import located
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.gift_cards import (
    BlockIn,
    GiftCardIn,
    GiftCardOut,
    MovementPage,
    RefundIn,
    SpendingIn,
    TopUpIn,
    TopUpReversalIn,
    gift_card_out,
    movement_out,
)

router = Router(tags=["rewards"])


@router.post("", response={201: GiftCardOut}, summary="Sell a gift card", operation_id="sell_gift_card")
def sell(request: HttpRequest, body: GiftCardIn) -> HttpResponse:
    """A means of payment, never a discount. Needs gift_card.sell; to name its owner, customer.see."""
    exchange, once = exchange_of(request), request_key(request)
    store = None if body.store is None else get_store_by_code(code=body.store)
    owner = None if body.customer_id is None else get_customer(by=exchange.by, customer_id=body.customer_id).id
    try:
        card = sell_gift_card(
            by=exchange.by,
            at=exchange.at,
            programme=programme_of(exchange.by, body.programme),
            amount=money_of(body.amount, body.currency),
            valid_until=body.valid_until,
            code=body.code,
            customer_id=None if owner is None else ids_of(owner)[0],
            store_id=store.id if store else None,
            partner_id=store.partner_id if store else partner_of(exchange.by),
            once=once,
        )
    except RequestRepeated as known:
        return _answer(exchange.by, UUID(known.resource_id), replayed=True)
    return answer(gift_card_out(card), 201)


@router.get("/{uuid:card_id}", response=GiftCardOut, summary="One gift card", operation_id="get_gift_card")
def get(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """By its id; by its code, ask /codes. Needs gift_card.see."""
    return answer(gift_card_out(get_gift_card(by=exchange_of(request).by, card_id=card_id)))


@router.get(
    "/{uuid:card_id}/movements", response=MovementPage, summary="Its movements", operation_id="list_gift_card_movements"
)
def movements(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """The last first. Needs gift_card.see."""
    exchange = exchange_of(request)
    card = get_gift_card(by=exchange.by, card_id=card_id)
    found = list_movements(by=exchange.by, card=card)
    return answer(MovementPage(data=[movement_out(one, card.currency) for one in found], next=None))


@router.post(
    "/{uuid:card_id}/spendings", response={201: GiftCardOut}, summary="Pay by it", operation_id="spend_gift_card"
)
def spend(request: HttpRequest, card_id: UUID, body: SpendingIn) -> HttpResponse:
    """Outside a checkout of Fidelia's. What open checkouts have set aside is not there. Needs gift_card.spend."""
    exchange, once = exchange_of(request), request_key(request)
    amount = money_of(body.amount, body.currency)
    try:
        card = spend_gift_card(
            by=exchange.by, at=exchange.at, card_id=_own(exchange.by, card_id), amount=amount, note=body.note, once=once
        )
    except RequestRepeated:
        return _answer(exchange.by, card_id, replayed=True)
    return answer(gift_card_out(card), 201)


@router.post(
    "/{uuid:card_id}/top-ups", response={201: GiftCardOut}, summary="Charge it again", operation_id="top_up_gift_card"
)
def top_up(request: HttpRequest, card_id: UUID, body: TopUpIn) -> HttpResponse:
    """As the terms allow: how much at once, how much it holds, whether its life begins anew. Needs gift_card.top_up."""
    exchange, once = exchange_of(request), request_key(request)
    amount, own = money_of(body.amount, body.currency), _own(exchange.by, card_id)
    try:
        card = top_up_gift_card(by=exchange.by, at=exchange.at, card_id=own, amount=amount, note=body.note, once=once)
    except RequestRepeated:
        return _answer(exchange.by, card_id, replayed=True)
    return answer(gift_card_out(card), 201)


@router.post(
    "/{uuid:card_id}/top-ups/{int:number}/reversals",
    response={201: GiftCardOut},
    summary="Take a charge back",
    operation_id="take_gift_card_top_up_back",
)
def take_back(request: HttpRequest, card_id: UUID, number: int, body: TopUpReversalIn) -> HttpResponse:
    """The whole of it, within the days of the terms, by the number of its movement. Needs gift_card.refund."""
    exchange, once = exchange_of(request), request_key(request)
    own = _own(exchange.by, card_id)
    try:
        card = take_top_up_back(by=exchange.by, at=exchange.at, card_id=own, number=number, note=body.note, once=once)
    except RequestRepeated:
        return _answer(exchange.by, card_id, replayed=True)
    return answer(gift_card_out(card), 201)


@router.post(
    "/{uuid:card_id}/refunds", response={201: GiftCardOut}, summary="Pay its money out", operation_id="refund_gift_card"
)
def refund(request: HttpRequest, card_id: UUID, body: RefundIn) -> HttpResponse:
    """All that is there, or an amount, with the reason. Needs gift_card.refund."""
    exchange, once = exchange_of(request), request_key(request)
    amount = None if body.amount is None else money_of(body.amount, body.currency or "")
    try:
        card = refund_gift_card(
            by=exchange.by, at=exchange.at, card_id=_own(exchange.by, card_id), amount=amount, note=body.note, once=once
        )
    except RequestRepeated:
        return _answer(exchange.by, card_id, replayed=True)
    return answer(gift_card_out(card), 201)


@router.post(
    "/{uuid:card_id}/blocks", response={201: GiftCardOut}, summary="Block it, or not", operation_id="block_gift_card"
)
def block(request: HttpRequest, card_id: UUID, body: BlockIn) -> HttpResponse:
    """A card that is lost pays nothing until it is let work again. Needs gift_card.block."""
    exchange, once = exchange_of(request), request_key(request)
    own = _own(exchange.by, card_id)
    try:
        card = block_gift_card(by=exchange.by, at=exchange.at, card_id=own, is_blocked=body.is_blocked, once=once)
    except RequestRepeated:
        return _answer(exchange.by, card_id, replayed=True)
    return answer(gift_card_out(card), 201)


def money_of(amount: str, currency: str) -> Money:
    """Read an amount of a body. Raises UnknownCurrency, MalformedAmount, with their places."""
    with located("/currency"):
        exponent_of(currency)
    with located("/amount"):
        return Money.parse(amount, currency)


def _own(by: Actor, card_id: UUID) -> UUID:
    """A test key reaches the cards of sandboxes only, and a live key those of none. Raises UnknownGiftCard."""
    return get_gift_card(by=by.lent("gift_card.see"), card_id=card_id).id


def _answer(by: Actor, card_id: UUID, *, replayed: bool) -> HttpResponse:
    card: GiftCard = get_gift_card(by=by.lent("gift_card.see"), card_id=card_id)
    return answer(gift_card_out(card), 201, replayed=replayed)
