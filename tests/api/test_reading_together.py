"""Purchases are read by one statement, with no more of each member than the rules of the version in force ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from fidelia.activity.fields import CHECKOUT_FIELDS, purchase_catalogue
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import purchases, rule_reads
from fidelia.activity.operations.rule_reads import PARTS, parts_read
from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.persons.operations import merge_customers
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import draft_version, end_enrolment, publish_version
from tests.cast import AT, SYSTEM
from tests.programme.cast import DOCUMENT, member, programme
from tests.subscriptions.shop import PLUS, have

from .caller import Caller, basket
from .test_straight_road import Answered, Roads, request_of, roads

__all__ = ["roads"]
BASE = DOCUMENT["rules"][0]


@pytest.fixture(autouse=True)
def _a_process_that_has_decided_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_reads, "_lately", {})


def rule(key: str, when: str, points: str) -> dict[str, Any]:
    return {"key": key, "name": {"en": key, "fr": key}, "when": when, "points": points}


READ_BY = {
    "first": rule("first", "purchase.is_first", "50"),
    "tier": rule("tier", 'member.tier == "connaisseur"', "7"),
    "customer": rule("customer", 'customer.country == "FR" && !purchase.is_birthday', "3"),
    "plans": rule("plans", '"plus" in customer.plans', "11"),
    "offers": rule("offers", '"double_week" in customer.offers', "13"),
}


def document(*parts: str) -> dict[str, Any]:
    return {**DOCUMENT, "rules": [BASE, *(READ_BY[part] for part in parts)], "plans": [PLUS]}


def publish(circle: Programme, *parts: str) -> None:
    version = draft_version(by=SYSTEM, at=AT, programme=circle, document=document(*parts))
    publish_version(by=SYSTEM, at=AT, version=version, in_force_from=AT)


def buy(roads: Roads, till: Caller, **changes: Any) -> Answered:
    answer = roads.straight(request_of(till, basket(**changes)))
    assert roads.left == 0
    return answer


def points_of(answer: Answered) -> int:
    assert answer.status == "201 Created", answer.body
    return int(answer.json()["points"])


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was read for each purchase of the straight road."""
    found: list[dict[str, Any]] = []
    surroundings_in = purchases.surroundings_in

    def kept(text: str, request: Any) -> Any:
        found.append(json.loads(text))
        return surroundings_in(text, request)

    monkeypatch.setattr(purchases, "surroundings_in", kept)
    return found


@pytest.mark.django_db
def test_each_field_that_a_purchase_has_says_what_it_is_made_of() -> None:
    of_checkouts = {field.path for field in CHECKOUT_FIELDS}
    for field in purchase_catalogue("EUR", ()).fields:
        if field.path not in of_checkouts:
            assert parts_read([field.path]) != PARTS, f"{field.path}: say in rule_reads.PARTS_OF what it is made of"


@pytest.mark.parametrize(
    ("paths", "parts"),
    [
        (["lines", "lines.net", "purchase.total", "purchase.weekday"], ()),
        (["purchase.is_first", "lines.category"], ("first",)),
        (["customer.entitlements"], ("tier", "plans")),
        (["trait.rfm_segment"], ("customer",)),
        (["custom.skin_type"], ("customer",)),
        (["customer.segments", "purchase.is_birthday"], ("customer",)),
        (["history.spent(30)"], ()),
        (["purchase.what_is_invented_next_year"], PARTS),
    ],
)
def test_rules_read_these_parts(paths: list[str], parts: tuple[str, ...]) -> None:
    assert parts_read(paths) == parts


@pytest.mark.parametrize("part", list(READ_BY))
def test_a_purchase_reads_what_its_rules_read_and_is_decided_as_one_that_reads_all(
    roads: Roads, till: Caller, answers: list[dict[str, Any]], part: str
) -> None:
    who = member(programme(document(part)))
    have(who, "plus", AT - timedelta(days=2))
    first, second, third = (buy(roads, till) for _purchase in range(3))
    rule_reads._lately.clear()
    fourth = buy(roads, till)
    assert [answer["read"] for answer in answers] == [None, [part], [part], None]
    assert points_of(second) == points_of(third) == points_of(fourth)
    assert (points_of(first) > points_of(second)) == (part == "first")
    records = [decision.record for decision in DecisionRecord.objects.order_by("sequence")[1:]]
    assert records[0]["values"] == records[1]["values"] == records[2]["values"]


@pytest.mark.parametrize("part", ["customer", "plans"])
def test_a_rule_published_a_moment_ago_finds_what_it_reads(
    roads: Roads, till: Caller, answers: list[dict[str, Any]], part: str
) -> None:
    circle = programme(document())
    have(member(circle), "plus", AT - timedelta(days=2))
    before = [points_of(buy(roads, till)) for _purchase in range(2)]
    publish(circle, part)
    after = points_of(buy(roads, till, occurred_at=AT.isoformat()))
    assert [answer["read"] for answer in answers] == [None, [], None]
    assert (before[0], after - before[1]) == (before[1], int(READ_BY[part]["points"]))


def test_without_the_guard_of_the_version_it_would_not(roads: Roads, till: Caller) -> None:
    circle = programme(document())
    have(member(circle), "plus", AT - timedelta(days=2))
    buy(roads, till)
    with connection.cursor() as cursor:
        cursor.execute("set role none")
        cursor.execute("select pg_get_functiondef('activity_around_together'::regproc)")
        (text,) = cursor.fetchone()
        assert "version_id is distinct from version or " in text
        cursor.execute(text.replace("version_id is distinct from version or ", ""))
        cursor.execute("set role fidelia_app")
    publish(circle, "plans")
    answer = buy(roads, till, occurred_at=AT.isoformat())
    assert (answer.status[:3], answer.json()["pointer"]) == ("422", "/customer.plans")
    assert Purchase.objects.count() == 1


def read_both_ways(till: Caller, **asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What activity_begin and activity_begin_together say of the same purchase."""
    given = {
        "key": "k", "programme": None, "customer": None, "scheme": None, "identity": None, "store": None,
        "codes": ["moka", "mug"], "at": AT.isoformat(), "version": None, "reads": None, **asked,
    }  # fmt: skip
    alone = "select activity_begin(%s, %s, %s, %s, %s::uuid, %s, %s, %s, %s::text[], %s::timestamptz, false)"
    owner = f"key:{till.key.id}"
    values = [owner, *(given[name] for name in ("key", "programme"))]
    named = [given[name] for name in ("customer", "scheme", "identity", "store", "codes", "at")]
    with connection.cursor() as cursor:
        cursor.execute(alone, [*values, False, *named])
        one = json.loads(cursor.fetchone()[0])
        cursor.execute(
            "select activity_begin_together(array[%s, null, %s]::uuid[], array[false, null, false], %s::json)",
            [till.key.id, till.key.id, json.dumps([{**given, "key": "another"}, given, given], default=str)],
        )
        answered = [row[0] for row in cursor.fetchall()]
    assert (len(answered), answered[1]) == (3, None), "of a key that was refused nothing is read"
    other = json.loads(answered[2])
    assert other.pop("read") is None
    plans, offers = other.pop("plans"), other.pop("offers")
    if other["customer"] is not None:
        other["customer"] |= {"plans": plans, "offers": offers}
    if one["customer_id"] is None:
        one.pop("is_first"), other.pop("is_first")
    if one["products"] == {}:
        one["products"] = None
    return one, other


def merged(florestan: Enrolment) -> dict[str, Any]:
    old = add_customer(
        by=SYSTEM, at=AT, customer=NewCustomer(source="till", given_name="F.", identities=(("card", "2990441799999"),))
    )
    merge_customers(by=SYSTEM, at=AT, customer_id=old.id, into=florestan.customer_id)
    return {"customer": old.id}


def ended(florestan: Enrolment) -> dict[str, Any]:
    end_enrolment(by=SYSTEM, at=AT + timedelta(hours=1), enrolment=florestan)
    return {"customer": florestan.customer_id}


@pytest.mark.parametrize(
    "asked",
    [
        lambda _florestan: {},
        lambda _florestan: {"programme": "cercle", "scheme": "card", "identity": "2990441788200"},
        lambda florestan: {"customer": florestan.customer_id, "store": "nowhere"},
        lambda _florestan: {"customer": UUID(int=7)},
        lambda _florestan: {"scheme": "card", "identity": "2990441700000"},
        lambda _florestan: {"programme": "another"},
        lambda florestan: {"customer": florestan.customer_id, "at": (AT - timedelta(days=3_000)).isoformat()},
        merged,
        ended,
    ],
)
def test_it_reads_in_a_set_what_it_reads_alone(
    till: Caller, florestan: Enrolment, asked: Callable[[Enrolment], dict[str, Any]]
) -> None:
    alone, in_set = read_both_ways(till, **asked(florestan))
    assert in_set == alone


def test_it_knows_a_request_in_a_set_as_alone(roads: Roads, till: Caller, florestan: Enrolment) -> None:
    key = str(uuid4())
    buy_request = request_of(till, basket(), HTTP_IDEMPOTENCY_KEY=key)
    first, again = roads.straight(buy_request), roads.straight(buy_request)
    assert first.body == again.body
    assert again.headers["Idempotency-Replayed"] == "true"
    alone, in_set = read_both_ways(till, key=key, customer=florestan.customer_id)
    assert alone["known"] == in_set["known"] is not None


def test_a_person_who_was_merged_is_new_to_nobody(roads: Roads, till: Caller, florestan: Enrolment) -> None:
    """The part `first` alone asks for all records of a person."""
    named = merged(florestan)
    assert Customer.objects.count() == 2
    first = points_of(buy(roads, till, member={"customer_id": str(named["customer"])}))
    second = points_of(buy(roads, till))
    assert first - second == 50
