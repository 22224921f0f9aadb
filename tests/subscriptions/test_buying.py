"""A membership bought as a line of a purchase: at once read by rules, and given back with the goods."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.subscriptions.models import Subscription, SubscriptionPeriod
from fidelia.subscriptions.queries import plans_for_rules
from tests.programme.cast import DOCUMENT

from .shop import MONTHLY, PLUS, buy, follow, give_back, have, news, points, seller, spans, when

pytestmark = pytest.mark.django_db
BASE = DOCUMENT["rules"][0]
OF_PLUS = {
    "key": "plus", "name": {"en": "Plus", "fr": "Plus"}, "when": '"plus" in customer.plans', "points": "7",
}  # fmt: skip
FREE = {
    "key": "free", "name": {"en": "Free", "fr": "Gratuit"}, "when": '"free_delivery" in customer.entitlements',
    "points": "3",
}  # fmt: skip
NO_TAX = {"refund": {"within_days": 14, "then": "none"}}
AT = when("2026-03-10")


def test_a_line_opens_it_and_the_next_purchase_is_decided_by_it() -> None:
    who = seller({**PLUS, "welcome": "100"}, rules=[BASE, OF_PLUS, FREE])
    buy(who, AT, ("PLUS-1Y", 1, 3600), ("mug", 1, 1000))
    assert points(who, AT) == 46 + 100
    buy(who, AT + timedelta(hours=1), ("mug", 1, 1000))
    assert points(who, AT + timedelta(hours=1)) == 146 + 10 + 7 + 3
    buy(who, AT - timedelta(hours=1), ("mug", 1, 1000))  # a till that was off line: it had none then
    assert points(who, AT + timedelta(hours=1)) == 166 + 10
    over = when("2027-03-10", "00:00")
    buy(who, over, ("mug", 1, 1000))
    assert points(who, over) == 176 + 10


def test_it_is_followed_once_however_often_it_is_told() -> None:
    who = seller({**PLUS, "welcome": "100"})
    buy(who, AT, ("PLUS-1Y", 2, 7200))
    follow(AT)
    follow(AT)
    (held,) = Subscription.objects.all()
    assert [end for _begin, end in spans(held)] == ["2027-03-10 00:00", "2028-03-10 00:00"]
    assert points(who, AT) == 72 + 100
    assert [told["what"] for told in news()] == ["opened", "renewed"]


def test_a_line_given_back_ends_what_it_bought_with_its_points() -> None:
    who = seller({**PLUS, "welcome": "100"})
    sale = buy(who, AT, ("mug", 1, 1000), ("PLUS-1Y", 1, 3600))
    later = AT + timedelta(days=40)
    give_back(sale, later, line=2)
    follow(later)
    held = Subscription.objects.get()
    assert (held.end_reason, held.ended_at) == ("returned", later)
    assert points(who, later) == 10
    assert SubscriptionPeriod.objects.get().refunded == 3600
    assert plans_for_rules(who.programme_id, [who.customer_id], later) == []
    buy(who, later + timedelta(days=1), ("PLUS-1Y", 1, 3600))
    assert Subscription.objects.filter(ended_at__isnull=True).count() == 1


def test_one_of_two_units_given_back_shortens_it() -> None:
    who = seller(PLUS)
    sale = buy(who, AT, ("PLUS-1Y", 2, 7200))
    give_back(sale, AT + timedelta(days=2))
    held = Subscription.objects.get()
    assert (held.ended_at, held.ends_at) == (None, when("2027-03-10", "00:00"))
    give_back(sale, AT + timedelta(days=3))
    held.refresh_from_db()
    assert held.ended_at == AT + timedelta(days=3)


def test_a_return_that_is_told_before_its_sale_ends_it_too() -> None:
    who = seller(PLUS)
    sale = buy(who, AT, ("PLUS-1Y", 1, 3600))
    SubscriptionPeriod.objects.all().delete()
    Subscription.objects.all().delete()
    give_back(sale, AT + timedelta(days=1), follows=False)
    follow(AT + timedelta(days=1))
    assert Subscription.objects.get().end_reason == "returned"


def test_a_line_renews_what_is_there_and_another_plan_changes_it() -> None:
    big = {**MONTHLY, "key": "big", "price": "20.00", "products": ["BIG"]}
    small = {**MONTHLY, "products": ["SMALL"]}
    who = seller(small, big)
    have(who, "monthly", when("2026-03-01"))
    buy(who, AT, ("SMALL", 1, 1000))
    held = Subscription.objects.get()
    assert held.ends_at == when("2026-05-01", "00:00")
    late = when("2026-04-10")
    buy(who, late, ("BIG", 1, 2000))  # dearer: at once, for a month of its own
    held.refresh_from_db()
    assert (held.plan, spans(held)[-1]) == ("big", ("2026-04-10 12:00", "2026-05-10 00:00"))
    buy(who, late, ("SMALL", 1, 1000))  # cheaper: after it
    held.refresh_from_db()
    assert (spans(held)[-1], plans_for_rules(who.programme_id, [who.customer_id], late)[0]["plan"]) == (
        ("2026-05-10 00:00", "2026-06-10 00:00"), "big",
    )  # fmt: skip


def test_who_buys_less_than_a_unit_or_is_no_member_any_more_gets_none() -> None:
    who = seller(PLUS)
    buy(who, AT, ("mug", 1, 3600))
    assert not Subscription.objects.exists()
