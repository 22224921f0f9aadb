"""Three codes that are not taken have three answers; a rule that divides by zero or is about no line is none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fidelia.activity.models import Checkout
from tests.programme.cast import member, programme
from tests.rewards.scarce import everybodys

from .caller import Caller
from .test_checkouts import basket

TENTH = {
    "key": "tenth", "name": {"en": "A tenth", "fr": "Un dixième"}, "coupon": "noel",
    "percent_off": {"percent": 10, "of": "order"},
}  # fmt: skip


@pytest.fixture
def codes(till: Caller) -> Caller:
    """One code that anybody uses once and that was used, and one that ended yesterday."""
    terms = member(programme({"format": 1, "rules": [TENTH]})).programme
    everybodys(terms, "USEDUP", key="noel", uses_per_code=1)
    everybodys(terms, "OVER", key="late", valid_from=date(2026, 2, 1), valid_until=date(2026, 3, 1))
    assert till.post("/checkouts/first/closure", {"basket": basket(coupons=["USEDUP"])}).status == 201
    return till


@pytest.mark.parametrize(
    ("code", "status", "told", "state"),
    [
        ("NOBODY", 404, "unknown_coupon", "unknown"),
        ("OVER", 409, "coupon_expired", "expired"),
        ("USEDUP", 409, "coupon_used_up", "used_up"),
    ],
)
def test_three_codes_that_are_not_taken_have_three_answers(
    codes: Caller, code: str, status: int, told: str, state: str
) -> None:
    shown = codes.post("/checkouts:evaluate", basket(coupons=[code])).json()
    assert [(one["code"], one["reason"]) for one in shown["coupons"]] == [(code, state)]
    for path, body in (("/checkouts/T", basket(coupons=[code])), ("/checkouts/T/closure", None)):
        sent = codes.put(path, body) if body else codes.post(path, {"basket": basket(coupons=[code])})
        assert sent.problem(status, told)["pointer"] == ("/coupons/0" if body else "/basket/coupons/0")
    assert Checkout.objects.filter(number="T").count() == 0


def drafted(**effect: Any) -> dict[str, Any]:
    return {"key": "try", "name": {"en": "Try", "fr": "Essai"}, **effect}


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        (drafted(amount_off="purchase.total / 0"), "/amount_off/amount"),
        (drafted(amount_off="per(purchase.total, 0)"), "/amount_off/amount"),
        (drafted(points_per={"amount": "0.00", "points": "1"}), "/points_per/amount"),
        (drafted(percent_off=10, lines="false"), "/lines"),
        (drafted(bundle={"parts": [], "price": 1}), "/bundle/parts"),
    ],
)
def test_a_rule_that_cannot_be_reckoned_is_refused_before_it_is_tried(
    florestan: Any, till: Caller, rule: dict[str, Any], pointer: str
) -> None:
    answer = till.post("/checkouts:evaluate", basket(drafts=[rule]))
    told = answer.json()
    assert (answer.status, answer.media_type) == (422, "application/problem+json"), told
    assert told["pointer"].endswith(pointer)
