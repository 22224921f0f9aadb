"""A burn beside who leaves a pool, and one gift card on two devices: first with the guard off, then with it on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from fidelia.kernel.money import Money
from fidelia.ledger.errors import InsufficientPoints
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, PointsPool
from fidelia.programme.operations import pools
from fidelia.programme.operations.pools import join_pool, leave_pool
from fidelia.rewards.errors import GiftCardShort
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations import gift_cards
from fidelia.rewards.operations.gift_cards import sell_gift_card, spend_gift_card
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool
from tests.cast import SYSTEM
from tests.waiting import wait_for_a_lock

from .cast import AT, programme
from .test_pools import buy, family

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def together() -> tuple[Enrolment, Enrolment, PointsPool]:
    florestan, leonore, both = family()
    buy(florestan, 100, "f1")
    for one in (florestan, leonore):
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=both.id)
    return florestan, leonore, both


def burn(account_id: Any, amount: int) -> None:
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=account_id, currency="PTS", amount=amount, key="burn")


def available(account_id: Any) -> int:
    assert find_broken_invariants() == []
    return get_balance(account_id=account_id, currency="PTS", at=AT).available


def test_without_the_lock_who_leaves_reckons_a_share_of_what_is_spent_meanwhile(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    florestan, _leonore, both = together()
    gate = Gate()
    monkeypatch.setattr(pools, "lock_balance", lambda **_asked: True)
    monkeypatch.setattr(pools, "transfer", gate.before(pools.transfer))
    leaving = begin(pool, lambda: leave_pool(by=SYSTEM, at=AT, enrolment=florestan, takes="share"))
    gate.wait()
    burn(both.account_id, 80)
    gate.opened.set()
    with pytest.raises(InsufficientPoints):  # he cannot leave for points that were there a moment ago
        leaving.result(SECONDS)
    assert available(both.account_id) == 20


def test_who_leaves_has_the_share_before_the_next_one_spends(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    florestan, _leonore, both = together()
    gate = Gate()
    monkeypatch.setattr(pools, "transfer", gate.before(pools.transfer))
    leaving = begin(pool, lambda: leave_pool(by=SYSTEM, at=AT, enrolment=florestan, takes="share"))
    gate.wait()
    burning = begin(pool, lambda: burn(both.account_id, 80))
    wait_for_a_lock()
    gate.opened.set()
    leaving.result(SECONDS)
    with pytest.raises(InsufficientPoints):
        burning.result(SECONDS)
    florestan.refresh_from_db()
    assert (available(florestan.account_id), available(both.account_id)) == (50, 50)


def test_who_spends_first_leaves_a_share_of_the_rest(pool: ThreadPoolExecutor) -> None:
    florestan, _leonore, both = together()
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=both.account_id, currency="PTS", amount=80, key="burn")
        leaving = begin(pool, lambda: leave_pool(by=SYSTEM, at=AT, enrolment=florestan, takes="share"))
        wait_for_a_lock()
    leaving.result(SECONDS)
    florestan.refresh_from_db()
    assert (available(florestan.account_id), available(both.account_id)) == (10, 10)


def card() -> GiftCard:
    return sell_gift_card(by=SYSTEM, at=AT, programme=programme(), amount=Money(10_00, "EUR"), code="CARTE-1")


def pay(sold: GiftCard) -> GiftCard:
    return spend_gift_card(by=SYSTEM, at=AT, card_id=sold.id, amount=Money(7_00, "EUR"))


def two_devices(pool: ThreadPoolExecutor, sold: GiftCard, monkeypatch: pytest.MonkeyPatch, *, waits: bool) -> list[Any]:
    gate = Gate()
    monkeypatch.setattr(gift_cards, "move", gate.before(gift_cards.move))
    first = begin(pool, lambda: pay(sold))
    gate.wait()
    second = begin(pool, lambda: pay(sold))
    if waits:
        wait_for_a_lock()
    else:
        gate.wait()
    gate.opened.set()
    return sorted((type(one.exception(SECONDS)) for one in (first, second)), key=lambda kind: kind.__name__)


def test_without_the_lock_both_devices_have_found_the_money_and_the_numbering_is_the_last_guard(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = card()
    monkeypatch.setattr(gift_cards, "lock_card", lambda _by, card_id, _right: GiftCard.objects.get(pk=card_id))
    assert two_devices(pool, sold, monkeypatch, waits=False) == [IntegrityError, type(None)]


def test_one_of_two_devices_is_told_how_much_is_left(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    sold = card()
    assert two_devices(pool, sold, monkeypatch, waits=True) == [GiftCardShort, type(None)]
    sold.refresh_from_db()
    assert (sold.balance, sold.history.count()) == (3_00, 2)
