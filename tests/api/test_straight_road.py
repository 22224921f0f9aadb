"""The straight road: it answers what the door answers, and leaves to the door whatever is not plain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from psycopg import OperationalError

from fidelia.activity.models import Purchase
from fidelia.api.straight import StraightRoad
from fidelia.kernel.actor import Scope
from fidelia.programme.models import Enrolment

from . import test_checkouts as of_checkouts
from .caller import Caller, basket

PATH = "/api/v1/purchases"
CLOSURE = "/api/v1/checkouts/till-3-17/closure"


@dataclass
class Answered:
    status: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Roads:
    """Both ways into the API, and how often the straight one left a request to the door."""

    door: Callable[..., Iterable[bytes]] = field(default_factory=get_wsgi_application)
    left: int = 0

    def by_the_door(self, environ: dict[str, Any]) -> Answered:
        return _send(self.door, environ)

    def straight(self, environ: dict[str, Any]) -> Answered:
        return _send(StraightRoad(self._door), environ)

    def _door(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.left += 1
        return self.door(environ, start_response)


def _send(application: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Answered:
    got: list[Any] = []
    given = {**environ, "wsgi.input": BytesIO(environ["sent"])}
    body = b"".join(application(given, lambda status, headers: got.extend([status, dict(headers)])))
    return Answered(got[0], got[1], body)


def request_of(till: Caller, body: Any, **changes: str | None) -> dict[str, Any]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": PATH, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {till.text}", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(sent)),
        "HTTP_IDEMPOTENCY_KEY": str(uuid4()), "HTTP_X_REQUEST_ID": "the-same", "wsgi.url_scheme": "http", "sent": sent,
    }  # fmt: skip
    environ |= changes
    return {name: value for name, value in environ.items() if value is not None}


@pytest.fixture
def roads() -> Iterator[Roads]:
    """Both roads; the connection, which the test has opened, stays open, as with Django's own client."""
    request_started.disconnect(close_old_connections)
    yield Roads()
    request_started.connect(close_old_connections)


def test_a_purchase_is_recorded_without_the_door(roads: Roads, till: Caller, florestan: Enrolment) -> None:
    answer = roads.straight(request_of(till, basket(total="49.40", store=None, source="web")))
    assert (answer.status, roads.left) == ("201 Created", 0)
    assert answer.json()["points"] == str(Purchase.objects.get().points) != "0"


def test_both_roads_give_a_purchase_the_same_answer(roads: Roads, till: Caller, florestan: Enrolment) -> None:
    known = ("id", "receipt_number", "balance_after")
    roads.straight(request_of(till, basket()))  # the first purchase of a member gives more
    straight = roads.straight(request_of(till, basket()))
    door = roads.by_the_door(request_of(till, basket()))
    for answer in (straight, door):
        assert answer.headers.pop("RateLimit").startswith('"key";r=')
        assert answer.headers.pop("Content-Length") == str(len(answer.body))
    assert (straight.status, straight.headers, list(straight.json())) == (door.status, door.headers, list(door.json()))
    assert {name: value for name, value in straight.json().items() if name not in known} == {
        name: value for name, value in door.json().items() if name not in known
    }


@pytest.mark.parametrize("first", ["straight", "by_the_door"])
def test_what_one_road_recorded_the_other_repeats(roads: Roads, till: Caller, florestan: Enrolment, first: str) -> None:
    request = request_of(till, basket())
    second = {"straight": "by_the_door", "by_the_door": "straight"}[first]
    made, repeated = getattr(roads, first)(request), getattr(roads, second)(request)
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert (made.status, made.body) == (repeated.status, repeated.body)
    assert Purchase.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff", b'{"a": 1, "a": 2}', b'{"receipt_number": "\\u0000"}', b"[" * 40, b"1e999",
        basket(currency="XXX"), basket(currency="EURO"), basket(lines=[]), basket(total="1.001"), basket(total=49.4),
        basket(occurred_at="2026-03-02T10:15:00"), basket(occurred_at="2031-01-01T00:00:00Z"), basket(more=1),
        basket(member={}), basket(member={"identity": "card"}), basket(member={"identity": "card:0"}),
        basket(programme="none"), basket(store="none"), basket(total="1.00"), basket(receipt_number=""),
        basket(lines=[{"product": " ", "quantity": "1", "net": "1.00"}]),
        basket(lines=[{"product": "a", "quantity": "0", "net": "1.00"}]),
        basket(lines=[{"product": "a", "quantity": "1", "net": "1.00"}] * 1_001), basket(channel="moon"),
    ],
)  # fmt: skip
def test_a_bad_body_gets_the_answer_of_the_door(roads: Roads, till: Caller, florestan: Enrolment, body: Any) -> None:
    request = request_of(till, body)
    assert equal(roads.straight(request), roads.by_the_door(request))
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"HTTP_AUTHORIZATION": None}, {"HTTP_AUTHORIZATION": "Bearer "}, {"HTTP_AUTHORIZATION": "Bearer  x"},
        {"HTTP_AUTHORIZATION": "Basic eA=="}, {"HTTP_AUTHORIZATION": "Bearer live_x"},
        {"HTTP_AUTHORIZATION": f"Bearer live_{'0' * 16}_{'x' * 43}"}, {"HTTP_IDEMPOTENCY_KEY": None},
        {"HTTP_IDEMPOTENCY_KEY": "a b"}, {"HTTP_IDEMPOTENCY_KEY": "é" * 3}, {"HTTP_IDEMPOTENCY_KEY": "k" * 256},
        {"CONTENT_TYPE": "text/plain"}, {"CONTENT_TYPE": "application/json; charset=latin-1"}, {"CONTENT_TYPE": None},
        {"HTTP_CONTENT_ENCODING": "gzip"}, {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": None},
        {"QUERY_STRING": "dry_run=1"}, {"HTTP_ACCEPT": "text/html"}, {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "1_000"}, {"CONTENT_LENGTH": "9" * 12}, {"CONTENT_LENGTH": "1000001"},
        {"REQUEST_METHOD": "PUT"}, {"PATH_INFO": f"{PATH}/"}, {"HTTP_X_REQUEST_ID": "", "HTTP_AUTHORIZATION": "x"},
    ],
)  # fmt: skip
def test_an_odd_request_gets_the_answer_of_the_door(
    roads: Roads, till: Caller, florestan: Enrolment, changes: dict[str, str | None]
) -> None:
    request = request_of(till, basket(), **changes)
    straight, door = roads.straight(request), roads.by_the_door(request)
    if not request["HTTP_X_REQUEST_ID"]:
        assert straight.headers.pop("X-Request-Id") != door.headers.pop("X-Request-Id")
    assert equal(straight, door)
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize("accept", ["application/json, */*;q=0.1", "text/html, application/json"])
def test_an_odd_but_good_request_is_served_by_the_door(
    roads: Roads, till: Caller, florestan: Enrolment, accept: str
) -> None:
    assert roads.straight(request_of(till, basket(), HTTP_ACCEPT=accept)).status == "201 Created"
    assert roads.left == 1


def test_a_key_without_the_right_is_denied_alike(roads: Roads, florestan: Enrolment) -> None:
    request = request_of(Caller("purchase.see"), basket())
    assert equal(roads.straight(request), roads.by_the_door(request))
    assert roads.left == 0


def test_a_key_that_asks_too_often_is_told_alike(roads: Roads, florestan: Enrolment) -> None:
    till = Caller("purchase.record", limit=1)
    assert roads.straight(request_of(till, basket())).status == "201 Created"
    request = request_of(till, basket())
    straight, door = roads.straight(request), roads.by_the_door(request)
    assert straight.status == "429 Too Many Requests"
    assert (straight.headers, straight.body) == (door.headers, door.body)


def test_a_test_key_acts_on_sandboxes_only(roads: Roads, florestan: Enrolment) -> None:
    request = request_of(Caller(mode="test"), basket(programme="fidelio"))
    assert equal(roads.straight(request), roads.by_the_door(request))


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_costs_nobody_a_refusal(roads: Roads) -> None:
    request = request_of(Caller("purchase.record"), basket(member=None))
    before = roads.straight(request)
    with connection.cursor() as cursor:
        cursor.execute("set role none")
    with pytest.raises(OperationalError):
        connection.connection.execute("select pg_terminate_backend(pg_backend_pid())")
    after = roads.straight({**request, "HTTP_IDEMPOTENCY_KEY": str(uuid4())})
    assert (after.status, roads.left) == (before.status, 1)


@pytest.mark.django_db(transaction=True)
def test_our_own_mistake_is_an_incident_alike(roads: Roads, monkeypatch: pytest.MonkeyPatch) -> None:
    request = request_of(Caller("purchase.record"), basket(member=None))
    monkeypatch.setattr("fidelia.api.activity.record_purchase", lambda **_: 1 // 0)
    straight = roads.straight(request)
    assert straight.status == "500 Internal Server Error"
    assert equal(straight, roads.by_the_door(request))


def equal(straight: Answered, door: Answered) -> bool:
    for answer in (straight, door):
        answer.headers.pop("RateLimit", None)  # the second request finds one less
    assert (straight.status, straight.headers, straight.body) == (door.status, door.headers, door.body)
    return True


def test_a_checkout_is_evaluated_alike(roads: Roads, till: Caller, florestan: Enrolment) -> None:
    request = request_of(till, of_checkouts.basket(explain=True), PATH_INFO="/api/v1/checkouts:evaluate")
    assert roads.straight(request).status == "200 OK"
    assert equal(roads.straight(request), roads.by_the_door(request))
    assert roads.left == 0


@pytest.mark.parametrize(
    "changes", [{"currency": "XXX"}, {"lines": []}, {"more": 1}, {"member": {"identity": "card:0"}}]
)
def test_a_bad_basket_gets_the_answer_of_the_door(
    roads: Roads, till: Caller, florestan: Enrolment, changes: dict[str, Any]
) -> None:
    request = request_of(till, of_checkouts.basket(**changes), PATH_INFO="/api/v1/checkouts:evaluate")
    assert equal(roads.straight(request), roads.by_the_door(request))


@pytest.mark.parametrize(("first", "second"), [("straight", "by_the_door"), ("by_the_door", "straight")])
def test_a_closure_of_one_road_is_repeated_by_the_other(
    roads: Roads, till: Caller, florestan: Enrolment, first: str, second: str
) -> None:
    request = request_of(till, {"basket": of_checkouts.basket()}, PATH_INFO=CLOSURE)
    made, repeated = getattr(roads, first)(request), getattr(roads, second)(request)
    assert made.status == "201 Created"
    assert (made.body, repeated.headers["Idempotency-Replayed"], roads.left) == (repeated.body, "true", 0)


def test_a_stranger_learns_nothing_of_a_checkout_on_either_road(roads: Roads, florestan: Enrolment) -> None:
    stranger = Caller("purchase.record", scope=Scope(partner_id=UUID(int=7)))
    request = request_of(stranger, {"basket": of_checkouts.basket()}, PATH_INFO=CLOSURE)
    assert roads.straight(request).status == "404 Not Found"
    assert equal(roads.straight(request), roads.by_the_door(request))
