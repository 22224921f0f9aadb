"""A customer as a caller of the API or a colleague at the counter meets it: facts, names and addresses together."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fidelia.kernel.actor import Actor, Scope

from ..errors import UnknownCustomer
from ..models import ContactPoint, Customer, Identity
from .customers import get_customer, list_contact_points
from .identities import find_by_identity, ids_of, list_identities


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """The identities in force, and the contact points unless the actor may not see them (None).

    `ids` are all under which the person's rows are kept, see `ids_of`.
    """

    customer: Customer
    ids: tuple[UUID, ...]
    identities: list[Identity]
    contact_points: list[ContactPoint] | None


def get_customer_card(*, by: Actor, customer_id: UUID) -> CustomerCard:
    """Return a customer with what names and reaches it, under any id of the person. Raises UnknownCustomer."""
    customer = get_customer(by=by, customer_id=customer_id)
    ids = ids_of(customer_id)
    sees_contacts = by.may("customer.see_contacts", Scope(customer.partner_id, customer.home_store_id))
    return CustomerCard(
        customer=customer,
        ids=ids,
        identities=[identity for identity in list_identities(ids) if identity.until is None],
        contact_points=list_contact_points(ids) if sees_contacts else None,
    )


def get_customer_by_identity(*, by: Actor, scheme: str, value: str) -> Customer:
    """Return the customer whom an identity names now. Raises UnknownCustomer, MalformedIdentity and the like."""
    customer_id = find_by_identity(scheme, value)
    if customer_id is None:
        raise UnknownCustomer("There is no such customer.")
    return get_customer(by=by, customer_id=customer_id)
