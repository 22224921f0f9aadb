"""Races of referrals: each first with the guard off, where the race must happen, then with it on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fidelia.programme.models import Enrolment
from fidelia.referral.errors import AlreadyReferred
from fidelia.referral.models import Referral
from fidelia.referral.operations import code_of_member, record_referral, recording
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool
from tests.cast import SYSTEM
from tests.programme.cast import AT
from tests.waiting import wait_for_a_lock

from .cast import newcomer, old_member, running

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def record(code: str, friend: Enrolment) -> Any:
    return record_referral(by=SYSTEM, at=AT, code=code, enrolment=friend)


def states() -> list[str]:
    return sorted(Referral.objects.values_list("state", flat=True))


def test_of_two_friends_at_once_one_is_the_last_allowed(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = running(at_most=1)
    code, gate = code_of_member(by=SYSTEM, at=AT, enrolment=old_member(of)), Gate()
    friends = [newcomer(of), newcomer(of)]
    monkeypatch.setattr(recording, "why_reviewed", gate.before(recording.why_reviewed))
    first = begin(pool, lambda: record(code, friends[0]))
    gate.wait()
    second = begin(pool, lambda: record(code, friends[1]))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).state == "pending"
    assert second.result(SECONDS).reason == "limit_reached"
    assert states() == ["pending", "refused"]


def test_without_the_lock_both_would_be_the_last(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    of = running(at_most=1)
    code, gate = code_of_member(by=SYSTEM, at=AT, enrolment=old_member(of)), Gate()
    friends = [newcomer(of), newcomer(of)]
    manager = Enrolment.objects
    monkeypatch.setattr(type(manager), "select_for_update", lambda self, **_: self.all())
    monkeypatch.setattr(recording, "why_reviewed", gate.before(recording.why_reviewed))
    acts = [begin(pool, lambda who=who: record(code, who)) for who in friends]  # type: ignore[misc]
    gate.wait()
    gate.wait()
    gate.opened.set()
    assert [act.result(SECONDS).state for act in acts] == ["pending", "pending"], "the race that the lock forbids"


def test_one_friend_of_two_members_at_once_comes_by_one(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = running()
    codes = [code_of_member(by=SYSTEM, at=AT, enrolment=old_member(of)) for _ in range(2)]
    friend, gate = newcomer(of), Gate()
    monkeypatch.setattr(recording, "why_reviewed", gate.before(recording.why_reviewed))
    acts = [begin(pool, lambda code=code: record(code, friend)) for code in codes]  # type: ignore[misc]
    gate.wait()
    gate.wait()
    gate.opened.set()
    refusals = [act.exception(SECONDS) for act in acts]
    assert sorted(type(refusal) for refusal in refusals if refusal) == [AlreadyReferred]
    assert states() == ["pending"]
