"""Purchases that travel together: of one account, of one key, good and bad; each answered as if it had come alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.operations import writing
from fidelia.activity.queries import find_broken_chain
from fidelia.kernel import together
from fidelia.kernel.db import renew_connections
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.models import Enrolment

from . import test_checkouts as of_checkouts
from .caller import Caller, basket
from .test_straight_road import Answered, Roads, request_of, roads

__all__ = ["roads"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def travellers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many went together each time; they wait for all that a test sends."""
    monkeypatch.setattr(together, "GATHERING_SECONDS", 5)
    monkeypatch.setattr(together, "PATIENCE_SECONDS", 5)
    sizes: list[int] = []
    ask_all = together._ask_all

    def counted(trip: list[together._Question]) -> None:
        sizes.append(len(trip))
        ask_all(trip)

    monkeypatch.setattr(together, "_ask_all", counted)
    renew_connections()
    yield sizes
    renew_connections()


def send_at_once(roads: Roads, requests: list[dict[str, Any]]) -> list[Answered]:
    together._line.expected = len(requests)
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(roads.straight, requests))


def assert_sound(florestan: Enrolment) -> None:
    assert find_broken_chain(florestan.account_id) is None
    assert not find_broken_invariants()


def test_two_of_one_member_are_recorded_one_after_the_other(
    roads: Roads, till: Caller, florestan: Enrolment, travellers: list[int]
) -> None:
    answers = send_at_once(roads, [request_of(till, basket()) for _purchase in range(3)])
    assert travellers[:2] == [3, 3]
    assert [answer.status for answer in answers] == ["201 Created"] * 3
    balances = sorted(int(answer.json()["balance_after"]) for answer in answers)
    points = sorted(int(answer.json()["points"]) for answer in answers)
    assert (balances[-1], len(set(balances))) == (sum(points), 3)
    assert points[0] == points[1] < points[2]  # the first purchase of a member gives more, once
    assert_sound(florestan)


def test_the_same_key_twice_is_one_purchase(roads: Roads, till: Caller, florestan: Enrolment) -> None:
    one, other = request_of(till, basket()), request_of(till, basket(member=None))
    answers = send_at_once(roads, [one, one, other, other])
    assert [answer.status for answer in answers] == ["201 Created"] * 4
    assert answers[0].body == answers[1].body != answers[2].body == answers[3].body
    assert Purchase.objects.count() == 2
    assert_sound(florestan)


def test_a_bad_one_harms_no_good_one(roads: Roads, till: Caller, florestan: Enrolment) -> None:
    known = basket()
    roads.straight(request_of(till, known))
    bodies = [basket(member=None), known, basket(member=None), basket(currency="USD"), basket()]
    answers = send_at_once(roads, [request_of(till, body) for body in bodies])
    assert [answer.status[:3] for answer in answers] == ["201", "409", "201", "422", "201"]
    assert (answers[1].json()["code"], answers[3].json()["code"]) == ("receipt_known", "wrong_currency")
    assert Purchase.objects.count() == 4
    assert_sound(florestan)


def test_each_counts_against_the_limit_of_its_key(roads: Roads, till: Caller) -> None:
    answers = send_at_once(roads, [request_of(till, basket(member=None)) for _purchase in range(4)])
    left = sorted(int(answer.headers["RateLimit"].split("r=")[1].split(";")[0]) for answer in answers)
    assert [more - less for less, more in pairwise(left)] == [1, 1, 1]


def test_without_the_guard_of_the_chain_two_of_one_member_would_break_it(
    roads: Roads, till: Caller, florestan: Enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = "where activity_chain.sequence = excluded.sequence - 1"
    assert guard in writing._WRITE
    monkeypatch.setattr(writing, "_WRITE", writing._WRITE.replace(guard, ""))
    answers = send_at_once(roads, [request_of(till, basket()) for _purchase in range(2)])
    assert "500" in {answer.status[:3] for answer in answers}


def test_closures_that_travel_together_are_closed_once_each(
    roads: Roads, till: Caller, florestan: Enrolment, travellers: list[int]
) -> None:
    def closure(number: str) -> dict[str, Any]:
        path = f"/api/v1/checkouts/{number}/closure"
        return request_of(till, {"basket": of_checkouts.basket()}, PATH_INFO=path)

    again = closure("till-3-1")
    answers = send_at_once(roads, [again, again, closure("till-3-2"), request_of(till, basket(member=None))])
    assert travellers[:2] == [4, 4]
    assert [answer.status for answer in answers] == ["201 Created"] * 4
    assert answers[0].json()["id"] == answers[1].json()["id"] != answers[2].json()["id"]
    assert Purchase.objects.count() == 3
    assert_sound(florestan)
