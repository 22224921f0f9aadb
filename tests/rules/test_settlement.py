"""Whatever the rules and the basket, the parts sum to the whole and a return takes back what was given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.rules import (
    LineAllocation,
    RuleSet,
    Settlement,
    ValueOutOfBounds,
    evaluate,
    find_candidates,
    parse_rule_set,
    points_by_unit,
    points_of_returned,
    settle,
)
from fidelia.rules.settlement import REASONS

from .shop import CATALOGUE, POOL

AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
NAME = {"en": "Rule", "fr": "Règle"}


@st.composite
def rule_sets(draw: Any) -> RuleSet:
    effects: list[dict[str, Any]] = [
        {"points": 13},
        {"points": "per(purchase.total, 10) + member.visits"},
        {"points_per": {"amount": "0.70", "points": 3}},
        {"points_per": {"amount": 2, "points": 1, "per": "line", "rounding": "half_even"}},
        {"points_per": {"amount": 1, "points": 1, "base": "abs(line.net)", "rounding": "ceiling"}},
        {"points_per_unit": 2},
        {"multiply_points": {"by": "1.5"}},
        {"multiply_points": {"by": 3, "rounding": "floor"}},
    ]
    conditions = [None, "purchase.online", "purchase.total >= 50", "has(member.tier) && member.visits > 1"]
    lines = [None, "line.net > 0", 'has(line.category) && line.category.contains("f")']
    rules = [
        {
            "key": f"r{place}",
            "name": NAME,
            **draw(st.sampled_from(effects)),
            "when": draw(st.sampled_from(conditions)),
            "lines": draw(st.sampled_from(lines)),
            "limit_per_purchase": draw(st.sampled_from([None, None, 7, 100])),
        }
        for place in range(draw(st.integers(0, 6)))
    ]
    for rule in rules:
        # A group may not mix what multiplies with what is multiplied.
        names = ["m", "f"] if "multiply_points" in rule else ["p", "f"] if "points" not in rule else ["m", "p"]
        rule["group"] = draw(st.sampled_from([None, names[0]]))
    policy = st.sampled_from(["all", "best", "first"])
    groups = [{"key": key, "policy": draw(policy)} for key in ("m", "p", "f")]
    return parse_rule_set({"groups": groups, "rules": rules}, CATALOGUE, points_scale=draw(st.sampled_from([0, 2])))


@given(rule_sets(), st.sampled_from(POOL))
def test_parts_sum_to_the_whole(rule_set: RuleSet, basket: dict[str, Any]) -> None:
    settled = evaluate(rule_set, basket, at=AT)
    assert settled.points == sum(outcome.points for outcome in settled.outcomes)
    assert settled.points == settled.unassigned + sum(line.points for line in settled.lines)
    for line in settled.lines:
        assert line.points == sum(part for _, part in line.by_rule)
        assert all(part > 0 for _, part in line.by_rule)
    for rule, outcome in zip(rule_set.rules, settled.outcomes, strict=True):
        assert outcome.rule_key == rule.key
        assert outcome.reason in REASONS
        assert outcome.points >= 0
        assert (outcome.points > 0) is (outcome.reason == "granted")
        assert rule.limit_per_purchase is None or outcome.points <= rule.limit_per_purchase


@given(rule_sets(), st.sampled_from(POOL))
def test_lines_that_do_not_earn_never_earn(rule_set: RuleSet, basket: dict[str, Any]) -> None:
    settled = evaluate(rule_set, basket, at=AT)
    for line, allocated in zip(basket["lines"], settled.lines, strict=True):
        assert line["earns"] or allocated.points == 0


@given(rule_sets(), st.sampled_from(POOL))
def test_evaluating_is_finding_then_settling_and_a_stand_alone_return_is_its_contrary(
    rule_set: RuleSet, basket: dict[str, Any]
) -> None:
    settled = evaluate(rule_set, basket, at=AT)
    assert settled == settle(rule_set, find_candidates(rule_set, basket, at=AT), basket)
    assert settled.negated().points == -settled.points
    assert settled.negated().negated() == settled


@given(st.integers(-500, 500), st.lists(st.integers(1, 5000), min_size=1, max_size=12))
def test_returns_in_any_pieces_take_back_exactly_what_was_given(points: int, pieces: list[int]) -> None:
    allocation = (LineAllocation(sum(pieces), points),)
    already = back = 0
    for piece in pieces:
        back += points_of_returned(allocation, 0, already=already, now=piece)
        already += piece
        assert abs(back - points * already / sum(pieces)) <= 0.5
    assert back == points


@given(st.integers(0, 500), st.integers(0, 30_000))
def test_units_sum_to_their_line_and_differ_by_one_point_at_most(points: int, quantity: int) -> None:
    parts = points_by_unit(LineAllocation(quantity, points), unit=1000)
    assert sum(parts) == (points if quantity else 0)
    whole = parts if quantity % 1000 == 0 else parts[:-1]
    assert not whole or max(whole) - min(whole) <= 1


def test_more_cannot_be_returned_than_was_bought() -> None:
    with pytest.raises(AssertionError):
        points_of_returned((LineAllocation(1000, 5),), 0, already=500, now=501)


def test_values_that_are_not_what_their_fields_declare_are_refused() -> None:
    rule_set = parse_rule_set(
        {"rules": [{"key": "r", "name": NAME, "when": "purchase.total > 1", "points": 1}]}, CATALOGUE, points_scale=0
    )
    basket = {**POOL[0], "lines": []}
    for wrong in (None, True, 1.0, "1", 10**12 + 1):
        with pytest.raises(ValueOutOfBounds) as caught:
            evaluate(rule_set, {**basket, "purchase.total": wrong}, at=AT)
        assert caught.value.pointer == "/purchase.total"
    line = {"net": 1, "quantity": 1000, "earns": True}
    for lines in (None, [{**line, "net": None}], [line] * 10_001):
        with pytest.raises(ValueOutOfBounds):
            evaluate(rule_set, {**basket, "lines": lines}, at=AT)


def test_no_rules_give_nothing() -> None:
    settled = evaluate(parse_rule_set({"rules": []}, CATALOGUE, points_scale=0), POOL[0], at=AT)
    assert (settled.points, settled.outcomes) == (0, ())
    assert isinstance(settled, Settlement)
