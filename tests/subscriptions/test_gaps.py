"""Periods paid ahead move up when one before them comes back; what is left of a plan becomes days of another."""

from __future__ import annotations

import pytest

from fidelia.activity.models import Purchase
from fidelia.programme.models import Enrolment
from fidelia.subscriptions.models import Subscription, SubscriptionPeriod
from fidelia.subscriptions.operations import change_plan, quote_change, renew_subscription
from fidelia.subscriptions.operations.periods import Paid
from tests.cast import SYSTEM

from .shop import MONTHLY, buy, follow, give_back, have, news, night, points, seller, spans, tier, when

pytestmark = pytest.mark.django_db
CLUB = {**MONTHLY, "products": ["CLUB"], "each_period": "7"}
TIERS = {
    "window_days": 365, "kept_days": 30,
    "levels": [{"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "5000"}],
}  # fmt: skip


def three_months(**plan: object) -> tuple[Enrolment, list[Purchase], Subscription]:
    """Three months bought by three purchases on 31 January."""
    who = seller({**CLUB, **plan}, tiers=TIERS)
    sales = [buy(who, when("2026-01-31"), ("CLUB", 1, 1000)) for _month in range(3)]
    return who, sales, Subscription.objects.get()


def standing() -> list[tuple[int, str, str]]:
    """Number, first instant and last of the periods that did not come back."""
    held = Subscription.objects.get()
    came_back = {p.number for p in SubscriptionPeriod.objects.all() if p.given.get("returned")}
    return [(n, *span) for n, span in enumerate(spans(held), start=1) if n not in came_back]


def test_a_middle_month_that_comes_back_before_it_begins_leaves_no_gap() -> None:
    who, sales, held = three_months(tier="gold")
    assert spans(held) == [
        ("2026-01-31 12:00", "2026-02-28 00:00"), ("2026-02-28 00:00", "2026-03-31 00:00"),
        ("2026-03-31 00:00", "2026-04-30 00:00"),
    ]  # fmt: skip
    at = when("2026-02-10")
    give_back(sales[1], at)
    follow(at)  # told again, it moves nothing more
    assert standing() == [(1, "2026-01-31 12:00", "2026-02-28 00:00"), (3, "2026-02-28 00:00", "2026-03-31 00:00")]
    held.refresh_from_db()
    assert (held.ends_at, held.ended_at, held.cycle) == (when("2026-03-31", "00:00"), None, 2)
    assert [tier(who, when(day)) for day in ("2026-02-15", "2026-03-15", "2026-04-15")] == ["gold", "gold", ""]
    assert points(who, at) == 3 * (10 + 7) - 17
    renew_subscription(by=SYSTEM, at=when("2026-03-20"), subscription_id=held.id, paid=Paid(1000))
    assert spans(held)[-1] == ("2026-03-31 00:00", "2026-04-30 00:00")  # still reckoned from the 31st


def test_the_month_that_runs_comes_back_and_the_next_begins_now() -> None:
    who, sales, held = three_months()
    at = when("2026-02-10")
    give_back(sales[0], at)
    assert standing() == [(2, "2026-02-10 12:00", "2026-03-10 00:00"), (3, "2026-03-10 00:00", "2026-04-10 00:00")]
    held.refresh_from_db()
    assert (held.ends_at, held.cycle) == (when("2026-04-10", "00:00"), 2)
    give_back(sales[1], when("2026-02-11"))
    give_back(sales[2], when("2026-02-12"))
    held.refresh_from_db()
    assert (held.ended_at, held.end_reason) == (when("2026-02-12"), "returned")
    assert points(who, when("2026-02-12")) == 0
    assert [one["amount"] for one in news() if one["what"] == "given_back"] == [-1000] * 3
    assert night(when("2026-05-01")) == 0


def test_what_is_left_of_a_plan_becomes_days_of_a_dearer_one_and_its_welcome_is_given_once() -> None:
    small = {**MONTHLY, "price": "30.00", "change": {"rest": "days"}, "welcome": "5"}
    big = {**MONTHLY, "key": "big", "price": "60.00", "welcome": "100"}
    who = seller(small, big)
    held = have(who, "monthly", when("2026-09-01"))
    at = when("2026-09-15")
    quote = quote_change(by=SYSTEM, at=at, subscription_id=held.id, plan="big")
    assert (quote.due, quote.ends_at) == (0, when("2026-09-23", "00:00"))
    change_plan(by=SYSTEM, at=at, subscription_id=held.id, plan="big", paid=Paid(0))
    renew_subscription(by=SYSTEM, at=when("2026-09-22"), subscription_id=held.id, paid=Paid(6000))
    renew_subscription(by=SYSTEM, at=when("2026-09-22"), subscription_id=held.id, paid=Paid(6000))
    assert spans(held)[1:] == [
        ("2026-09-15 12:00", "2026-09-23 00:00"), ("2026-09-23 00:00", "2026-10-23 00:00"),
        ("2026-10-23 00:00", "2026-11-23 00:00"),
    ]  # fmt: skip
    assert points(who, when("2026-09-22")) == 5
