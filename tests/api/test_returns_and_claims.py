"""/returns, /lone-returns and /purchase-claims over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from fidelia.activity.models import Purchase
from fidelia.programme.models import Enrolment
from tests.activity.network import stores
from tests.programme.cast import member, programme

from .caller import TILL_RIGHTS, Caller, basket

CARD = {"identity": "card:2990441788200"}


@pytest.fixture
def agent(db: None) -> Caller:
    return Caller(*TILL_RIGHTS, "purchase.claim")


def returned(**changes: Any) -> dict[str, Any]:
    return {"receipt_number": str(uuid4()), "occurred_at": "2026-03-02T10:25:00+01:00", **changes}


def receipt(**changes: Any) -> dict[str, Any]:
    body = {"receipt_number": "T1-1", "bought_on": "2026-03-02", "total": "49.40", "currency": "EUR"}
    return {"receipt": body | changes, "member": CARD}


def test_a_return_names_its_receipt_and_the_store_it_came_to(till: Caller, florestan: Enrolment) -> None:
    seville, lyon, _wien = stores()
    till.post("/purchases", basket(receipt_number="T1-1", store="seville"))
    said = till.post("/returns", returned(sold={"receipt_number": "T1-1"}, store="lyon")).json()
    assert (said["store_id"], said["borne_by_store_id"]) == (str(lyon.id), str(seville.id))
    assert (said["points"], said["total"]) == ("-134", "-49.40")
    missing = returned(sold={"receipt_number": "T1-9"})
    assert till.post("/returns", missing).problem(404, "unknown_purchase")["pointer"] == "/sold"
    elsewhere = returned(sold={"receipt_number": "T1-1"}, store="nowhere")
    assert till.post("/returns", elsewhere).problem(404, "store_unknown")["pointer"] == "/store"


def test_why_a_return_took_what_it_took_is_told(till: Caller, florestan: Enrolment) -> None:
    sale = till.post("/purchases", basket()).json()
    back = till.post(f"/purchases/{sale['id']}/returns", returned()).json()
    said = till.get(f"/purchases/{back['id']}/decision", **{"Accept-Language": "fr"}).json()
    assert said["sentences"] == [
        "Ce qui a été rendu avait rapporté 134\u00a0points.",
        "Repris : 134\u00a0points.",
    ]
    assert said["taken_back"] == {
        "asked": "134", "taken": "134", "already_expired": "0", "given_up": "0", "owed": "0"
    }  # fmt: skip
    assert till.get(f"/purchases/{sale['id']}/decision").json()["taken_back"] is None


def test_goods_without_a_receipt_come_back_once(till: Caller, florestan: Enrolment) -> None:
    till.post("/purchases", basket())
    body = basket(lines=[{"product": "mug", "quantity": "1", "net": "14.50"}])
    first = till.post("/lone-returns", body, key="k")
    again = till.post("/lone-returns", body, key="k")
    assert (first.status, first.json()["points"], first.json()["total"]) == (201, "-14", "-14.50")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


def test_a_receipt_is_claimed_and_seen_as_the_members(agent: Caller, florestan: Enrolment) -> None:
    agent.post("/products", {"products": [{"code": "moka", "category": "coffee"}]})
    agent.post("/purchases", basket(receipt_number="T1-1", member=None))
    answer = agent.post("/purchase-claims", receipt(), key="k")
    assert answer.status == 201, answer.body
    said = answer.json()
    assert said["claimed_at"] == "2026-03-02T09:30:00Z"
    assert (said["purchase"]["points"], said["purchase"]["balance_after"]) == ("134", "134")
    assert [line["points"] for line in said["purchase"]["lines"]] == ["105", "29"]
    assert agent.get(f"/purchases?customer_id={florestan.customer_id}").json()["data"] == [said["purchase"]]
    assert agent.get(f"/purchases/{said['purchase']['id']}").json() == said["purchase"]
    again = agent.post("/purchase-claims", receipt(), key="k")
    assert (again.status, again.headers["Idempotency-Replayed"], again.json()) == (201, "true", said)


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_others_keep_learns_whose_the_purchase_is() -> None:
    member(programme())
    agent = Caller(*TILL_RIGHTS, "purchase.claim")
    sale = agent.post("/purchases", basket(receipt_number="T1-1", member=None)).json()
    first = agent.get("/purchases?updated_since=2026-01-01T00:00:00Z").json()
    assert [(row["id"], row["customer_id"]) for row in first["data"]] == [(sale["id"], None)]
    assert agent.get(f"/purchases?updated_since={first['updated_until']}").json()["data"] == []
    claimed = agent.post("/purchase-claims", receipt()).json()["purchase"]
    assert agent.get(f"/purchases?updated_since={first['updated_until']}").json()["data"] == [claimed]


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (receipt(total="49.41"), 422, "receipt_differs", "/receipt"),
        (receipt(bought_on="2026-03-01"), 422, "receipt_differs", "/receipt"),
        (receipt(receipt_number="T1-9"), 404, "unknown_purchase", "/receipt"),
        (receipt(currency="EUX"), 422, "unknown_currency", "/receipt/currency"),
        (receipt(total="49.401"), 422, "malformed_amount", "/receipt/total"),
        ({"member": CARD, "purchase_id": str(uuid4())}, 404, "unknown_purchase", "/purchase_id"),
        ({"member": CARD}, 422, "invalid_request", None),
        ({**receipt(), "purchase_id": str(uuid4())}, 422, "invalid_request", None),
        ({**receipt(), "member": {"identity": "card:nobody"}}, 404, "unknown_member", "/member"),
    ],
)
def test_it_says_why_a_receipt_is_not_claimed(
    agent: Caller, florestan: Enrolment, body: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    agent.post("/purchases", basket(receipt_number="T1-1", member=None))
    problem = agent.post("/purchase-claims", body).problem(status, code)
    assert pointer is None or problem["pointer"] == pointer
    assert Purchase.objects.filter(claim__isnull=False).count() == 0


def test_a_receipt_is_claimed_once_and_guesses_are_few(agent: Caller, florestan: Enrolment) -> None:
    sale = agent.post("/purchases", basket(receipt_number="T1-1", member=None)).json()
    assert agent.post("/purchase-claims", {"purchase_id": sale["id"], "member": CARD}).status == 201
    agent.post("/purchase-claims", receipt()).problem(409, "already_claimed")
    for cents in range(5):
        agent.post("/purchase-claims", receipt(total=f"0.0{cents}")).problem(422, "receipt_differs")
    limited = agent.post("/purchase-claims", receipt())
    limited.problem(429, "rate_limited")
    assert limited.headers["Retry-After"] == str(24 * 3600 // 5)


def test_without_the_right_nothing_is_claimed(till: Caller, florestan: Enrolment) -> None:
    till.post("/purchase-claims", receipt()).problem(403, "denied")
    blind = Caller("purchase.claim", "purchase.record")
    sale = blind.post("/purchases", basket(receipt_number="T1-1", member=None)).json()
    blind.post("/purchase-claims", {"purchase_id": sale["id"], "member": CARD}).problem(404, "unknown_purchase")
    assert blind.post("/purchase-claims", receipt()).status == 201
