"""A request sent again with its key changes nothing and is answered again; a key with another request is refused."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from fidelia.activity.models import Purchase
from fidelia.customers.models import Consent, Customer, FactChange
from fidelia.programme.models import Enrolment
from tests.programme.cast import florestan as florestan_of
from tests.programme.cast import programme

from .caller import Answer, Caller, basket

FLORESTAN = {"given_name": "Florestan", "identities": ["card:2990441788200"]}


def is_replay(answer: Answer) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


def test_a_purchase_sent_again_is_the_same_purchase(till: Caller, florestan: Enrolment) -> None:
    body = basket()
    first, again = till.post("/purchases", body, key="k"), till.post("/purchases", body, key="k")
    assert (first.status, again.status) == (201, 201)
    assert first.json() == again.json()
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert Purchase.objects.count() == 1


def test_a_return_sent_again_is_the_same_return(till: Caller, florestan: Enrolment) -> None:
    sale = till.post("/purchases", basket()).json()["id"]
    body = {"receipt_number": "back", "occurred_at": "2026-03-02T10:20:00+01:00"}
    first, again = (till.post(f"/purchases/{sale}/returns", body, key="k") for _ in range(2))
    assert first.json() == again.json()
    assert (is_replay(first), is_replay(again)) == (False, True)


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        ("/purchases", basket(receipt_number="1"), basket(receipt_number="2")),
        ("/customers", FLORESTAN, {"given_name": "Fidelio"}),
        ("/products", {"products": [{"code": "mug"}]}, {"products": [{"code": "cup"}]}),
    ],
)
def test_a_key_with_another_body_is_refused(till: Caller, path: str, body: Any, other: Any) -> None:
    programme()
    florestan_of("card-of-nobody")
    body, other = ({**one, "member": None} if path == "/purchases" else one for one in (body, other))
    assert till.post(path, body, key="k").status in (200, 201)
    customers = Customer.objects.count()
    till.post(path, other, key="k").problem(409, "idempotency_key_reused")
    assert Customer.objects.count() == customers


def test_a_customer_added_again_is_the_same_customer_as_it_is_now(till: Caller) -> None:
    first = till.post("/customers", FLORESTAN, key="k")
    till.patch(f"/customers/{first.json()['id']}", {"town": "Lyon"})
    again = till.post("/customers", FLORESTAN, key="k")
    assert (again.status, is_replay(again)) == (201, True)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["town"] == "Lyon"
    assert Customer.objects.count() == 1


def test_the_order_of_names_and_spaces_do_not_make_another_request(till: Caller) -> None:
    till.post("/customers", b'{"given_name": "Florestan", "town": "Lyon"}', key="k")
    assert is_replay(till.post("/customers", b'{ "town":"Lyon","given_name":"Florestan" }', key="k"))


def test_changes_and_consents_and_memberships_come_again_too(till: Caller) -> None:
    programme()
    customer = till.post("/customers", FLORESTAN).json()["id"]
    consent = {"purpose": "marketing", "channel": "email", "given": True, "proof": {"place": "till 3"}}
    for path, body in (
        (f"/customers/{customer}/consents", consent),
        ("/enrolments", {"customer_id": customer}),
    ):
        first, again = till.post(path, body, key=path), till.post(path, body, key=path)
        assert first.status == 201, first.json()
        assert (first.json(), is_replay(again)) == (again.json(), True)
    enrolment = Enrolment.objects.get()
    for _ in range(2):
        ended = till.post(f"/enrolments/{enrolment.id}/closure", key="end")
        assert ended.json()["ended_at"] is not None
    for _ in range(2):
        changed = till.patch(f"/customers/{customer}", {"town": "Lyon"}, key="town")
    assert (is_replay(ended), is_replay(changed)) == (True, True)
    assert (Consent.objects.count(), FactChange.objects.count()) == (1, 1)


def test_two_keys_may_use_the_same_text(till: Caller) -> None:
    other = Caller()
    ids = {caller.post("/customers", {"given_name": "Florestan"}, key="k").json()["id"] for caller in (till, other)}
    assert len(ids) == 2


def test_what_was_refused_may_come_again(till: Caller) -> None:
    till.post("/customers", {"given_name": ""}, key="k").problem(422, "nameless_customer")
    assert till.post("/customers", {"given_name": "Florestan"}, key="k").status == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/customers", "/purchases"])
def test_of_two_at_the_same_moment_one_is_served_and_the_other_is_told(path: str) -> None:
    till = Caller()
    if path == "/purchases":
        florestan_of()
        programme()
    body = FLORESTAN if path == "/customers" else basket(member=None)
    answers: list[Answer] = []
    gate = threading.Barrier(4)

    def send() -> None:
        gate.wait()
        answers.append(till.post(path, body, key="k"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [201] * 4, [answer.body for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(is_replay(answer) for answer in answers) == [False, True, True, True]
    assert (Customer if path == "/customers" else Purchase).objects.count() == 1
