"""Customers, what they agreed to, what they belong to, and their points."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.customers.models import Customer
from fidelia.programme.models import Enrolment
from tests.programme.cast import programme

from .caller import Caller, basket

FLORESTAN = {
    "given_name": "Florestan", "family_name": "Müller-Lefèvre", "birth_on": "1980-12-16", "country": "FR",
    "identities": ["card:2900 0000 0017", "external:77"], "email": "Florestan@Exemple.fr", "source": "till",
}  # fmt: skip


def test_a_customer_is_given_back_as_it_is_kept(till: Caller) -> None:
    answer = till.post("/customers", FLORESTAN)
    assert answer.status == 201, answer.json()
    said = answer.json()
    assert (said["family_name"], said["birth_on"], said["source"]) == ("Müller-Lefèvre", "1980-12-16", "till")
    names = [f"{one['scheme']}:{one['value']}" for one in said["identities"]]
    assert names == ["card:290000000017", "external:77"]
    assert [(one["channel"], one["value"]) for one in said["contact_points"]] == [("email", "florestan@exemple.fr")]
    assert till.get(f"/customers/{said['id']}").json() == said


def test_addresses_are_shown_to_those_who_may_see_them(till: Caller) -> None:
    customer = till.post("/customers", FLORESTAN).json()["id"]
    assert Caller("customer.see").get(f"/customers/{customer}").json()["contact_points"] is None


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"email": "florestan"}, "malformed_email", "/email"),
        ({"phone": "12"}, "malformed_phone", "/phone"),
        ({"birth_on": "2027-01-01"}, "malformed_date", "/birth_on"),
        ({"birth_on": "16/12/1980"}, "invalid_request", "/birth_on"),
        ({"birth_on": 1980}, "invalid_request", "/birth_on"),
        ({"country": "XX"}, "malformed_country", "/country"),
        ({"language": "de"}, "invalid_request", "/language"),
        ({"given_name": "x" * 151}, "invalid_request", "/given_name"),
        ({"given_name": None}, "invalid_request", "/given_name"),
        ({"acquired_at": "2026-03-03T00:00:00Z"}, "in_the_future", "/acquired_at"),
        ({"identities": ["card"]}, "invalid_request", "/identities/0"),
        ({"identities": ["card:1"] * 11}, "invalid_request", "/identities"),
        ({"source": "sandbox"}, "unknown_choice", "/source"),
    ],
)
def test_what_is_wrong_with_a_customer_is_named(till: Caller, changes: dict[str, Any], code: str, pointer: str) -> None:
    assert till.post("/customers", FLORESTAN | changes).problem(422, code)["pointer"] == pointer
    assert Customer.objects.count() == 0


def test_an_identity_names_one_customer(till: Caller) -> None:
    holder = till.post("/customers", FLORESTAN).json()["id"]
    taken = {"identities": ["card:290000000017"]}
    assert till.post("/customers", taken).problem(409, "identity_taken")["details"] == {"customer_id": holder}
    assert "details" not in Caller("customer.create").post("/customers", taken).problem(409, "identity_taken")
    assert Customer.objects.count() == 1


def test_a_customer_is_found_by_identity_by_name_and_by_change(till: Caller) -> None:
    customer = till.post("/customers", FLORESTAN).json()["id"]
    till.post("/customers", {"given_name": "Jaquino"})
    for query in ("identity=card:2900-0000-0017", "identity=external:77", "text=lefevre", "text=florestan@exemple.fr"):
        assert [row["id"] for row in till.get(f"/customers?{query}").json()["data"]] == [customer], query
    till.get("/customers?identity=card:1").problem(404, "unknown_customer")


def test_customers_are_paged_in_order_of_name(till: Caller) -> None:
    for name in ("Rocco", "Ève", "Fernando", "Élise", "Eve"):
        till.post("/customers", {"given_name": name})
    seen, after = [], ""
    while True:
        page = till.get(f"/customers?limit=2{after}").json()
        seen += [row["given_name"] for row in page["data"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ["Élise", "Ève", "Eve", "Fernando", "Rocco"]


def test_a_change_leaves_what_it_does_not_name(till: Caller) -> None:
    customer = till.post("/customers", FLORESTAN).json()["id"]
    said = till.patch(f"/customers/{customer}", {"town": "Lyon", "birth_on": None}).json()
    assert (said["town"], said["birth_on"], said["family_name"]) == ("Lyon", None, "Müller-Lefèvre")
    till.patch(f"/customers/{customer}", {"email": "x@y.fr"}).problem(422, "invalid_request")


def test_consent_is_given_and_withdrawn_and_both_stay(till: Caller) -> None:
    customer = till.post("/customers", FLORESTAN).json()["id"]
    word = {"purpose": "marketing", "channel": "email", "given": True, "occurred_at": "2026-03-01T10:00:00Z",
            "proof": {"place": "till 3", "wording": "J’accepte."}}  # fmt: skip
    assert till.post(f"/customers/{customer}/consents", word).status == 201
    till.post(f"/customers/{customer}/consents", {**word, "given": False, "occurred_at": "2026-03-02T09:00:00Z"})
    said = till.get(f"/customers/{customer}/consents").json()["data"]
    assert [one["given"] for one in said] == [False, True]
    assert said[1]["proof"]["wording"] == "J’accepte."
    ahead = {**word, "occurred_at": "2026-03-03T09:00:00Z"}
    till.post(f"/customers/{customer}/consents", ahead).problem(422, "in_the_future")


def test_a_membership_is_begun_once_and_ended_once(till: Caller) -> None:
    programme()
    customer = till.post("/customers", FLORESTAN).json()["id"]
    said = till.post("/enrolments", {"customer_id": customer, "programme": "cercle"}).json()
    assert (said["programme"], said["customer_id"], said["ended_at"], said["tier"]) == ("cercle", customer, None, None)
    till.post("/enrolments", {"customer_id": customer}).problem(409, "already_enrolled")
    assert till.get(f"/enrolments/{said['id']}").json() == said
    assert till.get(f"/enrolments?customer_id={customer}").json()["data"] == [said]
    ended = till.post(f"/enrolments/{said['id']}/closure").json()
    assert ended["ended_at"] == "2026-03-02T09:30:00Z"
    till.post(f"/enrolments/{said['id']}/closure").problem(409, "enrolment_ended")
    till.post("/enrolments", {"customer_id": customer, "programme": "none"}).problem(404, "unknown_programme")
    till.get("/enrolments").problem(422, "invalid_request")


def test_a_balance_says_what_there_is_and_what_dies_next(till: Caller, florestan: Enrolment) -> None:
    path = f"/enrolments/{florestan.id}/balance"
    empty = till.get(path).json()
    assert (empty["balance"], empty["available"], empty["expiring_next"]) == ("0", "0", None)
    till.post("/purchases", basket())
    said = till.get(path).json()
    assert (said["balance"], said["available"], said["held"], said["owed"]) == ("134", "134", "0", "0")
    assert said["points_currency"] == "PTS"
    # 24 months after 2 March 2026, to the end of that month in Paris.
    assert said["expiring_next"] == {"amount": "134", "expires_at": "2028-03-31T22:00:00Z"}


def test_movements_of_points_name_their_cause_and_are_paged(till: Caller, florestan: Enrolment) -> None:
    sales = [till.post("/purchases", basket(occurred_at=f"2026-02-0{day}T09:00:00Z")).json()["id"] for day in (3, 1, 2)]
    path, seen, after = f"/enrolments/{florestan.id}/entries?limit=2", [], ""
    while True:
        page = till.get(path + after).json()
        seen += page["data"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [entry["source_id"] for entry in seen] == [sales[0], sales[2], sales[1]]
    assert {(entry["kind"], entry["source_type"]) for entry in seen} == {("earn", "purchase")}
    assert max(int(entry["balance_after"]) for entry in seen) == sum(int(entry["amount"]) for entry in seen)


def test_points_need_their_own_right(florestan: Enrolment) -> None:
    caller = Caller("customer.see")
    assert caller.get(f"/enrolments/{florestan.id}").status == 200
    caller.get(f"/enrolments/{florestan.id}/balance").problem(403, "denied")
