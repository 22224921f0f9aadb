"""A checkout is opened, changed and closed, and what it came to is undone by what was frozen."""

from __future__ import annotations

import pytest

from fidelia.activity.errors import CheckoutChanged, ExpectedTotalDiffers, UnknownCheckout, WrongCheckoutState
from fidelia.activity.models import Checkout, DecisionRecord, Purchase, PurchaseLine
from fidelia.activity.operations.checkouts import ReturnedItem
from fidelia.activity.queries import find_broken_chain
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants, get_balance
from tests.programme.cast import AT, member, programme

from .cast import MUG, basket, cancel, close, give_back, put, reopen

pytestmark = pytest.mark.django_db


def balance_of(account_id: object) -> int:
    return get_balance(account_id=account_id, currency="PTS", at=AT).available  # type: ignore[arg-type]


def test_it_is_opened_changed_and_closed() -> None:
    enrolment = member(programme())
    opened = put().checkout
    assert (opened["state"], opened["revision"], opened["total"]) == ("open", 1, 4940)
    assert balance_of(enrolment.account_id) == 0
    changed = put(basket(MUG)).checkout
    assert (changed["revision"], changed["total"]) == (2, 1450)
    closed = close()
    assert (closed.checkout["state"], closed.checkout["revision"]) == ("closed", 3)
    purchase = Purchase.objects.get(purchase_id=closed.checkout["purchase_id"])
    assert (purchase.total, purchase.gross, purchase.discount, purchase.points) == (1450, 1450, 0, 14)
    assert (purchase.receipt_number, purchase.account_id) == ("C-1", enrolment.account_id)
    assert purchase.balance_after == 14 == balance_of(enrolment.account_id)
    assert Checkout.objects.get().purchase_id == purchase.purchase_id
    assert OutboxEvent.objects.get(name="purchase.recorded").payload["purchase_id"] == str(purchase.purchase_id)
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_it_is_closed_at_once_without_having_been_opened() -> None:
    member(programme())
    closed = close(basket=basket())
    assert (closed.checkout["state"], closed.checkout["revision"]) == ("closed", 1)
    assert PurchaseLine.objects.count() == 2


def test_nobody_knows_who_buys() -> None:
    programme()
    closed = close(basket=basket(identity=None))
    purchase = Purchase.objects.get()
    assert (purchase.points, purchase.account_id, purchase.total) == (0, None, 4940)
    record = DecisionRecord.objects.get()
    assert (record.account_id, record.sequence, record.purchase_id) == (purchase.purchase_id, 1, purchase.purchase_id)
    give_back(ReturnedItem(2))
    give_back()
    assert [one.sequence for one in DecisionRecord.objects.order_by("sequence")] == [1, 2, 3]
    assert find_broken_chain(purchase.purchase_id) is None
    assert sum(Purchase.objects.values_list("total", flat=True)) == 0
    assert closed.checkout["customer_id"] is None


def test_goods_come_back_line_by_line_and_by_amount() -> None:
    enrolment = member(programme())
    sold = close(basket=basket()).made
    first = give_back(ReturnedItem(1, 1000))
    assert (first.made.total, first.made.paid_by_points) == (-1745, 0)
    second = give_back(amount=1000)
    assert second.made.total == -1000
    third = give_back()
    assert first.made.total + second.made.total + third.made.total == -sold.total
    assert sum(Purchase.objects.values_list("points", flat=True)) == 0
    assert balance_of(enrolment.account_id) == 0
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_it_is_cancelled_open_and_closed_and_opened_again() -> None:
    enrolment = member(programme())
    put()
    assert cancel().checkout["state"] == "cancelled"
    with pytest.raises(WrongCheckoutState):
        close()
    assert reopen().checkout["state"] == "open"
    close()
    assert balance_of(enrolment.account_id) > 0
    undone = reopen().checkout
    assert (undone["state"], undone["purchase_id"]) == ("open", None)
    assert balance_of(enrolment.account_id) == 0
    again = close()
    assert again.made.receipt_number == "C-1/2"
    cancelled = cancel().checkout
    assert cancelled["state"] == "cancelled"
    assert balance_of(enrolment.account_id) == 0
    assert sum(Purchase.objects.values_list("total", flat=True)) == 0
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_it_refuses_what_is_not_so() -> None:
    member(programme())
    with pytest.raises(UnknownCheckout):
        close()
    with pytest.raises(UnknownCheckout):
        cancel()
    put()
    with pytest.raises(CheckoutChanged):
        put(revision=0)
    with pytest.raises(ExpectedTotalDiffers) as differs:
        close(expected_total="0.01")
    assert differs.value.details == {"expected": "0.01", "total": "49.40"}
    with pytest.raises(WrongCheckoutState):
        give_back()
    with pytest.raises(WrongCheckoutState):
        reopen()
    assert Purchase.objects.count() == 0


def test_calls_sent_again_change_nothing() -> None:
    enrolment = member(programme())
    assert put(key="k1").is_replay is False
    assert put(key="k1").is_replay is True
    first = close(key="k2")
    again = close(key="k2")
    assert (again.is_replay, again.checkout["purchase_id"]) == (True, first.checkout["purchase_id"])
    assert give_back(ReturnedItem(1), key="k3").is_replay is False
    back = give_back(ReturnedItem(1), key="k3")
    assert (back.is_replay, back.made.total) == (True, -3490)
    assert cancel(key="k4").is_replay is False
    assert cancel(key="k4").is_replay is True
    assert reopen(key="k5").is_replay is False
    assert reopen(key="k5").is_replay is True
    assert balance_of(enrolment.account_id) == 0
    assert sum(Purchase.objects.values_list("total", flat=True)) == 0
