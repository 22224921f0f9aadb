"""Thousands at once: as one by one, but set-based; each row has its own outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.kernel.ids import new_id
from fidelia.ledger.errors import MalformedPosting, UnknownAccount
from fidelia.ledger.operations import (
    BulkEarn,
    BulkResult,
    BulkRevoke,
    close_account,
    earn,
    open_accounts_in_bulk,
    post_in_bulk,
    revoke,
)
from fidelia.ledger.queries import find_broken_invariants, get_balance, get_posting, list_entries, list_lots
from tests.cast import SYSTEM

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts() -> list[UUID]:
    with transaction.atomic():
        return open_accounts_in_bulk(by=SYSTEM, at=AT, currency="points", partner_ids=[None] * 4, may_go_negative=True)


def post(rows: list[BulkEarn | BulkRevoke]) -> list[BulkResult]:
    with transaction.atomic():
        return post_in_bulk(by=SYSTEM, at=AT, currency="points", postings=rows, source_type="purchase")


def earned(account_id: UUID, amount: int, key: str, day: int = 0, **given: Any) -> BulkEarn:
    return BulkEarn(account_id=account_id, amount=amount, key=key, occurred_at=AT + (day - 500) * DAY, **given)


def returned(account_id: UUID, amount: int, key: str, earn_key: str | None, day: int = 0, **given: Any) -> BulkRevoke:
    given.setdefault("policy", "allow_negative")
    return BulkRevoke(
        account_id=account_id, amount=amount, key=key, earn_key=earn_key, occurred_at=AT + (day - 500) * DAY, **given
    )


def test_each_row_has_its_own_times_lot_and_balance(accounts: list[UUID]) -> None:
    one, other = accounts[:2]
    rows = [
        earned(one, 10, "a", 1, expires_at=AT - DAY),
        earned(other, 20, "b", 2),
        earned(one, 30, "c", 3, expires_at=AT + DAY, unit_cost=7, store_id=new_id()),
    ]
    with CaptureQueriesContext(connection) as queries:
        results = post(list(rows))
    assert sum("ledger_earn_in_bulk" in query["sql"] for query in queries) == 1
    assert [(result.status, result.amount, result.balance) for result in results] == [
        ("posted", 10, 10),
        ("posted", 20, 20),
        ("posted", 30, 40),
    ]
    assert [result.posting_id for result in results] == [row.posting_id for row in rows]
    assert [lot.expires_at for lot in list_lots(account_id=one, currency="points")] == [AT - DAY, AT + DAY]
    assert get_balance(account_id=one, currency="points", at=AT).available == 30
    entry = list_entries(account_id=one)[0]
    assert (entry.occurred_at, entry.recorded_at, entry.store_id) == (rows[2].occurred_at, AT, rows[2].store_id)
    assert get_posting(account_id=one, posting_id=rows[0].posting_id).origin == "backfill"
    assert find_broken_invariants() == []


def test_a_second_run_posts_nothing(accounts: list[UUID]) -> None:
    rows: list[BulkEarn | BulkRevoke] = [
        earned(accounts[0], 10, "a"),
        returned(accounts[0], 10, "r", "a"),
        earned(accounts[0], 5, "b"),
    ]
    first = post(rows)
    again = post(rows)
    assert [result.status for result in again] == ["replayed"] * 3
    assert [result.posting_id for result in again] == [result.posting_id for result in first]
    assert get_balance(account_id=accounts[0], currency="points", at=AT).version == 3


def test_a_run_that_was_broken_off_is_taken_up(accounts: list[UUID]) -> None:
    purchase = earned(accounts[0], 10, "a")
    post([purchase])
    anew = earned(accounts[0], 10, "a")  # the importer makes new identities each time
    results = post([anew, returned(accounts[0], 4, "r", "a")])
    assert [result.status for result in results] == ["replayed", "posted"]
    assert results[0].posting_id == purchase.posting_id
    assert get_balance(account_id=accounts[0], currency="points", at=AT).posted == 6


def test_a_key_with_another_amount_is_said_and_the_others_stand(accounts: list[UUID]) -> None:
    post([earned(accounts[0], 10, "a")])
    results = post([earned(accounts[0], 11, "a"), earned(accounts[0], 1, "b"), earned(accounts[0], 1, "b")])
    assert [result.status for result in results] == ["idempotency_key_reused", "posted", "replayed"]
    assert get_balance(account_id=accounts[0], currency="points", at=AT).posted == 11


def test_single_and_bulk_share_their_keys(accounts: list[UUID]) -> None:
    with transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=accounts[0], currency="points", amount=9, key="k", source_type="purchase")
    assert [result.status for result in post([earned(accounts[0], 9, "k")])] == ["replayed"]


def test_what_is_owed_is_filled_by_the_earns_in_their_order(accounts: list[UUID]) -> None:
    account = accounts[0]
    with transaction.atomic():
        revoke(by=SYSTEM, at=AT - 600 * DAY, account_id=account, currency="points", amount=25,
               policy="allow_negative", key="old")  # fmt: skip
    post(
        [
            earned(account, 10, "a", 1),
            earned(account, 10, "b", 2),
            earned(account, 10, "c", 3),
            earned(account, 1, "d", 4),
        ]
    )
    lots = list_lots(account_id=account, currency="points")
    assert sorted((lot.amount, lot.remaining) for lot in lots) == [(1, 1), (5, 5)]
    assert get_balance(account_id=account, currency="points", at=AT).owed == 0
    assert find_broken_invariants() == []


def test_returns_are_posted_in_their_place(accounts: list[UUID]) -> None:
    account = accounts[0]
    results = post(
        [
            earned(account, 100, "a", 1),
            returned(account, 60, "r1", "a", 2),
            returned(account, 50, "r2", "a", 3),
            returned(account, 50, "r3", None, 4),
            returned(account, 50, "r4", "unknown", 4),
            earned(account, 30, "b", 5),
        ]
    )
    assert [result.status for result in results] == [
        "posted", "posted", "more_than_earned", "posted", "unknown_posting", "posted",
    ]  # fmt: skip
    assert (results[3].amount, results[3].shortfall) == (-50, 10)
    assert get_balance(account_id=account, currency="points", at=AT).posted == 20
    assert find_broken_invariants() == []


def test_an_unknown_or_closed_account_refuses_all(accounts: list[UUID]) -> None:
    with transaction.atomic():
        close_account(by=SYSTEM, at=AT, account_id=accounts[1])
    for stranger in (new_id(), accounts[1]):
        with pytest.raises(Exception) as refusal, transaction.atomic():
            post_in_bulk(by=SYSTEM, at=AT, currency="points", source_type="purchase",
                         postings=[earned(accounts[0], 5, "a"), earned(stranger, 5, "b")])  # fmt: skip
        assert getattr(refusal.value, "code", "") in (UnknownAccount.default_code, "account_closed")
    assert list_entries(account_id=accounts[0]) == []


def test_what_cannot_be_is_refused_before_anything(accounts: list[UUID]) -> None:
    with pytest.raises(MalformedPosting):
        post([earned(accounts[0], 5, "a"), earned(accounts[0], 0, "b")])
    assert list_entries(account_id=accounts[0]) == []


def test_it_comes_out_as_one_by_one(accounts: list[UUID]) -> None:
    """The same history twice, once through the set, once through the single verbs: the same ledger."""
    chance = Random(1814)
    rows: list[BulkEarn | BulkRevoke] = []
    purchases: list[BulkEarn] = []
    for number in range(400):
        account = chance.choice(accounts[:2])
        if purchases and chance.random() < 0.15:
            of = purchases.pop(chance.randrange(len(purchases)))
            rows.append(returned(of.account_id, of.amount, f"r{number}", of.key, number))
        else:
            expires_at = AT + (number - 500 + chance.choice([20, 100, 365])) * DAY
            rows.append(earned(account, chance.randint(1, 90), f"p{number}", number, expires_at=expires_at))
            purchases.append(rows[-1])  # type: ignore[arg-type]
    post(rows)
    twins = dict(zip(accounts[:2], accounts[2:], strict=True))
    postings: dict[str, UUID] = {}
    for row in rows:
        common: dict[str, Any] = {
            "by": SYSTEM, "at": AT, "account_id": twins[row.account_id], "currency": "points", "amount": row.amount,
            "key": row.key, "occurred_at": row.occurred_at,
        }  # fmt: skip
        with transaction.atomic():
            if isinstance(row, BulkEarn):
                postings[row.key] = earn(**common, expires_at=row.expires_at).posting_id
            else:
                revoke(**common, policy=row.policy, posting_id=postings[row.earn_key or ""])
    for account, twin in twins.items():
        assert shape_of(account) == shape_of(twin)
    assert find_broken_invariants() == []


def shape_of(account_id: UUID) -> tuple[object, ...]:
    balance = get_balance(account_id=account_id, currency="points", at=AT)
    lots = list_lots(account_id=account_id, currency="points", include_closed=True)
    entries = list_entries(account_id=account_id, limit=1_000)
    return (
        (balance.posted, balance.owed, balance.due, balance.version),
        [(lot.amount, lot.remaining, lot.expires_at) for lot in lots],
        sorted((entry.version, entry.seq, entry.amount, entry.balance_after or 0) for entry in entries),
    )
