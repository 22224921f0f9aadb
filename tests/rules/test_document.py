"""A rule set document is refused at its place: a JSON pointer, and inside a rule's text line and column."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from fidelia.rules import Catalogue, InvalidRuleSet, parse_rule_set
from fidelia.rules.document import GROUPS_MAX, RULES_MAX

from .shop import CATALOGUE

DOCUMENT = yaml.safe_load("""
format: 1
groups:
  - {key: gifts, policy: best}
rules:
  - key: base
    name: {en: Base, fr: Gain de base}
    points_per: {amount: 1, points: 1}
  - key: double-coffee
    name: {en: Double points on coffee, fr: Double points café}
    when: has(member.tier) && member.tier in ["gold", "silver"]
    valid_from: 2026-12-01T00:00:00+01:00
    valid_until: 2027-03-01T00:00:00+01:00
    lines: has(line.category) && line.category == "coffee"
    multiply_points: {by: 2}
    limit_per_purchase: 200
    group: gifts
""")

WRONG: list[tuple[str, Any, str, str]] = [
    ("/format", 2, "/format", "format"),
    ("/extra", 1, "/extra", "unknown_member"),
    ("/rules", None, "/rules", "missing_member"),
    ("/rules", {}, "/rules", "list"),
    ("/rules", [{}] * (RULES_MAX + 1), "/rules", "too_many"),
    ("/groups", [{}] * (GROUPS_MAX + 1), "/groups", "too_many"),
    ("/rules/0", 7, "/rules/0", "mapping"),
    ("/rules/0/key", "Base!", "/rules/0/key", "key"),
    ("/rules/0/key", "double-coffee", "/rules/1/key", "key_twice"),
    ("/rules/0/name", "Base", "/rules/0/name", "both_languages"),
    ("/rules/0/name", {"en": "Base", "fr": " "}, "/rules/0/name", "both_languages"),
    ("/rules/0/points", 5, "/rules/0", "one_effect"),
    ("/rules/0/points_per", None, "/rules/0", "one_effect"),
    ("/rules/0/points_per/amount", 0, "/rules/0/points_per/amount", "decimal"),
    ("/rules/0/points_per/amount", 1.5, "/rules/0/points_per/amount", "decimal"),
    ("/rules/0/points_per/amount", "1.505", "/rules/0/points_per/amount", "decimal"),
    ("/rules/0/points_per/points", "0.5", "/rules/0/points_per/points", "decimal"),
    ("/rules/0/points_per/rounding", "nearest", "/rules/0/points_per/rounding", "unknown_member"),
    ("/rules/0/points_per/per", "unit", "/rules/0/points_per/per", "unknown_member"),
    ("/rules/0/points_per/of", "x", "/rules/0/points_per/of", "unknown_member"),
    ("/rules/1/multiply_points/by", 1, "/rules/1/multiply_points/by", "ratio"),
    ("/rules/1/multiply_points/by", 101, "/rules/1/multiply_points/by", "ratio"),
    ("/rules/1/multiply_points/by", 1.5, "/rules/1/multiply_points/by", "ratio"),
    ("/rules/1/limit_per_purchase", -1, "/rules/1/limit_per_purchase", "decimal"),
    ("/rules/1/limit_per_purchase", True, "/rules/1/limit_per_purchase", "decimal"),
    ("/rules/1/valid_from", "2026-12-01", "/rules/1/valid_from", "instant"),
    ("/rules/1/valid_from", "soon", "/rules/1/valid_from", "instant"),
    ("/rules/1/valid_until", "2026-12-01T00:00:00+01:00", "/rules/1/valid_until", "period"),
    ("/rules/1/group", "other", "/rules/1/group", "unknown_group"),
    ("/rules/0/group", "gifts", "/rules/1/group", "mixed_group"),
    ("/rules/1/when", 5, "/rules/1/when", "text"),
    ("/groups/0/policy", "worst", "/groups/0/policy", "unknown_member"),
]


@pytest.mark.parametrize(("place", "value", "pointer", "reason"), WRONG)
def test_it_refuses_a_document(place: str, value: Any, pointer: str, reason: str) -> None:
    with pytest.raises(InvalidRuleSet) as caught:
        parse_rule_set(changed(place, value), CATALOGUE, points_scale=0)
    assert (caught.value.pointer, caught.value.reason) == (pointer, reason)
    assert caught.value.sentence("fr") != caught.value.sentence("en") == caught.value.message


@pytest.mark.parametrize(
    ("place", "text", "code", "column"),
    [
        ("/rules/1/when", "purchase.totl > 1", "rule_unknown_field", 1),
        ("/rules/1/when", "purchase.total", "rule_wrong_type", 1),
        ("/rules/1/when", "line.net > 1", "rule_unknown_field", 1),
        ("/rules/1/lines", "line.nett > 1", "rule_unknown_field", 1),
        ("/rules/0/points_per/base", "line.quantity", "rule_wrong_type", 1),
    ],
)
def test_it_says_where_in_the_text_of_a_rule(place: str, text: str, code: str, column: int) -> None:
    with pytest.raises(InvalidRuleSet) as caught:
        parse_rule_set(changed(place, text), CATALOGUE, points_scale=0)
    assert (caught.value.pointer, caught.value.code) == (place, code)
    assert (caught.value.details["line"], caught.value.details["column"]) == (1, column)
    assert caught.value.cause is not None
    assert caught.value.sentence("fr") == caught.value.cause.sentence("fr")


def test_it_takes_money_for_points_only_in_the_same_minor_units() -> None:
    cashback = {"rules": [{"key": "c", "name": {"en": "C", "fr": "C"}, "points": "share(purchase.total, 3, floor)"}]}
    assert parse_rule_set(cashback, CATALOGUE, points_scale=2).rules[0].key == "c"
    with pytest.raises(InvalidRuleSet) as caught:
        parse_rule_set(cashback, CATALOGUE, points_scale=0)
    assert caught.value.code == "rule_wrong_type"


def test_it_refuses_points_that_could_pass_64_bits() -> None:
    huge = {"rules": [{"key": "c", "name": {"en": "C", "fr": "C"}, "points": "member.visits * 1000000000"}]}
    assert parse_rule_set(huge, CATALOGUE, points_scale=0)
    with pytest.raises(InvalidRuleSet) as caught:
        parse_rule_set(huge, CATALOGUE, points_scale=2)
    assert caught.value.code == "rule_may_overflow"


def test_it_needs_lines_that_can_earn() -> None:
    with pytest.raises(InvalidRuleSet) as caught:
        parse_rule_set(DOCUMENT, Catalogue(fields=CATALOGUE.fields), points_scale=0)
    assert caught.value.reason == "no_earning_lines"


def test_it_reads_every_path_that_a_decision_depends_on() -> None:
    rule_set = parse_rule_set(DOCUMENT, CATALOGUE, points_scale=0)
    assert rule_set.fields_read == (
        "lines",
        "lines.category",
        "lines.earns",
        "lines.net",
        "lines.quantity",
        "member.tier",
    )


def changed(place: str, value: Any) -> dict[str, Any]:
    """Return the document with one value changed, or taken out for None."""
    document = copy.deepcopy(DOCUMENT)
    *steps, last = place.strip("/").split("/")
    inside: Any = document
    for step in steps:
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    if isinstance(inside, list):
        inside[int(last)] = value
    elif value is None:
        del inside[last]
    else:
        inside[last] = value
    return document  # type: ignore[no-any-return]


def test_a_rule_that_is_switched_off_is_checked_and_gives_nothing() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["rules"][1]["active"] = False
    found = parse_rule_set(document, CATALOGUE, points_scale=0)
    assert [rule.key for rule in found.rules] == ["base"]
    assert [(rule.key, rule.active) for rule in found.written] == [("base", True), ("double-coffee", False)]
    document["rules"][1]["when"] = "purchase.nothing == 1"
    with pytest.raises(InvalidRuleSet):
        parse_rule_set(document, CATALOGUE, points_scale=0)
