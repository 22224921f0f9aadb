"""Each function computes the same for every residue and both signs, and as Python's decimal module does."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import pytest

from fidelia.kernel.localized import LocalizedText
from fidelia.rules import Catalogue, Field, Type, check_rule
from fidelia.rules.rounding import ROUNDINGS

X = LocalizedText(en="x", fr="x")
CATALOGUE = Catalogue(fields=(Field("n.value", Type.INT, X, "n.value", low=-(2**62), high=2**62),))
BIG = 2**61
AMOUNTS = [*range(-45, 46), *(sign * (BIG + more) for sign in (-1, 1) for more in range(13))]
VALUES = ", ".join(f"(cast({amount} as bigint))" for amount in AMOUNTS)
QUERY = f"select n.value, {{}} from (values {VALUES}) as n(value) order by n.value"


def require(
    source: str, expected: list[int], in_duckdb: duckdb.DuckDBPyConnection, in_postgres: psycopg.Connection[Any]
) -> None:
    program = check_rule(source, CATALOGUE, expects=Type.INT)
    wanted = sorted(zip(AMOUNTS, expected, strict=True))
    assert sorted((amount, program.evaluate({"n.value": amount})) for amount in AMOUNTS) == wanted
    assert in_duckdb.execute(QUERY.format(program.to_sql("duckdb"))).fetchall() == wanted
    with in_postgres.cursor() as cursor:
        assert cursor.execute(QUERY.format(program.to_sql("postgres")).encode()).fetchall() == wanted


@pytest.mark.parametrize("step", [1, 2, 3, 7, 10, 12])
def test_per_rounds_towards_minus_infinity(
    step: int, in_duckdb: duckdb.DuckDBPyConnection, in_postgres: psycopg.Connection[Any]
) -> None:
    expected = [int((Decimal(amount) / step).to_integral_value(decimal.ROUND_FLOOR)) for amount in AMOUNTS]
    require(f"per(n.value, {step})", expected, in_duckdb, in_postgres)


def rounded(number: Decimal, rounding: str) -> int:
    if rounding == "half_odd":  # not in decimal: one further on, the odd neighbours are the even ones
        return int((number + 1).to_integral_value(decimal.ROUND_HALF_EVEN)) - 1
    return int(number.to_integral_value(getattr(decimal, f"ROUND_{rounding.upper()}")))


@pytest.mark.parametrize("percent", ["50", "12.5", "33", "100", "150", "0.05", "0"])
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_share_rounds_as_decimal_does(
    percent: str,
    rounding: str,
    in_duckdb: duckdb.DuckDBPyConnection,
    in_postgres: psycopg.Connection[Any],
) -> None:
    with decimal.localcontext(prec=60):
        expected = [
            rounded(Decimal(min(max(amount, -(10**6)), 10**6)) * Decimal(percent) / 100, rounding) for amount in AMOUNTS
        ]
    source = f"share(min(max(n.value, -1000000), 1000000), {percent}, {rounding})"
    require(source, expected, in_duckdb, in_postgres)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_share_is_exact_far_past_the_whole_numbers_of_a_double(
    rounding: str, in_duckdb: duckdb.DuckDBPyConnection, in_postgres: psycopg.Connection[Any]
) -> None:
    with decimal.localcontext(prec=60):
        expected = [rounded(Decimal(amount) / 8, rounding) for amount in AMOUNTS]
    require(f"share(n.value, 12.5, {rounding})", expected, in_duckdb, in_postgres)


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("abs(n.value)", abs),
        ("min(n.value, 3, -3)", lambda n: min(n, 3, -3)),
        ("max(n.value, 3, -3)", lambda n: max(n, 3, -3)),
        ("-(n.value - 5)", lambda n: 5 - n),
        ("min(max(n.value, -9), 9) * -3", lambda n: min(max(n, -9), 9) * -3),
        ("n.value > 0 ? 3000000000 : -3000000000", lambda n: 3_000_000_000 if n > 0 else -3_000_000_000),
        ("(n.value > 0 ? 2000000000 : 1) * 4", lambda n: 8_000_000_000 if n > 0 else 4),
    ],
)
def test_arithmetic_is_that_of_64_bits(
    source: str, python: Any, in_duckdb: duckdb.DuckDBPyConnection, in_postgres: psycopg.Connection[Any]
) -> None:
    require(source, [python(amount) for amount in AMOUNTS], in_duckdb, in_postgres)


@pytest.mark.parametrize(
    ("amount", "step", "expected"), [(-7, 2, -4), (7, 2, 3), (-8, 2, -4), (0, 2, 0), (-1, 1000, -1)]
)
def test_per_of_a_negative_amount_as_documented(amount: int, step: int, expected: int) -> None:
    assert check_rule(f"per(n.value, {step})", CATALOGUE, expects=Type.INT).evaluate({"n.value": amount}) == expected
