"""A card number that names a customer and has no life yet: a plain identity becomes a card when somebody acts on it."""

from __future__ import annotations

from datetime import datetime

from fidelia.customers.queries import find_by_identity, ids_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import list_enrolments

from ..errors import UnknownCard
from ..models import Card
from ..queries.usable import normalise_number
from .audit import audit
from .giving import GIVE


def adopt_card(*, by: Actor, at: datetime, number: str) -> Card:
    """Return the card of a number; of a number that only names a customer, a card made of it, active.

    Raises Denied (card.give), UnknownCard (it names nobody, or nobody who is a member).
    """
    if not by.may_somewhere(GIVE):
        by.require(GIVE)
    kept = normalise_number(number)
    with transaction_of_use_case():
        known = Card.objects.filter(number=kept, programme__is_sandbox=by.mode == "test").first()
        if known is not None:
            return known
        member = _member_of(by, kept)
        by.require(GIVE, Scope(member.partner_id, member.store_id))
        made, is_new = Card.objects.get_or_create(
            number=kept,
            defaults={
                "id": new_id(), "programme": member.programme, "state": Card.State.ACTIVE,
                "customer_id": member.customer_id, "partner_id": member.partner_id, "store_id": member.store_id,
                "made_at": at, "given_at": at, "registered_at": at, "changed_at": at,
            },
        )  # fmt: skip
        if is_new:
            audit(by, at, GIVE, made.id, scope=Scope(made.partner_id, made.store_id), after={"state": made.state})
    return made


def _member_of(by: Actor, number: str) -> Enrolment:
    customer_id = find_by_identity("card", number) if number else None
    if customer_id is not None:
        for one in list_enrolments(ids_of(customer_id)):
            if one.ended_at is None and one.programme.is_sandbox == (by.mode == "test"):
                return one
    raise UnknownCard("There is no card of this number.")
