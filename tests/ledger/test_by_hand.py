"""What people do to points by hand: with a right, a reason and an audit row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.access.models import Audit
from fidelia.jobs.operations.kinds import get_kind
from fidelia.kernel.errors import Denied
from fidelia.ledger import privacy
from fidelia.ledger.errors import AccountClosed, AccountNotEmpty, InsufficientPoints, NegativeNotAllowed
from fidelia.ledger.jobs import sweep_due_points
from fidelia.ledger.operations import (
    adjust,
    adjust_points,
    close_account,
    earn,
    let_go_negative,
    open_account,
    redeem,
    revoke,
    transfer_points,
)
from fidelia.ledger.queries import (
    balance_at,
    find_broken_invariants,
    get_balance,
    get_posting,
    list_dated_earnings,
    points_expiring,
)
from tests.cast import PIZARRO, SYSTEM, actor_with

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LEONORE = actor_with("points.adjust", "points.transfer")
pytestmark = pytest.mark.django_db(transaction=True)


def new_account(amount: int = 0, **given: bool) -> UUID:
    with transaction.atomic():
        account_id = open_account(by=SYSTEM, at=AT, currency="points", **given)
        if amount:
            earn(by=SYSTEM, at=AT, account_id=account_id, currency="points", amount=amount, key="first")
    return account_id


def posted(account_id: UUID) -> int:
    return get_balance(account_id=account_id, currency="points", at=AT).posted


def test_an_adjustment_leaves_its_reason_and_its_audit_once() -> None:
    account = new_account(100)
    for _time in range(2):
        result = adjust_points(
            by=LEONORE, at=AT, account_id=account, currency="points", amount=-30, reason="Counted twice", key="a"
        )
    assert result.replayed
    assert posted(account) == 70
    assert get_posting(account_id=account, posting_id=result.posting_id).note == "Counted twice"
    audit = Audit.objects.get(verb="points.adjust")
    assert (audit.object_id, audit.before["balance"], audit.after["balance"]) == (str(account), 100, 70)
    assert audit.by_label == "Leonore"


def test_a_transfer_is_audited() -> None:
    giver, taker = new_account(100), new_account()
    result = transfer_points(
        by=LEONORE, at=AT, from_account_id=giver, to_account_id=taker, currency="points", amount=40,
        reason="Two cards of one person", key="t",
    )  # fmt: skip
    assert (posted(giver), posted(taker)) == (60, 40)
    assert Audit.objects.get(verb="points.transfer").after["link_id"] == str(result.link_id)


def test_without_the_right_nothing_happens() -> None:
    account = new_account(100)
    with pytest.raises(Denied):
        adjust_points(by=PIZARRO, at=AT, account_id=account, currency="points", amount=1, reason="Because", key="a")
    with pytest.raises(Denied):
        sweep_due_points(by=PIZARRO, at=AT)
    assert posted(account) == 100
    assert not Audit.objects.exists()


def test_a_refused_adjustment_leaves_no_audit() -> None:
    account = new_account(10)
    with pytest.raises(InsufficientPoints):
        adjust_points(by=LEONORE, at=AT, account_id=account, currency="points", amount=-11, reason="Oops", key="a")
    assert not Audit.objects.exists()


def test_the_sweeper_ends_when_nothing_is_due() -> None:
    account = new_account()
    with transaction.atomic():
        for number in range(3):
            earn(by=SYSTEM, at=AT, account_id=account, currency="points", amount=10, key=str(number),
                 expires_at=AT + number * DAY)  # fmt: skip
    assert sweep_due_points(by=SYSTEM, at=AT + DAY) == 2
    assert sweep_due_points(by=SYSTEM, at=AT + DAY) == 0
    assert posted(account) == 10
    assert find_broken_invariants() == []


def test_points_expiring_are_told_by_instant() -> None:
    account = new_account(5)
    with transaction.atomic():
        for key, amount, day in (("a", 10, 3), ("b", 20, 3), ("c", 40, 9), ("d", 80, 0)):
            earn(by=SYSTEM, at=AT, account_id=account, currency="points", amount=amount, key=key,
                 expires_at=AT + day * DAY)  # fmt: skip
    expiring = points_expiring(account_id=account, currency="points", at=AT, until=AT + 8 * DAY)
    assert [(each.expires_at, each.amount) for each in expiring] == [(AT + 3 * DAY, 30)]


def test_a_past_balance_follows_what_happened_by_then() -> None:
    account = new_account(100)
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT + 2 * DAY, account_id=account, currency="points", amount=60, key="r")
        earn(by=SYSTEM, at=AT + 3 * DAY, account_id=account, currency="points", amount=7, key="late",
             occurred_at=AT - DAY)  # fmt: skip
    days = [balance_at(account_id=account, currency="points", instant=AT + day * DAY) for day in (-2, -1, 0, 1, 2)]
    assert days == [0, 7, 107, 107, 47]


def test_earnings_are_what_was_issued_less_what_was_taken_back() -> None:
    account = new_account(100)
    with transaction.atomic():
        adjust(by=SYSTEM, at=AT, account_id=account, currency="points", amount=50, key="gift")
        revoke(by=SYSTEM, at=AT + DAY, account_id=account, currency="points", amount=30, key="r", policy="refuse")
    earnings = list_dated_earnings(account_ids=[account], currency="points")
    assert earnings[account] == [(AT, 100, None), (AT + DAY, -30, None)]


def test_what_was_spent_before_it_was_taken_back_is_not_earned_either() -> None:
    account = new_account(100)
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=account, currency="points", amount=80, key="spent")
        back = revoke(by=SYSTEM, at=AT + DAY, account_id=account, currency="points", amount=90, key="r",
                      policy="take_what_is_left")  # fmt: skip
    assert (back.amount, back.uncollected) == (-20, 70)
    earnings = list_dated_earnings(account_ids=[account], currency="points")
    assert earnings[account] == [(AT, 100, None), (AT + DAY, -90, None)]


def test_the_flag_of_a_currency_follows_but_a_debt_may_be_paid_off() -> None:
    debtor, other = new_account(may_go_negative=True), new_account(may_go_negative=True)
    with transaction.atomic():
        revoke(by=SYSTEM, at=AT, account_id=debtor, currency="points", amount=5, key="r", policy="allow_negative")
        assert let_go_negative(by=SYSTEM, at=AT, currency="points", may_go_negative=False) == 1
    with pytest.raises(NegativeNotAllowed), transaction.atomic():
        revoke(by=SYSTEM, at=AT, account_id=other, currency="points", amount=5, key="r", policy="allow_negative")
    with transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=debtor, currency="points", amount=5, key="e")
        assert let_go_negative(by=SYSTEM, at=AT, currency="points", may_go_negative=False) == 1


def test_an_account_is_closed_when_empty_and_then_takes_nothing() -> None:
    account = new_account(5)
    with pytest.raises(AccountNotEmpty), transaction.atomic():
        close_account(by=SYSTEM, at=AT, account_id=account)
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=account, currency="points", amount=5, key="r")
        close_account(by=SYSTEM, at=AT, account_id=account)
    with pytest.raises(AccountClosed), transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=account, currency="points", amount=5, key="e")


def test_erasure_blanks_what_people_wrote_and_keeps_the_books() -> None:
    account = new_account(5)
    with transaction.atomic():
        adjust(by=SYSTEM, at=AT, account_id=account, currency="points", amount=1, key="a", note="For Florestan")
    assert [each["note"] for each in privacy.collect(account_ids=[account])["postings"]] == ["", "For Florestan"]
    with transaction.atomic():
        assert privacy.erase(by=SYSTEM, at=AT, account_ids=[account]) == 1
    assert [each["note"] for each in privacy.collect(account_ids=[account])["postings"]] == ["", ""]
    assert posted(account) == 6


def test_the_clock_sweeps_every_hour() -> None:
    kind = get_kind("points.expire")
    assert (kind.function.__module__, kind.cron) == ("fidelia.ledger.jobs", "23 * * * *")
