"""Closures that arrive at once travel in one transaction; what they take of scarce things is exact all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from fidelia.activity.models import Checkout, Purchase
from fidelia.activity.operations.checkouts import CheckoutBasket
from fidelia.activity.queries import find_broken_chain
from fidelia.kernel import together
from fidelia.kernel.db import renew_connections
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.together import hot_call
from fidelia.ledger.queries import find_broken_invariants, get_balance
from tests.programme.cast import AT, member, programme
from tests.rewards.scarce import everybodys

from .cast import basket, cancel, close, put
from .rules import FIVE, WITH_COUPON, document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _wait_for_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let calls wait for all that the test sends, however slow the machine is."""
    monkeypatch.setattr(together, "GATHERING_SECONDS", 60)
    monkeypatch.setattr(together, "PATIENCE_SECONDS", 60)
    renew_connections()
    yield
    renew_connections()


def close_together(numbers: Sequence[str], *, each: Sequence[dict[str, Any]] = (), **more: Any) -> list[Any]:
    together._line.expected = len(numbers)

    def act(number: str, own: dict[str, Any]) -> Any:
        with hot_call():
            try:
                return close(number, **more, **own)
            except FideliaError as refusal:
                return refusal

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(act, numbers, each or [{}] * len(numbers)))


def opened(*baskets: CheckoutBasket) -> list[str]:
    numbers = [f"T-{place}" for place in range(len(baskets))]
    for number, asked in zip(numbers, baskets, strict=True):
        put(asked, number)
    return numbers


def transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(distinct changed_xid::text) from activity_checkout")
        (count,) = cursor.fetchone()
        return int(count)


def nobodys(**changes: Any) -> CheckoutBasket:
    return basket(identity=None, **changes)


def test_they_share_a_transaction() -> None:
    member(programme(document=document()))
    done = close_together(opened(nobodys(), basket(), nobodys()))
    assert [one.checkout["state"] for one in done] == ["closed"] * 3
    assert (transactions(), Purchase.objects.count()) == (1, 3)


def test_two_of_one_member_follow_one_another() -> None:
    enrolment = member(programme(document=document()))
    done = close_together(opened(basket(), basket(), nobodys()))
    assert [one.checkout["state"] for one in done] == ["closed"] * 3
    balance = get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available
    assert balance == 2 * done[0].made.points > 0
    assert find_broken_chain(enrolment.account_id) is None
    assert not find_broken_invariants()


def test_the_last_of_a_budget_is_given_once() -> None:
    member(programme(document=document(FIVE)))
    done = close_together(opened(nobodys(), basket(), nobodys()))
    assert sorted(one.made.discount for one in done) == [0, 0, 500]
    assert Checkout.objects.filter(state="closed").count() == 3


def test_what_takes_a_coupon_has_a_transaction_of_its_own() -> None:
    of = programme(WITH_COUPON)
    member(of)
    everybodys(of, "ONCE", uses=1)
    done = close_together(opened(nobodys(), basket(coupons=("ONCE",)), nobodys()))
    assert [one.checkout["state"] for one in done] == ["closed"] * 3
    assert transactions() == 2


def test_one_that_is_refused_leaves_the_others_as_they_are() -> None:
    member(programme(document=document()))
    numbers = opened(nobodys(), basket(), nobodys())
    done = close_together(numbers, receipt_number="R-1")
    assert sorted(getattr(one, "code", "closed") for one in done) == ["closed", "receipt_known", "receipt_known"]
    assert Purchase.objects.count() == 1
    assert Checkout.objects.filter(state="closed").count() == 1


def test_a_budget_that_all_share_is_counted_for_each() -> None:
    """Its sum is taken from one slot at once, and each closure is told apart in what it used."""
    of = programme(document=document({**FIVE, "limits": [{"of": "money", "at_most": "1000"}]}))
    member(of)
    done = close_together(opened(nobodys(), basket(), nobodys()))
    assert [one.made.discount for one in done] == [500, 500, 500]
    with connection.cursor() as cursor:
        cursor.execute("select purchase_id, amount from rewards_use order by id")
        uses = dict(cursor.fetchall())
        cursor.execute(
            "select taken - (select coalesce(sum(room), 0) from rewards_slot) from rewards_counter where taken > 0"
        )
        assert cursor.fetchall() == [(1500,)]
    assert uses == {one.made.purchase_id: 500 for one in done}
    for one in done:
        cancel(one.checkout["number"])
    with connection.cursor() as cursor:
        cursor.execute("select sum(taken) - (select coalesce(sum(room), 0) from rewards_slot) from rewards_counter")
        assert cursor.fetchone() == (0,)


def test_one_checkout_is_closed_once_by_two_who_name_different_members() -> None:
    """They lock different rows first, so they may be in one set: the second finds that it is closed."""
    member(programme(document=document()))
    opened(basket())
    done = close_together(["T-0", "T-0"], each=[{}, {"basket": nobodys()}])
    assert sorted(getattr(one, "code", "closed") for one in done) == ["closed", "wrong_checkout_state"]
    assert (Purchase.objects.count(), Checkout.objects.get().closures) == (1, 1)


def test_two_checkouts_that_were_never_opened_are_written_together() -> None:
    enrolment = member(programme(document=document()))
    done = close_together(["N-1", "N-2"], each=[{"basket": nobodys()}, {"basket": basket()}])
    assert [one.checkout["revision"] for one in done] == [1, 1]
    assert set(Checkout.objects.values_list("number", "state")) == {("N-1", "closed"), ("N-2", "closed")}
    balance = get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available
    assert balance == done[1].made.points == done[1].made.balance_after
