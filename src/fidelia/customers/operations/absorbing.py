"""Two records of one person become one: the one points at the other, and nothing of it is rewritten."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.outbox import announce

from ..errors import CustomerClosed, SameCustomer
from ..events import CustomerMerged
from ..models import ContactPoint, Customer
from .custom_fields import hand_custom_values_on
from .locking import lock_open_customers, scope_of


def absorb_nameless(*, by: Actor, at: datetime, customer_id: UUID, into: UUID) -> Customer:
    """Building block: let a nameless record point at the person it belongs to; return that person.

    Nothing of it is rewritten: readers find it by `ids_of`. Both rows are locked in the order of their ids. Raises
    UnknownCustomer, CustomerClosed (either is merged or erased, or the record has a name or an address of its own).
    """
    require_transaction()
    nameless, person = _both(customer_id, into)
    if customer_id == into or nameless.search_key or ContactPoint.objects.filter(customer_id=customer_id).exists():
        raise CustomerClosed("Only a record without a person follows another.", customer_id=str(customer_id))
    _point(nameless, person, at)
    hand_custom_values_on(by=by, at=at, customer_id=customer_id, into=into)
    _audit(by, at, "customer.identify", nameless, person)
    return person


def absorb_person(*, by: Actor, at: datetime, customer_id: UUID, into: UUID, reason: str) -> Customer:
    """Building block: let a record point at another of the same person; return that one.

    What the record says of the person stays on it, and is read together by `ids_of`. Both rows are locked in the order
    of their ids. Raises Denied (customer.merge, over both), UnknownCustomer, CustomerClosed, SameCustomer.
    """
    require_transaction()
    if customer_id == into:
        raise SameCustomer("A customer is not merged into themselves.", pointer="/into")
    record, person = _both(customer_id, into)
    for one in (record, person):
        by.require("customer.merge", scope_of(one))
    _point(record, person, at)
    hand_custom_values_on(by=by, at=at, customer_id=customer_id, into=into)
    _audit(by, at, "customer.merge", record, person, reason=reason)
    announce(CustomerMerged(occurred_at=at, customer_id=into, merged_id=customer_id))
    return person


def _both(customer_id: UUID, into: UUID) -> tuple[Customer, Customer]:
    rows = lock_open_customers(customer_id, into)
    return rows[customer_id], rows[into]


def _point(record: Customer, person: Customer, at: datetime) -> None:
    record.merged_into, record.merged_at, record.updated_at = person, at, at
    record.save(update_fields=["merged_into", "merged_at", "updated_at"])
    person.updated_at = at
    person.save(update_fields=["updated_at"])


def _audit(by: Actor, at: datetime, verb: str, record: Customer, person: Customer, **more: str) -> None:
    record_audit(
        by=by, at=at, verb=verb, object_type="customer", object_id=record.id,
        after={"merged_into": str(person.id), **more}, scope=scope_of(person),
    )  # fmt: skip
