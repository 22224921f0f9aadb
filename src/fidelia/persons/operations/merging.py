"""Two records of one person become one: identities, consents, purchases, points, tiers and all they were given.

Nothing is rewritten: the one record points at the other, and readers ask for all ids of a person. Where both are
members of a programme, their memberships become one; where only one is, it stays what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fidelia.customers.operations.absorbing import absorb_person
from fidelia.customers.operations.locking import lock_open_customers
from fidelia.customers.queries import ids_of_each
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.merging import merge_members
from fidelia.programme.queries import list_enrolments


@dataclass(frozen=True, slots=True)
class Merge:
    """Who is one from now on, and how many points came together, of each membership that ended (minor units)."""

    customer_id: UUID
    merged_id: UUID
    points: dict[UUID, int]


def merge_customers(
    *, by: Actor, at: datetime, customer_id: UUID, into: UUID, reason: str = "", once: RequestKey | None = None
) -> Merge:
    """Let the record `customer_id` become a part of the person `into`.

    Raises Denied (customer.merge, over both), UnknownCustomer, CustomerClosed (merged before, or erased),
    SameCustomer, NotSettled (points are held, or owed), TwoPools.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="customer", resource_id=into)
        # Before the memberships are read: a merge at the same moment may bring the person another one.
        lock_open_customers(customer_id, into)
        ids = ids_of_each([customer_id, into])
        theirs, own = _members(ids.get(customer_id, ())), _members(ids.get(into, ()))
        absorb_person(by=by, at=at, customer_id=customer_id, into=into, reason=" ".join(reason.split())[:300])
        points = {
            member.id: merge_members(by=by, at=at, enrolment=member, to=own[programme_id])
            for programme_id, member in sorted(theirs.items())
            if programme_id in own
        }
    return Merge(into, customer_id, points)


def _members(customer_ids: tuple[UUID, ...]) -> dict[UUID, Enrolment]:
    return {one.programme_id: one for one in list_enrolments(customer_ids) if one.ended_at is None}
