"""A limit per member holds over the merged person, and is each one's own again when the merge is undone."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.activity.operations.checkouts import CheckoutBasket, Evaluation, evaluate_checkout
from fidelia.customers.models import Customer
from fidelia.rewards.errors import CouponReserved, CouponUsedUp
from tests.programme.cast import AT, florestan, member, programme
from tests.rewards.scarce import everybodys

from .cast import MUG, TILL, basket, cancel, close, put
from .rules import TENTH, document, said

pytestmark = pytest.mark.django_db


def once(**period: Any) -> dict[str, Any]:
    return {
        "key": "once", "name": said("A tenth off, once"), "percent_off": {"percent": "10", "of": "order"},
        "limits": [{"of": "uses", "at_most": 1, "per": "member", **period}],
    }  # fmt: skip


@pytest.mark.parametrize("period", [{}, {"period": "month"}, {"period": {"rolling_days": 30}}])
def test_what_was_used_under_another_name_is_used(period: dict[str, Any]) -> None:
    of = programme(document(once(**period)))
    absorbed = member(of, card="M1")
    assert close("A", basket=basket(MUG, identity=("card", "M1"))).checkout["total"] == 1305
    survivor = florestan()
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=survivor)
    assert close("B", basket=basket(MUG)).checkout["total"] == 1450
    cancel("A")
    assert close("C", basket=basket(MUG)).checkout["total"] == 1305, "given back by the cancellation"
    assert close("D", basket=basket(MUG)).checkout["total"] == 1450
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=None)
    apart = close("E", basket=basket(MUG, identity=("card", "M1")))
    assert apart.checkout["total"] == 1305, "the use of C is the survivor's"


def test_a_coupon_that_was_used_under_another_name_is_used() -> None:
    of = programme(document(TENTH))
    absorbed = member(of, card="M1")
    everybodys(of, "ONCE", uses_per_member=1)
    assert close("A", basket=basket(MUG, identity=("card", "M1"), coupons=("ONCE",))).checkout["total"] == 1305
    survivor = florestan()
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=survivor)
    asked = basket(MUG, coupons=("ONCE",))
    assert evaluated(asked)["coupons"] == [["ONCE", "used_up", ()]]
    for verb in (close, put):
        with pytest.raises(CouponUsedUp):
            verb(number="B", **({"basket": asked} if verb is close else {"asked": asked}))
    cancel("A")
    assert close("C", basket=asked).checkout["total"] == 1305, "given back by the cancellation"
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=None)
    apart = close("D", basket=basket(MUG, identity=("card", "M1"), coupons=("ONCE",)))
    assert apart.checkout["total"] == 1305, "the use of C is the survivor's"


def test_an_open_checkout_keeps_the_persons_only_use_of_a_coupon() -> None:
    of = programme(document(TENTH))
    absorbed = member(of, card="M1")
    everybodys(of, "ONCE", uses_per_member=1)
    put(basket(MUG, identity=("card", "M1"), coupons=("ONCE",)), "A")
    survivor = florestan()
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=survivor)
    with pytest.raises((CouponUsedUp, CouponReserved)):
        close("B", basket=basket(MUG, coupons=("ONCE",)))


def evaluated(asked: CheckoutBasket) -> dict[str, Any]:
    found: dict[str, Any] = evaluate_checkout(by=TILL, at=AT, asked=Evaluation(basket=asked))
    return found
