"""What a plan finds out once agrees with what the rules say of each basket."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.rules.cases.reading import Reading
from fidelia.rules.pricing.granting import places_of
from fidelia.rules.pricing.plan import plan_of
from fidelia.rules.pricing.state import Running

TEXTS = ("a", "b", "c")
CONDITIONS = (
    'line.product == "a"',
    '"b" == line.product',
    'line.product in ["a", "c"]',
    'line.product == "a" && line.net > 2',
    'line.net > 2 && line.category in ["b"]',
    'line.product == "a" || line.category == "b"',
    '!(line.product == "a")',
    "line.product == line.category",
    'line.product in ["a", line.category]',
    'line.product == "a" && line.product == "b"',
    'line.product != "c"',
)


@given(
    st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=5),
    st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.integers(1, 4)), min_size=1, max_size=6),
)
@settings(deadline=None)
def test_the_index_finds_the_lines_that_the_condition_finds(
    conditions: list[str], lines: list[tuple[str, str, int]]
) -> None:
    case: dict[str, Any] = {
        "rules": [{"key": f"r{n}", "lines": each, "percent_off": 1} for n, each in enumerate(conditions)],
        "lines": [{"product": product, "category": category, "price": price} for product, category, price in lines],
    }
    reading = Reading(case)
    rule_set = reading.rule_set()
    running = Running(rule_set, plan_of(rule_set), reading.basket(), reading.values())
    for planned in plan_of(rule_set).rules:
        assert planned.rule.choose_lines is not None
        assert list(places_of(running, planned)) == planned.rule.choose_lines(running.values)
        if planned.is_looking and planned.key not in running.finding:
            assert list(places_of(running, planned)) == []


def test_a_plan_is_made_once() -> None:
    rule_set = Reading({"rules": [{"key": "a", "percent_off": 1}]}).rule_set()
    assert plan_of(rule_set) is plan_of(rule_set)


def test_an_unplanned_condition_is_asked_of_each_line() -> None:
    case = {"rules": [{"key": "a", "lines": "line.net > 1", "percent_off": 1}], "lines": [{"price": 1}]}
    assert plan_of(Reading(case).rule_set()).rules[0].wanted is None
