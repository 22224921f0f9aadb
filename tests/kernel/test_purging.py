"""Purging: 30 days, never past the slowest reaction, never what is parked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from fidelia.kernel.models import OutboxEvent, ParkedEvent
from fidelia.kernel.outbox import Reaction
from fidelia.kernel.outbox.keeping import purge_outbox
from tests.kernel.serving import AT, WRITE_DOWN, LampLit, drain, light, owner, write_down

pytestmark = pytest.mark.usefixtures("effect_table")
OTHER = Reaction(write_down, on=[LampLit])
OTHER.name = "kernel.other"


def age(days: int) -> None:
    with owner() as connected:
        connected.execute("update kernel_outbox set recorded_at = now() - make_interval(days => %s)", [days])


def left() -> list[str]:
    return [payload["lamp"] for payload in OutboxEvent.objects.order_by("event_id").values_list("payload", flat=True)]


def test_what_is_older_than_thirty_days_and_served_goes() -> None:
    light("old")
    drain()
    age(31)
    light("new")
    drain()
    assert purge_outbox([WRITE_DOWN], at=AT) == 1
    assert left() == ["new"]


def test_thirty_days_are_kept() -> None:
    light("old")
    drain()
    age(29)
    assert purge_outbox([WRITE_DOWN], at=AT) == 0


def test_what_a_reaction_has_not_passed_stays() -> None:
    light("seen by both")
    drain(WRITE_DOWN, OTHER)
    light("seen by one")
    drain(WRITE_DOWN)
    age(31)
    assert purge_outbox([WRITE_DOWN, OTHER], at=AT) == 1
    assert left() == ["seen by one"]


def test_a_reaction_that_has_never_begun_keeps_everything() -> None:
    light("old")
    drain(WRITE_DOWN)
    age(31)
    assert purge_outbox([WRITE_DOWN, OTHER], at=AT) == 0


def test_what_is_parked_stays_until_resolved() -> None:
    light("parked")
    drain()
    age(31)
    event_id = OutboxEvent.objects.get().event_id
    now = datetime.now(UTC)
    ParkedEvent.objects.create(reaction=WRITE_DOWN.name, event_id=event_id, reason="broken", parked_at=now)
    assert purge_outbox([WRITE_DOWN], at=AT) == 0
    ParkedEvent.objects.update(resolved_at=now, resolution="dismissed")
    assert purge_outbox([WRITE_DOWN], at=AT) == 1
    assert ParkedEvent.objects.count() == 1
    assert purge_outbox([WRITE_DOWN], at=now + timedelta(days=31)) == 0
    assert not ParkedEvent.objects.exists()


def test_the_application_deletes_in_no_other_way() -> None:
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("delete from kernel_outbox")
