"""Referrals by the API: a code, a friend, a person's word; each once for a key."""

from __future__ import annotations

import pytest

from fidelia.programme.models import Enrolment, Programme
from tests.referral.cast import newcomer, old_member, running

from .caller import Caller


@pytest.fixture
def of(db: None) -> Programme:
    return running(velocity=1)


@pytest.fixture
def office(db: None) -> Caller:
    return Caller("referral.*")


def code_of(office: Caller, member: Enrolment) -> str:
    return str(office.get(f"/enrolments/{member.id}/referral").json()["code"])


def test_a_friend_is_recorded_once_and_both_sides_see_it(office: Caller, of: Programme) -> None:
    leonore, friend = old_member(of), newcomer(of, given_name="Marzelline")
    body = {"code": code_of(office, leonore), "enrolment_id": str(friend.id), "ip": "203.0.113.7"}
    first, again = (office.post("/referrals", body, key="k") for _ in range(2))
    assert (first.status, first.json()["state"], first.json() == again.json()) == (201, "pending", True)
    assert again.headers["Idempotency-Replayed"] == "true"
    office.post("/referrals", body).problem(409, "already_referred")
    mine = office.get(f"/enrolments/{leonore.id}/referral").json()
    assert [(one["initial"], one["state"]) for one in mine["friends"]] == [("M", "pending")]
    assert office.get(f"/enrolments/{friend.id}/referral").json()["as_friend"]["state"] == "pending"
    assert [one["id"] for one in office.get("/referrals?state=pending").json()["data"]] == [first.json()["id"]]


def test_a_doubted_one_waits_for_a_persons_word(office: Caller, of: Programme) -> None:
    code = code_of(office, old_member(of))
    made = [office.post("/referrals", {"code": code, "enrolment_id": str(newcomer(of).id)}).json() for _ in range(2)]
    assert [(one["state"], one["reason"]) for one in made] == [("pending", ""), ("review", "too_fast")]
    address = f"/referrals/{made[1]['id']}/reviews"
    assert office.post(address, {"is_accepted": True}).json()["state"] == "pending"
    office.post(address, {"is_accepted": True}).problem(409, "nothing_to_review")
    assert office.post(address, {"is_accepted": False}).json()["state"] == "refused"


def test_what_cannot_be_is_refused(office: Caller, of: Programme) -> None:
    leonore = old_member(of)
    code = code_of(office, leonore)
    office.post("/referrals", {"code": "NOBODYS", "enrolment_id": str(newcomer(of).id)}).problem(
        404, "unknown_referral_code"
    )
    office.post("/referrals", {"code": code, "enrolment_id": str(leonore.id)}).problem(409, "referral_of_oneself")
    nobody = Caller("purchase.see")
    nobody.get("/referrals").problem(403, "denied")
    nobody.post("/referrals", {"code": code, "enrolment_id": str(leonore.id)}).problem(403, "denied")
