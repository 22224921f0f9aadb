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
    first = begin(pool, lambda: record(codes[0], friend))
    gate.wait()
    second = begin(pool, lambda: record(codes[1], friend))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).state == "pending"
    with pytest.raises(AlreadyReferred):
        second.result(SECONDS)
    assert states() == ["pending"]


def test_without_the_lock_of_the_friend_the_database_is_the_last_guard(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = running()
    codes = [code_of_member(by=SYSTEM, at=AT, enrolment=old_member(of)) for _ in range(2)]
    friend, gate = newcomer(of), Gate()
    monkeypatch.setattr(type(Enrolment.objects), "select_for_update", lambda self, **_: self.all())
    monkeypatch.setattr(recording, "why_reviewed", gate.before(recording.why_reviewed))
    acts = [begin(pool, lambda code=code: record(code, friend)) for code in codes]  # type: ignore[misc]
    gate.wait()
    gate.wait()
    gate.opened.set()
    refusals = [act.exception(SECONDS) for act in acts]
    assert sorted(type(refusal) for refusal in refusals if refusal) == [AlreadyReferred]
    assert states() == ["pending"]


def each_other(of: Any) -> list[Any]:
    """Two newcomers, each of whom brings the other."""
    leonore, marzelline = newcomer(of), newcomer(of)
    codes = [code_of_member(by=SYSTEM, at=AT, enrolment=one) for one in (leonore, marzelline)]
    return [lambda: record(codes[0], marzelline), lambda: record(codes[1], leonore)]


def test_of_two_who_bring_each_other_at_once_one_closes_a_circle(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts, gate = each_other(running()), Gate()
    monkeypatch.setattr(recording, "why_reviewed", gate.before(recording.why_reviewed))
    first = begin(pool, acts[0])
    gate.wait()
    second = begin(pool, acts[1])
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).state == "pending"
    assert second.result(SECONDS).reason == "circular"


def test_without_the_lock_two_bring_each_other(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    acts, gate = each_other(running()), Gate()
    monkeypatch.setattr(type(Enrolment.objects), "select_for_update", lambda self, **_: self.all())
    monkeypatch.setattr(recording, "why_reviewed", gate.before(recording.why_reviewed))
    begun = [begin(pool, act) for act in acts]
    gate.wait()
    gate.wait()
    gate.opened.set()
    assert [act.result(SECONDS).state for act in begun] == ["pending", "pending"], "the race that the lock forbids"
