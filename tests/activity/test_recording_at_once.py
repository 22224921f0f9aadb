"""Races of purchases and returns: each first with the guard off, where the race must happen, then with it on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from fidelia.activity.errors import MoreThanBought
from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations import (
    LineRequest,
    ReturnRequest,
    purchases,
    record_purchase,
    record_return,
    returns,
)
from fidelia.activity.operations.deciding import ChainHead
from fidelia.activity.operations.imports import history, members, record
from fidelia.activity.queries import find_broken_chain, find_taken_back
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.rules.taken_back import TakenBack
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.waiting import PATIENCE_SECONDS, wait_for_a_lock

from .test_importing_history import MAPPING, bring_in
from .test_recording_a_purchase import TILL as RECORDER
from .test_recording_a_purchase import basket
from .test_returning_a_purchase import TILL

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = PATIENCE_SECONDS


class Gate:
    """Where the first act stops until the test lets it go on."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Semaphore(0), threading.Event()

    def before(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def waiting(*args: Any, **kwargs: Any) -> Any:
            self.reached.release()
            assert self.opened.wait(SECONDS)
            return act(*args, **kwargs)

        return waiting

    def wait(self) -> None:
        assert self.reached.acquire(timeout=SECONDS)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def begin(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> Future[Any]:
    def on_its_own_connection() -> Any:
        try:
            return act()
        finally:
            connection.close()

    return pool.submit(on_its_own_connection)


def give_back(sale: Purchase, key: str) -> Any:
    request = ReturnRequest(idempotency_key=key, receipt_number=key, occurred_at=AT, purchase_id=sale.purchase_id)
    return record_return(by=TILL, at=AT, request=request, source="till")


def sold(**changes: object) -> Purchase:
    recorded = record_purchase(
        by=RECORDER, at=AT, request=basket(LineRequest("mug", 2000, 3000), **changes), source="till"
    )
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def unlocked(purchase: Purchase) -> ChainHead | None:
    return None


@pytest.mark.parametrize("is_anonymous", [True, False])
def test_everything_is_given_back_once_by_two_at_once(
    is_anonymous: bool, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    sale = sold(identity=None) if is_anonymous else sold()
    gate = Gate()
    monkeypatch.setattr(returns, "_parts_given_back", gate.before(returns._parts_given_back))
    first = begin(pool, lambda: give_back(sale, "r1"))
    gate.wait()
    second = begin(pool, lambda: give_back(sale, "r2"))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).is_replay is False
    with pytest.raises(MoreThanBought):
        second.result(SECONDS)
    assert Purchase.objects.filter(kind="return").count() == 1
    assert get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available == 0
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_without_the_lock_it_would_be_given_back_twice(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme()
    sale, gate = sold(identity=None), Gate()
    monkeypatch.setattr(returns, "lock_sale", unlocked)
    monkeypatch.setattr(returns, "_parts_given_back", gate.before(returns._parts_given_back))
    acts = [begin(pool, lambda key=key: give_back(sale, key)) for key in ("r1", "r2")]  # type: ignore[misc]
    gate.wait()
    gate.wait()
    gate.opened.set()
    assert [act.result(SECONDS).is_replay for act in acts] == [False, False]
    assert Purchase.objects.filter(kind="return").count() == 2


def test_a_purchase_waits_for_a_return_of_the_same_member_and_is_chained_after_it(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    sale, gate = sold(), Gate()
    monkeypatch.setattr(returns, "_parts_given_back", gate.before(returns._parts_given_back))
    first = begin(pool, lambda: give_back(sale, "r1"))
    gate.wait()
    second = begin(pool, lambda: sold(key="next"))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS)
    assert second.result(SECONDS).points == 30
    check_member(enrolment, decisions=3)


def test_a_return_waits_for_a_spend_under_way_and_takes_what_that_leaves(pool: ThreadPoolExecutor) -> None:
    enrolment = member(programme())
    sale, gate = sold(), Gate()
    spent = begin(pool, lambda: spend_slowly(enrolment, 70, gate))
    gate.wait()
    returned = begin(pool, lambda: give_back(sale, "r1"))
    wait_for_a_lock()
    gate.opened.set()
    spent.result(SECONDS)
    purchase = Purchase.objects.get(purchase_id=returned.result(SECONDS).purchase_id)
    assert find_taken_back(purchase) == TakenBack(asked=80, taken=10, given_up=70)
    assert get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available == 0
    assert find_broken_invariants() == []


def spend_slowly(enrolment: Enrolment, amount: int, gate: Gate) -> None:
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=enrolment.account_id, currency="PTS", amount=amount, key="reward")
        gate.before(lambda: None)()


def test_a_purchase_at_the_till_waits_for_the_import_of_the_members_history(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    enrolment = member(programme())
    gate = Gate()
    monkeypatch.setattr(record, "decide_batch", gate.before(history.decide_batch))
    rows = [f"T{n},2025-03-0{n},mug,Mug,1,10.00,2990441788200,France" for n in (1, 2, 3)]
    first = begin(pool, lambda: bring_in(tmp_path, *rows, mapping={**MAPPING, "customer_scheme": "card"}))
    gate.wait()
    second = begin(pool, sold)
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).recorded_rows == 3
    assert second.result(SECONDS).points == 30  # no welcome: the history came first
    check_member(enrolment, decisions=4)


def test_what_was_read_before_another_purchase_of_the_member_is_read_again(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = member(programme())
    gate, record = Gate(), purchases._record
    monkeypatch.setattr(purchases, "_record", gate.before(record))
    first = begin(pool, lambda: sold(key="first"))
    gate.wait()
    monkeypatch.setattr(purchases, "_record", record)
    second = sold(key="second")
    gate.opened.set()
    assert first.result(SECONDS).points == 30  # it had read that the member had never bought
    assert second.points > 30
    check_member(enrolment, decisions=2)


@pytest.mark.parametrize("is_guarded", [False, True])
def test_an_import_and_the_till_give_a_line_of_no_account_back_only_once(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, *, is_guarded: bool
) -> None:
    programme()
    unenrolled = {**MAPPING, "enrol": False}
    bring_in(tmp_path, "T1,2025-03-01,mug,Mug,1,10.00,C1,France", mapping=unenrolled)
    sale, gate = Purchase.objects.get(), Gate()
    if not is_guarded:
        monkeypatch.setattr(members, "_LOCK_SALES_OF_NO_ACCOUNT", "select %s::uuid[], %s::text[]")
    monkeypatch.setattr(record, "decide_batch", gate.before(history.decide_batch))
    back = "R1,2025-03-05,mug,Mug,-1,10.00,C1,France"
    first = begin(pool, lambda: bring_in(tmp_path, back, mapping=unenrolled))
    gate.wait()
    second = begin(pool, lambda: give_back(sale, "r1"))
    if is_guarded:
        wait_for_a_lock()
    else:
        assert second.result(SECONDS)
    gate.opened.set()
    assert first.result(SECONDS).matched_lines == 1
    if is_guarded:
        with pytest.raises(MoreThanBought):
            second.result(SECONDS)
    returned = PurchaseLine.objects.filter(returns_purchase_id=sale.purchase_id)
    assert sum(returned.values_list("quantity", flat=True)) == (-1000 if is_guarded else -2000)


def check_member(enrolment: Enrolment, *, decisions: int) -> None:
    purchases = Purchase.objects.filter(enrolment_id=enrolment.id)
    balance = get_balance(account_id=enrolment.account_id, currency="PTS", at=AT)
    assert balance.posted == sum(purchases.values_list("points", flat=True))
    assert purchases.filter(decisions__isnull=False).count() == decisions
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []
