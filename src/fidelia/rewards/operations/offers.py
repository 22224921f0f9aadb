"""A member activates an offer: once, while it is open, and while there are any left."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, connection, transaction

from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import announce
from fidelia.programme.errors import EnrolmentEnded
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import check_may_spend, terms_in_force

from ..errors import OfferActivated, OfferNotOpen, OfferTaken, UnknownOffer
from ..events import OfferWasActivated
from ..models import OfferActivation
from .audit import audit

ACTIVATE = "offer.activate"
# The last one goes to one of many: the row of the count is locked by whoever takes it.
_TAKE = """
insert into rewards_offer_count as counted (programme_id, offer, taken) values (%(programme)s, %(offer)s, 1)
on conflict (programme_id, offer) do update set taken = counted.taken + 1
where %(at_most)s::bigint is null or counted.taken < %(at_most)s
"""


def activate_offer(
    *, by: Actor, at: datetime, enrolment: Enrolment, offer: str, once: RequestKey | None = None
) -> OfferActivation:
    """Let an offer of the terms in force count for a member from now on.

    Raises Denied (offer.activate), EnrolmentEnded, EnrolmentProvisional, UnknownOffer, OfferNotOpen, OfferActivated
    (also under another name of the person), OfferTaken (none is left).
    """
    by.require(ACTIVATE, Scope(enrolment.partner_id, enrolment.store_id))
    check_may_spend(enrolment)
    activation_id = new_id()
    with transaction_of_use_case():
        claim(once, at=at, resource_type="offer_activation", resource_id=activation_id)
        if enrolment.ended_at is not None:
            raise EnrolmentEnded("This membership has ended.")
        terms = terms_in_force(enrolment, at)
        found = None if terms is None else terms.offer(offer)
        if terms is None or found is None:
            raise UnknownOffer(f"The programme has no offer “{offer}” now.", pointer="/offer")
        if not found.is_open(at):
            raise OfferNotOpen("This offer cannot be activated now.", pointer="/offer")
        row = OfferActivation(
            id=activation_id, programme=enrolment.programme, enrolment=enrolment, customer_id=enrolment.customer_id,
            offer=offer, activated_at=at, holds_until=found.holds_until(at, terms.zone),
        )  # fmt: skip
        _insert(row)
        _count(row, found.at_most)
        audit(by, at, ACTIVATE, row.id, partner_id=enrolment.partner_id, after={"offer": offer})
        announce(
            OfferWasActivated(
                occurred_at=at, customer_id=row.customer_id, programme_id=row.programme_id, enrolment_id=enrolment.id,
                offer=offer,
            )
        )  # fmt: skip
    return row


def _insert(row: OfferActivation) -> None:
    known = OfferActivation.objects.filter(
        customer_id__in=ids_of(row.customer_id), programme=row.programme_id, offer=row.offer
    )
    try:
        if not known.exists():
            with transaction.atomic():  # a savepoint, so that the refusal leaves the use case able to speak
                row.save(force_insert=True)
                return
    except IntegrityError as error:
        if "activates an offer once" not in str(error):
            raise
    raise OfferActivated("The member has activated this offer already.", pointer="/offer")


def _count(row: OfferActivation, at_most: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"programme": row.programme_id, "offer": row.offer, "at_most": at_most})
        if not cursor.rowcount:
            raise OfferTaken("As many members as may have activated this offer.", pointer="/offer")
