"""The JSON Schema: what the readers take it takes, what it names they know, and it is what is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from fidelia.programme.queries.terms import PARTS
from fidelia.rules.cheque_terms import MEMBERS as CHEQUE_MEMBERS
from fidelia.rules.document import _RULE_MEMBERS, EFFECTS
from fidelia.rules.documents import document_schema, read_text
from fidelia.rules.documents.templates import template_text
from fidelia.rules.points_terms import PARTS as POINTS_PARTS
from fidelia.rules.referral_terms import MEMBERS as REFERRAL_MEMBERS
from fidelia.rules.terms import PurchasePolicy
from fidelia.rules.tier_terms import MEMBERS as TIER_MEMBERS

ROOT = Path(__file__).parents[3]
SCHEMA = document_schema()
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
TEMPLATES = (*("cagnotte-and-cheque", "points-and-tiers", "cagnotte", "miles-and-status", "coalition", "b2b-volume"),)


def test_it_is_a_schema() -> None:
    assert jsonschema_rs.meta.is_valid(SCHEMA)


def test_it_names_what_the_readers_know_and_nothing_else() -> None:
    definitions = SCHEMA["$defs"]
    assert set(definitions["rule"]["properties"]) == set(_RULE_MEMBERS)
    assert {each["required"][0] for each in definitions["rule"]["oneOf"]} == set(EFFECTS)
    assert set(definitions["points"]["properties"]) == set(POINTS_PARTS)
    assert set(definitions["tiers"]["properties"]) == set(TIER_MEMBERS)
    assert set(definitions["cheque"]["properties"]) == set(CHEQUE_MEMBERS)
    assert set(definitions["referral"]["properties"]) == set(REFERRAL_MEMBERS)
    assert set(definitions["purchases"]["properties"]) == set(PurchasePolicy.__slots__)
    assert set(SCHEMA["properties"]) == {"programme", *PARTS}


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_template_is_valid(key: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(read_text(template_text(key)))] == []


def checkout_rules() -> list[Any]:
    folder = ROOT / "tests/rules"
    cases = [case for path in sorted(folder.rglob("*.yaml")) for case in read_text(path.read_text("utf-8")) or []]
    return [
        case["rules"]
        for case in cases
        if isinstance(case, dict) and "rules" in case and "error" not in case.get("expect", {})
    ]


def test_the_rules_of_every_rule_case_that_is_not_refused_are_valid() -> None:
    rules = checkout_rules()
    assert len(rules) > 15
    rule = jsonschema_rs.Draft202012Validator({"$defs": SCHEMA["$defs"], **SCHEMA["$defs"]["rule"]})
    for each in (one for some in rules for one in some):
        named = {"name": {"en": "a", "fr": "a"}, "key": "a", **each}
        assert [error.message for error in rule.iter_errors(named)] == [], each


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"rules": [], "surprise": 1},
        {"rules": {}},
        {"format": 2, "rules": []},
        {"rules": [{"key": "a", "name": {"en": "a"}, "points": 1}]},
        {"rules": [{"key": "a", "name": {"en": "a", "fr": "a"}, "points": 1, "percent_off": 5}]},
        {"rules": [], "tiers": {"levels": []}},
    ],
)
def test_what_cannot_be_is_not_valid(document: Any) -> None:
    assert not VALIDATOR.is_valid(document)


def test_the_published_file_is_this_one() -> None:
    published = json.loads((ROOT / "docs/reference/programme.schema.json").read_text("utf-8"))
    assert published == SCHEMA, "run python tools/programme_schema.py"
