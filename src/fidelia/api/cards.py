"""/card-series and /cards: made, given, handed out with nobody yet, registered, lost, replaced, blocked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.cards.errors import MalformedCardSeries
from fidelia.cards.models import Card
from fidelia.cards.operations import (
    NewCardSeries,
    Person,
    adopt_card,
    ask_cards,
    block_card,
    bring_cards,
    create_card_series,
    end_card_series,
    give_card,
    hand_out,
    let_work_again,
    look_up_card,
    register_card,
    replace_card,
    report_lost,
)
from fidelia.cards.queries import cards_of, figures_of, find_card, get_card, get_card_series, list_card_series
from fidelia.cards.queries.usable import normalise_number
from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.organisation.queries import get_store_by_code
from fidelia.programme.queries import get_programme_by_id

from .answers import answer
from .coupons import partner_of, programme_of
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.cards import (
    CardBlockIn,
    CardIn,
    CardOut,
    CardPage,
    CardQuery,
    CardReasonIn,
    CardSeriesIn,
    CardSeriesOut,
    CardSeriesPage,
    CardsIn,
    CardsOut,
    RegistrationIn,
    ReplacementIn,
    card_out,
    card_series_out,
)

series = Router(tags=["cards"])
cards = Router(tags=["cards"])


@series.post("", response={201: CardSeriesOut}, summary="Create a series", operation_id="create_card_series")
def create(request: HttpRequest, body: CardSeriesIn) -> HttpResponse:
    """Cards are made of it afterwards. Needs card.make."""
    exchange, once = exchange_of(request), request_key(request)
    asked = NewCardSeries(
        key=body.key, name=body.name.text(), kind=body.kind, prefix=body.prefix, pattern=body.pattern,
        alphabet=body.alphabet, is_running=body.is_running, first_number=body.first_number,
        is_digital=body.is_digital, validity_months=body.validity_months, partner_id=partner_of(exchange.by),
    )  # fmt: skip
    programme = programme_of(exchange.by, body.programme)
    try:
        made = create_card_series(by=exchange.by, at=exchange.at, programme=programme, series=asked, once=once)
    except RequestRepeated as known:
        return _series(exchange.by, UUID(known.resource_id), 201, replayed=True)
    return answer(card_series_out(made, {}), 201)


@series.get("", response=CardSeriesPage, summary="The series of cards", operation_id="list_card_series")
def list_(request: HttpRequest) -> HttpResponse:
    """The newest first. Needs card.see."""
    found = list_card_series(by=exchange_of(request).by)
    counted = figures_of([one.id for one in found])
    rows = [card_series_out(one, counted[one.id].by_state) for one in found]
    return answer(CardSeriesPage(data=rows, next=None))


@series.get("/{uuid:series_id}", response=CardSeriesOut, summary="One series", operation_id="get_card_series")
def get(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """Needs card.see."""
    return _series(exchange_of(request).by, series_id, 200, replayed=False)


@series.post(
    "/{uuid:series_id}/closure", response={201: CardSeriesOut}, summary="End a series", operation_id="end_card_series"
)
def end(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """No more cards are made or given of it; those given work on. Takes no body. Needs card.make."""
    exchange, once = exchange_of(request), request_key(request)
    replayed = False
    try:
        end_card_series(by=exchange.by, at=exchange.at, series_id=series_id, once=once)
    except RequestRepeated:
        replayed = True
    return _series(exchange.by.lent("card.see"), series_id, 201, replayed=replayed)


@series.post(
    "/{uuid:series_id}/cards", response={201: CardsOut}, summary="Make cards, or bring them in",
    operation_id="add_cards",
)  # fmt: skip
def add(request: HttpRequest, series_id: UUID, body: CardsIn) -> HttpResponse:
    """Making is a job. All numbers come in, or none. Needs card.make."""
    exchange, once = exchange_of(request), request_key(request)
    if (body.count is None) == (body.numbers is None):
        raise MalformedCardSeries("Say how many cards to make, or give their numbers: one of the two.",
                                  pointer="/count")  # fmt: skip
    try:
        if body.numbers is not None:
            brought = bring_cards(by=exchange.by, at=exchange.at, series_id=series_id, numbers=body.numbers, once=once)
            return answer(CardsOut(job_id=None, brought=brought), 201)
        job = ask_cards(by=exchange.by, at=exchange.at, series_id=series_id, count=body.count or 0, once=once)
    except RequestRepeated as known:
        job_id = UUID(known.resource_id) if known.resource_type == "job" else None
        return answer(CardsOut(job_id=job_id, brought=len(body.numbers or ())), 201, replayed=True)
    return answer(CardsOut(job_id=job.id, brought=0), 201)


@cards.post("", response={201: CardOut}, summary="Give a card", operation_id="give_card")
def give(request: HttpRequest, body: CardIn) -> HttpResponse:
    """To a customer, or with nobody yet: then it earns at once, and its points wait until it is registered. Needs
    card.give; to name a customer, customer.see.
    """
    exchange, once = exchange_of(request), request_key(request)
    by, at = exchange.by, exchange.at
    store = None if body.store is None else get_store_by_code(code=body.store)
    try:
        if body.customer_id is not None and body.number is not None and _is_plain(body.number, body.customer_id, at):
            made = adopt_card(by=by, at=at, number=body.number)  # it is theirs already, and has no life yet
        elif body.customer_id is None:
            made = hand_out(
                by=by, at=at, number=body.number, series_id=body.series_id, store_id=store.id if store else None,
                partner_id=store.partner_id if store else partner_of(by), once=once,
            )  # fmt: skip
        else:
            customer = get_customer(by=by, customer_id=body.customer_id)
            made = give_card(
                by=by, at=at, customer_id=ids_of(customer.id)[0], number=body.number, series_id=body.series_id,
                programme=get_programme_by_id(_programme_of(by, body)), once=once,
            )  # fmt: skip
    except RequestRepeated as known:
        return _card(by, at, UUID(known.resource_id), 201, replayed=True)
    return answer(card_out(made, at), 201)


@cards.get("", response=CardPage, summary="Cards of a customer, or of a number", operation_id="list_cards")
def list_cards(request: HttpRequest, asked: Query[CardQuery]) -> HttpResponse:
    """Those that work first. A number that nothing has is unknown_card; who guesses waits. Needs card.see."""
    exchange = exchange_of(request)
    if asked.number is not None:
        found = look_up_card(by=exchange.by, at=exchange.at, number=asked.number)
        return answer(CardPage(data=[card_out(found, exchange.at)], next=None))
    if asked.customer_id is None:
        raise MalformedCardSeries("Name a customer or a number.", pointer="/customer_id")
    customer = get_customer(by=exchange.by, customer_id=asked.customer_id)
    held = [one for one in cards_of(ids_of(customer.id), at=exchange.at) if one.card_id is not None]
    rows = [card_out(find_card(by=exchange.by, number=one.number), exchange.at) for one in held[: asked.limit]]
    return answer(CardPage(data=rows, next=None))


@cards.get("/{uuid:card_id}", response=CardOut, summary="One card", operation_id="get_card")
def get_one(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Needs card.see."""
    exchange = exchange_of(request)
    return _card(exchange.by, exchange.at, card_id, 200, replayed=False)


@cards.post(
    "/{uuid:card_id}/registrations", response={201: CardOut}, summary="Register it", operation_id="register_card"
)
def register(request: HttpRequest, card_id: UUID, body: RegistrationIn) -> HttpResponse:
    """A provisional card gets its person, and its points with it. Needs card.give; to name a customer, customer.see."""
    by = exchange_of(request).by
    given = body.model_dump()
    if body.customer_id is not None:
        given["customer_id"] = get_customer(by=by, customer_id=body.customer_id).id
    person = Person(**given)
    return _do(
        request, card_id,
        lambda once: register_card(by=by, at=exchange_of(request).at, card=card_id, person=person, source="api",
                                   once=once),
    )  # fmt: skip


@cards.post(
    "/{uuid:card_id}/losses", response={201: CardOut}, summary="Report it lost", operation_id="report_card_lost"
)
def lose(request: HttpRequest, card_id: UUID, body: CardReasonIn) -> HttpResponse:
    """It names nobody any more and a till is told why; the points stay. Needs card.block."""
    exchange = exchange_of(request)
    return _do(
        request, card_id,
        lambda once: report_lost(by=exchange.by, at=exchange.at, card=card_id, reason=body.reason, once=once),
    )  # fmt: skip


@cards.post("/{uuid:card_id}/replacements", response={201: CardOut}, summary="Replace it", operation_id="replace_card")
def replace(request: HttpRequest, card_id: UUID, body: ReplacementIn) -> HttpResponse:
    """Another card takes its place with all points; the answer is the new one. Needs card.block."""
    exchange = exchange_of(request)
    return _do(
        request, card_id,
        lambda once: replace_card(by=exchange.by, at=exchange.at, card=card_id, number=body.number,
                                  reason=body.reason, once=once),
    )  # fmt: skip


@cards.post("/{uuid:card_id}/blocks", response={201: CardOut}, summary="Block it, or not", operation_id="block_card")
def block(request: HttpRequest, card_id: UUID, body: CardBlockIn) -> HttpResponse:
    """Not blocked: a card that was blocked, or lost and found, works again. Needs card.block."""
    by, at = exchange_of(request).by, exchange_of(request).at

    def act(once: RequestKey | None) -> Card:
        if body.is_blocked:
            return block_card(by=by, at=at, card=card_id, reason=body.reason, once=once)
        return let_work_again(by=by, at=at, card=card_id, once=once)

    return _do(request, card_id, act)


def _do(request: HttpRequest, card_id: UUID, act: Callable[[RequestKey | None], Card]) -> HttpResponse:
    """Do what changes a card, once for a key, and answer with the card that came of it."""
    exchange, once = exchange_of(request), request_key(request)
    by, at = exchange.by, exchange.at
    try:
        return answer(card_out(act(once), at), 201)
    except RequestRepeated as known:
        return _card(by, at, UUID(known.resource_id) if known.resource_id else card_id, 201, replayed=True)


def _is_plain(number: str, customer_id: UUID, at: datetime) -> bool:
    """Tell whether a number is the customer's own, as a plain identity without a card."""
    held = cards_of(ids_of(customer_id), at=at)
    return any(one.number == normalise_number(number) and one.card_id is None for one in held)


def _programme_of(by: Actor, body: CardIn) -> UUID:
    """The programme of the card that is named. Raises UnknownCard, UnknownCardSeries."""
    lent = by.lent("card.see")
    if body.series_id is not None:
        return get_card_series(by=lent, series_id=body.series_id).programme_id
    return find_card(by=lent, number=body.number or "").programme_id


def _series(by: Actor, series_id: UUID, status: int, *, replayed: bool) -> HttpResponse:
    found = get_card_series(by=by, series_id=series_id)
    counted = figures_of([series_id])[series_id].by_state
    return answer(card_series_out(found, counted), status, replayed=replayed)


def _card(by: Actor, at: datetime, card_id: UUID, status: int, *, replayed: bool) -> HttpResponse:
    found = get_card(by=by if status == 200 else by.lent("card.see"), card_id=card_id)
    return answer(card_out(found, at), status, replayed=replayed)
