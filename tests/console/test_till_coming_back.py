"""What the till asks when something comes back: a cancelled sale, an exchange; and gift cards sold on a line."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.access.models import Audit
from fidelia.activity.models import Checkout, Purchase
from fidelia.console.till.requests import PAY_WITH_POINTS
from fidelia.kernel.clock import now
from fidelia.rewards.models import GiftCard

from .till_shop import TillShop

pytestmark = pytest.mark.django_db(transaction=True)
CARD = "RACK00001234"
SOLD_CARD = {"product": "gift-card", "name": "Carte cadeau", "quantity": 1000, "price": 5000}


@pytest.fixture
def till() -> TillShop:
    return TillShop()


def found(till: TillShop, receipt: str = "2-00001") -> dict[str, Any]:
    (sale,) = till.get("sales/", receipt=receipt).json()["sales"]
    return sale


def undo(till: TillShop, purchase_id: str, **changes: Any) -> Any:
    asked = {
        "key": "u-1", "receipt": "2-R00002", "store": "lyon", "till": "2", "purchase_id": purchase_id,
        "occurred_at": now().isoformat(), "reason": "rung up twice",
    }  # fmt: skip
    return till.post("cancellations/", asked | changes)


def test_a_closed_sale_is_cancelled_once_with_a_reason_that_the_audit_keeps(till):
    closed = till.post("sales/", till.sale()).json()
    assert undo(till, closed["purchase_id"], reason=" ").json()["code"] == "reason_missing"
    assert Checkout.objects.get(number="2-00001").state == "closed"
    moment = now().isoformat()
    first, again = (undo(till, closed["purchase_id"], occurred_at=moment).json() for _ in range(2))
    assert first == again == {"receipt": "2-R00002", "total": -13290, "money": 13290, "points": -167}
    assert Checkout.objects.get(number="2-00001").state == "cancelled"
    assert [line["left"] for line in found(till)["lines"]] == [0, 0]
    noted = Audit.objects.filter(object_type="checkout").latest("id")
    assert noted.after == {"state": "cancelled", "reason": "rung up twice"}
    other = undo(till, closed["purchase_id"], key="u-2", receipt="2-R00003")
    assert (other.status_code, other.json()["code"]) == (409, "wrong_checkout_state")


def test_a_sale_recorded_as_it_was_charged_off_line_is_cancelled_too(till):
    offline = till.sale(occurred_at=now().isoformat())
    (row,) = till.post("queue/", {"sales": [offline]}).json()["rows"]
    undone = undo(till, row["purchase_id"]).json()
    assert (undone["money"], undone["points"]) == (13290, -167)
    assert Audit.objects.filter(verb="purchase.return").latest("id").after["reason"] == "rung up twice"


def test_what_was_paid_with_points_is_not_given_back_as_money(till):
    till.offer(points={"validity_months": 24, "ends": "month", "pays": {"points": "100", "money": "1.00"}})
    bill = till.post("bill/", till.sale(chosen={PAY_WITH_POINTS: True})).json()
    sale = till.sale(chosen={PAY_WITH_POINTS: True}, expected=bill["total"])
    closed = till.post("sales/", sale).json()
    undone = undo(till, closed["purchase_id"]).json()
    assert (undone["total"], undone["money"]) == (-13290, 13290 - bill["paid_by_points"])
    assert bill["paid_by_points"] > 0


def test_goods_are_exchanged_on_one_receipt_at_the_difference_that_was_shown(till):
    closed = till.post("sales/", till.sale()).json()
    back = {"purchase_id": closed["purchase_id"], "lines": [{"line_number": 2, "quantity": 1000}]}
    taken = [{"product": "moka", "name": "Moka", "quantity": 1000, "price": 3490}]
    asked = till.sale(key="x-1", receipt="2-00002", lines=taken, back=back, occurred_at=now().isoformat())
    bill = till.post("bill/", asked).json()
    assert (bill["due"], bill["refund"]) == (3490, 4900)
    assert Purchase.objects.filter(receipt_number="2-00002").count() == 0
    done, again = (till.post("sales/", asked | {"expected": bill["total"]}).json() for _ in range(2))
    assert (done["due"], done["refund"], done["is_replay"]) == (3490, 4900, False)
    assert (again["due"], again["refund"], again["is_replay"]) == (3490, 4900, True)
    on_it = Purchase.objects.filter(receipt_number="2-00002", source="till:lyon:2")
    assert {one.kind: one.total for one in on_it} == {"sale": 3490, "return": -4900}
    assert [line["left"] for line in found(till)["lines"]] == [1000, 1000]
    assert till.get("sales/", key="x-1").json()["sale"]["refund"] == 4900
    assert till.get("sales/", key="nobody's").json() == {"sale": None}


def test_an_exchange_that_is_refused_takes_nothing_back(till):
    closed = till.post("sales/", till.sale()).json()
    back = {"purchase_id": closed["purchase_id"], "lines": [{"line_number": 2, "quantity": 1000}]}
    refused = till.post("sales/", till.sale(key="x-1", receipt="2-00002", back=back, expected=1))
    assert (refused.status_code, refused.json()["code"]) == (409, "expected_total_differs")
    assert [line["left"] for line in found(till)["lines"]] == [1000, 2000]
    kept = till.sale(key="x-2", receipt="2-00003", back=back, occurred_at=now().isoformat())
    (row,) = till.post("queue/", {"sales": [kept]}).json()["rows"]
    assert (row["state"], Purchase.objects.filter(receipt_number="2-00003").count()) == ("refused", 0)


def test_a_gift_card_is_sold_by_its_number_and_charged_again(till):
    assert till.get("gift-cards/", code="rack 0000-1234").json() == {"known": False}
    lines = [SOLD_CARD | {"card": {"code": "rack 0000-1234", "tops_up": False}}]
    sold = till.post("sales/", till.sale(lines=lines)).json()
    assert (sold["cards"], sold["points"]) == ([{"code": CARD, "amount": 5000}], 0)
    assert till.get("gift-cards/", code=CARD).json() == {"known": True}
    undo(till, sold["purchase_id"])
    assert GiftCard.objects.get().balance == 0
    assert till.get("gift-cards/", code=CARD).json() == {"known": False}, "it hangs on the rack again"
    drawn = [SOLD_CARD | {"card": {"code": "", "tops_up": False}}]
    sold = till.post("sales/", till.sale(key="k-2", receipt="2-00002", lines=drawn)).json()
    assert len(sold["cards"][0]["code"]) >= 16


def test_a_gift_card_is_not_sold_off_line(till):
    kept = till.sale(lines=[SOLD_CARD | {"card": {"code": CARD, "tops_up": False}}], occurred_at=now().isoformat())
    (row,) = till.post("queue/", {"sales": [kept]}).json()["rows"]
    assert row["state"] == "refused"
    assert not GiftCard.objects.exists()
