"""Two exchanges of the same goods: first with the guard off, where both are let through, then with it on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError

from fidelia.activity.models import Purchase
from fidelia.activity.operations import ReturnedLine, ReturnRequest, exchanging, record_return, returns
from fidelia.activity.operations.checkouts import frozen, reversing
from fidelia.activity.queries import find_broken_chain
from fidelia.ledger.errors import MoreThanEarned
from fidelia.ledger.queries import find_broken_invariants
from fidelia.rules.pricing import MoreThanBought
from tests.activity.test_recording_at_once import SECONDS, pool
from tests.programme.cast import AT, member, programme

from .cast import MUG, TILL, basket, call, close
from .test_races import at_once, outcome_of

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
GIVEN_BACK = (reversing, "_row")
either_buyer = pytest.mark.parametrize("is_anonymous", [True, False])


def sell(*, is_anonymous: bool) -> Any:
    enrolment = member(programme())
    close(basket=basket(identity=None) if is_anonymous else basket())
    return enrolment


def back(receipt: str, key: str = "") -> ReturnRequest:
    sold = Purchase.objects.get(receipt_number="C-1", kind="sale")
    return ReturnRequest(
        idempotency_key=key, receipt_number=receipt, occurred_at=AT, purchase_id=sold.purchase_id,
        lines=(ReturnedLine(1),),
    )  # fmt: skip


def exchange(number: str, key: str | None = None) -> Any:
    asked = call("close", number, key, basket=basket(MUG, identity=None), receipt_number=number)
    return exchanging.exchange_goods(by=TILL, at=AT, back=back(number), call=asked)


def exchange_once(number: str) -> Any:
    """Exchange, and do not try again where the database stops it."""
    asked = call("close", number, basket=basket(MUG, identity=None), receipt_number=number)
    return exchanging._exchange(TILL, AT, back(number, number), asked)


@either_buyer
def test_without_locks_the_same_goods_are_exchanged_twice(
    is_anonymous: bool, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(is_anonymous=is_anonymous)
    monkeypatch.setattr(returns, "lock_closed", lambda sale: None)
    monkeypatch.setattr(frozen, "lock_sale", lambda purchase: None)
    acts = (lambda: exchange_once("X-1"), lambda: exchange_once("X-2"))
    found = [outcome_of(one) for one in at_once(pool, monkeypatch, GIVEN_BACK, acts, is_guarded=False)]
    # Both reckoned that the goods had not come back, and only the last guards of the tables stop the second.
    assert MoreThanBought not in found
    assert IntegrityError in found or MoreThanEarned in found


@either_buyer
def test_the_same_goods_are_exchanged_once_and_the_other_takes_nothing(
    is_anonymous: bool, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = sell(is_anonymous=is_anonymous)
    acts = (lambda: exchange("X-1"), lambda: exchange("X-2"))
    first, second = at_once(pool, monkeypatch, GIVEN_BACK, acts, is_guarded=True)
    assert first.result(SECONDS).refund == 3490
    assert outcome_of(second) is MoreThanBought
    assert {(one.receipt_number, one.kind) for one in Purchase.objects.exclude(receipt_number="C-1")} == {
        ("X-1", "return"), ("X-1", "sale"),
    }  # fmt: skip
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_what_is_being_exchanged_does_not_come_back_beside_it(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(is_anonymous=False)
    returning = lambda: record_return(by=TILL, at=AT, request=back("R-1", "R-1"), source="till")  # noqa: E731
    first, second = at_once(pool, monkeypatch, GIVEN_BACK, (lambda: exchange("X-1"), returning), is_guarded=True)
    assert first.result(SECONDS).refund == 3490
    assert outcome_of(second) is MoreThanBought


def test_the_same_key_twice_exchanges_once(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    sell(is_anonymous=False)
    acts = (lambda: exchange("X-1", "one-key"),) * 2
    found = [one.result(SECONDS) for one in at_once(pool, monkeypatch, GIVEN_BACK, acts, is_guarded=True)]
    assert [one.closed.is_replay for one in found] == [False, True]
    assert len({one.returned.purchase_id for one in found}) == 1
    assert Purchase.objects.count() == 3
