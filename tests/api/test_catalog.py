"""Rewards, choices and the way to the next loyalty cheque by the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from fidelia.programme.models import Enrolment
from fidelia.programme.operations.points import grant_points
from fidelia.rewards.models import Redemption
from tests.cast import SYSTEM
from tests.programme.cast import AT, DOCUMENT, member, programme

from .caller import Caller

MUG = {
    "key": "mug", "name": {"en": "Mug", "fr": "Tasse"}, "kind": "gift", "points": "150", "valid_from": "2026-03-01",
    "per_member": 1, "pieces": 2,
}  # fmt: skip
CHEQUE = {"key": "cheque", "points": "200", "money": "10"}


@pytest.fixture
def office(db: None) -> Caller:
    return Caller("reward.*", "customer.see", "programme.see", "points.see", "voucher.see")


@pytest.fixture
def fidelio(db: None) -> Enrolment:
    enrolment = member(programme({**DOCUMENT, "cheques": [CHEQUE]}))
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=160, reason="x", key="g1")
    return enrolment


def choose(office: Caller, reward: dict[str, Any], of: Enrolment, **more: Any) -> Any:
    return office.post("/redemptions", {"reward_id": reward["id"], "enrolment_id": str(of.id)}, **more)


def test_a_reward_is_added_seen_chosen_handed_over_and_ended(office: Caller, fidelio: Enrolment) -> None:
    first, again = (office.post("/rewards", MUG, key="k") for _ in range(2))
    assert (first.status, again.status, again.headers.get("Idempotency-Replayed")) == (201, 201, "true")
    mug = first.json()
    assert (mug["points"], mug["left"], mug["valid_from"]) == ("150", 2, "2026-02-28T23:00:00Z")
    seen = office.get(f"/rewards?enrolment_id={fidelio.id}").json()["data"]
    assert [(one["points_missing"], one["reasons"]) for one in seen] == [("0", [])]
    chosen, replay = (choose(office, mug, fidelio, key="c") for _ in range(2))
    assert (chosen.status, replay.headers.get("Idempotency-Replayed")) == (201, "true")
    assert chosen.json() == replay.json()
    assert Redemption.objects.count() == 1
    seen = office.get(f"/rewards?enrolment_id={fidelio.id}").json()["data"]
    assert seen[0]["reasons"] == ["limit_reached", "not_enough_points"]
    done = office.post("/redemptions/fulfilments", {"redemption_ids": [chosen.json()["id"]]})
    assert (done.status, done.json()) == (201, {"fulfilled": 1})
    assert office.get("/redemptions?state=fulfilled").json()["data"][0]["id"] == chosen.json()["id"]
    cancelled = office.post(f"/redemptions/{chosen.json()['id']}/cancellation", {"reason": "broken"})
    assert (cancelled.status, cancelled.json()["state"]) == (201, "cancelled")
    assert office.get(f"/rewards/{mug['id']}").json()["left"] == 2
    assert office.post(f"/rewards/{mug['id']}/closure", {}).json()["ended_at"] is not None
    choose(office, mug, fidelio).problem(409, "reward_over")


def test_points_and_money_buy_a_reward_together(office: Caller, fidelio: Enrolment) -> None:
    terms = {**MUG, "points": "70", "money": "4.50", "per_member": 2, "pieces": 3}
    pot = office.post("/rewards", terms).json()
    assert (pot["points"], pot["money"], pot["currency"]) == ("70", "4.50", "EUR")
    chosen = office.post("/redemptions", {"reward_id": pot["id"], "enrolment_id": str(fidelio.id), "pieces": 2}).json()
    assert (chosen["points"], chosen["money"], chosen["currency"]) == ("140", "9.00", "EUR")
    assert office.get(f"/enrolments/{fidelio.id}/balance").json()["available"] == "20"
    cancelled = office.post(f"/redemptions/{chosen['id']}/cancellation", {"reason": "too dear"}).json()
    assert (cancelled["money"], cancelled["state"]) == ("9.00", "cancelled")
    assert office.get(f"/enrolments/{fidelio.id}/balance").json()["available"] == "160"


@pytest.mark.parametrize("purpose", ["single", "multi"])
def test_a_voucher_for_points_says_what_it_is_for_the_vat(office: Caller, fidelio: Enrolment, purpose: str) -> None:
    worth = {"amount": "5.00", "days": 30, "purpose": purpose}
    terms = {**MUG, "kind": "voucher", "voucher": worth}
    ten = office.post("/rewards", terms).json()
    assert ten["voucher"]["purpose"] == purpose
    choose(office, ten, fidelio)
    (issued,) = office.get(f"/vouchers?customer_id={fidelio.customer_id}").json()["data"]
    assert (issued["amount"], issued["purpose"]) == ("5.00", purpose)
    office.post("/rewards", {**terms, "key": "x", "voucher": {**worth, "purpose": "vat"}}).problem(
        422, "invalid_request"
    )


def test_what_cannot_be_is_refused_with_its_code_and_place(office: Caller, fidelio: Enrolment) -> None:
    dear = office.post("/rewards", {**MUG, "key": "dear", "points": "161"}).json()
    choose(office, dear, fidelio).problem(409, "insufficient_points")
    gone = office.post("/rewards", {**MUG, "key": "gone", "pieces": 0}).json()
    choose(office, gone, fidelio).problem(409, "stock_used_up")
    gold = office.post("/rewards", {**MUG, "key": "gold", "condition": 'member.tier == "gold"'}).json()
    choose(office, gold, fidelio).problem(409, "not_eligible")
    choose(office, {"id": str(uuid4())}, fidelio).problem(404, "unknown_reward")
    for change, pointer in (
        ({"points": "1.5"}, "/points"),
        ({"condition": "nonsense +"}, "/condition"),
        ({"kind": "voucher"}, "/voucher_amount"),
        ({"valid_until": "2026-01-01"}, "/valid_until"),
    ):
        answer = office.post("/rewards", {**MUG, "key": "x", **change})
        assert (answer.status, answer.json().get("pointer")) == (422, pointer)
    assert not Redemption.objects.exists()


def test_a_reward_is_changed_whole(office: Caller, fidelio: Enrolment) -> None:
    mug = office.post("/rewards", MUG).json()
    terms = {name: value for name, value in MUG.items() if name != "key"}
    changed = office.put(f"/rewards/{mug['id']}", {**terms, "points": "100", "pieces": 9, "money": "2.50"})
    assert (changed.json()["points"], changed.json()["left"], changed.json()["money"]) == ("100", 9, "2.50")


def test_rights_are_asked_for(db: None, fidelio: Enrolment, office: Caller) -> None:
    mug = office.post("/rewards", MUG).json()
    stranger = Caller("purchase.record")
    for answer in (
        stranger.get("/rewards"), stranger.post("/rewards", MUG), choose(stranger, mug, fidelio),
        stranger.get("/redemptions"), stranger.post("/redemptions/fulfilments", {"redemption_ids": [str(uuid4())]}),
    ):  # fmt: skip
        assert answer.status == 403


def test_the_way_to_the_next_cheque_is_told(office: Caller, fidelio: Enrolment) -> None:
    (standing,) = office.get(f"/enrolments/{fidelio.id}/cheques").json()["data"]
    assert standing == {
        "key": "cheque", "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"}, "points": "160", "missing": "40",
        "threshold": "200", "amount": "10.00", "currency": "EUR", "next_on": None,
    }  # fmt: skip
