"""A decision is a record that can be read back, explained, and not changed unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from fidelia.rules import (
    GENESIS,
    Decision,
    Outcome,
    PointsName,
    RuleSet,
    chain,
    evaluate,
    explain,
    find_break,
    parse_rule_set,
    record_decision,
)
from fidelia.rules.decision import MalformedDecision

from .shop import CATALOGUE, POOL, both

AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)


def named(key: str, en: str, fr: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": {"en": en, "fr": fr}, **more}


def rule_set() -> RuleSet:
    rules = [
        named("base", "Base", "Gain de base", points_per={"amount": 1, "points": 1}),
        named("double", "Double", "Double points", multiply_points={"by": 2}, limit_per_purchase=30),
        named("gift", "Gift", "Cadeau", when="purchase.total >= 1000", points=500),
        named(
            "young", "Birthday", "Anniversaire", when="has(member.birthday) && purchase.on == member.birthday", points=9
        ),
        named("past", "Past", "Ancien", valid_until="2026-01-01T00:00:00Z", points=9),
        named("small", "Small", "Petit", points=1, group="gifts"),
        named("big", "Big", "Grand", points=2, group="gifts"),
    ]
    return parse_rule_set({"rules": rules, "groups": [{"key": "gifts", "policy": "best"}]}, CATALOGUE, points_scale=0)


BASKET = {
    **POOL[0],
    "purchase.total": 8352,
    "purchase.on": AT.date(),
    "member.birthday": None,
    "lines": [{"net": 6282, "quantity": 2000, "earns": True}, {"net": 2070, "quantity": 1000, "earns": True}],
}


def decision(at: datetime = AT) -> Decision:
    rules = rule_set()
    return record_decision(rules, BASKET, evaluate(rules, BASKET, at=at), rule_version_id="v7", occurred_at=at)


def test_it_holds_what_was_read_and_no_more() -> None:
    assert decision().values == {
        "purchase.total": 8352,
        "purchase.on": "2026-12-01",
        "member.birthday": None,
        "lines": BASKET["lines"],
    }


def test_it_is_read_back_from_json_and_from_jsonb_as_it_was(in_postgres: psycopg.Connection[Any]) -> None:
    written = json.dumps(decision().as_mapping())
    row = in_postgres.execute("select %s::jsonb", [written]).fetchone()
    assert row is not None
    assert Decision.from_mapping(json.loads(written)) == decision()
    assert Decision.from_mapping(row[0]) == decision()
    assert Decision.from_mapping(row[0]).canonical_bytes() == decision().canonical_bytes()


def test_it_writes_the_same_bytes_for_the_same_moment_in_another_zone() -> None:
    paris = AT.astimezone(timezone(timedelta(hours=1)))
    assert decision(paris).canonical_bytes() == decision().canonical_bytes()


@pytest.mark.parametrize("stored", [{}, {"format": 2}, {**decision().as_mapping(), "outcomes": [[1]]}])
def test_it_refuses_what_is_no_decision(stored: dict[str, Any]) -> None:
    with pytest.raises(MalformedDecision):
        Decision.from_mapping(stored)


def test_the_chain_of_hashes_shows_where_a_record_was_changed_left_out_or_moved() -> None:
    decisions = [decision(AT + timedelta(days=day)) for day in range(5)]
    hashes: list[bytes] = []
    for each in decisions:
        hashes.append(chain(hashes[-1] if hashes else GENESIS, each))
    assert find_break(decisions, hashes) is None
    assert find_break(decisions[2:], hashes[2:], start=hashes[1]) is None

    richer = replace(decisions[2], points=decisions[2].points + 1)
    assert find_break([*decisions[:2], richer, *decisions[3:]], hashes) == 2
    other_value = replace(decisions[3], values={**decisions[3].values, "purchase.total": 8353})
    assert find_break([*decisions[:3], other_value, decisions[4]], hashes) == 3
    assert find_break(decisions[:2] + decisions[3:], hashes[:2] + hashes[3:]) == 2
    assert find_break([decisions[1], decisions[0], *decisions[2:]], hashes) == 0


def test_the_hash_of_a_known_record_never_changes() -> None:
    small = Decision("v1", AT, {"purchase.total": 100, "name": "é"}, 1, (Outcome("base", 1, "granted"),), (), 1)
    assert small.canonical_bytes().decode() == (
        '{"format":1,"lines":[],"occurred_at":"2026-12-01T11:00:00+00:00","outcomes":[["base",1,"granted"]],'
        '"points":1,"rule_version":"v1","unassigned":1,"values":{"name":"é","purchase.total":100}}'
    )
    assert chain(GENESIS, small).hex() == "c6aa5fba814fa16c2187a5099fdf5409cdf6380970e423cc51dc20e53e58a49f"


def test_it_tells_in_english_why_so_many_points() -> None:
    assert plain(explain(decision(), rule_set(), "en")) == [
        "115 points in all.",
        "Base: +83 points on €83.52.",
        "Double: +30 points, the limit per purchase (83 without it).",
        "Big: +2 points.",
        "Gift: nothing, €916.48 short.",
        "Birthday: nothing, its condition is not met.",
        "Past: nothing, it has ended.",
        "Small: set aside, another advantage gives more.",
    ]


def test_it_tells_in_french_why_so_many_points() -> None:
    assert plain(explain(decision(), rule_set(), "fr-FR")) == [
        "115 points en tout.",
        "Gain de base : +83 points sur 83,52 €.",
        "Double points : +30 points, le plafond par achat (83 sans lui).",
        "Grand : +2 points.",
        "Cadeau : rien, il manque 916,48 €.",
        "Anniversaire : rien, sa condition n’est pas remplie.",
        "Ancien : rien, c’est terminé.",
        "Petit : écarté, un autre avantage donne plus.",
    ]


@pytest.mark.parametrize(
    ("amount", "scale", "english", "french"),
    [
        (0, 0, "0 miles", "0 mile"),
        (1, 0, "1 mile", "1 mile"),
        (2, 0, "2 miles", "2 miles"),
        (150, 2, "1.5 miles", "1,5 mile"),
        (123_450, 2, "1,234.5 miles", "1 234,5 miles"),
        (-5, 0, "−5 miles", "−5 miles"),
    ],
)
def test_it_counts_as_each_language_does(amount: int, scale: int, english: str, french: str) -> None:
    miles = PointsName(both("mile", "mile"), both("miles", "miles"))
    assert plain([miles.say(amount, scale, "en"), miles.say(amount, scale, "fr")]) == [english, french]


def plain(sentences: list[str]) -> list[str]:
    """Make the spaces ordinary, for the eye of who reads the test."""
    return [sentence.replace("\u00a0", " ").replace("\u202f", " ") for sentence in sentences]
