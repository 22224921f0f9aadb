"""What the till asks while a sale goes on: where it stands, who it is, which product, and a quick sign-up."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.middleware.csrf import get_token
from django.views.decorators.http import require_POST, require_safe

from fidelia.access.errors import RateLimited
from fidelia.access.operations import admit_try
from fidelia.activity.queries import list_purchases
from fidelia.cards.operations import Person
from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.customers.queries import find_presented, get_customer, ids_of, search_customers
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.organisation.models import Store
from fidelia.products.queries import list_sellable
from fidelia.programme.models import Programme
from fidelia.programme.operations import enrol
from fidelia.programme.queries import find_enrolment
from fidelia.rewards.operations.patterns import normalise_code
from fidelia.rewards.queries import read_for_rules

from ..customers.rows import name_of
from ..pages import ConsoleRequest
from .answers import Answer, answers, read_question
from .cards import register_at_till, said_of_card
from .people import FOUND_MAX, facts_of, members_presented, programme_facts
from .places import programme_of, store_of, stores_of

_NUMBERED = re.compile(r".*-(\d{1,9})")
# A counter serves a hundred people an hour, and asks twice for some: who asks far more is reading the file.
LOOK_UPS = 600
LOOK_UP_PERIOD = timedelta(hours=1)


class TooManyLookUps(RateLimited):
    """One user looked so many members up at the till that it is no counter any more; `retry_at` says when to go on."""

    default_code = "too_many_look_ups"


class Newcomer(msgspec.Struct):
    """A quick sign-up: two fields, and the key under which it is made once; `card` is one that waits for its person."""

    key: str
    phone: str
    name: str
    store: str
    card: str = ""


@require_safe
@answers
def state(request: ConsoleRequest) -> Answer:
    """Where one may sell, what is counted in, and the last receipt of this till."""
    by = request.actor
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    programme = programme_of(request)
    store, till = request.GET.get("store", ""), request.GET.get("till", "")
    return {
        "token": get_token(request),
        "cashier": request.user.name,
        "language": request.user.language,
        "stores": [{"code": one.code, "name": one.name} for one in stores_of(by)],
        "programme": programme_facts(programme),
        "sells_cards": by.may_somewhere("gift_card.sell"),
        "last_number": _last_number(by, store, till) if store and till else 0,
    }


@require_safe
@answers
def scan(request: ConsoleRequest) -> Answer:
    """Who, or which product, is named by what was scanned or typed."""
    text = request.GET.get("q", "").strip()[:100]
    if not text:
        return {"members": [], "products": [], "code": None}
    programme, at = programme_of(request), clock.now()
    goods = list_sellable(by=request.actor, text=text, limit=FOUND_MAX)
    is_article = len(goods) == 1 and goods[0].code == text
    if not is_article:  # articles are scanned without end, and nobody is learnt from them
        _count_look_up(request.actor, at)
    found = search_customers(by=request.actor, text=text, limit=FOUND_MAX)
    if is_article and len(found) != 1:
        found = []
    elif is_article:
        _count_look_up(request.actor, at)
    if not found and not goods:  # an article is scanned far more often than a card of another store
        found = members_presented(request.actor, text, programme)
    members = [facts_of(request.actor, one, programme, at) for one in found] if len(found) == 1 else _named(found)
    if members or goods:
        return {"members": members, "products": [_product(one, programme) for one in goods] if not members else []}
    code = _code(text, programme)
    card = None if code is not None else said_of_card(request.actor, text, at)
    return {"members": [], "products": [], "code": code, **({"card": card} if card else {})}


@require_safe
@answers
def products(request: ConsoleRequest) -> Answer:
    """Products of this code, or named so."""
    text = request.GET.get("q", "").strip()[:100]
    goods = list_sellable(by=request.actor, text=text) if text else []
    programme = programme_of(request)
    return {"products": [_product(one, programme) for one in goods]}


@require_safe
@answers
def member(request: ConsoleRequest, customer_id: UUID) -> Answer:
    """One of several people of a name, chosen."""
    _count_look_up(request.actor, clock.now())
    found = get_customer(by=request.actor, customer_id=customer_id)
    return {"member": facts_of(request.actor, found, programme_of(request), clock.now())}


def _count_look_up(by: Actor, at: datetime) -> None:
    """Count that a user asked for a member, whether or not there is one. Raises TooManyLookUps."""
    try:
        admit_try(kind="till look-up", subject=str(by.id), limit=LOOK_UPS, period=LOOK_UP_PERIOD, at=at)
    except RateLimited as refusal:
        raise TooManyLookUps("Too many members were looked up from this account.", **refusal.details) from None


@require_POST
@answers
def join(request: ConsoleRequest) -> Answer:
    """Sign a customer up by a phone number and a name; who is known by the number is enrolled, not added again.

    A provisional card is registered to them, and its points with it.
    """
    new, at, programme = read_question(request, Newcomer), clock.now(), programme_of(request)
    store = store_of(request.actor, new.store)
    if new.card:
        customer_id = register_at_till(
            request.actor,
            at,
            store,
            card=new.card,
            person=_person(request.actor, new, store),
            said=(new.key, new.phone, new.name),
        )
        registered = get_customer(by=request.actor.lent("customer.see"), customer_id=customer_id)
        return {"member": facts_of(request.actor, registered, programme, at)}
    customer = _known_by_phone(request.actor, new) or _add(request.actor, new, store)
    if find_enrolment(programme, ids_of(customer.id)) is None:
        enrol(
            by=request.actor, at=at, programme=programme, customer_id=customer.id, source="till", store_id=store.id,
            partner_id=store.partner_id,
        )  # fmt: skip
    return {"member": facts_of(request.actor, customer, programme, at)}


def source_of(store: str, till: str) -> str:
    """Return the stream of receipts of one till."""
    return f"till:{store}:{till}"[:60]


def _last_number(by: Actor, store: str, till: str) -> int:
    """Return the number of the till's last receipt, so that a browser that forgot its own goes on after it."""
    found = list_purchases(by=by, store_id=store_of(by, store).id, limit=50)
    numbers = [_NUMBERED.fullmatch(one.receipt_number) for one in found if one.source == source_of(store, till)]
    return max((int(number[1]) for number in numbers if number), default=0)


def _code(text: str, programme: Programme) -> Answer | None:
    """Return what a code presents: a coupon, a voucher, a gift card; None where nothing here has it."""
    code = normalise_code(text)
    known = read_for_rules(programme_id=programme.id, at=clock.now(), codes=[code], gift_cards=[code])
    coupon, card = known["codes"].get(code, {}), known["gift_cards"].get(code, {})
    if coupon.get("state", "unknown") != "unknown":
        return {"what": "coupons", "code": code}
    return {"what": "gift_cards", "code": code} if card.get("state", "unknown") != "unknown" else None


def _named(found: list[Customer]) -> list[Answer]:
    return [{"id": str(one.id), "name": name_of(one), "town": one.town} for one in found]


def _product(product: Any, programme: Programme) -> Answer:
    is_own = product.price is not None and product.price_currency == programme.currency
    return {"code": product.code, "name": product.name or product.code, "price": product.price if is_own else None}


def _known_by_phone(by: Actor, new: Newcomer) -> Customer | None:
    """Whoever tells their own number is known by it in every store, or they would be two people."""
    found = find_presented(by=by, text=new.phone.strip()) if new.phone.strip() else []
    return found[0] if len(found) == 1 else None


def _person(by: Actor, new: Newcomer, store: Store) -> Person:
    known = _known_by_phone(by, new)
    if known is not None:
        return Person(customer_id=known.id)
    return Person(given_name=new.name.strip(), phone=new.phone.strip(), country=store.country)


def _add(by: Actor, new: Newcomer, store: Store) -> Customer:
    said = hashlib.sha256(f"{new.phone}|{new.name}".encode()).digest()
    once = RequestKey(f"user:{by.id}"[:80], f"join:{new.key}"[:255], said)
    customer = NewCustomer(
        source="till", given_name=new.name.strip(), phone=new.phone.strip(), country=store.country,
        partner_id=store.partner_id, home_store_id=store.id,
    )  # fmt: skip
    try:
        return add_customer(by=by, at=clock.now(), customer=customer, once=once)
    except RequestRepeated as repeated:
        return get_customer(by=by, customer_id=UUID(repeated.resource_id))
