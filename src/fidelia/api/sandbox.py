"""Test keys act in a sandbox: on sandbox programmes, and on customers that test keys have added."""

from __future__ import annotations

from uuid import UUID

from fidelia.activity.queries import get_purchase
from fidelia.customers.errors import UnknownChoice
from fidelia.customers.queries import SANDBOX, get_customer
from fidelia.kernel.actor import Actor


def source_of(by: Actor, source: str) -> str:
    """Return the source of a new customer: the one named, or the sandbox's. Raises UnknownChoice."""
    if by.mode == "test":
        return SANDBOX
    if source == SANDBOX:
        raise UnknownChoice("Customers of this source are added by test keys.", pointer="/source")
    return source


def check_sandbox_customer(by: Actor, customer_id: UUID) -> None:
    """Raise UnknownCustomer when a test key means a real customer."""
    if by.mode == "test":
        get_customer(by=by.lent("customer.see"), customer_id=customer_id)


def check_sandbox_purchase(by: Actor, purchase_id: UUID) -> None:
    """Raise UnknownPurchase when a test key means a real purchase."""
    if by.mode == "test":
        get_purchase(by=by.lent("purchase.see"), purchase_id=purchase_id)
