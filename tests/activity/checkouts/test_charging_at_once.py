"""Checkouts and returns that pay by and charge the same two gift cards: each first with the order off, then with it on.

Two devices, each paying by the card that the other charges, would wait for each other until the database broke one off.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from fidelia.activity.errors import CheckoutBusy
from fidelia.activity.operations.checkouts import (
    BasketLine,
    CheckoutOutcome,
    GiftCardTender,
    ReturnedItem,
    SoldCard,
    close_checkout,
    closing,
    held,
    reversing,
    selling,
)
from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations import sell_gift_card
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, programme
from tests.waiting import wait_for_a_lock

from .cast import MOKA, basket, call, give_back
from .rules import document

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
TILL = actor_with("purchase.record", "purchase.see", "gift_card.top_up", label="Jaquino", number=4)
BLUE, GREEN = "BLUE00001234", "GREEN0001234"


@pytest.fixture(autouse=True)
def shop() -> Programme:
    made = programme({**document(), "gift_cards": {"top_up": {}}})
    for code in (BLUE, GREEN):
        sell_gift_card(by=SYSTEM, at=AT, programme=made, amount=Money(9000, "EUR"), code=code)
    return made


def pay(by: str, charged: tuple[str, ...], number: str) -> CheckoutOutcome:
    """Pay 34.90 of goods by one card and charge others with 20 each, of which no card pays anything."""
    lines = [BasketLine("giftcard", 1000, 2000, 2, sells=SoldCard(code=each, tops_up=True)) for each in charged]
    asked = basket(MOKA, *lines, identity=None, gift_cards=(GiftCardTender(by),) if by else ())
    return close_checkout(by=TILL, at=AT, call=call("close", number, basket=asked))


def bring_back(number: str) -> CheckoutOutcome:
    return give_back(ReturnedItem(1), ReturnedItem(2), number=number, at=AT + timedelta(hours=1))


def met(
    pool: ThreadPoolExecutor, gate: Gate, first: Callable[[], Any], second: Callable[[], Any], *, ordered: bool
) -> list[Future[Any]]:
    """Stop the first act at the gate; let the second come to it too, or to a lock; then let both go on."""
    acts = [begin(pool, first)]
    gate.wait()
    acts.append(begin(pool, second))
    wait_for_a_lock() if ordered else gate.wait()
    gate.opened.set()
    return acts


def broken_off(acts: list[Future[Any]]) -> int:
    """Return how many the database broke off as waiting in a circle: who called is told that it is busy."""
    lost = [error for error in (act.exception(SECONDS) for act in acts) if error is not None]
    assert all(isinstance(error, CheckoutBusy) for error in lost), lost
    return len(lost)


def balances() -> list[int]:
    return [GiftCard.objects.get(code=code).balance for code in (BLUE, GREEN)]


def charge_each_other(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, ordered: bool) -> int:
    gate = Gate()
    monkeypatch.setattr(closing, "sell_cards", gate.before(closing.sell_cards))
    acts = met(
        pool, gate, lambda: pay(BLUE, (GREEN,), "C-1"), lambda: pay(GREEN, (BLUE,), "C-2"), ordered=ordered
    )  # fmt: skip
    return broken_off(acts)


def test_in_no_order_one_of_two_that_charge_each_others_card_is_broken_off(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "_sold_cards", lambda found: ())
    assert charge_each_other(pool, monkeypatch, ordered=False) == 1


def test_in_one_order_both_are_done(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert charge_each_other(pool, monkeypatch, ordered=True) == 0
    assert balances() == [9000 - 3490 + 2000] * 2


def bring_each_back(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, ordered: bool) -> int:
    pay(BLUE, (GREEN,), "C-1")
    pay(GREEN, (BLUE,), "C-2")
    gate = Gate()
    monkeypatch.setattr(reversing, "give_back", gate.before(reversing.give_back))
    return broken_off(met(pool, gate, lambda: bring_back("C-1"), lambda: bring_back("C-2"), ordered=ordered))


def test_in_no_order_one_of_two_returns_is_broken_off(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selling, "lock_cards_of", lambda purchase_id: None)
    assert bring_each_back(pool, monkeypatch, ordered=False) == 1


def test_in_one_order_both_returns_are_done(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bring_each_back(pool, monkeypatch, ordered=True) == 0
    assert balances() == [9000, 9000]


def charge_both(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, ordered: bool) -> int:
    gate, real = Gate(), selling.top_up_gift_card_on_line

    def charge(**asked: Any) -> Any:
        card = real(**asked)
        if asked["line_number"] == 2:  # the first of the two cards of this basket is locked by now
            gate.before(lambda: None)()
        return card

    monkeypatch.setattr(selling, "top_up_gift_card_on_line", charge)
    return broken_off(
        met(
            pool, gate, lambda: pay("", (BLUE, GREEN), "C-1"), lambda: pay("", (GREEN, BLUE), "C-2"), ordered=ordered
        )
    )  # fmt: skip


def test_in_no_order_one_of_two_that_charge_two_cards_is_broken_off(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selling, "lock_cards", lambda programme, codes: None)
    assert charge_both(pool, monkeypatch, ordered=False) == 1


def test_in_one_order_both_charge_two_cards(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert charge_both(pool, monkeypatch, ordered=True) == 0
    assert balances() == [9000 + 4000] * 2
