"""Races of checkouts: each first with the guard off, where the race must happen, then with it on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection

from fidelia.activity.errors import CheckoutBusy, CheckoutChanged, WrongCheckoutState
from fidelia.activity.models import Checkout, Purchase
from fidelia.activity.operations.checkouts import ReturnedItem, closing, frozen, opening, reversing, undoing
from fidelia.activity.operations.checkouts.reading import KeptCheckout, kept_of
from fidelia.activity.queries import find_broken_chain
from fidelia.kernel.errors import FideliaError
from fidelia.ledger.errors import MoreThanEarned
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.rewards.errors import CouponUsedUp
from fidelia.rules.pricing import MoreThanBought
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool
from tests.programme.cast import AT, member, programme
from tests.rewards.scarce import everybodys
from tests.waiting import wait_for_a_lock

from .cast import MUG, basket, call, cancel, close, give_back, put
from .rules import WITH_COUPON

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
Act = Callable[[], Any]


def at_once(
    pool: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    place: tuple[Any, str],
    acts: tuple[Act, Act],
    *,
    is_guarded: bool,
) -> list[Future[Any]]:
    """Let the first act stop at a place; then the second comes: to the same place, or to wait for a lock."""
    gate, (module, name) = Gate(), place
    monkeypatch.setattr(module, name, gate.before(getattr(module, name)))
    first = begin(pool, acts[0])
    gate.wait()
    second = begin(pool, acts[1])
    if is_guarded:
        wait_for_a_lock()
    else:
        gate.wait()
    gate.opened.set()
    return [first, second]


def outcome_of(act: Future[Any]) -> Any:
    try:
        return act.result(SECONDS)
    except (FideliaError, IntegrityError) as refusal:
        return type(refusal)


def points_of(enrolment: Any) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def unlocked(call_: Any) -> KeptCheckout:
    """Read a checkout as `undoing._lock` does, and lock nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select to_jsonb(kept) - 'changed_xid' - 'evaluation', kept.evaluation from activity_checkout kept"
            " where number = %s",
            [call_.number],
        )
        return kept_of(cursor.fetchone())


def test_without_the_revision_a_checkout_closes_with_a_basket_that_is_gone(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    member(programme())
    put()
    monkeypatch.setattr(closing, "expected_revision", lambda found: None)
    gate = Gate()
    monkeypatch.setattr(closing, "write_closure", gate.before(closing.write_closure))
    closes = begin(pool, close)
    gate.wait()
    put(basket(MUG))
    gate.opened.set()
    assert closes.result(SECONDS).checkout["total"] == 4940


def test_a_closure_that_an_update_overtakes_settles_once_more(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    put()
    gate = Gate()
    monkeypatch.setattr(closing, "write_closure", gate.before(closing.write_closure))
    closes = begin(pool, close)
    gate.wait()
    put(basket(MUG))
    gate.opened.set()
    assert closes.result(SECONDS).checkout["total"] == 1450
    assert points_of(enrolment) == 14
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_a_closure_that_a_cancellation_overtakes_is_refused(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    put()
    gate = Gate()
    monkeypatch.setattr(closing, "write_closure", gate.before(closing.write_closure))
    closes = begin(pool, close)
    gate.wait()
    cancel()
    gate.opened.set()
    with pytest.raises(WrongCheckoutState):
        closes.result(SECONDS)
    assert (Purchase.objects.count(), points_of(enrolment)) == (0, 0)


def test_without_the_lock_a_cancellation_undoes_less_than_is_closed(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    put()
    monkeypatch.setattr(undoing, "_lock", unlocked)
    gate = Gate()
    monkeypatch.setattr(undoing, "keep_checkout", gate.before(undoing.keep_checkout))
    cancels = begin(pool, cancel)
    gate.wait()
    close()
    gate.opened.set()
    assert cancels.result(SECONDS).checkout["state"] == "cancelled"
    assert points_of(enrolment) > 0  # cancelled, and its points are kept


def test_a_cancellation_waits_for_the_closure_and_undoes_it(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    put()
    gate = Gate()
    monkeypatch.setattr(undoing, "keep_checkout", gate.before(undoing.keep_checkout))
    cancels = begin(pool, cancel)
    gate.wait()
    closes = begin(pool, close)
    wait_for_a_lock()
    gate.opened.set()
    assert cancels.result(SECONDS).checkout["state"] == "cancelled"
    assert outcome_of(closes) is WrongCheckoutState
    assert points_of(enrolment) == 0


def test_the_same_key_twice_closes_once(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment = member(programme())
    place = (closing, "write_closure")
    acts = (lambda: close(key="k", basket=basket()),) * 2
    first, second = at_once(pool, monkeypatch, place, acts, is_guarded=False)
    found = [first.result(SECONDS), second.result(SECONDS)]
    assert sorted(one.is_replay for one in found) == [False, True]
    assert len({str(one.checkout["purchase_id"]) for one in found}) == 1
    assert (Purchase.objects.count(), Checkout.objects.count()) == (1, 1)
    assert find_broken_chain(enrolment.account_id) is None


def test_one_id_is_opened_once_by_two(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    programme()
    place = (opening, "settle_call")
    acts = (lambda: put(basket(MUG, identity=None)), lambda: put(basket(identity=None)))
    first, second = at_once(pool, monkeypatch, place, acts, is_guarded=False)
    assert {first.result(SECONDS).checkout["revision"], second.result(SECONDS).checkout["revision"]} == {1, 2}
    assert Checkout.objects.count() == 1


def test_two_that_know_the_same_revision_do_not_both_change_it(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    member(programme())
    put()
    place = (opening, "settle_call")
    acts = (lambda: put(basket(MUG), revision=1), lambda: put(revision=1))
    first, second = at_once(pool, monkeypatch, place, acts, is_guarded=True)
    assert first.result(SECONDS).checkout["total"] == 1450
    assert outcome_of(second) is CheckoutChanged


@pytest.mark.parametrize("is_anonymous", [True, False])
def test_without_locks_the_same_goods_come_back_twice(
    is_anonymous: bool, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    member(programme())
    close(basket=basket(identity=None) if is_anonymous else basket())
    monkeypatch.setattr(undoing, "_lock", unlocked)
    monkeypatch.setattr(frozen, "lock_sale", lambda purchase: None)
    place = (reversing, "_row")
    acts = (lambda: give_back(ReturnedItem(1)), lambda: give_back(ReturnedItem(1)))
    found = [outcome_of(one) for one in at_once(pool, monkeypatch, place, acts, is_guarded=False)]
    # Both are let through, and only the last guards of the tables stop the second: the place in the chain, the ledger.
    assert MoreThanBought not in found
    assert IntegrityError in found or MoreThanEarned in found


@pytest.mark.parametrize("is_anonymous", [True, False])
@pytest.mark.parametrize("by_amount", [True, False])
def test_two_returns_at_once_give_back_what_there_is(
    is_anonymous: bool, by_amount: bool, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    close(basket=basket(identity=None) if is_anonymous else basket())
    place = (reversing, "_row")

    def act() -> Any:
        return give_back(amount=3_000) if by_amount else give_back(ReturnedItem(1))

    first, second = at_once(pool, monkeypatch, place, (act, act), is_guarded=True)
    assert first.result(SECONDS).made.total == (-3_000 if by_amount else -3_490)
    assert outcome_of(second) is MoreThanBought
    assert Purchase.objects.filter(kind="return").count() == 1
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_the_last_coupon_is_used_once(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    of = programme(WITH_COUPON)
    member(of)
    everybodys(of, "ONCE", uses=1)
    place = (closing, "write_closure")
    acts = tuple(lambda n=n: close(n, basket=basket(identity=None, coupons=("ONCE",))) for n in ("A", "B"))
    found = [outcome_of(one) for one in at_once(pool, monkeypatch, place, acts, is_guarded=False)]  # type: ignore[arg-type]
    assert CouponUsedUp in found
    assert Purchase.objects.count() == 1
    assert Purchase.objects.get().discount == 494


def test_without_the_counter_the_last_coupon_is_used_twice(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = programme(WITH_COUPON)
    everybodys(of, "ONCE", uses=1)
    monkeypatch.setattr(closing, "consumption", lambda *args, **kwargs: None)
    place = (closing, "write_closure")
    acts = tuple(lambda n=n: close(n, basket=basket(identity=None, coupons=("ONCE",))) for n in ("A", "B"))
    found = [outcome_of(one) for one in at_once(pool, monkeypatch, place, acts, is_guarded=False)]  # type: ignore[arg-type]
    assert [one.made.discount for one in found] == [494, 494]


def test_a_call_waits_so_long_and_no_longer(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CHECKOUT_WAIT_MS = 50
    member(programme())
    put()
    gate = Gate()
    monkeypatch.setattr(undoing, "keep_checkout", gate.before(undoing.keep_checkout))
    cancels = begin(pool, cancel)
    gate.wait()
    for act in (close, put, cancel):
        with pytest.raises(CheckoutBusy):
            act()
    gate.opened.set()
    assert cancels.result(SECONDS).checkout["state"] == "cancelled"
    assert call("close").number == "C-1"
