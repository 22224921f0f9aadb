"""The row of one customer, locked before it takes new facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Scope
from fidelia.kernel.db import require_transaction

from ..errors import CustomerClosed, UnknownCustomer
from ..models import Customer
from ..queries import ids_of_each

MERGED_AGAIN_MAX = 20
_HOLD = "select from customers_customer where id = any(%s) order by id for key share"


def lock_open_customer(customer_id: UUID) -> Customer:
    """Lock the row of a customer that takes new facts. Raises UnknownCustomer, CustomerClosed."""
    require_transaction()
    row = Customer.objects.select_for_update().filter(id=customer_id).first()
    if row is None:
        raise UnknownCustomer("There is no such customer.", customer_id=str(customer_id))
    if row.is_erased:
        raise CustomerClosed("This customer's data was erased at their request.", customer_id=str(customer_id))
    if row.merged_into_id is not None:
        raise CustomerClosed(
            "This customer was merged into another; change that one.", merged_into=str(row.merged_into_id)
        )
    return row


def lock_open_customers(*customer_ids: UUID) -> dict[UUID, Customer]:
    """Lock the rows of some customers in the order of their ids, as everybody does. Raises as `lock_open_customer`."""
    return {one: lock_open_customer(one) for one in sorted(set(customer_ids))}


def hold_people(customer_ids: Sequence[UUID]) -> Mapping[UUID, tuple[UUID, ...]]:
    """Return `ids_of` each customer, such that no merge makes them others until the caller's transaction ends.

    Rows are held by a share lock in the order of their ids: facts of these people may change meanwhile, and others may
    hold them too.
    """
    require_transaction()
    names = ids_of_each(customer_ids)
    for _again in range(MERGED_AGAIN_MAX):
        every = sorted({*customer_ids, *(name for each in names.values() for name in each)})
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, [every])
        # A later statement than the wait: what a merge committed before it is seen now.
        found = ids_of_each(customer_ids)
        if found == names:
            return names
        names = found
    raise AssertionError("people were merged again and again while they were waited for")


def scope_of(row: Customer) -> Scope:
    """The part of the network a customer belongs to."""
    return Scope(row.partner_id, row.home_store_id)
