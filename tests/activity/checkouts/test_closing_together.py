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

from .cast import basket, close, put
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


def close_together(numbers: Sequence[str], **more: Any) -> list[Any]:
    together._line.expected = len(numbers)

    def act(number: str) -> Any:
        with hot_call():
            try:
                return close(number, **more)
            except FideliaError as refusal:
                return refusal

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(act, numbers))


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
