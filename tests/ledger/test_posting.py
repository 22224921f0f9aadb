"""Earning, redeeming, and saying so again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.kernel.ids import new_id
from fidelia.ledger.errors import (
    InsufficientPoints,
    KeyReused,
    MalformedPosting,
    UnknownAccount,
)
from fidelia.ledger.operations import EarnPart, adjust, earn, earn_parts, open_account, redeem
from fidelia.ledger.queries import (
    compute_balance_from_entries,
    entries_of,
    find_broken_invariants,
    get_balance,
    list_entries,
    list_lots,
)
from tests.cast import SYSTEM

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def florestan() -> UUID:
    with transaction.atomic():
        return open_account(by=SYSTEM, at=AT, currency="points")


def give(account_id: UUID, amount: int, key: str = "earn", **given: object) -> UUID:
    with transaction.atomic():
        return earn(
            by=SYSTEM, at=AT, account_id=account_id, currency="points", amount=amount, key=key, **given
        ).posting_id  # type: ignore[arg-type]


def available(account_id: UUID, at: datetime = AT) -> int:
    return get_balance(account_id=account_id, currency="points", at=at).available


def test_an_earn_is_one_statement_and_two_legs(florestan: UUID) -> None:
    store, version = new_id(), new_id()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        result = earn(
            by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=120, key="purchase:1",
            expires_at=AT + 365 * DAY, store_id=store, rule_version_id=version, unit_cost=5_000, funding="brand:acme",
        )  # fmt: skip
    assert len(queries) == 1
    assert (result.replayed, result.amount, result.balance) == (False, 120, 120)
    legs = entries_of(account_id=florestan, posting_id=result.posting_id)
    assert [(leg.code, leg.amount, leg.balance_after) for leg in legs] == [
        ("issuance", -120, None),
        ("member", 120, 120),
    ]
    for leg in legs:
        assert (leg.store_id, leg.rule_version_id, leg.funding, leg.unit_cost) == (store, version, "brand:acme", 5_000)
        assert (leg.occurred_at, leg.recorded_at) == (AT, AT)


def test_a_redemption_is_one_statement_and_spends_first_what_dies_first(florestan: UUID) -> None:
    give(florestan, 50, "late", expires_at=AT + 30 * DAY)
    give(florestan, 70, "never")
    give(florestan, 20, "soon", expires_at=AT + 10 * DAY)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        result = redeem(by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=60, key="voucher:1")
    assert len(queries) == 1
    assert (result.amount, result.balance) == (-60, 80)
    remaining = [(lot.amount, lot.remaining) for lot in list_lots(account_id=florestan, currency="points")]
    assert remaining == [(50, 10), (70, 70)]


def test_parts_have_their_own_lots(florestan: UUID) -> None:
    first, second = new_id(), new_id()
    parts = [
        EarnPart(amount=100, expires_at=AT + DAY, rule_version_id=first),
        EarnPart(amount=7, rule_version_id=second, funding="brand:acme"),
    ]
    with transaction.atomic():
        earn_parts(by=SYSTEM, at=AT, account_id=florestan, currency="points", parts=parts, key="p")
    lots = list_lots(account_id=florestan, currency="points")
    assert [(lot.amount, lot.rule_version_id, lot.funding) for lot in lots] == [
        (100, first, "operator"),
        (7, second, "brand:acme"),
    ]
    assert available(florestan) == 107


def test_more_than_there_is_is_refused_and_nothing_happens(florestan: UUID) -> None:
    give(florestan, 50)
    with pytest.raises(InsufficientPoints) as refusal, transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=51, key="voucher:1")
    assert refusal.value.details == {"currency": "points", "requested": 51, "available": 50}
    assert available(florestan) == 50
    assert len(list_entries(account_id=florestan)) == 1
    with transaction.atomic():  # the key is free again
        assert not redeem(
            by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=50, key="voucher:1"
        ).replayed


def test_points_that_are_due_cannot_be_spent(florestan: UUID) -> None:
    give(florestan, 50, expires_at=AT + DAY)
    assert available(florestan, AT + DAY - timedelta(microseconds=1)) == 50
    assert available(florestan, AT + DAY) == 0
    with pytest.raises(InsufficientPoints), transaction.atomic():
        redeem(by=SYSTEM, at=AT + DAY, account_id=florestan, currency="points", amount=1, key="v")


def test_a_late_earn_may_be_due_at_once(florestan: UUID) -> None:
    give(florestan, 50, occurred_at=AT - 400 * DAY, expires_at=AT - 35 * DAY)
    balance = get_balance(account_id=florestan, currency="points", at=AT)
    assert (balance.posted, balance.due, balance.available) == (50, 50, 0)


def test_the_same_key_changes_nothing_and_answers_the_same(florestan: UUID) -> None:
    with transaction.atomic():
        first = earn(by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=5, key="k")
        give(florestan, 100, "other")
        again = earn(by=SYSTEM, at=AT + DAY, account_id=florestan, currency="points", amount=5, key="k")
    assert again.replayed
    assert (again.posting_id, again.amount, again.balance) == (first.posting_id, 5, 5)
    assert available(florestan) == 105


def test_the_same_key_with_another_request_is_refused(florestan: UUID) -> None:
    give(florestan, 5, "k")
    with pytest.raises(KeyReused) as refusal, transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=6, key="k")
    assert refusal.value.code == "idempotency_key_reused"
    with pytest.raises(KeyReused), transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=5, key="k")
    assert available(florestan) == 5


def test_the_same_key_on_another_account_is_another_posting(florestan: UUID) -> None:
    with transaction.atomic():
        leonore = open_account(by=SYSTEM, at=AT, currency="points")
    give(florestan, 5, "k")
    give(leonore, 6, "k")
    assert (available(florestan), available(leonore)) == (5, 6)


@pytest.mark.parametrize("currency", ["points", "miles"])
def test_an_account_that_is_not_open_in_the_currency_is_unknown(currency: str, florestan: UUID) -> None:
    account_id = new_id() if currency == "points" else florestan
    with pytest.raises(UnknownAccount), transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=account_id, currency=currency, amount=5, key="k")


@pytest.mark.parametrize(
    ("amount", "key"), [(0, "k"), (-5, "k"), (10**16, "k"), (5, ""), (5, "x" * 201), (5, "clock:1")]
)
def test_what_cannot_be_is_refused(florestan: UUID, amount: int, key: str) -> None:
    with pytest.raises(MalformedPosting), transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=amount, key=key)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        earn(by=SYSTEM, at=AT, account_id=new_id(), currency="points", amount=5, key="k")


def test_fast_and_exact_balance_agree(florestan: UUID) -> None:
    give(florestan, 50)
    with transaction.atomic():
        adjust(by=SYSTEM, at=AT, account_id=florestan, currency="points", amount=-20, key="a", note="counted twice")
    exact = compute_balance_from_entries(account_id=florestan, currency="points")
    fast = get_balance(account_id=florestan, currency="points", at=AT)
    assert (exact.posted, exact.held, exact.owed) == (fast.posted, fast.held, fast.owed) == (30, 0, 0)
    assert find_broken_invariants() == []


def test_entries_are_paged_by_when_they_happened(florestan: UUID) -> None:
    for day in (3, 1, 2):
        give(florestan, day, f"d{day}", occurred_at=AT + day * DAY)
    page = list_entries(account_id=florestan, limit=2)
    assert [entry.amount for entry in page] == [3, 2]
    last = page[-1]
    rest = list_entries(account_id=florestan, before=(last.occurred_at, last.posting_id, last.seq))
    assert [entry.amount for entry in rest] == [1]
