"""The fixed cast, from Beethoven's *Fidelio*: who they are never changes from test to test.

Leonore manages the loyalty programme, Rocco administers, Marzelline is at the till, Jaquino answers the phone,
Fernando approves, Florestan is a customer, and Pizarro may do nothing at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from fidelia.access.models import User
from fidelia.access.operations import create_user, grant_role
from fidelia.kernel.actor import EVERYWHERE, Actor, Grant, Scope

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def actor_with(*rights: str, label: str = "Leonore", number: int = 1, scope: Scope = EVERYWHERE) -> Actor:
    """A user of the cast holding exactly these rights over the scope."""
    return Actor("user", UUID(int=number), label, tuple(Grant(right, scope) for right in rights))


SYSTEM = Actor.system("tests")
PIZARRO = actor_with(label="Pizarro", number=666)

PASSWORD = "O namenlose Freude!"


def person(name: str, *role_codes: str, scope: Scope = EVERYWHERE) -> User:
    """A user of the cast in the database, holding roles over the scope."""
    user = create_user(
        by=SYSTEM, at=AT, email=f"{name}@fidelio.example".lower(), name=name, password=PASSWORD, language="fr"
    )
    for code in role_codes:
        grant_role(by=SYSTEM, at=AT, user_id=user.id, role_code=code, scope=scope)
    return user


def leonore() -> User:
    return person("Leonore", "loyalty_manager")


def rocco() -> User:
    return person("Rocco", "administrator")


def marzelline(store: Scope = EVERYWHERE) -> User:
    return person("Marzelline", "cashier", scope=store)


def jaquino() -> User:
    return person("Jaquino", "call_centre_agent")


def fernando() -> User:
    return person("Fernando", "loyalty_manager")


def pizarro() -> User:
    return person("Pizarro")
