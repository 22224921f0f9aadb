"""Points over the API: in words, ahead, by hand, in pools."""

from __future__ import annotations

import pytest

from fidelia.programme.models import Enrolment
from tests.programme.cast import DOCUMENT, member, programme
from tests.programme.test_pools import LEONORE, buy, terms

from .caller import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(db: None) -> Caller:
    """A key that may do to points what a back office does."""
    return Caller("points.*", "pool.*", "customer.see", "programme.see")


@pytest.fixture
def florestan(db: None) -> Enrolment:
    document = {**DOCUMENT, "rules": DOCUMENT["rules"][:1]}
    document["points"] = {"validity_months": 1, "ends": "day", "approval_above": "100", "reinstatement_days": 10}
    return member(programme(document))


def test_points_are_given_and_said_in_the_language_asked_for(florestan: Enrolment, till: Caller) -> None:
    path = f"/enrolments/{florestan.id}/grants"
    first = till.post(path, {"points": "50", "reason": "Accueil"}, key="g1", **{"Accept-Language": "fr"})
    assert (first.status, first.json()["says"]) == (201, ["50\u00a0points vous ont été offerts."])
    again = till.post(path, {"points": "50", "reason": "Accueil"}, key="g1")
    assert again.headers["Idempotency-Replayed"] == "true"
    other = till.post(path, {"points": "60", "reason": "Accueil"}, key="g1")
    assert (other.status, other.json()["code"]) == (409, "idempotency_key_reused")
    moved = till.get(f"/enrolments/{florestan.id}/movements").json()
    assert [(one["kind"], one["amount"], one["says"]) for one in moved["data"]] == [
        ("earn", "50", ["You were given 50\u00a0points."])
    ]


def test_what_is_ahead_is_told(florestan: Enrolment, till: Caller) -> None:
    buy(florestan, 120, "f1")
    ahead = till.get(f"/enrolments/{florestan.id}/foresight?on=2026-04-30").json()
    assert (ahead["available"], ahead["events"][0]["kind"]) == ("0", "expires")
    assert till.get(f"/enrolments/{florestan.id}/foresight?on=2026-03-30").json()["available"] == "120"
    assert till.get(f"/enrolments/{florestan.id}/foresight?on=2020-03-30").status == 422
    (main,) = till.get(f"/enrolments/{florestan.id}/standing").json()["data"]
    assert (main["earned"], main["tier"], main["next_tier"], main["next_missing"]) == (
        "120", "connaisseur", "grand_cru", "380"
    )  # fmt: skip


def test_a_large_correction_waits_and_a_key_does_not_decide(florestan: Enrolment, till: Caller) -> None:
    path = f"/enrolments/{florestan.id}/adjustments"
    assert till.post(path, {"points": "100", "reason": "Oubli"}, key="a1").json()["state"] == "done"
    asked = till.post(path, {"points": "101", "reason": "Oubli"}, key="a2").json()
    assert asked["state"] == "asked"
    refused = till.post(f"/adjustments/{asked['id']}/decision", {"approved": True}, key="d1")
    assert (refused.status, refused.json()["code"]) == (409, "another_person_decides")


def test_points_are_moved_extended_and_refused_by_their_codes(florestan: Enrolment, till: Caller) -> None:
    leonore = member(florestan.programme, LEONORE)
    at = f"/enrolments/{florestan.id}"
    till.post(f"{at}/grants", {"points": "50", "reason": "Accueil"}, key="g1")
    given = till.post(f"{at}/transfers", {"to": str(leonore.id), "points": "20", "reason": "Cadeau"}, key="t1")
    assert (given.status, given.json()["amount"], len(given.json()["lots"])) == (201, "-20", 1)
    too_much = till.post(f"{at}/transfers", {"to": str(leonore.id), "points": "31", "reason": "Cadeau"}, key="t2")
    assert (too_much.status, too_much.json()["code"]) == (409, "insufficient_points")
    longer = till.post(f"{at}/extensions", {"until": "2027-01-01T12:00:00Z", "reason": "Travaux"}, key="e1")
    assert longer.json()["says"] == ["Your points live on until 1 January 2027."]
    none = till.post(f"{at}/reinstatements", {"reason": "Oubli"}, key="r1")
    assert (none.status, none.json()["code"]) == (409, "nothing_expired")
    nothing = till.post(f"{at}/activations", {"source_id": str(leonore.id)}, key="x1")
    assert (nothing.status, nothing.json()["code"]) == (409, "nothing_pending")


def test_a_pool_is_opened_joined_and_left(till: Caller) -> None:
    made = programme(terms())
    florestan, leonore = member(made), member(made, LEONORE)
    buy(florestan, 61, "f1")
    pool = till.post("/points-pools", {"name": "Fidelio"}, key="p1").json()
    for one in (florestan, leonore):
        joined = till.post(f"/points-pools/{pool['id']}/members", {"enrolment_id": str(one.id)}, key=f"j{one.id}")
        assert joined.status == 201
    assert joined.json()["available"] == "61"
    twice = till.post(f"/points-pools/{pool['id']}/members", {"enrolment_id": str(leonore.id)}, key="again")
    assert (twice.status, twice.json()["code"]) == (409, "in_a_pool")
    left = till.post(
        f"/points-pools/{pool['id']}/departures", {"enrolment_id": str(leonore.id), "takes": "share"}, key="l1"
    )
    assert (left.json()["available"], left.json()["members"]) == ("31", [str(florestan.id)])
    assert till.get(f"/enrolments/{leonore.id}/balance").json()["available"] == "30"
    assert till.get(f"/points-pools/{florestan.id}").json()["code"] == "unknown_pool"
