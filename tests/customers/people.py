"""Customers of the tests, made by the verbs themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime

from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from tests.cast import SYSTEM

DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def florestan(**facts: object) -> NewCustomer:
    """Florestan, a customer of the shop in Séville, with a card."""
    known: dict[str, object] = {
        "source": "till",
        "given_name": "Florestan",
        "family_name": "Müller-Lefèvre",
        "birth_on": date(1970, 5, 23),
        "country": "FR",
        "identities": (("card", "2900 0000 0017"),),
        "email": "Florestan@Exemple.fr",
    }
    return NewCustomer(**(known | facts))  # type: ignore[arg-type]


def added(**facts: object) -> Customer:
    return add_customer(by=SYSTEM, at=DAY, customer=florestan(**facts))
