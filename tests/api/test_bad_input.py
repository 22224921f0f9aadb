"""Bad input is answered by a problem that says what and where, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.utils import translation

from fidelia.access.operations import revoke_key
from fidelia.activity.models import Purchase
from fidelia.customers.models import Customer
from fidelia.kernel.actor import Scope
from fidelia.programme.models import Enrolment
from tests.cast import AT, SYSTEM

from .caller import Caller, basket

DIGITS = "A number without a sign of at most 7 digits, and at most 3 after a point, is expected."
NOBODY = "019a5c1e-ffff-7000-8000-000000000000"


@pytest.fixture
def _nothing_is_written(florestan: Enrolment) -> Iterator[None]:
    yield
    assert Purchase.objects.count() == 0
    assert Customer.objects.count() == 1


@pytest.mark.usefixtures("_nothing_is_written")
@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"occurred_at": "2026-03-02T10:45:01+01:00"}, "occurred_in_future", "/occurred_at"),
        ({"occurred_at": "2026-03-02T10:15:00"}, "invalid_request", "/occurred_at"),
        ({"occurred_at": "2026-02-30T10:15:00Z"}, "invalid_request", "/occurred_at"),
        ({"occurred_at": 1772445300}, "invalid_request", "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "invalid_request", "/occurred_at"),
        ({"currency": "ABC"}, "unknown_currency", "/currency"),
        ({"currency": "USD"}, "wrong_currency", "/currency"),
        ({"currency": "eur"}, "invalid_request", "/currency"),
        ({"total": "49.41"}, "total_differs", "/total"),
        ({"total": "49.405"}, "malformed_amount", "/total"),
        ({"total": 49.4}, "invalid_request", "/total"),
        ({"total": "99999999999999999999"}, "invalid_request", "/total"),
        ({"total": "9999999999999999"}, "total_differs", "/total"),
        ({"lines": []}, "invalid_request", "/lines"),
        ({"lines": [{"product": "mug", "quantity": "0", "net": "1.00"}]}, "malformed_lines", "/lines/0/quantity"),
        ({"lines": [{"product": "mug", "quantity": "-1", "net": "1.00"}]}, "invalid_request", "/lines/0/quantity"),
        ({"lines": [{"product": " ", "quantity": "1", "net": "1.00"}]}, "malformed_lines", "/lines/0/product"),
        ({"lines": [{"product": "m", "quantity": "1", "net": "9999999999999.00"}]}, "malformed_lines", "/lines/0/net"),
        ({"lines": [{"product": "m", "quantity": "1", "net": "1.005"}]}, "malformed_amount", "/lines/0/net"),
        ({"lines": [{"product": "mug", "quantity": "1"}]}, "invalid_request", "/lines/0/net"),
        ({"surprise": 1}, "invalid_request", "/surprise"),
        ({"member": {}}, "invalid_request", "/member"),
        ({"member": {"customer_id": NOBODY, "identity": "card:1"}}, "invalid_request", "/member"),
        ({"member": {"identity": "no scheme"}}, "invalid_request", "/member/identity"),
        ({"channel": "pigeon"}, "invalid_request", "/channel"),
        ({"receipt_number": ""}, "invalid_request", "/receipt_number"),
        ({"receipt_number": "x" * 81}, "invalid_request", "/receipt_number"),
        ({"receipt_number": "a\x00b"}, "malformed_text", "/receipt_number"),
    ],
)
def test_what_is_wrong_with_a_purchase_is_named(till: Caller, changes: dict[str, Any], code: str, pointer: str) -> None:
    problem = till.post("/purchases", basket(**changes)).problem(422, code)
    assert problem["pointer"] == pointer


@pytest.mark.usefixtures("_nothing_is_written")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"member": {"identity": "card:unknown"}}, "unknown_member"),
        ({"member": {"customer_id": NOBODY}}, "unknown_member"),
        ({"programme": "none"}, "unknown_programme"),
        ({"store": "none"}, "store_unknown"),
    ],
)
def test_what_does_not_exist_is_not_found(till: Caller, changes: dict[str, Any], code: str) -> None:
    till.post("/purchases", basket(**changes)).problem(404, code)


@pytest.mark.usefixtures("_nothing_is_written")
def test_all_that_is_wrong_is_told_at_once(till: Caller) -> None:
    problem = till.post("/purchases", {"currency": 1, "lines": [{}]}).problem(422, "invalid_request")
    assert {mistake["pointer"] for mistake in problem["errors"]} == {
        "/receipt_number", "/occurred_at", "/currency", "/lines/0/product", "/lines/0/quantity", "/lines/0/net"
    }  # fmt: skip


@pytest.mark.usefixtures("_nothing_is_written")
def test_ten_thousand_lines_are_refused(till: Caller) -> None:
    lines = [{"product": "mug", "quantity": "1", "net": "1.00"}] * 10_000
    problem = till.post("/purchases", basket(lines=lines)).problem(422, "invalid_request")
    assert (problem["pointer"], problem["detail"]) == ("/lines", "At most 1000 are taken at once, not 10000.")


@pytest.mark.usefixtures("_nothing_is_written")
def test_a_field_that_does_not_exist_is_named_in_plain_words(till: Caller) -> None:
    problem = till.post("/purchases", basket(points="5")).problem(422, "invalid_request")
    assert (problem["pointer"], problem["detail"]) == ("/points", "There is no field of this name here.")


@pytest.mark.usefixtures("_nothing_is_written")
@pytest.mark.parametrize("bytes_", [1_000_001, 5_000_000])
def test_a_body_above_the_limit_is_not_read(till: Caller, bytes_: int) -> None:
    body = json.dumps(basket(receipt_number="x" * bytes_)).encode()
    assert till.post("/purchases", body).problem(413, "body_too_large")["details"] == {"bytes_max": 1_000_000}


@pytest.mark.usefixtures("_nothing_is_written")
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b'{"a": 1}}', 400, "malformed_json"),
        (b"\xff\xfe", 400, "malformed_json"),
        (b'{"currency": "EUR", "currency": "USD"}', 400, "malformed_json"),
        (b'{"total": NaN}', 400, "malformed_json"),
        (b'{"total": ' + b"9" * 5_000 + b"}", 400, "malformed_json"),
        (b'{"total": 1e' + b"9" * 50 + b"}", 400, "malformed_json"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "malformed_json"),
        (b"[" * 40 + b"]" * 40, 400, "malformed_json"),
        (b'{"receipt_number": "\\ud800"}', 422, "malformed_text"),
        (b'{"receipt_number": "\\u0000"}', 422, "malformed_text"),
        (b'{"\\u0000": 1}', 422, "malformed_text"),
        (b'{"total": 99999999999999999999999999}', 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b"null", 422, "invalid_request"),
        (b'"text"', 422, "invalid_request"),
        (b"", 422, "invalid_request"),
    ],
)
def test_what_cannot_be_read_is_told(till: Caller, body: bytes, status: int, code: str) -> None:
    till.post("/purchases", body).problem(status, code)


@pytest.mark.parametrize("length", ["x", "-1", "9" * 5_000])
def test_a_length_that_is_none_is_told(till: Caller, length: str) -> None:
    answer = till.client.get("/api/v1/key", CONTENT_LENGTH=length)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_pairs_of_surrogates_and_escaped_backslashes_are_text_like_any_other(till: Caller) -> None:
    body = b'{"given_name": "\\ud83d\\ude00", "family_name": "a\\\\u0000b"}'
    said = till.post("/customers", body).json()
    assert (said["given_name"], said["family_name"]) == ("😀", "a\\u0000b")


@pytest.mark.usefixtures("_nothing_is_written")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_only_plain_json_is_taken(till: Caller, headers: dict[str, str]) -> None:
    till.post("/purchases", basket(), **headers).problem(415, "wrong_content_type")


def test_only_json_is_given(till: Caller) -> None:
    till.get("/key", Accept="text/html").problem(406, "not_acceptable")
    for accepted in ("*/*", "application/json", "text/html, application/*;q=0.1"):
        assert till.get("/key", Accept=accepted).status == 200


def test_unknown_addresses_and_methods_are_problems_too(till: Caller) -> None:
    for path in ("/", "/nothing", "/customers/not-an-id", "/customers/", "/purchases/\x00"):
        till.get(path).problem(404, "no_such_address")
    answer = till.send("DELETE", "/customers", None)
    answer.problem(405, "wrong_method")
    assert answer.headers["Allow"] == "GET, POST"
    assert till.send("PUT", "/key", {}).headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=%2B5", "limit"),
        ("updated_since=2026-03-02", "updated_since"),
        ("customer_id=1", "customer_id"),
        ("update_since=2026-03-02T00:00:00Z", "update_since"),
    ],
)
def test_a_wrong_parameter_is_named(till: Caller, query: str, parameter: str) -> None:
    problem = till.get(f"/purchases?{query}").problem(422, "invalid_request")
    assert problem["errors"][0]["parameter"] == parameter


def test_a_parameter_with_a_nul_is_refused(till: Caller) -> None:
    till.get("/customers?text=%00").problem(422, "malformed_text")


@pytest.mark.parametrize("cursor", ["x", "W10:1", "a" * 1_999, "%F0%9F%98%80"])
def test_a_cursor_that_was_made_up_is_refused(till: Caller, cursor: str) -> None:
    till.get(f"/purchases?after={cursor}").problem(422, "malformed_cursor")
    till.get(f"/customers?after={cursor}").problem(422, "malformed_cursor")


@pytest.mark.usefixtures("_nothing_is_written")
def test_a_write_needs_its_idempotency_key(till: Caller) -> None:
    for path, body in (("/purchases", basket()), ("/customers", {"given_name": "Fidelio"})):
        till.post(path, body, **{"Idempotency-Key": ""}).problem(400, "idempotency_key_required")
        till.post(path, body, key="x" * 256).problem(400, "malformed_idempotency_key")
        till.post(path, body, key="clé").problem(400, "malformed_idempotency_key")
        till.post(path, body, key="a b").problem(400, "malformed_idempotency_key")


def test_who_presents_no_good_key_is_not_let_in(till: Caller) -> None:
    for text, code in (("", "key_missing"), ("Basic eDp5", "key_missing"), ("Bearer", "key_missing"),
                       ("Bearer live_x", "key_unknown"), (f"Bearer {till.text[:-1]}!", "key_unknown")):  # fmt: skip
        answer = till.get("/key", Authorization=text)
        answer.problem(401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    revoke_key(by=SYSTEM, at=AT, key_id=till.key.id)
    till.get("/key").problem(401, "key_revoked")


@pytest.mark.usefixtures("_nothing_is_written")
def test_without_the_right_it_is_denied_and_named() -> None:
    pizarro = Caller("store.see")
    assert pizarro.post("/purchases", basket()).problem(403, "denied")["details"] == {"right": "purchase.record"}
    pizarro.post("/customers", {"given_name": "Pizarro"}).problem(403, "denied")
    for path in ("/customers", "/purchases", f"/purchases/{NOBODY}", f"/customers/{NOBODY}", "/programmes",
                 f"/enrolments/{NOBODY}", f"/enrolments/{NOBODY}/balance", f"/purchases/{NOBODY}/decision",
                 "/products/mug"):  # fmt: skip
        pizarro.get(path).problem(403, "denied")


def test_an_incident_is_a_problem_with_its_id(
    till: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("fidelia.api.customers.get_customer_card", fail)
    problem = till.get(f"/customers/{NOBODY}", **{"X-Request-Id": "r-1"}).problem(500, "incident")
    assert problem["details"] == {"incident": "r-1"}
    assert "secret" not in json.dumps(problem)
    assert "incident r-1" in caplog.text


def test_what_belongs_to_another_partner_is_as_unknown_as_what_does_not_exist(
    till: Caller, florestan: Enrolment
) -> None:
    sale = till.post("/purchases", basket()).json()["id"]
    stranger = Caller(scope=Scope(partner_id=UUID(int=7)))
    back = {"receipt_number": "b", "occurred_at": "2026-03-02T10:15:00+01:00"}
    word = {"purpose": "marketing", "channel": "email", "given": True, "proof": {"place": "till"}}
    for method, path, body, code in (
        ("GET", "/customers/{}", None, "unknown_customer"),
        ("PATCH", "/customers/{}", {"town": "Lisboa"}, "unknown_customer"),
        ("POST", "/customers/{}/consents", word, "unknown_customer"),
        ("GET", "/customers/{}/consents", None, "unknown_customer"),
        ("GET", "/enrolments/{}", None, "unknown_enrolment"),
        ("GET", "/enrolments/{}/balance", None, "unknown_enrolment"),
        ("GET", "/enrolments/{}/entries", None, "unknown_enrolment"),
        ("POST", "/enrolments/{}/closure", None, "unknown_enrolment"),
        ("GET", "/purchases/{}", None, "unknown_purchase"),
        ("GET", "/purchases/{}/decision", None, "unknown_purchase"),
        ("POST", "/purchases/{}/returns", back, "unknown_purchase"),
    ):
        theirs = {"customers": florestan.customer_id, "enrolments": florestan.id, "purchases": sale}[path.split("/")[1]]
        answers = [
            stranger.send(method, path.format(id_), body, **{"Idempotency-Key": str(id_)}) for id_ in (theirs, NOBODY)
        ]
        assert answers[0].problem(404, code) == answers[1].problem(404, code)
    assert stranger.get("/customers").json()["data"] == []
    assert stranger.get("/purchases").json()["data"] == []
    stranger.get(f"/enrolments?customer_id={florestan.customer_id}").problem(404, "unknown_customer")
    stranger.get("/customers?identity=card:2990441788200").problem(404, "unknown_customer")


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("0.3505", DIGITS),
        ("1,5", DIGITS),
        (1.5, "A text is expected; a number stands in quotation marks, so that no decimal is lost."),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("florestan")
def test_a_number_that_cannot_be_read_is_told_in_words(till: Caller, quantity: Any, said: str) -> None:
    lines = [{"product": "mug", "quantity": quantity, "net": "1.00"}]
    answer = till.post("/purchases", basket(lines=lines))
    assert answer.problem(422, "invalid_request")["detail"] == said


@pytest.mark.usefixtures("florestan")
def test_a_refusal_is_in_the_language_that_is_asked_for_whatever_page_came_before(till: Caller) -> None:
    wanted = {
        "currency": "EUR", "coupons": ["NOPE"], "lines": [{"product": "mug", "quantity": "1", "unit_price": "1.00"}],
    }  # fmt: skip
    for language, said in (("", "No coupon has this code."), ("fr-FR,fr;q=0.9", "Aucun coupon ne porte ce code.")):
        with translation.override("fr" if not language else "en"):
            answer = till.post("/checkouts/T-1/closure", {"basket": wanted}, **{"Accept-Language": language})
        assert answer.problem(404, "unknown_coupon")["detail"] == said
