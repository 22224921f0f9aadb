"""Subscriptions at one moment: each race first with the guard off, where it must happen, then with it on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fidelia.subscriptions.errors import AlreadySubscribed, SubscriptionOver
from fidelia.subscriptions.models import Subscription, SubscriptionPeriod
from fidelia.subscriptions.operations import end_subscription, ending, opening, periods, renew_subscription
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool, wait_for_a_lock
from tests.cast import SYSTEM

from .shop import MONTHLY, PLUS, have, news, points, seller, when

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
AT = when("2026-03-10")


def end(held: Subscription) -> Any:
    return end_subscription(by=SYSTEM, at=AT, subscription_id=held.id)


def test_of_two_who_sell_it_at_once_one_does(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    who, gate = seller({**PLUS, "welcome": "10"}), Gate()
    monkeypatch.setattr(opening, "tell", gate.before(opening.tell))
    first = begin(pool, lambda: have(who, "plus", AT))
    gate.wait()
    second = begin(pool, lambda: have(who, "plus", AT))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).plan == "plus"
    with pytest.raises(AlreadySubscribed):
        second.result(SECONDS)
    assert (Subscription.objects.count(), points(who, AT)) == (1, 10)


def test_what_both_have_looked_up_before_either_wrote_the_index_decides(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, gate = seller({**PLUS, "welcome": "10"}), Gate()
    monkeypatch.setattr(opening, "check_amount", gate.before(opening.check_amount))
    acts = [begin(pool, lambda: have(who, "plus", AT)) for _once in range(2)]
    gate.wait()
    gate.wait()
    gate.opened.set()
    refused = [isinstance(act.exception(SECONDS), AlreadySubscribed) for act in acts]
    assert sorted(refused) == [False, True]
    assert (Subscription.objects.count(), points(who, AT)) == (1, 10)


def test_of_two_who_end_it_at_once_one_gives_the_money_back(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = seller({**PLUS, "welcome": "10"})
    held, gate = have(who, "plus", AT), Gate()
    monkeypatch.setattr(ending, "tell", gate.before(ending.tell))
    first = begin(pool, lambda: end(held))
    gate.wait()
    second = begin(pool, lambda: end(held))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).end_reason == "asked"
    with pytest.raises(SubscriptionOver):
        second.result(SECONDS)
    assert [told["amount"] for told in news()] == [3600, -3600]
    assert points(who, AT) == 0


def test_without_the_lock_both_would_give_it_back(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    who = seller(PLUS)
    held, gate = have(who, "plus", AT), Gate()
    monkeypatch.setattr(
        periods, "lock_subscription",
        lambda id: Subscription.objects.select_related("programme__points_currency", "enrolment").get(id=id),
    )  # fmt: skip
    monkeypatch.setattr(ending, "take_points_back", gate.before(ending.take_points_back))
    acts = [begin(pool, lambda: end(held)) for _once in range(2)]
    gate.wait()
    gate.wait()
    gate.opened.set()
    assert [act.result(SECONDS).end_reason for act in acts] == ["asked", "asked"]
    assert [told["amount"] for told in news()] == [3600, -3600, -3600], "the race that the lock forbids"


def test_who_pays_while_it_ends_has_nothing_left_to_pay_for(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = seller(MONTHLY)
    held, gate = have(who, "monthly", AT), Gate()
    monkeypatch.setattr(ending, "tell", gate.before(ending.tell))
    first = begin(pool, lambda: end(held))
    gate.wait()
    second = begin(pool, lambda: renew_subscription(by=SYSTEM, at=AT, subscription_id=held.id))
    wait_for_a_lock()
    gate.opened.set()
    first.result(SECONDS)
    with pytest.raises(SubscriptionOver):
        second.result(SECONDS)
    assert SubscriptionPeriod.objects.count() == 1
