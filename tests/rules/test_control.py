"""A rule may leave a small share of people out, so that what it changes can be measured; the record says "control"."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

import duckdb
import pytest

from fidelia.customers.fields import PLACE_FIELD
from fidelia.rules import Catalogue, describe_rule, evaluate, explain, parse_rule_set
from fidelia.rules.control import FIELD, NOBODY, PLACES, is_held_out, place_of, turned
from fidelia.rules.decision import Decision, record_decision
from fidelia.rules.errors import InvalidRuleSet
from fidelia.rules.program import check_rule
from tests.cast import AT
from tests.rules.shop import CATALOGUE

SHOP = Catalogue(fields=(*CATALOGUE.fields, PLACE_FIELD), records=CATALOGUE.records)
PEOPLE = [str(UUID(int=number)) for number in range(20_000)]


def rules(**more: Any) -> dict[str, Any]:
    rule = {"key": "welcome", "name": {"en": "Welcome", "fr": "Bienvenue"}, "points": 100}
    return {"rules": [rule | more]}


def read(**more: Any) -> Any:
    return parse_rule_set(rules(**more), SHOP, points_scale=0)


def bought(rule_set: Any, place: int, total: int = 2_000) -> Any:
    line = {"net": total, "quantity": 1_000, "earns": True, "category": "tea", "product": "T1", "launched_on": None}
    values = dict.fromkeys(rule_set.fields_read) | {FIELD: place, "purchase.total": total, "lines": [line]}
    return evaluate(rule_set, values, at=AT)


def place_in(key: str, *, held_out: bool, percent: int = 10) -> int:
    share = Fraction(percent, 100)
    return next(place for place in map(place_of, PEOPLE) if is_held_out(place, key, share) is held_out)


def test_the_control_group_gets_nothing_and_the_record_says_why() -> None:
    rule_set = read(control=10)
    outcome = bought(rule_set, place_in("welcome", held_out=True))
    assert (outcome.points, outcome.outcomes[0].reason) == (0, "control")
    other = bought(rule_set, place_in("welcome", held_out=False))
    assert (other.points, other.outcomes[0].reason) == (100, "granted")


def test_a_record_holds_the_place_and_is_read_back() -> None:
    rule_set, place = read(control=10), place_in("welcome", held_out=True)
    line = {"net": 2_000, "quantity": 1_000, "earns": True}
    values = {FIELD: place, "lines": [line]}
    settled = evaluate(rule_set, values, at=AT)
    decision = record_decision(rule_set, values, settled, rule_version_id="v", occurred_at=AT)
    assert decision.values[FIELD] == place
    again = Decision.from_mapping(decision.as_mapping())
    assert [each.reason for each in again.outcomes] == ["control"]
    assert explain(again, rule_set, "fr")[1] == "Bienvenue : rien, il n’est pas proposé à tout le monde en ce moment."


def test_the_condition_comes_first_so_that_only_those_count_who_would_have_had_it() -> None:
    rule_set = read(control=10, when="purchase.total >= 50")
    held = place_in("welcome", held_out=True)
    assert bought(rule_set, held, 2_000).outcomes[0].reason == "condition_false"
    assert bought(rule_set, held, 6_000).outcomes[0].reason == "control"


def test_nobody_known_is_in_no_group() -> None:
    assert bought(read(control=50), NOBODY).points == 100
    assert not is_held_out(NOBODY, "welcome", Fraction(1, 2))


def test_the_share_is_held_and_a_larger_one_holds_everybody_of_a_smaller() -> None:
    places = [place_of(person) for person in PEOPLE]
    small = {place for place in places if is_held_out(place, "welcome", Fraction(5, 100))}
    large = {place for place in places if is_held_out(place, "welcome", Fraction(10, 100))}
    assert small < large
    assert (len(small), len(large)) == (1_003, 2_018)


def test_groups_of_two_rules_have_nothing_to_do_with_each_other() -> None:
    places = [place_of(person) for person in PEOPLE]
    tenth = Fraction(10, 100)
    both = [place for place in places if is_held_out(place, "welcome", tenth) and is_held_out(place, "spring", tenth)]
    assert 150 <= len(both) <= 250  # a hundredth of 20,000 is 200; the draw is the same each time


def test_python_sql_and_the_text_agree() -> None:
    rule_set = read(control="12.5")
    held_out = rule_set.rules[0].held_out
    catalogue = Catalogue(
        fields=tuple(each if each.path != FIELD else replace(each, column="people.place") for each in SHOP.fields),
        records=SHOP.records,
    )
    sql = check_rule(held_out.source, catalogue).to_sql("duckdb")
    edges = [NOBODY, 0, 1, PLACES - 1, *map(place_of, PEOPLE[:500])]
    rows = duckdb.execute(f"select place, {sql} from (select unnest(?) as place) people", [edges]).fetchall()
    for place, by_sql in rows:
        assert by_sql == held_out.run({FIELD: place}) == is_held_out(place, "welcome", Fraction(125, 1000))


def test_turning_keeps_every_place() -> None:
    assert len({turned(place, "welcome") for place in range(0, PLACES, 1_009)}) == len(range(0, PLACES, 1_009))


@pytest.mark.parametrize("percent", [0, -1, 51, 100, "abc", True, [5]])
def test_a_share_that_is_none_is_refused(percent: Any) -> None:
    with pytest.raises(InvalidRuleSet) as refused:
        read(control=percent)
    assert refused.value.pointer == "/rules/0/control"


def test_the_sentence_says_it() -> None:
    rule_set = read(control=5)
    assert describe_rule(rule_set.rules[0], rule_set, "en").endswith(", not for the 5% who are left out to measure it.")
    assert describe_rule(rule_set.rules[0], rule_set, "fr").endswith(
        ", sauf pour les 5\xa0% laissés de côté pour le mesurer."
    )


def test_without_a_control_nothing_is_read() -> None:
    assert FIELD not in read().fields_read
