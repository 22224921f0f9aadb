"""The rule as SQL text for DuckDB and PostgreSQL, through sqlglot's tree.

Texts are compared by code point as Python does: DuckDB always, PostgreSQL by COLLATE "C" wherever order matters
(equality does not need it, and without it an ordinary index still serves). Numbers are bigint: what takes part in a
calculation is cast, because PostgreSQL takes a literal, and an integer column, for 32 bits.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import sqlglot
from sqlglot import exp

from .catalogue import Field
from .functions import FUNCTIONS
from .names import LINE_ROW
from .nodes import (
    Among,
    Apply,
    Arithmetic,
    Choose,
    Compare,
    Constant,
    Every,
    Has,
    Macro,
    Member,
    Negate,
    Node,
    Not,
    OrElse,
    OverRows,
    Read,
    Rows,
    Some,
    walk,
)
from .sql_parts import call, cast_to_bigint, sql_from, wrapped
from .types import NUMBERS, Type

Dialect = Literal["duckdb", "postgres"]
_COMPARISONS: dict[str, type[exp.Binary]] = {
    "==": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_SUMS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


def render_to_sql(node: Node, dialect: Dialect, *, line: str = "line") -> str:
    """Return the rule as an SQL expression. `line` is the alias of the row that a rule about one line is asked of."""
    return _SqlRendering(dialect, line).tree(node).sql(dialect=dialect)


class _SqlRendering:
    def __init__(self, dialect: Dialect, line: str) -> None:
        self.dialect = dialect
        self.line = line

    def tree(self, node: Node) -> exp.Expr:  # noqa: PLR0911, PLR0912
        match node:
            case Constant():
                return _constant(node)
            case Read():
                return self.column(node.field, node.row)
            case Has(read=read):
                return sql_from("NOT :a IS NULL", a=self.tree(read))
            case OrElse(read=read, default=default):
                return exp.Coalesce(this=self.number(read), expressions=[self.number(default)])
            case Not(operand=operand):
                return exp.Not(this=wrapped(self.tree(operand)))
            case Negate(operand=operand):
                return exp.Neg(this=exp.Paren(this=self.number(operand)))
            case Every(terms=terms):
                return exp.and_(*map(self.tree, terms))
            case Some(terms=terms):
                return exp.or_(*map(self.tree, terms))
            case Compare(sign=sign, left=left, right=right):
                return _COMPARISONS[sign](this=self.compared(left, sign), expression=wrapped(self.tree(right)))
            case Arithmetic(sign=sign, left=left, right=right):
                return _SUMS[sign](this=wrapped(self.number(left)), expression=wrapped(self.number(right)))
            case Choose(test=test, then=then, otherwise=otherwise):
                return exp.Case().when(self.tree(test), self.number(then)).else_(self.number(otherwise))
            case Among(item=item, items=items):
                return exp.In(this=wrapped(self.tree(item)), expressions=[self.tree(each) for each in items])
            case Member(item=item, field=read):
                return exp.EQ(this=wrapped(self.tree(item)), expression=call("ANY", self.tree(read)))
            case Apply(function=function, arguments=arguments):
                render = FUNCTIONS[function].sql
                assert render is not None
                return render(node, [self.number(each) for each in arguments], self.dialect)
            case OverRows():
                return self.over_rows(node)
        raise AssertionError(node)

    def number(self, node: Node) -> exp.Expr:
        """Render what takes part in a calculation: a leaf that is a number is cast to bigint."""
        tree = self.tree(node)
        leaf = isinstance(node, Constant | Read) and node.type in NUMBERS
        return cast_to_bigint(tree) if leaf else tree

    def compared(self, node: Node, sign: str) -> exp.Expr:
        tree = wrapped(self.tree(node))
        if self.dialect == "postgres" and node.type is Type.STRING and sign not in ("==", "!="):
            return exp.Collate(this=tree, expression=exp.column("C", quoted=True))
        return tree

    def over_rows(self, node: OverRows) -> exp.Expr:
        if node.macro is Macro.EXISTS:
            assert node.body is not None
            return exp.Exists(this=self.select("1", node.rows, self.tree(node.body)))
        elif node.macro is Macro.ALL:
            assert node.body is not None
            contrary = exp.Not(this=wrapped(self.tree(node.body)))
            return exp.Not(this=exp.Exists(this=self.select("1", node.rows, contrary)))
        elif node.macro is Macro.COUNT:
            return self.select("COUNT(*)", node.rows).subquery()
        elif node.macro is Macro.DISTINCT:
            return self.number_of_different(node)
        return self.total(node)

    def number_of_different(self, node: OverRows) -> exp.Expr:
        assert node.body is not None
        # A subquery for the same reason as that of `total`: an aggregate of outer columns alone belongs outside.
        inner = self.select(exp.alias_(self.tree(node.body), "told"), node.rows).subquery("each")
        counted = exp.Count(this=exp.Distinct(expressions=[exp.column("told", table="each")]))
        return exp.select(counted).from_(inner).subquery()

    def total(self, node: OverRows) -> exp.Expr:
        assert node.body is not None
        amount, rows = self.number(node.body), node.rows
        if any(isinstance(each, Read) and each.row == rows.row for each in walk(node.body)):
            return self.select(_total_of(amount), rows).subquery()
        # SQL gives an aggregate of outer columns only to the outer query: sum(l, member.visits) would sum the members.
        inner = self.select(exp.alias_(amount, "amount"), rows).subquery("each")
        return exp.select(_total_of(exp.column("amount", table="each"))).from_(inner).subquery()

    def select(self, what: str | exp.Expr, rows: Rows, *conditions: exp.Expr) -> exp.Select:
        alias = _alias(rows.row, self.line)
        join = _qualified(rows.records.join, alias, rows.records.table)
        every = [join, *(self.tree(each) for each in rows.conditions), *conditions]
        return exp.select(what).from_(exp.to_table(rows.records.table, alias=alias)).where(*every)

    def column(self, field: Field, row: int | None) -> exp.Expr:
        if row is None:
            return sqlglot.parse_one(field.column, dialect="postgres")
        return _qualified(field.column, _alias(row, self.line))


def _total_of(amount: exp.Expr) -> exp.Expr:
    return cast_to_bigint(sql_from("COALESCE(SUM(:a), 0)", a=amount))


def _constant(node: Constant) -> exp.Expr:
    value = node.value
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    elif isinstance(value, int):
        number = exp.Literal.number(abs(value))
        return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number
    elif isinstance(value, datetime):
        return exp.Cast(this=exp.Literal.string(value.isoformat()), to=exp.DataType.build("TIMESTAMPTZ"))
    elif isinstance(value, date):
        return exp.Cast(this=exp.Literal.string(value.isoformat()), to=exp.DataType.build("DATE"))
    return exp.Literal.string(value)


def _alias(row: int, line: str) -> str:
    return line if row == LINE_ROW else f"r{row}"


def _qualified(text: str, alias: str, table: str = "") -> exp.Expr:
    """Parse an SQL expression and give the columns of the rows' table, unqualified or not, its alias."""
    tree = sqlglot.parse_one(text, dialect="postgres")
    for column in list(tree.find_all(exp.Column)):
        if column.table in ("", table):
            column.set("table", exp.to_identifier(alias))
    return tree
