"""Announcing: with the use case or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from django.db import connection, transaction

from fidelia.kernel.ids import new_id
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Event, Origin, announce

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LampLit(Event):
    name: ClassVar[str] = "lamp.lit"
    lamp: str


@pytest.mark.django_db
def test_it_keeps_ids_origin_and_both_times() -> None:
    customer_id = new_id()
    with transaction.atomic():
        announce(LampLit(occurred_at=AT, origin=Origin.LATE, customer_id=customer_id, lamp="L1"))
    row = OutboxEvent.objects.values().get()
    assert (row["name"], row["origin"], row["customer_id"]) == ("lamp.lit", "late", customer_id)
    assert row["payload"] == {"lamp": "L1"}
    assert row["occurred_at"] == AT < row["recorded_at"]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        announce(LampLit(occurred_at=AT, lamp="L1"))


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["update kernel_outbox set name = 'x'", "delete from kernel_outbox"])
def test_the_application_cannot_rewrite_it(verb: str) -> None:
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(verb)
