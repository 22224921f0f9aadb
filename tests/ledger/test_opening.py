"""Opening balances: what a member brings along from another programme, and taking all of it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.kernel.ids import new_id
from fidelia.ledger.errors import MalformedPosting
from fidelia.ledger.operations import (
    BulkOpening,
    BulkResult,
    BulkReversal,
    expire_due,
    open_accounts_in_bulk,
    open_in_bulk,
    redeem,
    reverse_in_bulk,
)
from fidelia.ledger.queries import (
    find_broken_invariants,
    get_balance,
    get_posting,
    list_dated_earnings,
    list_entries,
    list_lots,
    sum_flow,
)
from tests.cast import SYSTEM

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CUT_OVER = datetime(2025, 12, 31, 23, tzinfo=UTC)
SUMMER = datetime(2026, 6, 30, 22, tzinfo=UTC)
WINTER = datetime(2026, 12, 31, 23, tzinfo=UTC)
IMPORT = UUID(int=7)
pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts() -> list[UUID]:
    with transaction.atomic():
        return open_accounts_in_bulk(by=SYSTEM, at=AT, currency="PTS", partner_ids=[None] * 3, may_go_negative=True)


def opening(account_id: UUID, amount: int, key: str, **given: Any) -> BulkOpening:
    return BulkOpening(account_id=account_id, amount=amount, key=key, occurred_at=CUT_OVER, **given)


def opened(*rows: BulkOpening) -> list[BulkResult]:
    with transaction.atomic():
        return open_in_bulk(by=SYSTEM, at=AT, currency="PTS", openings=rows, source_id=IMPORT)


def reversed_(*rows: tuple[UUID, str]) -> list[BulkResult]:
    reversals = [BulkReversal(account_id=account, target_key=key, key=f"undo {key}") for account, key in rows]
    with transaction.atomic():
        return reverse_in_bulk(by=SYSTEM, at=AT, currency="PTS", reversals=reversals, source_id=IMPORT)


def available(account_id: UUID, at: datetime = AT) -> int:
    return get_balance(account_id=account_id, currency="PTS", at=at).available


def test_each_expiry_date_is_a_lot_with_the_day_it_was_earned_on(accounts: list[UUID]) -> None:
    one, other, _ = accounts
    spring = datetime(2024, 4, 1, tzinfo=UTC)
    results = opened(
        opening(one, 300, "a", expires_at=WINTER),
        opening(one, 120, "b", expires_at=SUMMER, earned_at=spring),
        opening(other, 50, "a"),
    )
    assert [(result.status, result.amount, result.balance) for result in results] == [
        ("posted", 300, 300),
        ("posted", 120, 420),
        ("posted", 50, 50),
    ]
    lots = list_lots(account_id=one, currency="PTS")
    assert [(lot.remaining, lot.earned_at, lot.expires_at) for lot in lots] == [
        (120, spring, SUMMER),
        (300, CUT_OVER, WINTER),
    ]
    assert list_lots(account_id=other, currency="PTS")[0].expires_at is None
    posting = get_posting(account_id=one, posting_id=lots[0].lot_id)
    assert (posting.kind, posting.origin, posting.source_type, posting.source_id) == (
        "open", "backfill", "opening", IMPORT
    )  # fmt: skip
    assert (posting.occurred_at, posting.recorded_at) == (CUT_OVER, AT)
    codes = {entry.code for entry in list_entries(account_id=one, codes=("member", "opening", "issuance"))}
    assert codes == {"member", "opening"}
    assert find_broken_invariants() == []


def test_it_is_neither_issued_here_nor_counted_towards_a_tier(accounts: list[UUID]) -> None:
    opened(opening(accounts[0], 300, "a"))
    assert list_dated_earnings(account_ids=accounts, currency="PTS") == {}
    assert sum_flow(currency="PTS", since=CUT_OVER, until=AT).issued == 0


def test_a_second_run_posts_nothing_and_another_amount_under_the_key_is_refused(accounts: list[UUID]) -> None:
    opened(opening(accounts[0], 300, "a"), opening(accounts[1], -20, "a"))
    again = opened(opening(accounts[0], 300, "a"), opening(accounts[1], -20, "a"), opening(accounts[2], 1, "a"))
    assert [result.status for result in again] == ["replayed", "replayed", "posted"]
    assert [available(account) for account in accounts] == [300, -20, 1]
    assert opened(opening(accounts[0], 301, "a"))[0].status == "idempotency_key_reused"
    assert available(accounts[0]) == 300
    assert find_broken_invariants() == []


def test_a_balance_below_zero_is_owed_where_the_currency_allows_it(accounts: list[UUID]) -> None:
    with transaction.atomic():
        (strict,) = open_accounts_in_bulk(by=SYSTEM, at=AT, currency="PTS", partner_ids=[None], may_go_negative=False)
    results = opened(opening(accounts[0], -20, "a"), opening(strict, -20, "a"), opening(accounts[1], 5, "a"))
    assert [(result.status, result.shortfall) for result in results] == [
        ("posted", 20),
        ("negative_not_allowed", None),
        ("posted", 0),
    ]
    assert opened(opening(accounts[0], 50, "b", expires_at=WINTER))[0].balance == 30
    assert list_lots(account_id=accounts[0], currency="PTS")[0].amount == 30
    assert find_broken_invariants() == []


def test_what_dies_first_is_spent_first_and_the_sweeper_writes_the_rest_down(accounts: list[UUID]) -> None:
    one = accounts[0]
    opened(opening(one, 300, "a", expires_at=WINTER), opening(one, 120, "b", expires_at=SUMMER))
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=one, currency="PTS", amount=100, key="gift")
    assert available(one, SUMMER - timedelta(seconds=1)) == 320
    assert available(one, SUMMER) == 300
    with transaction.atomic():
        assert expire_due(by=SYSTEM, at=SUMMER, limit=10) == 1
    assert sum_flow(currency="PTS", since=SUMMER, until=SUMMER + timedelta(days=1)).expired == 20
    assert find_broken_invariants() == []


def test_it_is_undone_by_linked_reversals_unless_it_was_spent(accounts: list[UUID]) -> None:
    one, other, third = accounts
    opened(opening(one, 300, "a"), opening(other, 50, "a"), opening(third, -20, "a"))
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=other, currency="PTS", amount=1, key="gift")
    results = reversed_((one, "a"), (other, "a"), (third, "a"))
    assert [result.status for result in results] == ["posted", "points_spent", "posted"]
    assert [available(account) for account in accounts] == [0, 49, 0]
    undone = get_posting(account_id=one, posting_id=results[0].posting_id or new_id())
    assert undone.target_id == list_lots(account_id=one, currency="PTS", include_closed=True)[0].lot_id
    assert [result.status for result in reversed_((one, "a"))] == ["replayed"]
    assert find_broken_invariants() == []


def test_it_refuses_a_balance_of_nothing(accounts: list[UUID]) -> None:
    with pytest.raises(MalformedPosting):
        opened(opening(accounts[0], 0, "a"))
