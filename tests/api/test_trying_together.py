"""Baskets that are tried or closed are read in a set, with no more of each member than the rules in force ask."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from fidelia.activity.operations import rule_reads
from fidelia.activity.operations.checkouts import evaluating
from fidelia.activity.operations.checkouts import reading as checkout_reading
from fidelia.programme.models import Enrolment
from tests.cast import AT
from tests.programme.cast import member, programme
from tests.subscriptions.shop import have

from . import test_checkouts as of_checkouts
from .caller import Caller
from .test_reading_together import READ_BY, document, publish
from .test_straight_road import Answered, Roads, request_of, roads

__all__ = ["roads"]
LIMITED = {
    "key": "opening", "name": {"en": "Opening", "fr": "Ouverture"}, "percent_off": 10,
    "limits": [{"of": "money", "at_most": "100"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _a_process_that_has_tried_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_reads, "_tried_lately", {})


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was read for each basket."""
    found: list[dict[str, Any]] = []
    read_untouched = evaluating.read_untouched

    def kept(*given: Any, **named: Any) -> Any:
        found.append(json.loads(named["found"]))
        return read_untouched(*given, **named)

    monkeypatch.setattr(evaluating, "read_untouched", kept)
    return found


def evaluate(roads: Roads, till: Caller, **changes: Any) -> Answered:
    body = of_checkouts.basket(explain=True, **changes)
    answer = roads.straight(request_of(till, body, PATH_INFO="/api/v1/checkouts:evaluate"))
    assert (answer.status, roads.left) == ("200 OK", 0), answer.body
    return answer


def told(answer: Answered) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "as_of"}


@pytest.mark.parametrize("part", list(READ_BY))
def test_a_basket_reads_what_its_rules_read_and_comes_to_the_same(
    roads: Roads, till: Caller, answers: list[dict[str, Any]], part: str
) -> None:
    who = member(programme(document(part)))
    have(who, "plus", AT - timedelta(days=2))
    first, second, third = (told(evaluate(roads, till)) for _basket in range(3))
    parts = [one for one in rule_reads.PARTS if one in ("tier", part)]
    assert [answer["around"]["read"] for answer in answers] == [None, parts, parts]
    assert [bool(answer["rewards"]) for answer in answers] == [True, False, False]
    assert first == second == third
    assert any(outcome["rule"] == part for outcome in first["explanation"])


@pytest.mark.parametrize("part", ["customer", "plans"])
def test_a_rule_published_a_moment_ago_finds_what_it_reads(
    roads: Roads, till: Caller, answers: list[dict[str, Any]], part: str
) -> None:
    circle = programme(document())
    have(member(circle), "plus", AT - timedelta(days=2))
    before = [told(evaluate(roads, till))["points"] for _basket in range(2)]
    publish(circle, part)
    after = told(evaluate(roads, till))["points"]
    assert [answer["around"]["read"] for answer in answers] == [None, ["tier"], None]
    assert [int(after) - int(one) for one in before] == [int(READ_BY[part]["points"])] * 2


def test_drafts_find_what_they_read(roads: Roads, till: Caller, answers: list[dict[str, Any]]) -> None:
    author = Caller("purchase.record", "programme.see")
    have(member(programme(document())), "plus", AT - timedelta(days=2))
    before = [told(evaluate(roads, author))["points"] for _basket in range(2)]
    tried = told(evaluate(roads, author, drafts=[READ_BY["plans"]]))["points"]
    assert [answer["around"]["read"] for answer in answers] == [None, ["tier"], None]
    assert int(tried) - int(before[1]) == int(READ_BY["plans"]["points"])


def test_what_is_left_of_a_limit_is_read_where_a_rule_has_one(
    roads: Roads, till: Caller, answers: list[dict[str, Any]]
) -> None:
    member(programme({**document(), "rules": [*document()["rules"], LIMITED]}))
    first, second = (told(evaluate(roads, till)) for _basket in range(2))
    assert (answers[1]["around"]["read"], answers[1]["rewards"]["limits"]) == (["tier", "limits"], [])
    assert first == second
    assert first["discount"] != "0.00"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"coupons": ["WELCOME", "NONE"], "cards": ["GC-1"]},
        {"wants_points": True},
        {"wants_points": True, "scheme": None, "identity": None},
        {"scheme": "card", "identity": "2990441700000", "wants_points": True},
        {"slug": "another"},
        {"store": "nowhere", "customer": UUID(int=7), "scheme": None, "identity": None},
    ],
)
def test_it_reads_in_a_set_what_a_lone_basket_reads(till: Caller, florestan: Enrolment, asked: dict[str, Any]) -> None:
    given = {
        "slug": None, "customer": None, "scheme": "card", "identity": "2990441788200", "store": None,
        "codes": ["moka", "mug"], "coupons": [], "cards": [], "wants_points": False, **asked,
    }  # fmt: skip
    named = {name: value for name, value in given.items() if name not in ("slug", "wants_points")}
    element = {
        "key": "", "programme": given["slug"], "at": AT.isoformat(), "version": None, "reads": None,
        "points_at": AT.isoformat() if given["wants_points"] else None, **named,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "select activity_checkout_begin(null, null, null, null, %s, %s::uuid, %s, %s, %s, %s::text[], %s::text[],"
            " %s::text[], %s, %s::timestamptz, false, %s, false, null)",
            [*given.values(), AT, AT],
        )
        alone = json.loads(cursor.fetchone()[0])
        cursor.execute(
            "select activity_try_together(array[null, %s, %s]::uuid[], array[null, false, false], %s::json)",
            [till.key.id, till.key.id, json.dumps([element, element, element], default=str)],
        )
        nothing, one, other = [row[0] for row in cursor.fetchall()]
    assert (nothing, one) == (None, other), "of a key that was refused nothing is read"
    found = json.loads(other)
    assert {name: found[name] for name in ("rewards", "laws", "points")} == {
        name: alone[name] for name in ("rewards", "laws", "points")
    }
    assert found["around"]["customer_id"] == alone["around"]["customer_id"]
    assert found["around"]["member"] == alone["around"]["member"]


def read_closure_both_ways(till: Caller, number: str, names: dict[str, Any] | None) -> tuple[Any, Any]:
    """What activity_checkout_begin and activity_close_begin_together say of the same closure."""
    owner, values = f"key:{till.key.id}", [None] * 10
    if names is not None:
        listed = ("programme", "customer", "scheme", "identity", "store", "codes", "coupons", "cards")
        values = [*(names[name] for name in listed), names["points_at"] is not None, None]
    element = {"key": "k", "number": number, "at": AT.isoformat(), "names": names, "lately": None}
    with connection.cursor() as cursor:
        cursor.execute(
            "select activity_checkout_begin(%s, 'k', %s, %s, %s, %s::uuid, %s, %s, %s, %s::text[], %s::text[],"
            " %s::text[], %s, %s::timestamptz, false, %s, false, null)",
            [owner, owner, number, *values, AT],
        )
        alone = json.loads(cursor.fetchone()[0])
        cursor.execute(
            "select activity_close_begin_together(array[null, %s, %s]::uuid[], array[null, false, false], %s::json)",
            [till.key.id, till.key.id, json.dumps([element, {**element, "number": "another"}, element], default=str)],
        )
        nothing, _other, one = [row[0] for row in cursor.fetchall()]
    assert nothing is None, "of a key that was refused nothing is read"
    return alone, json.loads(one)


NAMES = {
    "key": "k", "programme": None, "customer": None, "scheme": "card", "identity": "2990441788200", "store": None,
    "codes": ["moka", "mug"], "at": AT.isoformat(), "version": None, "reads": None, "coupons": ["NONE"],
    "cards": ["GC-1"], "points_at": AT.isoformat(),
}  # fmt: skip
CLOSED = "/api/v1/checkouts/C-1/closure"


@pytest.mark.parametrize(
    ("number", "names", "opened"),
    [
        ("C-1", None, {}),
        ("C-1", None, {"member": None}),
        ("C-1", None, {"pay_points": "all", "occurred_at": (AT - timedelta(days=3)).isoformat()}),
        ("C-2", None, {}),
        ("C-1", NAMES, {}),
        ("C-2", NAMES, {}),
    ],
)
def test_it_reads_in_a_set_what_a_lone_closure_reads(
    till: Caller, florestan: Enrolment, number: str, names: dict[str, Any] | None, opened: dict[str, Any]
) -> None:
    body = {name: value for name, value in of_checkouts.basket(**opened).items() if value is not None}
    assert till.put("/checkouts/C-1", body).status == 200
    alone, in_set = read_closure_both_ways(till, number, names)
    assert in_set.get("checkout") == alone["checkout"]
    assert (alone["checkout"] is None) == (number == "C-2")
    assert in_set["known"] == alone["known"]
    assert ("around" in in_set) == ("around" in alone) == (names is not None or number == "C-1")
    if "around" in alone:
        assert {name: in_set[name] for name in ("rewards", "laws", "points")} == {
            name: alone[name] for name in ("rewards", "laws", "points")
        }
        same = ("programme", "customer_id", "member", "sequence", "hash", "tier", "version_id", "store")
        assert (in_set["around"]["products"] or {}) == alone["around"]["products"]
        assert {name: in_set["around"][name] for name in same} == {name: alone["around"][name] for name in same}


@pytest.mark.parametrize("part", list(READ_BY))
def test_a_closure_reads_what_its_rules_read_and_comes_to_what_was_tried(
    roads: Roads, till: Caller, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    who = member(programme(document(part)))
    have(who, "plus", AT - timedelta(days=2))
    found: list[dict[str, Any]] = []
    surroundings = checkout_reading._surroundings

    def kept(read: Any, basket: Any, at: Any) -> Any:
        found.append(read.around.read)
        return surroundings(read, basket, at)

    tried = told(evaluate(roads, till))
    assert till.put("/checkouts/C-1", of_checkouts.basket()).status == 200
    monkeypatch.setattr(checkout_reading, "_surroundings", kept)
    closed = roads.straight(request_of(till, {"explain": True}, PATH_INFO=CLOSED))
    assert (closed.status, roads.left) == ("201 Created", 0), closed.body
    assert [set(read) for read in found] == [{"tier", part}]
    evaluation = {name: value for name, value in closed.json()["evaluation"].items() if name != "as_of"}
    assert evaluation == tried
