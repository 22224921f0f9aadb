"""Series of cards and cards by the API: made, handed out, registered, lost, replaced, blocked; each once for a key."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.customers.models import Customer
from fidelia.programme.models import Enrolment

from .caller import Answer, Caller, basket

FIRST, SECOND = "2990000000019", "2990000000026"
SERIES = {"key": "shop", "name": {"en": "Shop cards", "fr": "Cartes du magasin"}, "prefix": "299"}


@pytest.fixture
def office(db: None) -> Caller:
    return Caller("card.*", "customer.see", "programme.see")


@pytest.fixture
def shop(office: Caller, florestan: Enrolment) -> str:
    made = str(office.post("/card-series", SERIES).json()["id"])
    assert office.post(f"/card-series/{made}/cards", {"numbers": [FIRST, SECOND]}).json()["brought"] == 2
    return made


def is_replay(answer: Answer) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


def test_a_series_is_created_once_and_counts_its_cards(office: Caller, florestan: Enrolment) -> None:
    first, again = (office.post("/card-series", SERIES, key="k") for _ in range(2))
    assert (first.status, again.status, is_replay(again)) == (201, 201, True)
    made = first.json()["id"]
    office.post(f"/card-series/{made}/cards", {"numbers": [FIRST]})
    assert office.get(f"/card-series/{made}").json()["cards"] == {"issued": 1}
    office.post("/card-series", SERIES).problem(409, "card_series_key_taken")
    office.post(f"/card-series/{made}/cards", {"count": 1, "numbers": [SECOND]}).problem(422, "malformed_card_series")
    assert office.post(f"/card-series/{made}/cards", {"count": 100}).json()["job_id"]
    assert office.post(f"/card-series/{made}/closure").json()["ended_at"]
    office.post(f"/card-series/{made}/cards", {"numbers": [SECOND]}).problem(409, "card_series_ended")


def test_a_card_is_handed_out_and_registered_once(office: Caller, shop: str) -> None:
    first, again = (office.post("/cards", {"number": FIRST}, key="out") for _ in range(2))
    assert (first.json()["state"], is_replay(again), first.json() == again.json()) == ("provisional", True, True)
    person = {"given_name": "Leonore", "email": "leonore@fidelio.example"}
    address = f"/cards/{first.json()['id']}/registrations"
    done, replayed = (office.post(address, person, key="reg") for _ in range(2))
    assert (done.json()["state"], is_replay(replayed)) == ("active", True)
    office.post(address, person).problem(409, "card_registered")
    office.post(address, {**person, "given_name": "Rocco"}, key="reg").problem(409, "idempotency_key_reused")
    assert Customer.objects.get(given_name="Leonore").contact_points.count() == 1


def test_a_lost_card_is_replaced_and_says_so_at_the_till(
    office: Caller, till: Caller, shop: str, florestan: Enrolment
) -> None:
    member = {"customer_id": str(florestan.customer_id)}
    card = office.post("/cards", {"number": FIRST, **member}).json()
    assert card["state"] == "active"
    office.post("/cards", {"number": FIRST, **member}).problem(409, "card_given")
    office.post(f"/cards/{card['id']}/losses", {"reason": "in the tram"})
    sold = basket(member={"identity": f"card:{FIRST}"})
    till.post("/purchases", sold).problem(409, "card_lost")
    new = office.post(f"/cards/{card['id']}/replacements", {"number": SECOND}).json()
    assert (new["state"], new["number"]) == ("active", SECOND)
    held = office.get(f"/cards?customer_id={florestan.customer_id}").json()["data"]
    assert [(one["number"], one["state"]) for one in held] == [(SECOND, "active"), (FIRST, "replaced")]
    assert held[1]["replaced_by"] == new["id"]
    assert till.post("/purchases", {**sold, "member": {"identity": f"card:{SECOND}"}}).status == 201


def test_a_plain_number_becomes_a_card_when_it_is_named(office: Caller, florestan: Enrolment) -> None:
    body = {"number": "2990 4417 88200", "customer_id": str(florestan.customer_id)}
    first, again = (office.post("/cards", body) for _ in range(2))
    assert first.json()["state"] == "active"
    again.problem(409, "card_given")
    card = first.json()["id"]
    assert office.post(f"/cards/{card}/losses", {}).json()["state"] == "lost"
    assert [one["id"] for one in office.get(f"/cards?customer_id={florestan.customer_id}").json()["data"]] == [card]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "malformed_card_number"),
        ({"number": "2990000000033"}, 404, "unknown_card"),
        ({"number": "<script>"}, 404, "unknown_card"),
        ({"number": FIRST, "customer_id": "019a5c1e-9800-7000-8000-000000000000"}, 404, "unknown_customer"),
        ({"series_id": "019a5c1e-9800-7000-8000-000000000000"}, 404, "unknown_card_series"),
    ],
)
def test_what_cannot_be_given_is_refused(
    office: Caller, shop: str, body: dict[str, Any], status: int, code: str
) -> None:
    office.post("/cards", body).problem(status, code)


def test_a_card_is_blocked_and_works_again(office: Caller, shop: str) -> None:
    card = office.post("/cards", {"number": FIRST}).json()
    blocked = office.post(f"/cards/{card['id']}/blocks", {"is_blocked": True, "reason": "odd"}).json()
    assert (blocked["state"], blocked["reason"]) == ("blocked", "odd")
    again = office.post(f"/cards/{card['id']}/blocks", {"is_blocked": False}).json()
    assert (again["state"], again["reason"]) == ("provisional", "")


def test_who_guesses_numbers_waits(office: Caller, shop: str) -> None:
    for guess in range(30):
        office.get(f"/cards?number=30000000{guess:05d}").problem(404, "unknown_card")
    office.get(f"/cards?number={FIRST}").problem(429, "rate_limited")


def test_without_the_right_nothing_is_told(shop: str) -> None:
    nobody = Caller("purchase.see")
    nobody.get(f"/cards?number={FIRST}").problem(403, "denied")
    nobody.post("/cards", {"number": FIRST}).problem(403, "denied")
    nobody.post("/card-series", SERIES).problem(403, "denied")
