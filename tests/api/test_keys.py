"""Keys: what they are, how often they may ask, and that test keys stay in their sandbox."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from fidelia.activity.models import Purchase
from fidelia.customers.models import Customer
from fidelia.kernel.actor import Scope
from fidelia.organisation.models import Store
from fidelia.organisation.operations import add_banner, add_partner, add_store
from fidelia.programme.models import Enrolment
from tests.cast import AT, SYSTEM
from tests.programme.cast import programme

from .caller import Caller, basket


def a_store(code: str) -> Store:
    place: dict[str, Any] = {"by": SYSTEM, "at": AT, "name": code.title()}
    partner = add_partner(**place, code=f"p-{code}", country="FR", currency="EUR")
    banner = add_banner(**place, partner_id=partner.id, code=f"b-{code}")
    return add_store(
        **place, banner_id=banner.id, code=code, channel="store", country="FR", currency="EUR",
        time_zone="Europe/Paris", opened_on=date(2020, 1, 2),
    )  # fmt: skip


def test_a_key_says_what_it_is(db: None) -> None:
    caller = Caller("purchase.record", scope=Scope(store_id=a_store("lyon-01").id), limit=60)
    said = caller.get("/key").json()
    assert (said["id"], said["mode"], said["rights"]) == (str(caller.key.id), "live", ["purchase.record"])
    assert (said["limit_per_minute"], said["remaining"], said["partner_id"]) == (60, 59, None)


def test_every_answer_says_how_much_more_may_be_asked(db: None) -> None:
    caller = Caller("store.see", limit=3)
    headers = caller.get("/key").headers
    assert headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert headers["RateLimit"].startswith('"key";r=2;t=20')
    assert caller.get("/customers").headers["RateLimit"].startswith('"key";r=1;')
    caller.get("/key")
    answer = caller.get("/key")
    answer.problem(429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 21
    assert answer.headers["RateLimit"].startswith('"key";r=0;')


def test_a_batch_counts_its_rows(florestan: Enrolment) -> None:
    caller = Caller("purchase.record", limit=10)
    answer = caller.post("/purchases/batches", {"purchases": [basket() for _ in range(8)]})
    assert answer.headers["RateLimit"].startswith('"key";r=2;')
    caller.post("/purchases/batches", {"purchases": [basket() for _ in range(8)]}).problem(429, "rate_limited")
    assert Purchase.objects.count() == 8


def test_an_exchange_has_an_id(db: None) -> None:
    caller = Caller()
    assert caller.get("/key", **{"X-Request-Id": "till-3/77"}).headers["X-Request-Id"] == "till-3/77"
    assert len(caller.get("/key", **{"X-Request-Id": "a b"}).headers["X-Request-Id"]) == 36
    assert len(Client().get("/api/v1/nothing").headers["X-Request-Id"]) == 36


def test_an_answer_is_not_kept_nor_framed_and_starts_no_session(db: None) -> None:
    headers = Caller().get("/key").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Set-Cookie" not in headers


def test_a_test_key_acts_in_the_sandbox_alone(florestan: Enrolment) -> None:
    till, trial = Caller(), Caller(mode="test")
    real = till.post("/purchases", basket()).json()["id"]
    sandbox = programme(is_sandbox=True)
    trial.post("/purchases", basket(programme="cercle")).problem(404, "unknown_programme")
    trial.post("/purchases", basket()).problem(404, "unknown_member")
    trial.post("/enrolments", {"customer_id": str(florestan.customer_id)}).problem(404, "unknown_customer")
    for path in (f"/customers/{florestan.customer_id}", f"/enrolments/{florestan.id}", f"/purchases/{real}",
                 f"/enrolments/{florestan.id}/balance", f"/purchases/{real}/decision", "/programmes/cercle",
                 "/customers?identity=card:2990441788200"):  # fmt: skip
        assert trial.get(path).status == 404, path
    trial.patch(f"/customers/{florestan.customer_id}", {"town": "Lyon"}).problem(404, "unknown_customer")
    back = {"receipt_number": "b", "occurred_at": "2026-03-02T10:25:00+01:00"}
    trial.post(f"/purchases/{real}/returns", back).problem(404, "unknown_purchase")
    assert trial.get("/customers").json()["data"] == []
    assert trial.get("/purchases").json()["data"] == []
    assert [one["slug"] for one in trial.get("/programmes").json()["data"]] == [sandbox.slug]


def test_what_a_test_key_made_is_seen_by_test_keys_alone(florestan: Enrolment) -> None:
    till, trial = Caller(), Caller(mode="test")
    programme(is_sandbox=True)
    customer = trial.post("/customers", {"identities": ["card:1234567"]}).json()["id"]
    enrolment = trial.post("/enrolments", {"customer_id": customer}).json()
    sale = trial.post("/purchases", basket(member={"identity": "card:1234567"})).json()
    assert (enrolment["programme"], sale["programme"], sale["points"]) == ("sandbox", "sandbox", "134")
    for path in (f"/customers/{customer}", f"/enrolments/{enrolment['id']}", f"/purchases/{sale['id']}"):
        assert trial.get(path).status == 200
        assert till.get(path).status == 404
    assert till.get("/purchases").json()["data"] == []
    assert len(till.get("/customers").json()["data"]) == 1
    assert Customer.objects.get(id=customer).source == "sandbox"


def test_stores_and_programmes_are_listed(florestan: Enrolment) -> None:
    lyon = a_store("lyon-01")
    a_store("lisboa-01")
    everywhere, here = Caller(), Caller(scope=Scope(partner_id=lyon.partner_id))
    assert [store["code"] for store in everywhere.get("/stores").json()["data"]] == ["lisboa-01", "lyon-01"]
    assert [store["code"] for store in here.get("/stores").json()["data"]] == ["lyon-01"]
    (said,) = everywhere.get("/programmes").json()["data"]
    assert (said["slug"], said["points_currency"]["code"], said["version_in_force"]["number"]) == ("cercle", "PTS", 1)
    assert everywhere.get("/programmes/cercle").json() == said


def test_a_customer_belongs_where_the_key_is_for(db: None) -> None:
    lyon = a_store("lyon-01")
    clerk = Caller(scope=Scope(lyon.partner_id, lyon.id))
    said = clerk.post("/customers", {"given_name": "Florestan"}).json()
    assert (said["partner_id"], said["home_store_id"]) == (str(lyon.partner_id), str(lyon.id))
    a_store("lisboa-01")
    clerk.post("/customers", {"given_name": "Fidelio", "home_store": "lisboa-01"}).problem(403, "denied")
    clerk.post("/customers", {"given_name": "Fidelio", "home_store": "none"}).problem(404, "store_unknown")


def test_products_are_added_changed_and_seen(till: Caller) -> None:
    first = till.post("/products", {"products": [{"code": "mug", "name": "Tasse"}, {"code": "a/b"}]})
    assert [one["name"] for one in first.json()["data"]] == ["Tasse", ""]
    till.post("/products", {"products": [{"code": "mug", "category": "Home/Kitchen"}]})
    said = till.get("/products/mug").json()
    assert (said["name"], said["category"], said["earns"]) == ("Tasse", "Home/Kitchen", True)
    assert till.get("/products/a/b").json()["code"] == "a/b"
    till.get("/products/none").problem(404, "unknown_product")
    problem = till.post("/products", {"products": [{"code": "ok"}, {"code": " "}]}).problem(422, "malformed_product")
    assert problem["pointer"] == "/products/1/code"
    till.get("/products/ok").problem(404, "unknown_product")


@pytest.mark.django_db
def test_pages_are_not_served_by_the_door_of_the_api() -> None:
    answer = Client().get("/console/login/")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "X-Request-Id" not in answer.headers
