"""Checkouts over HTTP: a till's day, what is refused and where, and how few statements a call takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fidelia.activity.models import Checkout, Purchase
from fidelia.kernel.models import OutboxEvent
from tests.programme.cast import member, programme

from .caller import Caller
from .test_statements import FRAMES, STATEMENTS_MAX, document_of


def basket(**changes: Any) -> dict[str, Any]:
    """Two bags of coffee and a mug for Florestan."""
    body: dict[str, Any] = {
        "currency": "EUR",
        "member": {"identity": "card:2990441788200"},
        "lines": [
            {"product": "moka", "quantity": "2", "unit_price": "17.45", "category": "coffee"},
            {"product": "mug", "quantity": "1", "unit_price": "14.50"},
        ],
    }
    return body | changes


def line(**changes: Any) -> dict[str, Any]:
    return {"product": "mug", "quantity": "1", "unit_price": "14.50"} | changes


def statements(captured: CaptureQueriesContext) -> list[str]:
    found = [query["sql"] or "a prepared statement" for query in captured]
    return [one for one in found if not one.upper().startswith(FRAMES)]


def test_a_basket_is_evaluated_and_nothing_is_written(florestan: Any, till: Caller) -> None:
    till.post("/checkouts:evaluate", basket())
    with CaptureQueriesContext(connection) as captured:
        answer = till.post("/checkouts:evaluate", basket(explain=True))
    assert answer.status == 200, answer.json()
    found = answer.json()
    assert (found["total"], found["points"], found["due"]) == ("49.40", "134", "49.40")
    assert [one["points"] for one in found["lines"]] == ["105", "29"]
    assert {one["rule"]: one["reason"] for one in found["explanation"]}["first"] == "granted"
    # Admission, which counts the request, and one that reads.
    assert len(statements(captured)) == 2
    assert not any(word in one.lower() for one in statements(captured) for word in ("insert", "update", "delete"))
    assert (
        Checkout.objects.count(),
        Purchase.objects.count(),
        OutboxEvent.objects.filter(name="purchase.recorded").count(),
    ) == (0, 0, 0)


def test_it_says_how_much_is_missing(florestan: Any, till: Caller) -> None:
    found = till.post("/checkouts:evaluate", basket(lines=[line()], explain=True)).json()
    first = next(one for one in found["explanation"] if one["rule"] == "first")
    assert (first["applied"], first["reason"], first["missing"], first["missing_type"]) == (
        False, "condition_false", "5.50", "money",
    )  # fmt: skip
    assert till.post("/checkouts:evaluate", basket()).json()["explanation"] is None


def test_a_till_opens_closes_and_gives_back(florestan: Any, till: Caller) -> None:
    opened = till.put("/checkouts/T1-7", basket())
    assert (opened.status, opened.json()["state"], opened.json()["total"]) == (200, "open", "49.40"), opened.json()
    closed = till.post("/checkouts/T1-7/closure", {"expected_total": "49.40"})
    assert (closed.status, closed.json()["state"], closed.json()["balance_after"]) == (201, "closed", "134"), (
        closed.json()
    )
    assert till.get("/checkouts/T1-7").json()["purchase_id"] == closed.json()["purchase_id"]
    back = till.post("/checkouts/T1-7/returns", {"lines": [{"line_number": 1, "quantity": "1"}]})
    assert back.status == 201, back.json()
    assert back.json()["refund"] == {
        "total": "17.45", "money": "17.45", "gift_cards": "0.00", "paid_by_points": "0.00", "points_given_back": "0",
        "points_taken_back": "53",
    }  # fmt: skip
    by_amount = till.post("/checkouts/T1-7/returns", {"amount": "10.00"}).json()
    assert by_amount["refund"]["money"] == "10.00"
    cancelled = till.post("/checkouts/T1-7/cancellation", {})
    assert (cancelled.status, cancelled.json()["state"]) == (201, "cancelled")
    assert till.post("/checkouts/T1-7/reopening", {}).json()["state"] == "open"
    assert [one["number"] for one in till.get("/checkouts").json()["data"]] == ["T1-7"]
    assert till.get("/checkouts?state=closed").json()["data"] == []


@pytest.mark.parametrize(("lines", "rules"), [(1, 1), (10, 3), (100, 20)])
def test_closing_takes_few_statements(till: Caller, lines: int, rules: int) -> None:
    member(programme(document_of(rules)))
    sent = basket(lines=[line(product=f"p{n}") for n in range(lines)])
    for number in ("A", "B"):
        assert till.put(f"/checkouts/{number}", sent).status == 200
    till.post("/checkouts/A/closure", {})
    with CaptureQueriesContext(connection) as captured:
        assert till.post("/checkouts/B/closure", {}).status == 201
    assert len(statements(captured)) == 3 < STATEMENTS_MAX, "\n".join(statements(captured))


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"lines": []}, 422, "malformed_lines", "/lines"),
        ({"lines": [line(product=str(n)) for n in range(10_000)]}, 422, "basket_too_large", "/lines"),
        ({"lines": [line(quantity="0")]}, 422, "malformed_lines", "/lines/0/quantity"),
        ({"lines": [line(quantity="1.0001")]}, 422, "invalid_request", "/lines/0/quantity"),
        ({"lines": [line(unit_price="1.1234567")]}, 422, "malformed_amount", "/lines/0/unit_price"),
        ({"lines": [line(), line(currency="USD")]}, 422, "mixed_currencies", "/lines/1/currency"),
        ({"currency": "USD"}, 422, "wrong_currency", "/currency"),
        ({"currency": "XXX"}, 422, "unknown_currency", "/currency"),
        ({"member": {"identity": "card:404"}}, 404, "unknown_member", "/member"),
        ({"store": "nowhere"}, 404, "store_unknown", "/store"),
        ({"shipping": {"amount": "1.005"}}, 422, "malformed_amount", "/shipping/amount"),
        ({"coupons": ["NOBODY"]}, 404, "unknown_coupon", "/coupons/0"),
        ({"gift_cards": [{"code": "NOBODY"}]}, 404, "unknown_gift_card", "/gift_cards/0/code"),
        ({"pay_points": "1000"}, 409, "insufficient_points", "/pay_points"),
        ({"expected_total": "1.00"}, 409, "expected_total_differs", "/expected_total"),
        ({"revision": 4}, 409, "checkout_changed", "/revision"),
        ({"occurred_at": "2027-01-01T00:00:00Z"}, 422, "occurred_in_future", "/occurred_at"),
    ],
)
def test_bad_baskets_are_refused_by_name(
    florestan: Any, till: Caller, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    problem = till.put("/checkouts/T1-8", basket(**changes)).problem(status, code)
    assert problem["pointer"] == pointer
    assert Checkout.objects.count() == 0


def test_a_long_invoice_passes(florestan: Any, till: Caller) -> None:
    sent = basket(lines=[line(product=f"p{n}", unit_price="0.01") for n in range(1_114)])
    assert till.put("/checkouts/long", sent).json()["total"] == "11.14"
    assert till.post("/checkouts/long/closure", {}).json()["evaluation"]["lines"][1113]["line_number"] == 1_114


def test_what_is_not_there_or_not_so_is_refused(florestan: Any, till: Caller) -> None:
    till.get("/checkouts/none").problem(404, "unknown_checkout")
    till.post("/checkouts/none/closure", {}).problem(404, "unknown_checkout")
    till.post("/checkouts/none/returns", {"amount": "1.00"}).problem(404, "unknown_checkout")
    till.put("/checkouts/T1-9", basket())
    till.post("/checkouts/T1-9/returns", {}).problem(409, "wrong_checkout_state")
    till.post("/checkouts/T1-9/closure", {})
    till.put("/checkouts/T1-9", basket()).problem(409, "wrong_checkout_state")
    early = {"occurred_at": "2026-03-01T09:00:00Z"}
    assert (
        till.post("/checkouts/T1-9/returns", early).problem(422, "returned_before_bought")["pointer"] == "/occurred_at"
    )
    much = till.post("/checkouts/T1-9/returns", {"lines": [{"line_number": 2, "quantity": "2"}]})
    assert much.problem(409, "more_than_bought")["pointer"] == "/lines/0/quantity"
    assert (
        till.post("/checkouts/T1-9/returns", {"amount": "49.41"}).problem(409, "more_than_bought")["pointer"]
        == "/amount"
    )


def test_a_call_sent_again_is_answered_as_the_first_time(florestan: Any, till: Caller) -> None:
    for method, path, body in (
        ("PUT", "/checkouts/K", basket()),
        ("POST", "/checkouts/K/closure", {}),
        ("POST", "/checkouts/K/returns", {"amount": "3.00"}),
    ):
        first = till.send(method, path, body, **{"Idempotency-Key": f"key {path}".replace(" ", "-")})
        again = till.send(method, path, body, **{"Idempotency-Key": f"key {path}".replace(" ", "-")})
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (first.status, first.json()) == (again.status, again.json())
    other = till.put("/checkouts/K2", basket(), key="key-/checkouts/K")
    other.problem(409, "idempotency_key_reused")


def test_rights_are_asked_for(florestan: Any) -> None:
    blind = Caller("purchase.see")
    blind.post("/checkouts:evaluate", basket()).problem(403, "denied")
    blind.put("/checkouts/X", basket()).problem(403, "denied")
    recorder = Caller("purchase.record")
    assert recorder.put("/checkouts/X", basket()).status == 200
    recorder.post("/checkouts:evaluate", basket(version=1)).problem(403, "denied")
    recorder.post("/checkouts/X/closure", {})
    recorder.post("/checkouts/X/returns", {}).problem(403, "denied")


def test_a_kept_explanation_and_odd_names_are_told_as_they_were(florestan: Any, till: Caller) -> None:
    odd = 'caf"é\\ \u2028 </script>'
    lines = [line(product=odd, taxes=[{"name": odd, "rate": "20"}]), line()]
    opened = till.put("/checkouts/T1-9", basket(lines=lines, explain=True)).json()
    told = opened["evaluation"]
    assert (told["lines"][0]["product"], told["lines"][0]["taxes"][0]["name"]) == (odd, odd)
    assert {one["rule"] for one in told["explanation"]} >= {"first"}
    kept = till.get("/checkouts/T1-9").json()
    assert (kept["evaluation"], kept["total"]) == (told, opened["total"])
    tried = till.post("/checkouts:evaluate", basket(lines=lines, explain=True)).json()
    assert {**tried, "as_of": ""} == {**told, "as_of": ""}


def test_a_tax_says_for_itself_whether_the_price_holds_it_and_no_rule_goes_below_the_lowest_price(till: Caller) -> None:
    version = programme(
        {"rules": [{"key": "half", "name": {"en": "Half", "fr": "Moitié"}, "percent_off": 50}], "format": 1}
    )
    taxes = [{"name": "vat", "rate": "20"}, {"name": "top", "rate": "10", "included": False}]
    lines = [line(unit_price="12.00", taxes=taxes), line(unit_price="12.00", lowest_price="9.00")]
    found = till.post("/checkouts:evaluate", {"currency": "EUR", "programme": version.slug, "lines": lines}).json()
    # 6.00 holds 1.00 of one tax; the other comes on top of the 5.00 without. The second line stops at 9.00.
    assert [one["total"] for one in found["lines"]] == ["6.50", "9.00"]
    assert {one["name"]: one["amount"] for one in found["taxes"]} == {"vat": "1.00", "top": "0.50"}
    refused = till.post("/checkouts:evaluate", {"currency": "EUR", "lines": [line(lowest_price="9.001")]})
    assert refused.problem(422, "malformed_amount")["pointer"] == "/lines/0/lowest_price"
