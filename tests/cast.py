"""The fixed cast, from Beethoven's *Fidelio*: who they are never changes from test to test.

Leonore manages the loyalty programme, Rocco administers, Marzelline is at the till, Jaquino answers the phone,
Fernando approves, Florestan is a customer, and Pizarro may do nothing at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from fidelia.kernel.actor import EVERYWHERE, Actor, Grant, Scope

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def actor_with(*rights: str, label: str = "Leonore", number: int = 1, scope: Scope = EVERYWHERE) -> Actor:
    """A user of the cast holding exactly these rights over the scope."""
    return Actor("user", UUID(int=number), label, tuple(Grant(right, scope) for right in rights))


SYSTEM = Actor.system("tests")
PIZARRO = actor_with(label="Pizarro", number=666)
