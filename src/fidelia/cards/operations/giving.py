"""Give a card to a member, or hand one out with no person yet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, check_new_customer, place_customer
from fidelia.customers.operations.identities import insert_identities
from fidelia.customers.queries import ids_of, survivors_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import add_months, end_of_day, local_day, zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim, name_resource
from fidelia.kernel.outbox import Origin
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations.enrolments import write_enrolment

from ..errors import CardGiven, CardNumberTaken, MalformedCardNumber
from ..models import Card, CardSeries
from .audit import change_state
from .locking import State, check_usable, locked_card
from .making import draw_cards
from .series import locked_series

SOURCE = "provisional_card"
GIVE = "card.give"


def give_card(
    *, by: Actor, at: datetime, customer_id: UUID, number: str | None = None, series_id: UUID | None = None,
    programme: Programme, once: RequestKey | None = None,
) -> Card:  # fmt: skip
    """Give a member a card: the one of this number, which is with nobody, or a new one of the series.

    Several cards of one member work side by side. Raises Denied (card.give), UnknownCard, UnknownCardSeries,
    CardSeriesEnded, CardNumbersExhausted, CardGiven, CardLost and the like, CardNumberTaken.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card")
        card = _card_to_give(by, at, number, series_id, Scope())
        if card.programme_id != programme.id:
            raise MalformedCardNumber("This card is of another programme.", pointer="/number")
        place_card(card, by=by, at=at, customer_id=survivors_of([customer_id])[customer_id])
        name_resource(once, card.id)
    return card


def hand_out(
    *, by: Actor, at: datetime, number: str | None = None, series_id: UUID | None = None, store_id: UUID | None = None,
    partner_id: UUID | None = None, once: RequestKey | None = None,
) -> Card:  # fmt: skip
    """Hand a card out with no person yet: it earns at once, and its points wait until it is registered.

    Raises Denied (card.give), UnknownCard, UnknownCardSeries, CardSeriesEnded, CardNumbersExhausted, CardGiven,
    CardLost and the like.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card")
        card = _card_to_give(by, at, number, series_id, Scope(partner_id, store_id))
        nobody = place_nobody(by=by, at=at, programme=card.programme, number=card.number, store_id=store_id,
                              partner_id=partner_id)  # fmt: skip
        card.store_id, card.partner_id = store_id or card.store_id, partner_id or card.partner_id
        place_card(card, by=by, at=at, customer_id=nobody.customer_id, state=State.PROVISIONAL)
        name_resource(once, card.id)
    return card


def place_nobody(
    *, by: Actor, at: datetime, programme: Programme, number: str, store_id: UUID | None, partner_id: UUID | None
) -> Enrolment:
    """Building block: a customer known by a card alone, and its membership that waits for its person."""
    new = NewCustomer(
        source=SOURCE, identities=(("card", number),), partner_id=partner_id, home_store_id=store_id
    )  # fmt: skip
    lent = by.lent("customer.create", "customer.identify", "enrolment.create")
    place_customer(by=lent, at=at, checked=check_new_customer(new, at=at), origin=Origin.LIVE)
    return write_enrolment(
        by=lent, at=at, programme=programme, customer_id=new.id, enrolled_at=at, source=SOURCE, store_id=store_id,
        partner_id=partner_id, is_provisional=True,
    )  # fmt: skip


def place_card(
    card: Card, *, by: Actor, at: datetime, customer_id: UUID, state: str = State.ACTIVE, reason: str = ""
) -> None:
    """Building block: let a locked card that is with nobody name a customer. Raises CardNumberTaken."""
    require_transaction()
    insert_identities([(customer_id, "card", card.number, at, card.partner_id, "card")], at=at)
    holder = Customer.objects.filter(
        identities__scheme="card", identities__value=card.number, identities__until__isnull=True
    ).first()  # fmt: skip
    if holder is None or holder.id not in ids_of(customer_id):
        raise CardNumberTaken("This number names another customer.", pointer="/number")
    card.customer_id, card.given_at = customer_id, at
    card.registered_at = at if state == State.ACTIVE else None
    card.expires_at = _end_of(card.series, card.programme, at)
    change_state(card, state, by=by, at=at, verb=GIVE, reason=reason)


def fresh_card(by: Actor, at: datetime, series: CardSeries) -> Card:
    """Building block: make one card of a locked series and return it, locked."""
    (number,) = draw_cards(series, 1, at=at)
    return locked_card(by.lent("card.see"), number, "card.see")


def _card_to_give(by: Actor, at: datetime, number: str | None, series_id: UUID | None, scope: Scope) -> Card:
    if (number is None) == (series_id is None):
        raise MalformedCardNumber("Name a card by its number, or a series to take a new one of.", pointer="/number")
    by.require(GIVE, scope)
    if series_id is not None:
        return fresh_card(by, at, locked_series(by.lent(GIVE), series_id, GIVE))
    card = locked_card(by.lent(GIVE), number or "", GIVE)
    if card.state in (State.ACTIVE, State.PROVISIONAL):
        raise CardGiven("This card is somebody's already.", pointer="/number", state=card.state)
    if card.state != State.ISSUED:
        check_usable(card, at)
    return card


def _end_of(series: CardSeries | None, programme: Programme, at: datetime) -> datetime | None:
    if series is None or series.validity_months is None:
        return None
    zone = zone_of(programme.time_zone)
    return end_of_day(add_months(local_day(at, zone), series.validity_months), zone)
