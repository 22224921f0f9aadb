"""What an installation holds already: nothing, the demo, half a demo, or something that is nobody's to play with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from fidelia.access.operations import record_audit
from fidelia.access.queries import list_audit
from fidelia.customers.models import Customer
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.models import Operator, Partner
from fidelia.products.models import Product
from fidelia.programme.models import Programme

NAME = "Maison Éléonore"
BEGUN, FILLED = "demo.begin", "demo.fill"
OBJECT_TYPE, OBJECT_ID = "demo", "maison-eleonore"


class State(StrEnum):
    """What is there."""

    EMPTY = "empty"
    FILLED = "filled"
    UNFINISHED = "unfinished"
    SOMETHING_ELSE = "something else"


def find_state(*, by: Actor) -> State:
    """Return what the installation holds. The audit remembers the demo: nobody can take its rows away.

    Users alone are nothing yet: somebody has to log in to ask for the invented shop, and goes on after it is removed.
    """
    verbs = {row.verb for row in list_audit(by=by, object_type=OBJECT_TYPE, object_id=OBJECT_ID)}
    if FILLED in verbs:
        return State.FILLED
    if BEGUN in verbs:
        return State.UNFINISHED
    holds = any(model.objects.exists() for model in (Operator, Partner, Programme, Product, Customer))
    return State.SOMETHING_ELSE if holds else State.EMPTY


def is_invented(operator_name: str) -> bool:
    """Tell whether the shop of this name is the invented one; any other name is answered without a question."""
    if operator_name != NAME:
        return False
    return bool(list_audit(by=Actor.system("fidelia demo"), object_type=OBJECT_TYPE, object_id=OBJECT_ID, limit=1))


def remember(verb: str, *, by: Actor, at: datetime, facts: dict[str, Any]) -> None:
    """Write down that the demo was begun, or filled."""
    with transaction_of_use_case():
        record_audit(by=by, at=at, verb=verb, object_type=OBJECT_TYPE, object_id=OBJECT_ID, after=facts)
