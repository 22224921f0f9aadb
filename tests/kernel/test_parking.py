"""Parking: what cannot be served is set aside with the reason, and behind it its customer's later events only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Invalid, Unavailable
from fidelia.kernel.models import OutboxCursor, ParkedEvent
from fidelia.kernel.outbox import Announced, Reaction
from fidelia.kernel.outbox import parking as parking_module
from fidelia.kernel.outbox.dispatching import Dispatched
from fidelia.kernel.outbox.keeping import count_lag, list_parked
from fidelia.kernel.outbox.parking import (
    NotParked,
    ParkedBehindAnother,
    Retried,
    dismiss_parked,
    retry_parked,
)
from tests.kernel.serving import AT, FLORESTAN, LEONORE, LampLit, by_of, dispatch, drain, effects, light, write_down

pytestmark = pytest.mark.usefixtures("effect_table")
BROKEN: set[str] = set()
SILENT: set[str] = set()


def write_unless_broken(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Write first, then fail: what was written has to go."""
    write_down(events, by=by, at=at)
    lamps = {event.payload["lamp"] for event in events}
    if lamps & SILENT:
        raise Unavailable("the lamplighter does not answer")
    for lamp in sorted(lamps & BROKEN):
        raise Invalid(f"lamp {lamp} is broken")


REACTION = Reaction(write_unless_broken, on=[LampLit])


@pytest.fixture(autouse=True)
def mended() -> None:
    BROKEN.clear()
    SILENT.clear()


def parked() -> list[tuple[Any, ...]]:
    return [
        (event.event_id - first_id(), event.reason, event.waits_for and event.waits_for - first_id(), event.attempts)
        for event in list_parked(reaction=REACTION.name)
    ]


def first_id() -> int:
    from fidelia.kernel.models import OutboxEvent

    return int(OutboxEvent.objects.order_by("event_id").values_list("event_id", flat=True)[0])


def retry(number: int) -> Retried:
    with transaction.atomic():
        return retry_parked(reaction=REACTION, event_id=first_id() + number, by=by_of(REACTION), at=AT)


def dismiss(number: int) -> Retried:
    with transaction.atomic():
        return dismiss_parked(reaction=REACTION, event_id=first_id() + number, by=by_of(REACTION), at=AT)


def test_one_bad_event_does_not_stop_the_others() -> None:
    light("0", "1", "2")
    BROKEN.add("1")
    assert dispatch(REACTION) == [Dispatched(REACTION.name, served=2, parked=1)]
    assert effects() == ["0", "2"]
    assert parked() == [(1, "Invalid: lamp 1 is broken", None, 1)]
    assert dispatch(REACTION) == []


def test_later_events_of_its_customer_wait_behind_it_and_nobody_elses() -> None:
    light("0", customer_id=FLORESTAN)
    light("1", customer_id=FLORESTAN)
    light("2", customer_id=LEONORE)
    BROKEN.add("0")
    drain(REACTION)
    light("3", customer_id=FLORESTAN)
    light("4", customer_id=LEONORE)
    drain(REACTION)
    assert effects() == ["2", "4"]
    assert parked() == [
        (0, "Invalid: lamp 0 is broken", None, 1),
        (1, "waits for event " + str(first_id()), 0, 0),
        (3, "waits for event " + str(first_id()), 0, 0),
    ]
    (lag,) = count_lag([REACTION])
    assert (lag.pending, lag.failed, lag.waiting) == (0, 1, 2)


def test_a_retry_serves_it_and_those_behind_it_in_order() -> None:
    for lamp in "012":
        light(lamp, customer_id=FLORESTAN)
    BROKEN.add("0")
    drain(REACTION)
    BROKEN.clear()
    assert retry(0) == Retried(tuple(first_id() + number for number in range(3)))
    assert effects() == ["0", "1", "2"]
    assert parked() == []
    assert set(ParkedEvent.objects.values_list("resolution", "resolved_at")) == {("retried", AT)}
    light("3", customer_id=FLORESTAN)
    drain(REACTION)
    assert effects()[-1] == "3"


def test_a_retry_in_vain_keeps_it_parked_with_the_new_reason() -> None:
    for lamp in "012":
        light(lamp, customer_id=FLORESTAN)
    BROKEN.add("0")
    drain(REACTION)
    assert retry(0) == Retried((), "Invalid: lamp 0 is broken")
    BROKEN.symmetric_difference_update({"0", "1"})
    assert retry(0) == Retried((first_id(),), "Invalid: lamp 1 is broken")
    assert effects() == ["0"]
    assert parked() == [
        (1, "Invalid: lamp 1 is broken", None, 1),
        (2, "waits for event " + str(first_id()), 0, 0),
    ]


def test_who_waits_is_not_retried_before_who_comes_first() -> None:
    light("0", customer_id=FLORESTAN)
    light("1", customer_id=FLORESTAN)
    BROKEN.add("0")
    drain(REACTION)
    for verb in (retry, dismiss):
        with pytest.raises(ParkedBehindAnother):
            verb(1)
        with pytest.raises(NotParked):
            verb(7)
    assert effects() == []
    assert len(parked()) == 2


def test_what_is_dismissed_is_given_up_and_those_behind_it_are_served() -> None:
    for lamp in "01":
        light(lamp, customer_id=FLORESTAN)
    BROKEN.add("0")
    drain(REACTION)
    assert dismiss(0) == Retried((first_id() + 1,))
    assert effects() == ["1"]
    assert list(ParkedEvent.objects.order_by("id").values_list("resolution", flat=True)) == ["dismissed", "retried"]
    with pytest.raises(NotParked):
        retry(0)


def test_what_does_not_answer_parks_nothing_and_is_tried_again() -> None:
    light("0", "1")
    SILENT.add("1")
    (result,) = dispatch(REACTION)
    assert result.waiting_for == "Unavailable: the lamplighter does not answer"
    assert (effects(), parked()) == ([], [])
    later = AT.replace(hour=11)
    dispatch(REACTION, at=later)
    (lag,) = count_lag([REACTION])
    assert (lag.waiting_since, lag.waiting_for) == (AT, result.waiting_for)
    SILENT.clear()
    drain(REACTION)
    assert effects() == ["0", "1"]
    assert OutboxCursor.objects.values_list("waiting_since", "waiting_for").get() == (None, "")


def test_each_reaction_parks_for_itself() -> None:
    light("0")
    BROKEN.add("0")
    drain(REACTION, Reaction(write_down, on=[LampLit]))
    assert effects() == ["0"]
    assert len(parked()) == 1


def test_the_order_of_a_customer_is_lost_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race that waiting prevents: with the guard off, a later event overtakes the broken one."""
    monkeypatch.setattr(parking_module, "find_heads", lambda reaction, events: {})
    light("0", customer_id=FLORESTAN)
    BROKEN.add("0")
    drain(REACTION)
    light("1", customer_id=FLORESTAN)
    drain(REACTION)
    BROKEN.clear()
    retry(0)
    assert effects() == ["1", "0"]
