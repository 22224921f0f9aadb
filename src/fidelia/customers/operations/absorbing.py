"""A record without a person, such as a provisional card's, becomes a part of the person whose it turns out to be."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction

from ..errors import CustomerClosed
from ..models import ContactPoint, Customer
from .locking import lock_open_customer, scope_of


def absorb_nameless(*, by: Actor, at: datetime, customer_id: UUID, into: UUID) -> Customer:
    """Building block: let a nameless record point at the person it belongs to; return that person.

    Nothing of it is rewritten: readers find it by `ids_of`. Both rows are locked in the order of their ids. Raises
    UnknownCustomer, CustomerClosed (either is merged or erased, or the record has a name or an address of its own).
    """
    require_transaction()
    rows = {one: lock_open_customer(one) for one in sorted({customer_id, into})}
    nameless, person = rows[customer_id], rows[into]
    if customer_id == into or nameless.search_key or ContactPoint.objects.filter(customer_id=customer_id).exists():
        raise CustomerClosed("Only a record without a person follows another.", customer_id=str(customer_id))
    nameless.merged_into, nameless.updated_at = person, at
    nameless.save(update_fields=["merged_into", "updated_at"])
    person.updated_at = at
    person.save(update_fields=["updated_at"])
    record_audit(
        by=by, at=at, verb="customer.identify", object_type="customer", object_id=customer_id,
        after={"merged_into": str(into)}, scope=scope_of(person),
    )  # fmt: skip
    return person
