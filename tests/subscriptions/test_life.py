"""Paid memberships live: bought, tried, renewed, left unpaid, stopped, ended and refunded, changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.kernel.idempotency import IdempotencyKeyReused, RequestKey, RequestRepeated
from fidelia.programme.operations.enrolments import close_enrolment
from fidelia.subscriptions.errors import (
    AlreadySubscribed,
    ChangeNotAllowed,
    NotRenewable,
    NoTrial,
    SubscriptionOver,
    UnknownPlan,
    UnknownSubscription,
    WrongAmount,
)
from fidelia.subscriptions.models import Subscription, SubscriptionPeriod
from fidelia.subscriptions.operations import (
    change_plan,
    end_subscription,
    open_subscription,
    quote_change,
    quote_refund,
    renew_subscription,
    stop_at_end,
)
from fidelia.subscriptions.operations.periods import Paid
from fidelia.subscriptions.queries import plans_for_rules, state_of
from tests.cast import SYSTEM

from .shop import MONTHLY, PLUS, have, news, night, points, seller, spans, tier, when

pytestmark = pytest.mark.django_db
TIERS = {
    "window_days": 365, "kept_days": 365, "metric": "spent",
    "levels": [
        {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "100"},
        {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "500"},
    ],
}  # fmt: skip


def plans_of_rules(programme_id: UUID, customer_ids: list[UUID], at: datetime) -> list[dict[str, Any]]:
    """What rules read of plans, but for when their period began."""
    return [
        {name: value for name, value in each.items() if name != "begins_at"}
        for each in plans_for_rules(programme_id, customer_ids, at)
    ]


def renew(held: Subscription, at: Any, amount: int | None = None) -> Subscription:
    paid = None if amount is None else Paid(amount)
    return renew_subscription(by=SYSTEM, at=at, subscription_id=held.id, paid=paid)


def test_a_plan_gives_its_tier_points_and_rights_for_as_long_as_it_is_paid() -> None:
    who = seller({**PLUS, "tier": "gold", "welcome": "500", "each_period": "100"}, tiers=TIERS)
    begun = when("2026-01-15")
    held = have(who, "plus", begun)
    assert (points(who, begun), tier(who, begun), state_of(held, begun)) == (600, "gold", "active")
    assert plans_of_rules(who.programme_id, [who.customer_id], begun) == [
        {"plan": "plus", "entitlements": ["free_delivery"]}
    ]
    assert spans(held) == [("2026-01-15 12:00", "2027-01-15 00:00")]
    last, over = when("2027-01-14", "23:59"), when("2027-01-15", "00:00")
    assert (tier(who, last), tier(who, over)) == ("gold", "")
    assert plans_of_rules(who.programme_id, [who.customer_id], over) == []
    assert plans_of_rules(who.programme_id, [who.customer_id], begun - timedelta(seconds=1)) == []
    assert night(over) == 1
    held.refresh_from_db()
    assert (held.end_reason, held.ended_at) == ("not_renewed", over)
    assert night(over + timedelta(days=1)) == 0


def test_it_is_renewed_ahead_and_within_the_grace_from_the_end_before() -> None:
    who = seller({**MONTHLY, "grace_days": 5, "each_period": "10", "welcome": "50"})
    held = have(who, "monthly", when("2026-01-31"))
    renew(held, when("2026-02-10"))  # ahead
    late = when("2026-04-03")
    held.refresh_from_db()
    assert (state_of(held, when("2026-03-30")), state_of(held, late)) == ("active", "grace")
    assert plans_of_rules(who.programme_id, [who.customer_id], late) != []
    night(late)
    renew(held, late)
    assert [end for _begin, end in spans(held)] == ["2026-02-28 00:00", "2026-03-31 00:00", "2026-04-30 00:00"]
    assert points(who, late) == 80
    held.refresh_from_db()
    night(when("2026-05-06"))
    held.refresh_from_db()
    assert (held.end_reason, held.ended_at) == ("not_renewed", when("2026-05-05", "00:00"))
    with pytest.raises(SubscriptionOver):
        renew(held, when("2026-05-06"))


def test_a_trial_is_had_once_and_turns_into_what_is_paid() -> None:
    who = seller({**MONTHLY, "trial_days": 14, "renewal": "auto", "grace_days": 3, "welcome": "50"})
    held = have(who, "monthly", when("2026-01-17"), is_trial=True)
    assert (spans(held), points(who, when("2026-01-17"))) == ([("2026-01-17 12:00", "2026-01-31 00:00")], 0)
    at = when("2026-01-31", "01:00")
    assert (night(at), night(at)) == (1, 0)
    assert [(told["plan"], told["amount"]) for told in news("subscription.due")] == [("monthly", 1000)]
    renew(held, at)
    renew(held, at)
    assert [end for _begin, end in spans(held)][1:] == ["2026-02-28 00:00", "2026-03-31 00:00"]
    assert points(who, at) == 50
    end_subscription(by=SYSTEM, at=at, subscription_id=held.id)
    with pytest.raises(NoTrial):
        have(who, "monthly", when("2026-06-01"), is_trial=True)


def test_a_trial_nobody_pays_ends_by_time_and_one_without_days_is_refused() -> None:
    who = seller({**MONTHLY, "trial_days": 7}, {**PLUS, "ladder": "other"})
    have(who, "monthly", when("2026-01-01"), is_trial=True)
    night(when("2026-01-08", "00:00"))
    assert Subscription.objects.get(plan="monthly").end_reason == "trial_over"
    with pytest.raises(NoTrial):
        have(who, "plus", when("2026-01-09"), is_trial=True)


def test_what_costs_nothing_renews_itself_and_ends_with_the_membership() -> None:
    who = seller({**MONTHLY, "price": "0", "renewal": "auto", "each_period": "5"})
    held = have(who, "monthly", when("2026-01-31"))
    night(when("2026-04-15"))  # three months nobody looked
    assert [end for _begin, end in spans(held)] == [
        "2026-02-28 00:00", "2026-03-31 00:00", "2026-04-30 00:00",
    ]  # fmt: skip
    assert points(who, when("2026-04-15")) == 15
    with transaction.atomic():
        close_enrolment(by=SYSTEM, at=when("2026-04-20"), enrolment=who)
    night(when("2026-05-01"))
    held.refresh_from_db()
    assert held.ended_at == when("2026-04-30", "00:00")


def test_stopped_it_ends_without_grace_and_may_go_on_after_all() -> None:
    who = seller({**MONTHLY, "renewal": "auto", "grace_days": 10})
    held = have(who, "monthly", when("2026-03-15"))
    stop_at_end(by=SYSTEM, at=when("2026-03-20"), subscription_id=held.id)
    held.refresh_from_db()
    assert held.holds_until == when("2026-04-15", "00:00")
    stop_at_end(by=SYSTEM, at=when("2026-03-21"), subscription_id=held.id, is_stopped=False)
    held.refresh_from_db()
    assert held.holds_until == when("2026-04-25", "00:00")
    stop_at_end(by=SYSTEM, at=when("2026-03-22"), subscription_id=held.id)
    night(when("2026-04-15", "00:00"))
    held.refresh_from_db()
    assert (held.end_reason, news("subscription.due")) == ("stopped", [])


@pytest.mark.parametrize(
    ("refund", "on", "comes_back", "points_left"),
    [
        ({"within_days": 14}, "2026-01-15", 3650, 0),
        ({"within_days": 14}, "2026-01-16", 0, 100),
        ({"within_days": 14, "then": "day"}, "2026-04-11", 2650, 28),  # 265 of 365 days left: 72 of 100 points go
        ({"within_days": 0, "then": "month"}, "2026-04-11", 2433, 34),  # eight whole months of twelve
        ({"within_days": 0, "then": "day", "fee": "5.00", "points": "keep"}, "2026-04-11", 2150, 100),
        ({"within_days": 0, "then": "day", "fee": "40.00"}, "2026-04-11", 0, 100),
    ],
)
def test_ended_early_it_gives_back_what_its_policy_says(
    refund: dict[str, Any], on: str, comes_back: int, points_left: int
) -> None:
    who = seller({**PLUS, "price": "36.50", "welcome": "100", "refund": refund})
    held = have(who, "plus", when("2026-01-01"))
    at = when(on)
    quote = quote_refund(by=SYSTEM, at=at, subscription_id=held.id)
    ended = end_subscription(by=SYSTEM, at=at, subscription_id=held.id)
    assert quote.amount == comes_back
    assert points(who, at) == points_left == 100 - quote.points
    assert (ended.ended_at, state_of(ended, at)) == (at, "ended")
    assert news()[-1]["amount"] == -comes_back
    assert plans_of_rules(who.programme_id, [who.customer_id], at) == []
    assert plans_of_rules(who.programme_id, [who.customer_id], at - timedelta(seconds=1)) != []
    with pytest.raises(SubscriptionOver):
        end_subscription(by=SYSTEM, at=at, subscription_id=held.id)
    assert points(who, at) == points_left


def test_periods_paid_ahead_come_back_whole() -> None:
    who = seller({**MONTHLY, "refund": {"within_days": 0, "then": "none"}})
    held = have(who, "monthly", when("2026-01-10"))
    renew(held, when("2026-01-11"))
    renew(held, when("2026-01-11"), amount=900)
    assert quote_refund(by=SYSTEM, at=when("2026-01-12"), subscription_id=held.id).amount == 1900
    end_subscription(by=SYSTEM, at=when("2026-01-12"), subscription_id=held.id)
    assert list(SubscriptionPeriod.objects.order_by("number").values_list("refunded", flat=True)) == [0, 1000, 900]


BIG = {**MONTHLY, "key": "big", "price": "20.00", "name": {"en": "Big", "fr": "Grand"}, "entitlements": ["lounge"]}


def test_a_dearer_plan_begins_at_once_for_the_rest_of_the_period() -> None:
    who = seller(MONTHLY, {**BIG, "tier": "gold"}, tiers=TIERS)
    held = have(who, "monthly", when("2026-04-01"))
    at = when("2026-04-16")
    quote = quote_change(by=SYSTEM, at=at, subscription_id=held.id, plan="big")
    assert (quote.begins, quote.due) == ("now", 500)
    with pytest.raises(WrongAmount):
        change_plan(by=SYSTEM, at=at, subscription_id=held.id, plan="big", paid=Paid(499))
    change_plan(by=SYSTEM, at=at, subscription_id=held.id, plan="big", paid=Paid(500))
    assert spans(held) == [
        ("2026-04-01 12:00", "2026-05-01 00:00"), ("2026-04-16 12:00", "2026-05-01 00:00"),
    ]  # fmt: skip
    assert plans_of_rules(who.programme_id, [who.customer_id], at) == [{"plan": "big", "entitlements": ["lounge"]}]
    assert (tier(who, at), tier(who, at - timedelta(days=1))) == ("gold", "")
    kept = SubscriptionPeriod.objects.order_by("number").values_list("amount", "refunded")
    assert list(kept) == [(1000, 500), (1000, 0)]
    renew(held, when("2026-04-20"))
    assert spans(held)[-1] == ("2026-05-01 00:00", "2026-06-01 00:00")


def test_a_cheaper_plan_begins_at_the_end_and_costs_nothing_until_then() -> None:
    who = seller(MONTHLY, BIG)
    held = have(who, "big", when("2026-01-31"))
    change_plan(by=SYSTEM, at=when("2026-02-05"), subscription_id=held.id, plan="monthly", paid=Paid(0))
    assert plans_of_rules(who.programme_id, [who.customer_id], when("2026-02-27"))[0]["plan"] == "big"
    renew(held, when("2026-02-20"))
    period = SubscriptionPeriod.objects.get(number=2)
    assert (period.plan, period.price, spans(held)[-1]) == (
        "monthly", 1000, ("2026-02-28 00:00", "2026-03-31 00:00"),
    )  # fmt: skip


def test_what_may_not_be_changed_is_not() -> None:
    kept = {**MONTHLY, "change": {"up": "refused"}}
    who = seller(kept, BIG, {**PLUS, "ladder": "other"})
    held = have(who, "monthly", when("2026-01-10"))
    for plan, error in (("big", ChangeNotAllowed), ("plus", ChangeNotAllowed), ("monthly", ChangeNotAllowed),
                        ("none", UnknownPlan)):  # fmt: skip
        with pytest.raises(error):
            change_plan(by=SYSTEM, at=when("2026-01-11"), subscription_id=held.id, plan=plan, paid=Paid(0))
    assert SubscriptionPeriod.objects.count() == 1


def test_a_lifetime_is_never_renewed_stopped_nor_over() -> None:
    who = seller({**PLUS, "period": "lifetime", "refund": {"within_days": 30, "then": "day"}})
    held = have(who, "plus", when("2026-01-10"))
    assert night(when("2066-01-10")) == 0
    for act in (renew_subscription, stop_at_end):
        with pytest.raises(NotRenewable):
            act(by=SYSTEM, at=when("2026-03-10"), subscription_id=held.id)
    assert quote_refund(by=SYSTEM, at=when("2026-02-09"), subscription_id=held.id).amount == 3600
    assert quote_refund(by=SYSTEM, at=when("2026-02-10"), subscription_id=held.id).amount == 0


def test_notices_are_told_once_for_each_number_of_days_and_again_for_the_next_end() -> None:
    who = seller({**MONTHLY, "notice_days": [7, 1]})
    held = have(who, "monthly", when("2026-03-10"))
    for text in ("2026-04-02", "2026-04-03", "2026-04-04", "2026-04-08", "2026-04-09"):
        night(when(text, "03:00"))
    assert [told["days"] for told in news("subscription.ending")] == [7, 1]
    renew(held, when("2026-04-09"))
    night(when("2026-05-09", "13:00"))
    assert [told["days"] for told in news("subscription.ending")] == [7, 1, 1]


def test_what_nobody_may_do_is_refused_and_nothing_is_written() -> None:
    who = seller(PLUS)
    at, nobody = when("2026-01-10"), Actor("user", None, "Rocco", ())
    with pytest.raises(Denied):
        open_subscription(by=nobody, at=at, enrolment=who, plan="plus")
    for amount in (-1, 3601):
        with pytest.raises(WrongAmount):
            have(who, "plus", at, amount)
    with pytest.raises(UnknownPlan):
        have(who, "gone", at)
    assert not Subscription.objects.exists()
    held = have(who, "plus", at, 0)
    with pytest.raises(AlreadySubscribed):
        have(who, "plus", at)
    for act in (renew_subscription, stop_at_end, end_subscription, quote_refund):
        with pytest.raises(Denied):
            act(by=nobody, at=at, subscription_id=held.id)
        with pytest.raises(UnknownSubscription):
            act(by=Actor.system("test", mode="test"), at=at, subscription_id=held.id)
        with pytest.raises(UnknownSubscription):
            act(by=SYSTEM, at=at, subscription_id=who.id)
    assert SubscriptionPeriod.objects.count() == 1


def test_a_retry_changes_nothing() -> None:
    who = seller({**PLUS, "welcome": "10"})
    once = RequestKey("key:x", "k1", b"1" * 32)
    have(who, "plus", when("2026-01-10"), once=once)
    with pytest.raises(RequestRepeated):
        have(who, "plus", when("2026-01-10"), once=once)
    with pytest.raises(IdempotencyKeyReused):
        have(who, "plus", when("2026-01-10"), once=RequestKey("key:x", "k1", b"2" * 32))
    assert (points(who, when("2026-01-10")), SubscriptionPeriod.objects.count()) == (10, 1)
