"""Paid memberships by the API: bought, renewed, changed and ended, each once for a key."""

from __future__ import annotations

import pytest

from fidelia.kernel import clock
from fidelia.programme.models import Enrolment
from fidelia.subscriptions.models import SubscriptionPeriod
from tests.subscriptions.shop import MONTHLY, PLUS, points, seller

from .caller import Caller

BIG = {**MONTHLY, "key": "big", "price": "20.00", "ladder": ""}


@pytest.fixture
def who(db: None) -> Enrolment:
    return seller({**PLUS, "ladder": "year", "welcome": "50"}, {**MONTHLY, "trial_days": 7}, BIG)


@pytest.fixture
def office(db: None) -> Caller:
    return Caller("subscription.*")


def test_it_is_bought_and_renewed_once_for_a_key(office: Caller, who: Enrolment) -> None:
    body = {"enrolment_id": str(who.id), "plan": "plus", "amount": "30.00", "reference": "pay_1"}
    first, again = (office.post("/subscriptions", body, key="k") for _once in range(2))
    assert (first.status, first.json() == again.json()) == (201, True)
    assert again.headers["Idempotency-Replayed"] == "true"
    held = first.json()
    assert (held["state"], held["plan"], held["ended_at"]) == ("active", "plus", None)
    assert [(one["amount"], one["price"], one["reference"]) for one in held["periods"]] == [("30.00", "36.00", "pay_1")]
    address = f"/subscriptions/{held['id']}"
    for _once in range(2):
        renewed = office.post(f"{address}/renewals", {}, key="r")
    assert [one["amount"] for one in renewed.json()["periods"]] == ["30.00", "36.00"]
    assert office.get(address).json() == renewed.json()
    assert points(who, clock.now()) == 50
    assert [one["id"] for one in office.get(f"/enrolments/{who.id}/subscriptions").json()["data"]] == [held["id"]]
    assert [one["id"] for one in office.get("/subscriptions?state=active").json()["data"]] == [held["id"]]
    assert office.get("/subscriptions?state=ended").json()["data"] == []


def test_what_it_comes_to_is_told_before(office: Caller, who: Enrolment) -> None:
    body = {"enrolment_id": str(who.id), "plan": "monthly", "is_trial": True}
    held = office.post("/subscriptions", body).json()
    assert held["state"] == "trial"
    address = f"/subscriptions/{held['id']}"
    assert office.get(f"{address}/changes?plan=big").json()["due"] == "0.00"
    office.post(f"{address}/changes", {"plan": "big", "amount": "1.00"}).problem(422, "wrong_amount")
    assert office.post(f"{address}/changes", {"plan": "big", "amount": "0.00"}).json()["plan"] == "big"
    assert office.post(f"{address}/stops", {"is_stopped": True}).json()["stops_at_end"] is True
    assert office.get(f"{address}/ends").json() == {"amount": "0.00", "points": 0}
    ended = office.post(f"{address}/ends", {"reason": "moved"}).json()
    assert (ended["state"], ended["end_reason"]) == ("ended", "moved")
    office.post(f"{address}/ends", {}).problem(409, "subscription_over")


def test_what_cannot_be_is_refused(office: Caller, who: Enrolment) -> None:
    asked = {"enrolment_id": str(who.id), "plan": "plus"}
    office.post("/subscriptions", {**asked, "plan": "gone"}).problem(404, "unknown_plan")
    office.post("/subscriptions", {**asked, "amount": "36.01"}).problem(422, "wrong_amount")
    office.post("/subscriptions", {**asked, "amount": "-1.00"}).problem(422, "wrong_amount")
    office.post("/subscriptions", {**asked, "is_trial": True}).problem(409, "no_trial")
    office.post("/subscriptions", {**asked, "enrolment_id": str(who.customer_id)}).problem(404, "unknown_enrolment")
    Caller("customer.see").post("/subscriptions", asked).problem(403, "denied")
    Caller("customer.see").get("/subscriptions").problem(403, "denied")
    office.get(f"/subscriptions/{who.id}").problem(404, "unknown_subscription")
    assert not SubscriptionPeriod.objects.exists()
    office.post("/subscriptions", asked)
    office.post("/subscriptions", asked).problem(409, "already_subscribed")
