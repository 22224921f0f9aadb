"""The small pieces of SQL from which the rendering is built, as sqlglot trees."""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp

from .rounding import SQL_CORRECTIONS


def sql_from(template: str, **parts: exp.Expr) -> exp.Expr:
    """Fill a template such as ":a > :b" with parts, each within its parentheses where it needs them."""
    filled = {name: wrapped(part) for name, part in parts.items()}

    def fill(node: exp.Expr) -> exp.Expr:
        return filled[node.name].copy() if isinstance(node, exp.Placeholder) else node

    return _parsed(template).transform(fill)


@lru_cache(maxsize=256)
def _parsed(template: str) -> exp.Expr:
    return sqlglot.parse_one(template)


def wrapped(part: exp.Expr) -> exp.Expr:
    """Put an operation between parentheses, so that it can stand inside another."""
    return exp.Paren(this=part) if isinstance(part, (exp.Binary, exp.Unary, exp.In, exp.Case)) else part


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Write NAME(a, b) as it stands, whatever the dialect."""
    return exp.Anonymous(this=name, expressions=[each.copy() for each in arguments])


def cast_to_bigint(part: exp.Expr) -> exp.Expr:
    return exp.Cast(this=part.copy(), to=exp.DataType.build("BIGINT"))


def floor_division(amount: exp.Expr, step: int, dialect: str) -> exp.Expr:
    """Divide towards −∞, as Python does; SQL cuts towards zero (−7 / 2 is −3 there, −4 here)."""
    return rounded_division(amount, step, "floor", dialect)


def rounded_division(amount: exp.Expr, divisor: int, rounding: str, dialect: str) -> exp.Expr:
    """Divide by a positive constant with a named rounding.

    The amount stands several times in the result; one that holds a subquery is computed once, in a subquery of its own.
    """
    if amount.find(exp.Subquery, exp.Select) is None:
        return _rounded(amount, divisor, rounding, dialect)
    column = exp.column("n", table="amount")
    inner = exp.select(exp.alias_(amount.copy(), "n")).subquery("amount")
    return exp.select(_rounded(column, divisor, rounding, dialect)).from_(inner).subquery()


def _rounded(amount: exp.Expr, divisor: int, rounding: str, dialect: str) -> exp.Expr:
    parts = {
        "n": amount,
        "d": exp.Literal.number(divisor),
        "t": _cut_division(amount, divisor, dialect),
        "s": sql_from("CASE WHEN :n < 0 THEN -1 ELSE 1 END", n=amount),
        "r": sql_from(":n % :d", n=amount, d=exp.Literal.number(divisor)),
    }
    return cast_to_bigint(sql_from(f":t + {SQL_CORRECTIONS[rounding]}", **parts))


def _cut_division(amount: exp.Expr, divisor: int, dialect: str) -> exp.Expr:
    operands = {"this": wrapped(amount.copy()), "expression": exp.Literal.number(divisor)}
    return exp.Div(**operands, typed=True) if dialect == "postgres" else exp.IntDiv(**operands)
