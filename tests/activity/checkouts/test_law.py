"""The law is asked of each basket: warned of in the evaluation, refused at close, as the policy says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from fidelia.activity.errors import PromotionForbidden
from fidelia.activity.models import Purchase
from fidelia.activity.operations.checkouts import Evaluation, ReturnedItem, evaluate_checkout
from fidelia.activity.queries import sum_promoted_units
from fidelia.organisation.operations import set_policy, set_up_operator
from fidelia.organisation.queries import policies_on
from fidelia.products.models import Product
from fidelia.programme.models import Programme
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, member, programme
from tests.rewards.scarce import everybodys

from .cast import MOKA, MUG, TILL, basket, close, give_back
from .rules import BASE, document

pytestmark = pytest.mark.django_db
HALF = {
    "key": "half",
    "name": {"en": "Half", "fr": "Moitié"},
    "percent_off": "50",
    "lines": 'line.category == "coffee"',
}


def shop(*rules: Any, **parts: Any) -> Programme:
    set_up_operator(
        by=SYSTEM, at=AT, name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    of = programme(document(*rules, **parts))
    member(of)
    return of


def ceiling(action: str, **terms: Any) -> None:
    set_policy(
        by=SYSTEM, at=AT, country="FR", kind="promotion_ceiling", valid_from=date(2026, 1, 1), action=action,
        terms={"share": [34, 100], "categories": ["coffee"], **terms},
    )  # fmt: skip


def warnings() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = evaluate_checkout(by=TILL, at=AT, asked=Evaluation(basket=basket()))["warnings"]
    return found


def test_without_a_policy_nothing_is_said() -> None:
    shop(HALF)
    assert warnings() == []


def test_a_line_above_the_ceiling_is_warned_of_and_sold() -> None:
    shop(HALF)
    ceiling("warn")
    (told,) = warnings()
    assert (told["where"], told["found"], told["allowed"], told["action"]) == ("1", 1_745, 1_186, "warn")
    assert close(basket=basket()).checkout["state"] == "closed"


def test_what_the_policy_refuses_is_not_sold_and_nothing_is_written() -> None:
    shop(HALF)
    ceiling("refuse")
    with pytest.raises(PromotionForbidden) as refused:
        close(basket=basket(MUG, MOKA))
    assert refused.value.pointer == "/lines/1"
    assert refused.value.details == {"kind": "promotion_ceiling", "found": 1_745, "allowed": 1_186}
    assert not Purchase.objects.exists()


def test_products_that_are_not_concerned_are_not_judged() -> None:
    shop(HALF)
    ceiling("refuse", categories=["tea"])
    assert warnings() == []
    assert close(basket=basket()).checkout["state"] == "closed"


def test_an_announced_cut_from_a_price_above_the_lowest_of_thirty_days_is_told() -> None:
    shop({**HALF, "stage": "catalog"})
    set_policy(
        by=SYSTEM, at=AT, country="FR", kind="prior_price", valid_from=date(2026, 1, 1), action="warn",
        terms={"days": 30},
    )  # fmt: skip
    assert warnings() == [], "no price is known"
    for price, days_ago in ((1_745, 60), (1_600, 20), (1_745, 10)):
        at = AT - timedelta(days=days_ago)
        known = {"price": price, "price_currency": "EUR", "updated_at": at}
        if not Product.objects.filter(code="moka").update(**known):
            Product.objects.create(code="moka", category="coffee", recorded_at=at, **known)
    (told,) = warnings()
    assert (told["kind"], told["found"], told["allowed"]) == ("prior_price", 1_745, 1_600)


def test_france_is_read_as_it_stands_since_april_2025() -> None:
    """Law of 14 April 2025: 34 % for food, 40 % for other consumer goods, a quarter of the volume, until April 2028."""
    latest = policies_on("FR", AT.date())["promotion_ceiling"]
    assert (latest.valid_from, latest.valid_until) == (date(2025, 4, 16), date(2028, 4, 15))
    assert (latest.terms["share"], latest.terms["volume"]) == ([34, 100], [25, 100])
    assert policies_on("FR", date(2025, 4, 15))["promotion_ceiling"].valid_from == date(2024, 3, 1)
    assert "promotion_ceiling" not in policies_on("FR", date(2028, 4, 16))


def test_a_category_with_a_share_of_its_own_is_held_to_that() -> None:
    shop({**HALF, "percent_off": "38"})
    ceiling("refuse", shares={"coffee": [40, 100]})
    assert close(basket=basket()).checkout["state"] == "closed"
    ceiling("refuse", shares={"coffee": [37, 100]})
    with pytest.raises(PromotionForbidden):
        close("C-2", basket=basket())


def test_points_that_will_pay_and_the_discount_are_counted_together() -> None:
    points = {"validity_months": 24, "pays": {"points": "100", "money": "1.00"}}
    twice = {**BASE, "key": "twice", "coupon": "twice", "points_per": {"amount": "1.00", "points": "2"}}
    of = shop({**HALF, "percent_off": "33"}, twice, points=points)
    everybodys(of, "TWICE", uses=2)
    ceiling("refuse")
    assert (
        close(basket=basket()).checkout["state"] == "closed"
    )  # 11.52 off 34.90, and 23 points are 0.23; 11.86 at most
    with pytest.raises(PromotionForbidden) as refused:
        close("C-2", basket=basket(coupons=("TWICE",)))
    assert (refused.value.details["found"], refused.value.details["allowed"]) == (1_152 + 69, 1_186)


def test_units_under_promotion_are_counted_by_category_returns_taken_off() -> None:
    shop(HALF)
    close(basket=basket(MOKA, MUG))
    close("C-2", basket=basket(MOKA))
    give_back(ReturnedItem(1, 1_000), number="C-2")
    see = actor_with("purchase.see", number=4)
    sums = sum_promoted_units(by=see, since=AT - timedelta(days=1), until=AT + timedelta(days=1))
    assert {(one.category, one.units, one.promoted) for one in sums} == {("coffee", 3_000, 3_000), ("", 1_000, 0)}
