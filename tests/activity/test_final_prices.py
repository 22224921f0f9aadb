"""A rule may ask what a checkout computes of any purchase: one whose prices were final says it as far as it can."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fidelia.activity.operations import LineRequest, PurchaseRequest, record_lone_return, record_purchase
from tests.cast import actor_with
from tests.programme.cast import AT, DOCUMENT, member, programme

pytestmark = pytest.mark.django_db(transaction=True)
CLERK = actor_with("purchase.record", "purchase.return", label="Marzelline", number=3)
ASKED = {
    "purchase.units == 4": 3, "purchase.listed == 10": 3, "purchase.untaxed == 10": 3, "purchase.discount > 0": 0,
    "purchase.shipping > 0": 0, '"once" in purchase.coupons': 0, "lines.exists(l, l.unit_price == 2.5)": 3,
    "lines.exists(l, l.is_gift)": 0, "lines.exists(l, l.listed == 10 && l.discount == 0 && l.untaxed == 10)": 3,
}  # fmt: skip


@pytest.mark.parametrize("when", ASKED)
def test_no_purchase_is_refused_for_what_a_rule_asks(when: str) -> None:
    own = {"key": "asks", "name": {"en": "Asks", "fr": "Demande"}, "when": when, "points": "3"}
    member(programme({**DOCUMENT, "rules": [DOCUMENT["rules"][0], own]}))
    asked = PurchaseRequest(
        idempotency_key="a", receipt_number="a", occurred_at=AT, currency="EUR",
        lines=(LineRequest("mug", 4000, 1000),), identity=("card", "2990441788200"),
    )  # fmt: skip
    bought = record_purchase(by=CLERK, at=AT, request=asked, source="till").purchase
    again = replace(asked, idempotency_key="b", receipt_number="b")
    back = record_lone_return(by=CLERK, at=AT, request=again, source="till").purchase
    assert bought is not None
    assert back is not None
    assert (bought.points, back.points) == (10 + ASKED[when], -10 - ASKED[when])
