"""The row of one customer, locked before it takes new facts."""

from __future__ import annotations

from uuid import UUID

from fidelia.kernel.actor import Scope
from fidelia.kernel.db import require_transaction

from ..errors import CustomerClosed, UnknownCustomer
from ..models import Customer


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


def scope_of(row: Customer) -> Scope:
    """The part of the network a customer belongs to."""
    return Scope(row.partner_id, row.home_store_id)
