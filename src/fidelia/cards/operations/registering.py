"""A provisional card gets its person: its points, and all that was bought with it, follow.

Either the record without a name becomes the person's, or, where the person is in the file already, it points at them
from then on (`merged_into`) and nothing is rewritten. Of two tills that register one card, one does; the other is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fidelia.customers.operations.absorbing import absorb_nameless
from fidelia.customers.operations.contact_points import place_contact_point
from fidelia.customers.operations.customer_file import change_facts
from fidelia.customers.queries import ids_of, survivors_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Invalid
from fidelia.kernel.idempotency import RequestKey, claim, name_resource
from fidelia.kernel.outbox import announce
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.bringing import follow_member
from fidelia.programme.queries import find_enrolment

from ..errors import CardNotProvisional, CardRegistered
from ..events import CardFollowed
from ..models import Card
from .audit import change_state
from .giving import GIVE
from .locking import State, check_usable, locked_card

LENT = ("customer.change", "customer.identify", "enrolment.end")


class NobodyNamed(Invalid):
    """A card is registered to somebody: a name, an e-mail address or a telephone number."""

    default_code = "nobody_named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who registers a card: a customer of the file, or a name and where to reach them."""

    customer_id: UUID | None = None
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    country: str = ""


def register_card(
    *, by: Actor, at: datetime, card: UUID | str, person: Person, source: str = "till", once: RequestKey | None = None
) -> Card:
    """Give a provisional card its person; its points can be spent from then on.

    Raises Denied (card.give), UnknownCard, CardRegistered, CardNotProvisional (nobody has it yet), CardLost and the
    like, NobodyNamed, UnknownCustomer, CustomerClosed, MalformedEmail, MalformedPhone, NotSettled.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card")
        row = locked_card(by, card, GIVE)
        _check(row, at)
        lent = by.lent(*LENT)
        if person.customer_id is None:
            _become(row, lent, at, person, source)
            points = 0
        else:
            points = _follow(row, lent, at, survivors_of([person.customer_id]).get(person.customer_id))
        row.registered_at = at
        change_state(row, State.ACTIVE, by=by, at=at, verb=GIVE)
        announce(
            CardFollowed(
                occurred_at=at, customer_id=row.customer_id, card_id=row.id, programme_id=row.programme_id,
                points=points,
            )
        )  # fmt: skip
        name_resource(once, row.id)
    return row


def _check(card: Card, at: datetime) -> None:
    if card.state == State.ACTIVE:
        raise CardRegistered("This card has its person already.")
    if card.state == State.ISSUED:
        raise CardNotProvisional("This card is with nobody yet: give it to the member.")
    check_usable(card, at)


def _become(card: Card, by: Actor, at: datetime, person: Person, source: str) -> None:
    """The record without a name is the person's from now on: identities, purchases and points are theirs already."""
    if not (person.given_name.strip() or person.family_name.strip() or person.email.strip() or person.phone.strip()):
        raise NobodyNamed("Say who it is: a name, an e-mail address or a telephone number.", pointer="/given_name")
    assert card.customer_id is not None, "a provisional card names a record"
    named = {name: getattr(person, name) for name in ("given_name", "family_name", "language", "country")}
    change_facts(
        by=by, at=at, customer_id=card.customer_id, changes={name: said for name, said in named.items() if said},
        source=source, occurred_at=at,
    )  # fmt: skip
    for channel, value in (("email", person.email), ("phone", person.phone)):
        if value.strip():
            place_contact_point(
                by=by, at=at, customer_id=card.customer_id, channel=channel, value=value, source=source
            )  # fmt: skip
    Enrolment.objects.filter(
        programme=card.programme_id, customer_id=card.customer_id, ended_at__isnull=True, is_provisional=True
    ).update(is_provisional=False)


def _follow(card: Card, by: Actor, at: datetime, customer_id: UUID | None) -> int:
    """The record points at the person; two memberships become one, and the points of the card go with it."""
    assert card.customer_id is not None, "a provisional card names a record"
    nameless = card.customer_id
    provisional = find_enrolment(card.programme, [nameless])
    own = None if customer_id is None else find_enrolment(card.programme, ids_of(customer_id))
    absorb_nameless(by=by, at=at, customer_id=nameless, into=customer_id or nameless)
    if provisional is None:
        return 0
    if own is None:
        Enrolment.objects.filter(id=provisional.id).update(is_provisional=False)
        return 0
    return follow_member(by=by, at=at, enrolment=provisional, to=own)
