"""Cards at the till: one handed out with nobody yet, one registered, and what is said of one that works no more."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fidelia.cards.errors import UnknownCard
from fidelia.cards.operations import Person, hand_out, look_up_card, register_card
from fidelia.cards.queries.usable import state_of
from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.organisation.models import Store
from fidelia.rewards.errors import UnknownGiftCard
from fidelia.rewards.queries.gift_cards import look_up_gift_card

from ..pages import ConsoleRequest
from .answers import Answer, answers, read_question
from .people import facts_of
from .places import programme_of, store_of

SHORTEST_NUMBER = 6


class HandedOut(msgspec.Struct):
    """A card handed out with nobody yet."""

    key: str
    number: str
    store: str


@require_POST
@answers
def give(request: ConsoleRequest) -> Answer:
    """Hand a card out with nobody yet: it is the member of this sale from now on."""
    asked, by, at = read_question(request, HandedOut), request.actor, clock.now()
    store = store_of(by, asked.store)
    by.require("card.give", store.scope)
    once = RequestKey(f"user:{by.id}"[:80], f"card:{asked.key}"[:255], sha256(asked.number.encode()).digest())
    try:
        card = hand_out(
            by=by, at=at, number=asked.number, store_id=store.id, partner_id=store.partner_id, once=once
        )  # fmt: skip
    except RequestRepeated:
        card = look_up_card(by=by.lent("card.see"), at=at, number=asked.number)
    assert card.customer_id is not None, "a card handed out names a record"
    customer = get_customer(by=by.lent("customer.see"), customer_id=card.customer_id)
    return {"member": facts_of(by, customer, programme_of(request), at)}


@require_safe
@answers
def gift_card(request: ConsoleRequest) -> Answer:
    """Whether a gift card of this number was sold before: then money is put onto it. Its balance is not told."""
    by = request.actor
    if not by.may_somewhere("gift_card.sell"):
        by.require("gift_card.sell")
    try:
        card = look_up_gift_card(
            by=by.lent("gift_card.see"), programme_id=programme_of(request).id, code=request.GET.get("code", "")[:100]
        )
    except UnknownGiftCard:
        return {"known": False}
    # One that came back with its sale, and is empty, is on the rack again.
    return {"known": not card.is_on_the_rack()}


def said_of_card(by: Actor, text: str, at: datetime) -> dict[str, Any] | None:
    """Return what is said of a card that names nobody at a till: it is lost, or in a drawer still; None of no card."""
    if not by.may_somewhere("card.see") or sum(each.isdigit() for each in text) < SHORTEST_NUMBER:
        return None
    try:
        card = look_up_card(by=by.lent("card.see"), at=at, number=text)
    except UnknownCard:
        return None
    words = {
        "issued": _("This card is with nobody yet."),
        "lost": _("This card was reported lost. The member’s points are safe: ask for a name or a telephone number."),
        "replaced": _("This card was replaced by another. The member’s points are on the new one."),
        "blocked": _("This card is blocked."),
        "expired": _("This card has expired. The member’s points are safe: ask for a name or a telephone number."),
    }
    state = state_of(card, at)
    told = words.get(state)
    if told is None:
        return None
    reason = f" ({card.reason})" if card.reason and state in {"lost", "blocked"} else ""
    may_give = state == "issued" and by.may_somewhere("card.give")
    return {"state": state, "number": card.number, "message": told + reason, "may_give": may_give}


def register_at_till(
    by: Actor, at: datetime, store: Store, *, card: str, person: Person, said: tuple[str, ...]
) -> UUID:
    """Register a provisional card to who signs up; return the customer. A card of another shop's is taken here too.

    `said` is the key of the page, and what was typed: the same again changes nothing.
    """
    by.require("card.give", store.scope)
    key, *typed = said
    once = RequestKey(f"user:{by.id}"[:80], f"register:{key}"[:255], sha256(repr((card, typed)).encode()).digest())
    lent = by.lent("card.give", "card.see")
    try:
        found = register_card(by=lent, at=at, card=card, person=person, source="till", once=once)
    except RequestRepeated:
        found = look_up_card(by=lent, at=at, number=card)
    assert found.customer_id is not None, "a registered card names its member"
    return ids_of(found.customer_id)[0]
