"""What is said to be impossible is impossible: random pairs of conditions are tried on every difficult basket."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fidelia.rules import check_rule, parse_rule_set
from fidelia.rules.errors import RuleError
from fidelia.rules.overlaps import Relation, are_apart, find_overlaps, implies, never_holds

from .programs import COMPARISONS, programs
from .shop import CATALOGUE, POOL

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SIMPLE = st.one_of(
    st.builds(
        "purchase.total {} {}".format, st.sampled_from(COMPARISONS), st.sampled_from(["0", "0.49", "0.50", "50"])
    ),
    st.builds("member.visits {} {}".format, st.sampled_from(COMPARISONS), st.integers(-3, 3)),
    st.builds('purchase.weekday {} "{}"'.format, st.sampled_from(("==", "!=")), st.sampled_from(["monday", "tuesday"])),
    st.builds('purchase.weekday in ["{}"]'.format, st.sampled_from(["monday", "tuesday"])),
    st.builds('"{}" in member.segments'.format, st.sampled_from(["a", "z", "café"])),
    st.sampled_from(["purchase.online", "!purchase.online", 'purchase.on < date("2026-12-01")', "true", "false"]),
    st.sampled_from(['purchase.on >= date("2026-12-01")', 'purchase.on == date("2027-01-01")', "has(member.vip)"]),
)
CONDITIONS = st.lists(
    st.builds("({})".format, st.one_of(SIMPLE, SIMPLE, programs(kinds=("bool",)))), min_size=1, max_size=3
)


def tree_of(terms: list[str]) -> Any:
    return check_rule(" && ".join(terms), CATALOGUE)


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(CONDITIONS, CONDITIONS)
def test_no_basket_contradicts_what_is_said(one_terms, other_terms):
    try:
        one, other = tree_of(one_terms), tree_of(other_terms)
    except RuleError:  # over a limit: nothing is said of it
        assume(False)
    for values in POOL:
        first, second = one.evaluate(values), other.evaluate(values)
        assert not (first and never_holds(one.tree))
        assert not (first and second and are_apart(one.tree, other.tree))
        assert not (first and not second and implies(one.tree, other.tree))


@pytest.mark.parametrize(
    ("source", "never"),
    [
        ("purchase.total > 50 && purchase.total < 20", True),
        ("purchase.total > 50 && purchase.total < 50.02", False),
        ("purchase.total > 50 && purchase.total < 50.01", True),
        ('purchase.weekday == "monday" && purchase.weekday == "tuesday"', True),
        ('purchase.weekday in ["monday", "tuesday"] && purchase.weekday != "monday"', False),
        ("purchase.online && !purchase.online", True),
        ('purchase.on >= date("2026-12-02") && purchase.on < date("2026-12-02")', True),
        ('"a" in member.segments && !("a" in member.segments)', True),
        ('"a" in member.segments && !("z" in member.segments)', False),
        ("false || purchase.total > 5 && purchase.total < 1", True),
    ],
)
def test_what_can_never_hold_is_told(source, never):
    assert never_holds(check_rule(source, CATALOGUE).tree) is never


@pytest.mark.parametrize(
    ("one", "other", "follows"),
    [
        ("purchase.total >= 50", "purchase.total >= 20", True),
        ("purchase.total >= 20", "purchase.total >= 50", False),
        ('purchase.weekday == "monday"', 'purchase.weekday in ["monday", "tuesday"]', True),
        ('purchase.weekday == "monday"', 'purchase.weekday != "tuesday"', True),
        ("purchase.total >= 50 && purchase.online", "purchase.online", True),
        ("lines.count() > 3 && purchase.online", "lines.count() > 3", True),
        ("purchase.total > 1", "purchase.online || purchase.total > 0", True),
    ],
)
def test_what_follows_is_told(one, other, follows):
    assert implies(check_rule(one, CATALOGUE).tree, check_rule(other, CATALOGUE).tree) is follows


def overlaps(
    *rules: dict[str, Any], groups: tuple[dict[str, Any], ...] = (), checkout: dict[str, Any] | None = None
) -> list[tuple[Relation, str]]:
    """What is found about the last rule."""
    written = [{"key": f"r{n}", "name": {"en": f"R{n}", "fr": f"R{n}"}, **rule} for n, rule in enumerate(rules)]
    document = {"rules": written, "groups": list(groups), **({"checkout": checkout} if checkout else {})}
    found = parse_rule_set(document, CATALOGUE, points_scale=0)
    return [(each.relation, each.other.key if each.other else "") for each in find_overlaps(found.rules[-1], found)]


DOUBLE = {"multiply_points": {"by": 2}}
TEA, COFFEE = (f'has(line.category) && line.category == "{name}"' for name in ("tea", "coffee"))


def test_two_that_multiply_the_same_lines_are_named_and_other_lines_are_not():
    assert overlaps(DOUBLE | {"lines": TEA}, DOUBLE | {"lines": COFFEE}) == []
    assert overlaps(DOUBLE | {"lines": COFFEE}, DOUBLE) == [(Relation.MULTIPLIES, "r0")]


def test_rules_of_other_dates_never_meet():
    early = {"points": 1, "valid_until": "2026-12-01T00:00:00Z"}
    assert overlaps(early, {"points": 1, "valid_from": "2026-12-01T00:00:00Z"}) == []
    assert overlaps(early, {"points": 1, "valid_from": "2026-11-30T00:00:00Z"}) == [(Relation.TOGETHER, "r0")]


def test_a_rule_behind_a_wider_one_of_its_group_is_hidden():
    first, best = ({"key": "g", "policy": policy} for policy in ("first", "best"))
    wide = {"points": 5, "group": "g", "when": "purchase.total >= 20"}
    narrow = {"points": 9, "group": "g", "when": "purchase.total >= 50"}
    assert overlaps(wide, narrow, groups=(first,)) == [(Relation.HIDDEN, "r0")]
    assert overlaps(narrow, wide, groups=(first,)) == [(Relation.SAME_GROUP, "r0")]
    assert overlaps(wide, narrow, groups=(best,)) == [(Relation.SAME_GROUP, "r0")]


def test_a_rule_that_can_never_act_is_told_so_first():
    never = {"points": 1, "when": "purchase.total > 50 && purchase.total < 20", "lines": "line.earns && !line.earns"}
    assert overlaps({"points": 1}, never) == [(Relation.NEVER, ""), (Relation.NO_LINE, "")]


def test_a_rule_that_stands_alone_is_told_from_both_sides():
    alone, plain = {"percent_off": 10, "exclusive": True}, {"percent_off": 5}
    assert overlaps(plain, alone) == [(Relation.EXCLUDES, "r0")]
    assert overlaps(alone, plain) == [(Relation.EXCLUDED, "r0")]
    assert overlaps(alone, plain | {"always": True}) == [(Relation.TOGETHER, "r0")]
    assert overlaps(alone, {"points": 1}) == [(Relation.TOGETHER, "r0")]


def test_rules_that_do_not_go_together_are_told_from_both_sides():
    apart, plain = {"percent_off": 10, "not_with": ["r1"]}, {"percent_off": 5}
    assert overlaps(apart, plain) == [(Relation.NOT_WITH, "r0")]
    assert overlaps(plain, {"percent_off": 10, "not_with": ["r0"]}) == [(Relation.NOT_WITH, "r0")]


def test_who_comes_after_a_rule_that_stops_is_told_whichever_stands_first():
    stops, lines = {"percent_off": 10, "stops": True}, {"percent_off": 10, "stops": "lines"}
    assert overlaps(stops, {"percent_off": 5}) == [(Relation.STOPPED, "r0")]
    assert overlaps({"percent_off": 5}, stops) == [(Relation.TOGETHER, "r0")]
    assert overlaps({"percent_off": 5, "order": 2}, lines) == [(Relation.STOPS, "r0")]
    assert overlaps(lines | {"lines": TEA}, {"percent_off": 5, "lines": COFFEE}) == []
    assert overlaps(stops, {"percent_off": 5, "always": True}) == [(Relation.TOGETHER, "r0")]


def test_sets_of_one_pool_share_their_units_and_others_do_not():
    sets = {"sets": {"of": 3}}
    assert overlaps(sets, sets) == [(Relation.SAME_POOL, "r0")]
    assert overlaps(sets, sets | {"pool": "none"}) == [(Relation.TOGETHER, "r0")]


def test_a_cap_over_both_is_told_beside_what_else_there_is():
    caps = {"caps": [{"key": "all", "amount": 30}]}
    assert overlaps({"percent_off": 10}, {"percent_off": 5}, checkout=caps) == [
        (Relation.TOGETHER, "r0"),
        (Relation.CAPPED, "r0"),
    ]
    of_one = {"caps": [{"key": "one", "amount": 30, "rules": ["r0"]}]}
    assert overlaps({"percent_off": 10}, {"percent_off": 5}, checkout=of_one) == [(Relation.TOGETHER, "r0")]
