"""Exchanges over HTTP: goods back and goods taken in one call, answered again, refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.ledger.models import Posting
from fidelia.members.models import Code
from fidelia.members.queries import digits_of
from fidelia.programme.models import Enrolment

from .caller import TILL_RIGHTS, Caller
from .caller import basket as plain
from .test_checkouts import basket, line
from .test_spending_codes import available, rich

__all__ = ["rich"]  # a fixture
MOKA = line(product="moka", unit_price="17.45", category="coffee")


def sell(till: Caller, number: str = "T1-7", **changes: Any) -> dict[str, Any]:
    closed = till.post(f"/checkouts/{number}/closure", {"basket": basket(**changes)})
    assert closed.status == 201, closed.json()
    found: dict[str, Any] = closed.json()
    return found


def asked(*lines: dict[str, Any], receipt: str = "T1-7", **changes: Any) -> dict[str, Any]:
    """The mug comes back, and other goods are taken."""
    return {
        "back": {"sold": {"receipt_number": receipt}, "lines": [{"line_number": 2, "quantity": "1"}]},
        "basket": basket(lines=list(lines) or [MOKA]),
        **changes,
    }


def test_goods_are_exchanged_at_the_difference_and_told_again(florestan: Any, till: Caller) -> None:
    sell(till)
    tried = till.post("/checkouts:evaluate-exchange", asked())
    assert tried.status == 200, tried.json()
    assert (tried.json()["to_pay"], tried.json()["refund"], tried.json()["evaluation"]["total"]) == (
        "2.95", "14.50", "17.45",
    )  # fmt: skip
    assert Purchase.objects.count() == 1
    body = asked(expected_total="17.45", receipt_number="T1-000008")
    done, again = (till.post("/checkouts/T1-8/exchange", body, key="x") for _ in range(2))
    assert (done.status, again.status) == (201, 201), done.json()
    assert "Idempotency-Replayed" not in done.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    found = done.json()
    assert (found["to_pay"], found["to_give_back"]) == ("2.95", "0.00")
    assert found["returned"]["refund"]["money"] == "14.50"
    assert found["returned"]["purchase"]["kind"] == "return"
    assert (found["checkout"]["state"], found["checkout"]["total"]) == ("closed", "17.45")
    told = again.json()
    assert (told["to_pay"], told["returned"], told["checkout"]["purchase_id"]) == (
        found["to_pay"], found["returned"], found["checkout"]["purchase_id"],
    )  # fmt: skip
    on_it = Purchase.objects.filter(receipt_number="T1-000008")
    assert {one.kind: one.total for one in on_it} == {"return": -1450, "sale": 1745}


def test_what_comes_back_may_be_worth_more(florestan: Any, till: Caller) -> None:
    sold = sell(till)
    body = asked(line(product="spoon", unit_price="4.00"))
    body["back"] = {"purchase_id": sold["purchase_id"]}
    done = till.post("/checkouts/T1-8/exchange", body).json()
    assert (done["to_pay"], done["to_give_back"], done["returned"]["refund"]["total"]) == ("0.00", "45.40", "49.40")


def test_what_was_charged_elsewhere_is_exchanged_too(florestan: Any, till: Caller) -> None:
    sold = till.post("/purchases", plain(receipt_number="W-1")).json()
    body = asked()
    body["back"]["sold"] = None
    body["back"]["purchase_id"] = sold["id"]
    done = till.post("/checkouts/T1-8/exchange", body).json()
    assert done["returned"]["refund"] == {
        "total": "14.50", "money": "14.50", "gift_cards": "0.00", "paid_by_points": "0.00", "points_given_back": "0",
        "points_taken_back": "29",
    }  # fmt: skip


def test_an_open_checkout_is_closed_by_an_exchange(florestan: Any, till: Caller) -> None:
    sell(till)
    till.put("/checkouts/T1-8", basket(lines=[MOKA]))
    body = asked(revision=1)
    del body["basket"]
    assert till.post("/checkouts/T1-8/exchange", body | {"revision": 0}).problem(409, "checkout_changed")
    assert till.post("/checkouts/T1-8/exchange", body).json()["checkout"]["revision"] == 2


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"expected_total": "1.00"}, 409, "expected_total_differs", "/expected_total"),
        ({"back": {"sold": {"receipt_number": "nobody’s"}}}, 404, "unknown_purchase", "/back/sold"),
        ({"back": {"purchase_id": "019a5c1e-8f00-7b00-8000-000000000004"}}, 404, "unknown_purchase", "/back"),
        ({"back": {"lines": []}}, 422, "invalid_request", "/back"),
        ({"basket": basket(lines=[])}, 422, "malformed_lines", "/basket/lines"),
        ({"basket": basket(lines=[line(quantity="0")])}, 422, "malformed_lines", "/basket/lines/0/quantity"),
        ({"basket": basket(coupons=["NOBODYS"])}, 404, "unknown_coupon", "/basket/coupons/0"),
        ({"basket": basket(store="nowhere")}, 404, "store_unknown", "/back/store"),
        ({"occurred_at": "2026-03-02T08:00:00+01:00"}, 422, "returned_before_bought", "/back/occurred_at"),
        ({"occurred_at": "2030-03-02T08:00:00+01:00"}, 422, "occurred_in_future", "/occurred_at"),
    ],
)
def test_a_refusal_says_where_and_nothing_is_written(
    florestan: Any, till: Caller, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    sell(till)
    before = Posting.objects.count()
    problem = till.post("/checkouts/T1-8/exchange", asked() | changes).problem(status, code)
    assert problem.get("pointer", problem.get("errors", [{}])[0].get("pointer")) == pointer
    assert (Purchase.objects.count(), Posting.objects.count()) == (1, before)


@pytest.mark.parametrize(
    ("lines", "code", "pointer"),
    [
        ([{"line_number": 9}], "malformed_lines", "/back/lines/0/line_number"),
        ([{"line_number": 2, "quantity": "2"}], "more_than_bought", "/back/lines/0/quantity"),
    ],
)
def test_lines_that_cannot_come_back_are_named(
    florestan: Any, till: Caller, lines: list[Any], code: str, pointer: str
) -> None:
    sell(till)
    body = asked()
    body["back"]["lines"] = lines
    for address in ("/checkouts:evaluate-exchange", "/checkouts/T1-8/exchange"):
        answer = till.post(address, body)
        problem = answer.problem(answer.status, code)
        assert problem["pointer"] == pointer
    assert Purchase.objects.count() == 1


def test_the_key_is_for_one_exchange_and_who_may_not_take_back_exchanges_nothing(florestan: Any, till: Caller) -> None:
    sell(till)
    done = till.post("/checkouts/T1-8/exchange", asked(), key="x")
    assert done.status == 201
    other = asked()
    other["back"]["lines"] = [{"line_number": 1, "quantity": "1"}]
    till.post("/checkouts/T1-8/exchange", other, key="x").problem(409, "idempotency_key_reused")
    for rights in (("purchase.record",), ("purchase.return",)):
        few = Caller(*rights)
        few.post("/checkouts/T1-9/exchange", asked()).problem(403, "denied")
        few.post("/checkouts:evaluate-exchange", asked()).problem(403, "denied")


def test_a_basket_within_a_closure_is_pointed_into(florestan: Any, till: Caller) -> None:
    refused = till.post("/checkouts/T1-8/closure", {"basket": basket(coupons=["NOBODYS"])})
    assert refused.problem(404, "unknown_coupon")["pointer"] == "/basket/coupons/0"
    refused = till.post("/checkouts/T1-8/closure", {"basket": basket(), "expected_total": "1.00"})
    assert refused.problem(409, "expected_total_differs")["pointer"] == "/expected_total"


def test_many_points_pay_for_an_exchange_with_the_members_yes(rich: Enrolment) -> None:
    till = Caller(*TILL_RIGHTS, "reward.*")
    member = {"customer_id": str(rich.customer_id)}
    closed = till.post("/checkouts/T1/closure", {"basket": basket(member=member)})
    assert closed.status == 201, closed.json()
    before = available(rich)
    body = asked(receipt="T1")
    body["basket"] = basket(member=member, lines=[line(unit_price="50.00")], pay_points="40")
    tried = till.post("/checkouts:evaluate-exchange", body).json()
    assert (tried["to_pay"], tried["to_give_back"]) == ("0.00", "4.50")
    till.post("/checkouts/T2/exchange", body, key="k").problem(409, "confirmation_needed")
    assert (Purchase.objects.count(), available(rich)) == (1, before)
    held = till.post("/spending-codes", {"enrolment_id": str(rich.id), "points": "40"}).json()
    digits = digits_of(Code.objects.get())
    wrong = {"token": held["token"], "digits": f"{(int(digits) + 1) % 1_000_000:06d}"}
    till.post("/checkouts/T2/exchange", {**body, "confirmation": wrong}, key="k").problem(422, "wrong_code")
    right = {**body, "confirmation": {"token": held["token"], "digits": digits}}
    refused = till.post("/checkouts/T2/exchange", {**right, "expected_total": "1.00"}, key="k")
    refused.problem(409, "expected_total_differs")  # the code is still good
    assert (Purchase.objects.count(), available(rich)) == (1, before)
    done, again = (till.post("/checkouts/T2/exchange", right, key="k") for _ in range(2))
    assert (done.status, again.status) == (201, 201), done.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (done.json()["to_give_back"], again.json()["to_give_back"]) == ("4.50", "4.50")
    paid = done.json()["checkout"]["evaluation"]["points_spent"]
    taken = int(done.json()["returned"]["refund"]["points_taken_back"])
    assert (paid, available(rich)) == ("40", before - 40 - taken + int(done.json()["checkout"]["points"]))
    right["back"] = {"sold": {"receipt_number": "T1"}, "lines": [{"line_number": 1, "quantity": "1"}]}
    till.post("/checkouts/T3/exchange", right, key="other").problem(409, "code_over")
    assert Purchase.objects.count() == 3
