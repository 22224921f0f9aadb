"""Checkouts and returns without a receipt in shadow mode: judged as they would be closed, and nothing taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fidelia.activity.errors import MalformedBasket, ReceiptKnown
from fidelia.activity.models import Checkout, DecisionRecord, Purchase
from fidelia.activity.operations import LineRequest
from fidelia.activity.operations.checkouts import CheckoutCall, GivenBack, ReturnedItem
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.models import Entry
from fidelia.programme.models import Enrolment
from fidelia.rules.pricing import MoreThanBought
from fidelia.shadow.errors import ClosuresOnly
from fidelia.shadow.models import Shadow, ShadowPurchase
from fidelia.shadow.operations import (
    GrantTold,
    begin_shadow,
    judge_basket,
    judge_basket_return,
    judge_lone_return,
)
from tests.activity.checkouts.cast import basket as basket_of
from tests.activity.checkouts.cast import call
from tests.api.caller import Caller
from tests.cast import actor_with
from tests.programme.cast import AT, DOCUMENT, member, programme

from .test_shadow import DIRECTOR, FEED, LATER, causes, judge, sold

pytestmark = pytest.mark.django_db(transaction=True)
TENTH_OFF = {"key": "tenth", "name": {"en": "A tenth off coffee", "fr": "Un dixième sur le café"},
             "lines": 'line.category == "coffee"', "percent_off": {"percent": "10"}}  # fmt: skip


@pytest.fixture
def florestan() -> Enrolment:
    return member(programme(DOCUMENT | {"rules": [*DOCUMENT["rules"], TENTH_OFF]}))


@pytest.fixture
def shadow(florestan: Enrolment) -> Shadow:
    return begin_shadow(by=DIRECTOR, at=AT, programme=florestan.programme, vendor="Fidelix")


def closure(number: str = "C-1", **more: Any) -> CheckoutCall:
    moment = AT if number == "C-1" else AT + timedelta(minutes=1)
    return call("close", number, basket=basket_of(), occurred_at=moment, **more)


def close(asked: CheckoutCall) -> ShadowPurchase:
    return judge_basket(by=FEED, at=LATER, call=asked).purchase


def give_back(number: str, *lines: ReturnedItem, of: str = "C-1", amount: int | None = None) -> ShadowPurchase:
    asked = call("return", of, receipt_number=number, occurred_at=AT + timedelta(minutes=9), given=(amount, lines))
    return judge_basket_return(by=FEED, at=LATER, call=asked, given=GivenBack(lines, amount)).purchase


def test_a_basket_is_judged_with_its_prices_and_nothing_is_taken(shadow: Shadow) -> None:
    """A tenth off 34.90 is 31.41; of 45.91 all told, 31 and 14 points, 31 more on coffee, and 50 of the welcome."""
    before = OutboxEvent.objects.count()
    judged = close(closure())
    assert (judged.total, judged.points, judged.refusal) == (4591, 126, "")
    assert OutboxEvent.objects.count() == before
    assert not any(one.objects.exists() for one in (Purchase, DecisionRecord, Entry, Checkout))
    assert close(closure("C-2")).points == 76  # the first purchase is the first only once


def test_sent_again_it_is_the_same_and_without_its_basket_it_is_refused(shadow: Shadow) -> None:
    first = close(closure(key="one"))
    again = judge_basket(by=FEED, at=LATER, call=closure(key="two"))
    assert (again.is_replay, again.purchase.id) == (True, first.id)
    with pytest.raises(ReceiptKnown):
        close(closure(expected_total="1.00"))
    with pytest.raises(ClosuresOnly):
        close(replace(closure("C-2"), basket=None))
    with pytest.raises(Denied):
        judge_basket(by=actor_with("purchase.see"), at=LATER, call=closure())
    assert ShadowPurchase.objects.count() == 1


def test_codes_and_points_of_the_vendor_are_left_out_and_who_is_unknown_is_kept(shadow: Shadow) -> None:
    coupons = basket_of(coupons=("VENDOR-1",), pays_with_points=True, pay_points="40")
    judged = close(replace(closure(), basket=coupons))
    assert (judged.points, judged.record["codes"]) == (126, 1)
    stranger = basket_of(identity=("card", "2990000000000"))
    assert close(replace(closure("C-2"), basket=stranger)).refusal == "unknown_member"
    assert close(replace(closure("C-3"), basket=basket_of(identity=None))).points == 0
    with pytest.raises(MalformedBasket):
        close(replace(closure("C-4"), basket=basket_of(coupons=("A", "A"))))


def test_each_difference_of_a_basket_has_its_cause(shadow: Shadow) -> None:
    coupon = basket_of(coupons=("VENDOR-1",))
    close(closure())
    for number in ("same", "priced", "same points", "double", "odd"):
        total = {"priced": "49.40", "same points": "49.40"}.get(number, "45.91")
        close(closure(number, expected_total=total))
    close(replace(closure("coded"), basket=coupon))
    found = causes(
        shadow,
        [
            GrantTold("same", 76), GrantTold("priced", 84), GrantTold("same points", 76), GrantTold("double", 45),
            GrantTold("odd", 999), GrantTold("coded", 71),
        ],
    )  # fmt: skip
    assert found["same"] == ("", "")
    assert found["priced"] == found["same points"] == ("price", "4940/4591")
    assert found["double"] == ("rule_not_there", "coffee")
    assert found["odd"] == ("rule_not_here", "")
    assert found["coded"] == ("codes", "1")


def test_what_comes_back_of_a_basket_goes_by_its_bill(shadow: Shadow) -> None:
    """A bag of coffee gave 31 points, and its share of the 50 that no line gave: 15.71 of 45.91 paid."""
    sale = close(closure())
    one = give_back("B1", ReturnedItem(1, quantity=1000))
    half = give_back("B2", ReturnedItem(2, amount=725))
    rest = give_back("B3")
    assert one.points == -31 - 17
    assert half.points == -7 - 8
    assert [each.returns_id for each in (one, half, rest)] == [sale.id] * 3
    assert one.total + half.total + rest.total == -sale.total
    assert one.points + half.points + rest.points == -sale.points
    with pytest.raises(MoreThanBought):
        give_back("B4")
    assert give_back("B5", of="never sent").refusal == "unknown_purchase"
    assert causes(shadow, [GrantTold("C-1", 126), GrantTold("B1", -48), GrantTold("B2", 0)])["B2"] == (
        "not_taken_back", "C-1",
    )  # fmt: skip


def test_a_return_without_a_receipt_takes_what_its_day_gives_and_differs_for_the_same_causes(shadow: Shadow) -> None:
    def alone(number: str, *lines: LineRequest) -> ShadowPurchase:
        asked = sold(number, *lines)
        return judge_lone_return(by=FEED, at=LATER, request=asked, source="till").purchase

    judged = alone("B1")
    assert (judged.points, judged.total, judged.is_return, judged.returns_id) == (-84, -4940, True, None)
    for number in ("B2", "B3", "B4", "B5"):
        alone(number)
    with pytest.raises(ReceiptKnown):
        alone("B1", LineRequest("mug", 1000, 9))
    assert alone("B1").id == judged.id
    found = causes(shadow, [GrantTold("B1", -84), GrantTold("B2", 0), GrantTold("B3", -49), GrantTold("B4", -134),
                            GrantTold("B5", -3)])  # fmt: skip
    assert found["B1"] == ("", "")
    assert found["B2"] == ("not_taken_back", "")
    assert found["B3"] == ("rule_not_there", "coffee")
    assert found["B4"] == ("rule_not_here", "first")
    assert found["B5"] == ("other", "")
    assert judge(sold("R1")).points == 134  # a return is no first purchase
    assert not any(one.objects.exists() for one in (Purchase, DecisionRecord, Entry))


def test_the_feeds_own_calls_are_judged_and_recorded_after_the_cut_over(
    monkeypatch: pytest.MonkeyPatch, florestan: Enrolment
) -> None:
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: LATER)
    director, feed = Caller("programme.publish", "programme.see"), Caller("purchase.shadow")
    director.post("/programmes/cercle/shadow", {"vendor": "Fidelix"})
    lines = [{"product": "moka", "quantity": "2", "unit_price": "17.45", "category": "coffee"}]
    whole = {"currency": "EUR", "member": {"identity": "card:2990441788200"}, "lines": lines}
    at = {"occurred_at": AT.isoformat()}
    closed = feed.post("/checkouts/C-1/closure", {"basket": whole, "expected_total": "31.41", **at})
    assert (closed.status, closed.json()["points"], closed.json()["granted"]) == (202, "112", "0"), closed.body
    later = {"occurred_at": (AT + timedelta(minutes=5)).isoformat()}
    back = feed.post("/checkouts/C-1/returns", {"receipt_number": "B1", "amount": "31.41", **later})
    assert (back.status, back.json()["points"]) == (202, "-112"), back.body
    lone = {"receipt_number": "B2", "currency": "EUR", "member": whole["member"], **at,
            "lines": [{"product": "mug", "quantity": "1", "net": "14.50"}]}  # fmt: skip
    assert feed.post("/lone-returns", lone).json()["points"] == "-14"
    feed.put("/checkouts/C-2", whole).problem(409, "closures_only")
    feed.post("/checkouts/C-2/cancellation", {}).problem(409, "closures_only")
    assert director.post("/programmes/cercle/shadow/cut-over", {"points_of_vendor": "0"}).status == 201
    assert feed.put("/checkouts/C-2", whole).status == 200
    live = feed.post("/checkouts/C-2/closure", {})
    assert live.status == 201, live.body
    assert feed.post("/checkouts/C-2/returns", {"receipt_number": "B3"}).status == 201
    assert feed.post("/lone-returns", {**lone, "receipt_number": "B4"}).status == 201
    assert feed.post("/checkouts/C-3/closure", {"basket": whole}).status == 201
    assert feed.post("/checkouts/C-3/cancellation", {}).status == 201
