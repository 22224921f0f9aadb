"""Parked events as people meet them: seen, retried and dismissed by right, and audited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from fidelia.access.models import Audit
from fidelia.jobs.operations import dismiss_parked, retry_parked
from fidelia.jobs.queries import list_parked
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied, Invalid
from fidelia.kernel.outbox import Announced, Reaction
from fidelia.kernel.outbox.parking import NotParked
from tests.cast import AT, PIZARRO, actor_with
from tests.kernel.serving import FLORESTAN, LampLit, drain, effects, light, write_down

pytestmark = pytest.mark.usefixtures("effect_table")
ROCCO = actor_with("event.*", label="Rocco")
BROKEN: set[str] = set()


def write_unless_broken(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    if BROKEN & {event.payload["lamp"] for event in events}:
        raise Invalid("broken")
    write_down(events, by=by, at=at)


REACTION = Reaction(write_unless_broken, on=[LampLit])


@pytest.fixture(autouse=True)
def two_parked(effect_table: None) -> None:
    BROKEN.update({"0"})
    light("0", customer_id=FLORESTAN)
    light("1", customer_id=FLORESTAN)
    drain(REACTION)
    BROKEN.clear()


def first() -> int:
    return list_parked(by=ROCCO)[0].event_id


def test_a_retry_is_audited_with_what_came_of_it() -> None:
    event_id = first()
    retried = retry_parked(by=ROCCO, at=AT, reaction=REACTION, event_id=event_id)
    assert effects() == ["0", "1"]
    row = Audit.objects.get()
    assert (row.by_label, row.verb, row.object_id) == ("Rocco", "event.retry", str(event_id))
    assert row.after == {"reaction": REACTION.name, "served": list(retried.served), "failed": False}
    assert list_parked(by=ROCCO) == []


def test_what_is_dismissed_lets_the_others_pass() -> None:
    dismiss_parked(by=ROCCO, at=AT, reaction=REACTION, event_id=first())
    assert effects() == ["1"]
    assert Audit.objects.get().verb == "event.dismiss"


def test_without_the_right_nothing_is_seen_or_done() -> None:
    event_id = first()
    with pytest.raises(Denied):
        list_parked(by=PIZARRO)
    for verb in (retry_parked, dismiss_parked):
        with pytest.raises(Denied):
            verb(by=PIZARRO, at=AT, reaction=REACTION, event_id=event_id)
        with pytest.raises(NotParked):
            verb(by=ROCCO, at=AT, reaction=REACTION, event_id=event_id + 99)
    assert effects() == []
    assert not Audit.objects.exists()
