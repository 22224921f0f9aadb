"""Coupons, vouchers, gift cards and stock by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from fidelia.access.models import Audit
from fidelia.jobs.models import Job
from fidelia.programme.models import Enrolment
from fidelia.rewards.facts import VOUCHERS
from fidelia.rewards.models import Voucher
from tests.programme.cast import follow, programme

from .caller import Answer, Caller

SERIES = {
    "key": "noel",
    "name": {"en": "Ten euros for Christmas", "fr": "Dix euros pour Noël"},
    "valid_from": "2026-03-01",
    "valid_until": "2026-03-31",
    "pattern": "NOEL-######",
    "uses_per_code": 1,
}
CARD = {"amount": "50.00", "currency": "EUR", "valid_until": "2028-12-31"}
VOUCHER = {
    "amount": "10.00",
    "currency": "EUR",
    "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"},
    "valid_from": "2026-03-01",
    "minimum_basket": "30.00",
}


@pytest.fixture
def office(db: None) -> Caller:
    return Caller("coupon.*", "voucher.*", "gift_card.*", "stock.*", "customer.see", "programme.see")


@pytest.fixture
def noel(office: Caller, florestan: Enrolment) -> str:
    return str(office.post("/coupon-series", SERIES).json()["id"])


def is_replay(answer: Answer) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


def test_a_series_is_created_once_and_valid_in_the_zone_of_the_programme(office: Caller, florestan: Enrolment) -> None:
    first, again = (office.post("/coupon-series", SERIES, key="k") for _ in range(2))
    assert (first.status, again.status, is_replay(again)) == (201, 201, True)
    made = first.json()
    assert made == again.json()
    assert (made["valid_from"], made["valid_until"]) == ("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z")
    office.post("/coupon-series", SERIES).problem(409, "key_taken")
    assert [one["key"] for one in office.get("/coupon-series").json()["data"]] == ["noel"]
    assert Audit.objects.filter(verb="coupon.change").count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"pattern": "NOEL-#"}, 409, "codes_exhausted", None),
        ({"pattern": "Joyeux Noël !"}, 422, "malformed_coupon_series", "/pattern"),
        ({"alphabet": "AAAAAAAAAA"}, 422, "malformed_coupon_series", "/alphabet"),
        ({"kind": "generic"}, 422, "malformed_coupon_series", "/pattern"),
        ({"valid_until": "2026-02-01"}, 422, "malformed_coupon_series", "/valid_until"),
        ({"key": "à la carte"}, 422, "malformed_coupon_series", "/key"),
    ],
)
def test_a_series_that_cannot_be_is_refused_by_its_place(
    office: Caller, florestan: Enrolment, changes: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    problem = office.post("/coupon-series", {**SERIES, **changes}).problem(status, code)
    assert problem.get("pointer") == pointer


def test_codes_are_brought_listed_given_and_revoked(office: Caller, noel: str, florestan: Enrolment) -> None:
    brought = office.post(f"/coupon-series/{noel}/codes", {"codes": ["noel-234567", "NOEL 345678"]})
    assert brought.json() == {"job_id": None, "brought": 2}
    office.post(f"/coupon-series/{noel}/codes", {"codes": ["NOEL234567"]}).problem(409, "coupon_code_taken")
    listed = office.get(f"/coupon-series/{noel}/codes?limit=1").json()
    assert [one["code"] for one in listed["data"]] == ["NOEL-234567"]
    rest = office.get(f"/coupon-series/{noel}/codes?limit=1&after={listed['next']}").json()
    assert ([one["code"] for one in rest["data"]], rest["next"]) == (["NOEL-345678"], None)
    body = {"customer_ids": [str(florestan.customer_id)]}
    first, again = (office.post(f"/coupon-series/{noel}/assignments", body, key="k") for _ in range(2))
    assert first.json() == again.json()
    assert is_replay(again)
    coupon = first.json()["data"][0]
    assert coupon["customer_id"] == str(florestan.customer_id)
    assert [one["code"] for one in office.get(f"/coupon-series/{noel}/codes?state=free").json()["data"]] == [
        "NOEL-345678"
    ]
    assert office.post(f"/coupons/{coupon['id']}/revocation").json()["revoked_at"] is not None
    office.post(f"/coupons/{coupon['id']}/revocation").problem(409, "coupon_blocked")


def test_drawing_codes_is_a_job(office: Caller, noel: str) -> None:
    first, again = (office.post(f"/coupon-series/{noel}/codes", {"count": 100}, key="k") for _ in range(2))
    assert first.json()["job_id"] == again.json()["job_id"] == str(Job.objects.get(kind="coupon.generate").id)
    office.post(f"/coupon-series/{noel}/codes", {"count": 10_000_000}).problem(409, "codes_exhausted")
    office.post(f"/coupon-series/{noel}/codes", {}).problem(422, "malformed_coupon_series")


def test_a_code_is_looked_up_whatever_it_is(office: Caller, noel: str, florestan: Enrolment) -> None:
    office.post(f"/coupon-series/{noel}/codes", {"codes": ["NOEL-234567"]})
    card, voucher = office.post("/gift-cards", CARD).json(), office.post("/vouchers", VOUCHER).json()
    found = [office.get(f"/codes/{code}").json() for code in ("noel 234567", card["code"], voucher["code"].lower())]
    assert [(one["what"], one["state"], one["amount"]) for one in found] == [
        ("coupon", "ok", None), ("gift_card", "ok", "50.00"), ("voucher", "ok", "10.00"),
    ]  # fmt: skip
    assert found[2]["minimum_basket"] == "30.00"
    office.get("/codes/NOEL-999999").problem(404, "unknown_code")
    tills = Caller("coupon.see")
    tills.get(f"/codes/{card['code']}").problem(404, "unknown_code")


def test_who_guesses_waits(office: Caller, noel: str) -> None:
    office.post(f"/coupon-series/{noel}/codes", {"codes": ["NOEL-234567"]})
    guesser = Caller("coupon.see")
    for guess in range(30):
        guesser.get(f"/codes/NOEL{guess:06}").problem(404, "unknown_code")
    refused = guesser.get("/codes/NOEL-234567")
    refused.problem(429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert office.get("/codes/NOEL-234567").status == 200


def test_a_gift_card_is_charged_again_as_the_terms_say(office: Caller, florestan: Enrolment) -> None:
    follow(florestan.programme, {"rules": [], "gift_cards": {"most": "100", "top_up": {"most_held": "120"}}})
    given = {"amount": "50.00", "currency": "EUR"}
    office.post("/gift-cards", {**given, "amount": "100.01"}).problem(422, "gift_card_out_of_bounds")
    card = "/gift-cards/" + office.post("/gift-cards", given).json()["id"]
    charge = {"amount": "30.00", "currency": "EUR"}
    assert office.post(f"{card}/top-ups", charge).json()["balance"] == "80.00"
    office.post(f"{card}/top-ups", {**charge, "amount": "40.01"}).problem(409, "gift_card_full")
    reversal = f"{card}/top-ups/2/reversals"
    assert office.post(reversal, {"note": "twice"}).json()["balance"] == "50.00"
    office.post(reversal, {"note": "twice"}).problem(409, "top_up_stays")
    moved = office.get(f"{card}/movements").json()["data"]
    assert [(one["kind"], one["reverses"]) for one in moved] == [("refunded", 2), ("topped_up", None), ("sold", None)]


def test_a_gift_card_is_sold_spent_in_parts_refunded_and_blocked(office: Caller, florestan: Enrolment) -> None:
    first, again = (office.post("/gift-cards", CARD, key="k") for _ in range(2))
    assert first.json() == again.json()
    card = f"/gift-cards/{first.json()['id']}"
    spent, repeated = (
        office.post(f"{card}/spendings", {"amount": "12.50", "currency": "EUR"}, key="s") for _ in range(2)
    )
    assert (spent.json()["balance"], repeated.json()["balance"], is_replay(repeated)) == ("37.50", "37.50", True)
    problem = office.post(f"{card}/spendings", {"amount": "37.51", "currency": "EUR"}).problem(409, "gift_card_short")
    assert problem["details"]["balance"] == 3_750
    office.post(f"{card}/spendings", {"amount": "-1.00", "currency": "EUR"}).problem(422, "malformed_gift_card")
    office.post(f"{card}/spendings", {"amount": "1.00", "currency": "USD"}).problem(422, "malformed_gift_card")
    office.post(f"{card}/blocks", {"is_blocked": True})
    office.post(f"{card}/spendings", {"amount": "1.00", "currency": "EUR"}).problem(409, "gift_card_blocked")
    office.post(f"{card}/blocks", {"is_blocked": False})
    assert office.post(f"{card}/refunds", {"note": "Rendue"}).json()["balance"] == "0.00"
    moved = office.get(f"{card}/movements").json()["data"]
    assert [(one["kind"], one["amount"], one["balance_after"]) for one in moved] == [
        ("refunded", "-37.50", "0.00"), ("spent", "-12.50", "37.50"), ("sold", "50.00", "50.00"),
    ]  # fmt: skip


def test_a_voucher_is_issued_and_taken_back(office: Caller, florestan: Enrolment) -> None:
    body = {**VOUCHER, "customer_id": str(florestan.customer_id)}
    made = office.post("/vouchers", body).json()
    listed = office.get(f"/vouchers?customer_id={florestan.customer_id}").json()["data"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert office.post(f"/vouchers/{made['id']}/revocation").json()["state"] == "revoked"


@pytest.mark.parametrize("purpose", ["single", "multi"])
def test_a_voucher_keeps_its_purpose_for_the_vat(office: Caller, florestan: Enrolment, purpose: str) -> None:
    made = office.post("/vouchers", {**VOUCHER, "purpose": purpose}).json()
    assert (made["purpose"], Voucher.objects.get().purpose) == (purpose, purpose)
    with connection.cursor() as cursor:
        cursor.execute(f"select purpose from ({VOUCHERS.sql}) facts")
        assert cursor.fetchall() == [(purpose,)]


def test_stock_is_opened_and_never_lowered_below_what_was_given(office: Caller, florestan: Enrolment) -> None:
    body = {"key": "mug", "name": {"en": "Mug", "fr": "Tasse"}, "pieces": 3}
    made = office.post("/stock", body).json()
    assert (made["left"], made["given"]) == (3, 0)
    assert office.patch(f"/stock/{made['id']}", {"pieces": None}).json()["left"] is None
    office.post("/stock", body).problem(409, "key_taken")
    assert [one["key"] for one in office.get("/stock").json()["data"]] == ["mug"]


def test_a_test_key_sees_nothing_of_the_live_programme(office: Caller, noel: str) -> None:
    programme(is_sandbox=True)
    sandbox = Caller("coupon.*", "gift_card.*", mode="test")
    sandbox.get(f"/coupon-series/{noel}").problem(404, "unknown_coupon_series")
    card = office.post("/gift-cards", CARD).json()["id"]
    sandbox.post(f"/gift-cards/{card}/spendings", {"amount": "1.00", "currency": "EUR"}).problem(
        404, "unknown_gift_card"
    )


def test_each_address_asks_for_its_right(florestan: Enrolment) -> None:
    nobody = Caller("store.see")
    for path in ("/coupon-series", "/stock", "/codes/NOEL-234567", f"/vouchers?customer_id={florestan.customer_id}"):
        nobody.get(path).problem(403, "denied")
    for path, body in (("/coupon-series", SERIES), ("/gift-cards", CARD), ("/vouchers", VOUCHER)):
        nobody.post(path, body).problem(403, "denied")
