"""A rule says the same in Python, DuckDB and PostgreSQL, whatever the rule and whatever the basket."""

from __future__ import annotations

from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from fidelia.rules import Program, Type, check_rule
from fidelia.rules.errors import MayOverflow, RuleTooCostly, RuleTooDeep

from .programs import programs
from .shop import CATALOGUE, POOL, ask_duckdb, ask_postgres

ANY_TYPE = tuple(Type)
# The fixtures are read-only for the tests, so it does not matter that examples share them.
SHARED = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
]


def checked(source: str) -> Program:
    """Check a random program; those that are rightly too big are no examples."""
    try:
        program = check_rule(source, CATALOGUE, expects=ANY_TYPE)
        event(program.type)
        return program
    except (MayOverflow, RuleTooCostly, RuleTooDeep) as refusal:
        event(type(refusal).__name__)
        assume(False)
        raise


def require_agreement(
    program: Program,
    in_duckdb: duckdb.DuckDBPyConnection,
    in_postgres: psycopg.Connection[Any],
) -> None:
    expected = [program.evaluate(basket) for basket in POOL]
    assert ask_duckdb(in_duckdb, program) == expected
    assert ask_postgres(in_postgres, program) == expected


@settings(max_examples=150, deadline=None, suppress_health_check=SHARED)
@given(source=programs())
def test_it_says_the_same_in_python_duckdb_and_postgresql(
    source: str,
    in_duckdb: duckdb.DuckDBPyConnection,
    in_postgres: psycopg.Connection[Any],
) -> None:
    require_agreement(checked(source), in_duckdb, in_postgres)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=1500, deadline=None, suppress_health_check=SHARED)
@given(source=programs())
def test_it_says_the_same_for_very_many_programs(
    source: str,
    in_duckdb: duckdb.DuckDBPyConnection,
    in_postgres: psycopg.Connection[Any],
) -> None:
    require_agreement(checked(source), in_duckdb, in_postgres)


@settings(max_examples=300, deadline=None, suppress_health_check=SHARED)
@given(source=programs())
def test_it_never_leaves_the_bounds_that_the_checker_proved(source: str) -> None:
    program = checked(source)
    if program.type in (Type.INT, Type.MONEY, Type.QUANTITY):
        for basket in POOL:
            assert program.tree.low <= program.evaluate(basket) <= program.tree.high


@pytest.mark.parametrize(
    "source",
    [
        'member.name < "b"',
        'member.name >= "É"',
        'member.name == "o\'clock" || member.name == "back\\\\slash"',
        "lines.all(l, l.net > 0) && !lines.exists(l, l.net > 0)",
        "lines.filter(l, has(l.category)).filter(k, k.category.contains(\"f\")).sum(m, m.net * 2) >= -0.07",
        "lines.sum(l, member.visits) > lines.filter(l, l.net > 0).sum(l, 3)",
        "member.visits in [1, 2, 3] || purchase.total in [50, 49.99] || purchase.on in [date(\"2027-01-01\")]",
        "share(lines.sum(l, l.net), 12.5, half_even) != 0",
        "lines.sum(l, per(l.net, 10)) == per(lines.sum(l, l.net), 10)",
        "has(purchase.tip) == (orElse(purchase.tip, 0) != 0 || has(purchase.tip))",
        'purchase.at >= timestamp("2026-12-01T12:00:00+01:00")',
        "days_between(purchase.on, orElse(member.birthday, purchase.on)) == 0",
        'orElse(member.tier, "none") in ["gold", "silver"]',
        "min(purchase.on, orElse(member.birthday, purchase.on)) < date(\"2000-01-01\")",
        "size(member.name) + size(member.segments) + lines.count() > 3",
        "- - member.visits == member.visits",
        "lines.distinct(l, l.product) >= 2",
        "lines.distinct(l, member.name) == 1 || lines.count() == 0",
        'lines.filter(l, has(l.category)).distinct(l, orElse(l.category, "none")) > 1',
        "lines.filter(l, has(l.launched_on)).distinct(k, orElse(k.launched_on, purchase.on)) + 1 > 1",
    ],
)  # fmt: skip
def test_it_says_the_same_for_the_known_traps(
    source: str,
    in_duckdb: duckdb.DuckDBPyConnection,
    in_postgres: psycopg.Connection[Any],
) -> None:
    require_agreement(check_rule(source, CATALOGUE), in_duckdb, in_postgres)


@pytest.mark.parametrize(
    "source",
    [
        'has(line.category) && line.category.contains("f") && line.net >= purchase.total',
        "line.earns && (!has(line.launched_on) || line.launched_on < purchase.on)",
        "per(share(line.net, 33, half_up), 1) > per(line.quantity, 0.5) || line.product in member.segments",
    ],
)
def test_a_condition_of_one_line_chooses_the_same_lines(
    source: str, in_duckdb: duckdb.DuckDBPyConnection, in_postgres: psycopg.Connection[Any]
) -> None:
    program = check_rule(source, CATALOGUE, of_line=True)
    expected = [sum(program.evaluate(basket, line) for line in basket["lines"]) for basket in POOL]
    query = (
        "select p.id, count(*) filter (where {}) from purchases p join members m on m.id = p.id "
        "left join purchase_lines line on line.purchase_id = p.id group by p.id order by p.id"
    )
    in_duck = in_duckdb.execute(query.format(program.to_sql("duckdb"))).fetchall()
    with in_postgres.cursor() as cursor:
        in_pg = cursor.execute(query.format(program.to_sql("postgres")).encode()).fetchall()
    assert [row[1] for row in in_duck] == expected
    assert [row[1] for row in in_pg] == expected
