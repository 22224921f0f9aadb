"""Messages of the tests: the default template filled in, and the run of the worker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.messaging.jobs import DeliveryRun, deliver_due_messages
from fidelia.messaging.models import Message
from fidelia.messaging.operations import MessageRequest, install_default_templates, send_message
from tests.cast import SYSTEM

DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FILLED = {
    "points": "12",
    "unit": "points",
    "balance": "1\u00a0234",
    "programme": "Chez Rocco & Fils",
    "purchased_on": "2 mars 2026",
    "total": "59,90\u00a0€",
    "reasons": ["1 point par euro, arrondi à l’euro inférieur."],
}


def someone(**facts: Any) -> Customer:
    known: dict[str, Any] = {
        "source": "till",
        "given_name": "Léonore",
        "family_name": "Müller",
        "email": "leo@exemple.fr",
    }
    return add_customer(by=SYSTEM, at=DAY, customer=NewCustomer(**(known | facts)))


def write_to(customer_id: UUID, *, at: datetime = DAY, **facts: Any) -> Message:
    install_default_templates(by=SYSTEM, at=at)
    known: dict[str, Any] = {
        "template": "points_earned",
        "purpose": "service",
        "variables": FILLED,
        "idempotency_key": f"test:{customer_id}",
    }
    return send_message(by=SYSTEM, at=at, request=MessageRequest(customer_id=customer_id, **(known | facts)))


def run_worker(at: datetime = DAY) -> DeliveryRun:
    return deliver_due_messages(by=SYSTEM, clock=lambda: at)
