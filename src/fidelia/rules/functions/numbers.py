"""Functions that calculate: per, share, min, max, abs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlglot import exp

from fidelia.kernel.localized import LocalizedText

from .. import syntax
from ..errors import WrongArguments, WrongType, nearest_name
from ..nodes import Apply, Constant, Node, Presence
from ..rounding import ROUNDINGS
from ..sql_parts import call, floor_division, rounded_division, sql_from
from ..types import ORDERED, Type
from .definition import Function, require_shape

if TYPE_CHECKING:
    from ..checker import Checker

ARGUMENTS_MAX = 8
PER = "per(amount, step)"
SHARE = "share(amount, percent, rounding)"
MIN = "min(a, b, …)"
MAX = "max(a, b, …)"
ABS = "abs(number)"


def check_per(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, PER, method=False, count=2)
    amount = checker.check_number(written.arguments[0], None, known)
    step = checker.check(written.arguments[1], amount.type, known)
    if (
        not isinstance(step, Constant)
        or step.type is not amount.type
        or not isinstance(step.value, int)
        or step.value < 1
    ):
        raise WrongArguments("step_positive", offset=written.arguments[1].offset)
    return Apply(
        offset=written.offset,
        type=Type.INT,
        function="per",
        arguments=(amount,),
        settings=(step.value,),
        low=amount.low // step.value,
        high=amount.high // step.value,
    )


def python_per(node: Apply, arguments: Sequence[str]) -> str:
    return f"({arguments[0]} // {node.settings[0]})"


def sql_per(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    return floor_division(arguments[0], int(node.settings[0]), dialect)


def check_share(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, SHARE, method=False, count=3)
    first, second, third = written.arguments
    amount = checker.check_number(first, want, known)
    ratio = _percentage(second)
    if not isinstance(third, syntax.Name) or third.name not in ROUNDINGS:
        said = third.name if isinstance(third, syntax.Name) else "…"
        nearest = nearest_name(said, list(ROUNDINGS))
        raise WrongArguments("rounding", offset=third.offset, nearest=nearest, text=said, choices=", ".join(ROUNDINGS))
    rounded = ROUNDINGS[third.name]
    low, high = checker.bounded(written.offset, amount.low * ratio.numerator, amount.high * ratio.numerator)
    return Apply(
        offset=written.offset,
        type=amount.type,
        function="share",
        arguments=(amount,),
        settings=(ratio.numerator, ratio.denominator, third.name),
        low=rounded(low, ratio.denominator),
        high=rounded(high, ratio.denominator),
    )


def _percentage(written: syntax.Written) -> Fraction:
    text = written.text if isinstance(written, syntax.Number) else ""
    decimals = len(text.partition(".")[2])
    if not text or decimals > 4 or not 0 <= (percent := Fraction(text)) <= 1000:
        raise WrongArguments("percent", offset=written.offset)
    return percent / 100


def python_share(node: Apply, arguments: Sequence[str]) -> str:
    numerator, denominator, rounding = node.settings
    return f"round_{rounding}({arguments[0]} * {numerator}, {denominator})"


def sql_share(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    numerator, denominator, rounding = node.settings
    scaled = sql_from(":a * :b", a=arguments[0], b=exp.Literal.number(numerator))
    return rounded_division(scaled, int(denominator), str(rounding), dialect)


def check_extreme(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, MIN if written.name == "min" else MAX, method=False, count=2, count_max=ARGUMENTS_MAX)
    arguments = checker.check_alike(written.arguments, want, known)
    kind = arguments[0].type
    if kind not in ORDERED - {Type.STRING}:
        raise WrongType("expects_number", offset=written.offset, found=kind)
    chosen = min if written.name == "min" else max
    return Apply(
        offset=written.offset,
        type=kind,
        function=written.name,
        arguments=arguments,
        low=chosen(each.low for each in arguments),
        high=chosen(each.high for each in arguments),
    )


def python_call(node: Apply, arguments: Sequence[str]) -> str:
    return f"{node.function}({', '.join(arguments)})"


def sql_extreme(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    return call("LEAST" if node.function == "min" else "GREATEST", *arguments)


def check_abs(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, ABS, method=False, count=1)
    number = checker.check_number(written.arguments[0], want, known)
    sizes = (abs(number.low), abs(number.high))
    low = 0 if number.low <= 0 <= number.high else min(sizes)
    return Apply(offset=written.offset, type=number.type, function="abs", arguments=(number,), low=low, high=max(sizes))


def sql_abs(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    return call("ABS", *arguments)


NUMBER_FUNCTIONS = (
    Function(
        "per",
        PER,
        "How many whole steps fit in the amount, rounded towards −∞: per(-7, 2) is -4.",
        check_per,
        python_per,
        sql_per,
        LocalizedText(en="the number of whole {step} in {0}", fr="le nombre de tranches entières de {step} dans {0}"),
    ),
    Function(
        "share",
        SHARE,
        "A percentage of the amount, in the amount's unit, by a named rounding: share(purchase.total, 12.5, half_up).",
        check_share,
        python_share,
        sql_share,
        LocalizedText(en="{percent} of {0}", fr="{percent} {de0}"),
    ),
    Function(
        "min",
        MIN,
        "The least of two to eight numbers, dates or moments of one type.",
        check_extreme,
        python_call,
        sql_extreme,
        LocalizedText(en="the least of {all}", fr="la plus petite valeur entre {all}"),
    ),
    Function(
        "max",
        MAX,
        "The greatest of two to eight numbers, dates or moments of one type.",
        check_extreme,
        python_call,
        sql_extreme,
        LocalizedText(en="the greatest of {all}", fr="la plus grande valeur entre {all}"),
    ),
    Function(
        "abs",
        ABS,
        "The number without its sign.",
        check_abs,
        python_call,
        sql_abs,
        LocalizedText(en="{0} without its sign", fr="la valeur absolue {de0}"),
    ),
)
