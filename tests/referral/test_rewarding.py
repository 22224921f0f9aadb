"""Both sides are rewarded once the friend has truly come; what comes back takes the reward with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.operations import end_enrolment
from fidelia.programme.queries import tier_at
from fidelia.programme.reactions import reassess_tiers
from fidelia.referral.models import Referral
from fidelia.referral.operations import follow_due
from fidelia.referral.queries import referral_of
from fidelia.rewards.models import Voucher
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT
from tests.programme.test_pools import announced

from .cast import bring, buy, followed, give_back, newcomer, old_member, points, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DUE = datetime(2026, 3, 17, 23, tzinfo=UTC)  # two purchases by 3 March, fourteen days, the end of 17 March in Paris


def test_both_are_rewarded_after_the_second_purchase_and_the_time_for_returns() -> None:
    of = running()
    leonore, friend = old_member(of), newcomer(of)
    brought = bring(leonore, friend)
    assert (brought.state, brought.reason) == ("pending", "")
    buy(friend, 30, AT + timedelta(hours=1))
    assert followed(brought, AT + timedelta(hours=1)) == "pending"
    buy(friend, 19, AT + timedelta(hours=2))
    assert followed(brought, AT + timedelta(hours=2)) == "pending", "19 euros are less than the smallest that counts"
    buy(friend, 20, AT + DAY)
    assert followed(brought, AT + DAY) == "qualified"
    assert brought.due_at == DUE
    assert follow_due(by=SYSTEM, at=DUE - timedelta(seconds=1)) == (0, 0)
    assert follow_due(by=SYSTEM, at=DUE) == (1, 0)
    assert follow_due(by=SYSTEM, at=DUE) == (0, 0)
    brought.refresh_from_db()
    assert (brought.state, points(leonore, DUE), points(friend, DUE)) == ("rewarded", 500, 200 + 69)
    assert find_broken_invariants() == []


def test_a_return_before_the_end_of_the_wait_begins_it_anew() -> None:
    of = running()
    leonore, friend = old_member(of), newcomer(of)
    brought = bring(leonore, friend)
    sale = buy(friend, 30, AT)
    buy(friend, 30, AT + DAY)
    assert followed(brought, AT + DAY) == "qualified"
    give_back(sale, AT + 2 * DAY)
    assert followed(brought, AT + 2 * DAY) == "pending"
    buy(friend, 30, AT + 3 * DAY)
    assert followed(brought, AT + 3 * DAY) == "qualified"
    assert brought.due_at == DUE + 2 * DAY
    assert points(leonore, AT + 3 * DAY) == 0


def test_a_return_after_the_reward_takes_it_back_from_both_once() -> None:
    of = running(wait_days=0)
    leonore, friend = old_member(of), newcomer(of)
    brought = bring(leonore, friend)
    buy(friend, 30, AT)
    sale = buy(friend, 30, AT + DAY)
    assert followed(brought, AT + DAY) == "rewarded"
    assert (points(leonore, AT + DAY), points(friend, AT + DAY)) == (500, 260)
    give_back(sale, AT + 2 * DAY)
    assert followed(brought, AT + 2 * DAY) == "taken_back"
    assert followed(brought, AT + 2 * DAY) == "taken_back"
    assert (points(leonore, AT + 2 * DAY), points(friend, AT + 2 * DAY)) == (0, 30)
    assert find_broken_invariants() == []


def test_points_for_a_friend_reach_the_tier_and_go_from_it_with_them() -> None:
    """500 points are Grand Cru; the friend brings everything back after the reward."""
    of = running(purchases=1)
    leonore, friend = old_member(of), newcomer(of)
    brought, sale = bring(leonore, friend), buy(friend, 30, AT)
    assert followed(brought, AT) == "qualified"
    due, later = AT + 16 * DAY, AT + 20 * DAY
    assert follow_due(by=SYSTEM, at=due) == (1, 0)
    assert told_of_points(due) == [(leonore.id, 500), (friend.id, 200)]
    held = tier_at(leonore.id, due)
    assert held is not None
    assert held.tier == "grand_cru"
    give_back(sale, later)
    assert followed(brought, later) == "taken_back"
    assert told_of_points(later)[2:] == [(leonore.id, -500), (friend.id, -200)]
    fallen = tier_at(leonore.id, later)
    assert fallen is None or fallen.tier == ""
    assert find_broken_invariants() == []


def told_of_points(at: datetime) -> list[tuple[UUID, int]]:
    """Let the tiers follow what was announced; return who got how much, by side."""
    rows = list(OutboxEvent.objects.filter(name="points.given").order_by("event_id"))
    with transaction.atomic():
        reassess_tiers([announced(row) for row in rows], by=SYSTEM, at=at)
    told = [(UUID(row.payload["enrolment_id"]), row.payload["points"]) for row in rows]
    return sorted(told[:2], key=lambda one: -one[1]) + sorted(told[2:], key=lambda one: one[1])


def test_a_voucher_is_given_and_withdrawn_while_nobody_has_used_it() -> None:
    of = running(wait_days=0, purchases=1, referrer={"voucher": "10.00", "valid_days": 30})
    leonore, friend = old_member(of), newcomer(of)
    brought = bring(leonore, friend)
    sale = buy(friend, 30, AT)
    assert followed(brought, AT) == "rewarded"
    voucher = Voucher.objects.get()
    assert (voucher.amount, voucher.customer_id, voucher.source_id) == (1000, leonore.customer_id, brought.id)
    give_back(sale, AT + DAY)
    assert followed(brought, AT + DAY) == "taken_back"
    voucher.refresh_from_db()
    assert voucher.revoked_at == AT + DAY


def test_a_coupon_that_nobody_made_makes_the_reward_wait_and_stops_no_other() -> None:
    of = running(wait_days=1, purchases=1, friend={"coupon": "welcome"})
    leonore = old_member(of)
    friend, other = newcomer(of), newcomer(of)
    waiting = bring(leonore, friend)
    buy(friend, 30, AT)
    assert followed(waiting, AT) == "qualified"
    fine = bring(leonore, other)
    Referral.objects.filter(id=fine.id).update(policy={**fine.policy, "friend": None})
    buy(other, 30, AT)
    fine.refresh_from_db()
    assert followed(fine, AT) == "qualified"
    assert follow_due(by=SYSTEM, at=AT + 3 * DAY) == (1, 1)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.given) == ("qualified", {})


def test_what_comes_too_late_is_refused_and_who_leaves_is_no_friend() -> None:
    of = running(within_days=10)
    leonore, friend, gone = old_member(of), newcomer(of), newcomer(of)
    late, left = bring(leonore, friend), bring(leonore, gone)
    buy(friend, 30, AT + DAY)
    buy(friend, 30, AT + 11 * DAY)
    assert followed(late, AT + 11 * DAY) == "refused"
    assert late.reason == "too_late"
    end_enrolment(by=SYSTEM, at=AT + DAY, enrolment=gone)
    assert (followed(left, AT + DAY), left.reason) == ("refused", "friend_left")


def test_both_see_how_far_it_is_and_no_name() -> None:
    of = running()
    leonore, friend = old_member(of), newcomer(of, given_name="Marzelline")
    bring(leonore, friend)
    seen = referral_of(customer_ids=[leonore.customer_id], programme_id=of.id, at=AT)
    assert seen is not None
    assert (seen.path, [(one.initial, one.state) for one in seen.friends]) == (
        f"/join/?ref={seen.code}",
        [("M", "pending")],
    )
    assert seen.sentence("en") == (
        "After their first 2 purchases of €20.00 or more, you get 500 points and your friend gets 200 points."
        " It comes 14 days later, when the time for returns is over."
    )
    mine = referral_of(customer_ids=[friend.customer_id], programme_id=of.id, at=AT)
    assert mine is not None
    assert mine.as_friend is not None
    assert mine.as_friend.sentence("fr").startswith("Inscription faite")


def test_following_needs_its_right() -> None:
    with pytest.raises(Denied):
        follow_due(by=PIZARRO, at=AT)
