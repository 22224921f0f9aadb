"""The law is asked of each basket: warned of in the evaluation, refused at close, as the policy says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from fidelia.activity.errors import PromotionForbidden
from fidelia.activity.models import Purchase
from fidelia.activity.operations.checkouts import Evaluation, evaluate_checkout
from fidelia.organisation.operations import set_policy, set_up_operator
from fidelia.products.models import Product
from fidelia.programme.models import Programme
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme

from .cast import MOKA, MUG, TILL, basket, close
from .rules import document

pytestmark = pytest.mark.django_db
HALF = {
    "key": "half",
    "name": {"en": "Half", "fr": "Moitié"},
    "percent_off": "50",
    "lines": 'line.category == "coffee"',
}


def shop(*rules: Any) -> Programme:
    set_up_operator(
        by=SYSTEM, at=AT, name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    of = programme(document(*rules))
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
