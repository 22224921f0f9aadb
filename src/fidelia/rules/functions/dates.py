"""Functions of days and moments: days_between, date, timestamp."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from fidelia.kernel.localized import LocalizedText

from .. import syntax
from ..errors import WrongArguments
from ..nodes import Apply, Constant, Node, Presence
from ..sql_parts import cast_to_bigint, sql_from
from ..types import Type
from .definition import Function, require_shape

if TYPE_CHECKING:
    from ..checker import Checker

DAYS_BETWEEN = "days_between(date, date)"
_DAYS_MAX = 3_652_058  # from 0001-01-01 to 9999-12-31


def check_days_between(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, DAYS_BETWEEN, method=False, count=2)
    arguments = tuple(checker.check_type(each, Type.DATE, known) for each in written.arguments)
    return Apply(
        offset=written.offset,
        type=Type.INT,
        function="days_between",
        arguments=arguments,
        low=-_DAYS_MAX,
        high=_DAYS_MAX,
    )


def python_days_between(node: Apply, arguments: Sequence[str]) -> str:
    return f"({arguments[1]} - {arguments[0]}).days"


def sql_days_between(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    return cast_to_bigint(sql_from(":b - :a", a=arguments[0], b=arguments[1]))


def check_date(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    text = _only_text(written, "bad_date")
    try:
        value = date.fromisoformat(text) if len(text) == 10 and text[4] == "-" else None
    except ValueError:
        value = None
    if value is None:
        raise WrongArguments("bad_date", offset=written.offset)
    return Constant(offset=written.offset, type=Type.DATE, value=value)


def check_timestamp(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    text = _only_text(written, "bad_timestamp")
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is None:
        raise WrongArguments("bad_timestamp", offset=written.offset)
    return Constant(offset=written.offset, type=Type.TIMESTAMP, value=value)


def _only_text(written: syntax.Call, reason: str) -> str:
    if written.target is None and len(written.arguments) == 1 and isinstance(written.arguments[0], syntax.Text):
        return written.arguments[0].value
    raise WrongArguments(reason, offset=written.offset)


DATE_FUNCTIONS = (
    Function(
        "days_between",
        DAYS_BETWEEN,
        "Days from the first date to the second; negative when the second is earlier.",
        check_days_between,
        python_days_between,
        sql_days_between,
        LocalizedText(en="the number of days from {0} to {1}", fr="le nombre de jours entre {0} et {1}"),
    ),
    Function("date", 'date("2026-12-31")', "A day of the calendar.", check_date),
    Function(
        "timestamp",
        'timestamp("2026-12-31T18:00:00Z")',
        "A moment, with its offset from UTC.",
        check_timestamp,
    ),
)
