"""Functions of texts and lists: size, startsWith, endsWith, contains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from fidelia.kernel.localized import LocalizedText

from .. import syntax
from ..errors import WrongType
from ..nodes import Apply, Macro, Node, OverRows, Presence, Read
from ..sql_parts import call, cast_to_bigint, sql_from
from ..types import Type
from .definition import Function, arguments_of, require_shape

if TYPE_CHECKING:
    from ..checker import Checker

SIZE = "size(text or list or lines)"
METHODS = {
    "startsWith": "text.startsWith(beginning)",
    "endsWith": "text.endsWith(end)",
    "contains": "text.contains(part)",
}


def check_size(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, SIZE, method=False, count=1)
    (asked,) = written.arguments
    rows = checker.find_rows(asked, known)
    if rows is not None:
        return OverRows(offset=written.offset, type=Type.INT, macro=Macro.COUNT, rows=rows, high=rows.records.size_max)
    measured = checker.find_list(asked) or checker.check(asked, None, known)
    many = isinstance(measured, Read) and measured.field.many
    if measured.type is not Type.STRING and not many:
        raise WrongType("expects", offset=asked.offset, wanted=Type.STRING, found=measured.type)
    return Apply(
        offset=written.offset,
        type=Type.INT,
        function="size",
        arguments=(measured,),
        settings=("list" if many else "text",),
        high=2**31,
    )


def python_size(node: Apply, arguments: Sequence[str]) -> str:
    return f"len({arguments[0]})"


def sql_size(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    if node.settings[0] == "text":
        return cast_to_bigint(call("LENGTH", *arguments))
    return cast_to_bigint(call("CARDINALITY" if dialect == "postgres" else "LEN", *arguments))


def check_text_method(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, METHODS[written.name], method=True, count=2)
    arguments = tuple(checker.check_type(each, Type.STRING, known) for each in arguments_of(written))
    return Apply(offset=written.offset, type=Type.BOOL, function=written.name, arguments=arguments)


def python_starts_with(node: Apply, arguments: Sequence[str]) -> str:
    return f"{arguments[0]}.startswith({arguments[1]})"


def python_ends_with(node: Apply, arguments: Sequence[str]) -> str:
    return f"{arguments[0]}.endswith({arguments[1]})"


def python_contains(node: Apply, arguments: Sequence[str]) -> str:
    return f"({arguments[1]} in {arguments[0]})"


def sql_starts_with(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    return call("STARTS_WITH", *arguments)


def sql_ends_with(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    if dialect == "postgres":
        return sql_from("RIGHT(:a, LENGTH(:b)) = :b", a=arguments[0], b=arguments[1])
    return call("ENDS_WITH", *arguments)


def sql_contains(node: Apply, arguments: Sequence[exp.Expr], dialect: str) -> exp.Expr:
    return sql_from(":found > 0", found=call("STRPOS", *arguments))


TEXT_FUNCTIONS = (
    Function(
        "size",
        SIZE,
        "How many characters (code points), members or rows.",
        check_size,
        python_size,
        sql_size,
        LocalizedText(en="the size of {0}", fr="la taille {de0}"),
    ),
    Function(
        "startsWith",
        METHODS["startsWith"],
        "Whether the text begins so; letter case and accents count.",
        check_text_method,
        python_starts_with,
        sql_starts_with,
        LocalizedText(en="{0} begins with {1}", fr="{0} commence par {1}"),
        LocalizedText(en="{0} does not begin with {1}", fr="{0} ne commence pas par {1}"),
    ),
    Function(
        "endsWith",
        METHODS["endsWith"],
        "Whether the text ends so; letter case and accents count.",
        check_text_method,
        python_ends_with,
        sql_ends_with,
        LocalizedText(en="{0} ends with {1}", fr="{0} se termine par {1}"),
        LocalizedText(en="{0} does not end with {1}", fr="{0} ne se termine pas par {1}"),
    ),
    Function(
        "contains",
        METHODS["contains"],
        "Whether the text holds the part; letter case and accents count.",
        check_text_method,
        python_contains,
        sql_contains,
        LocalizedText(en="{0} contains {1}", fr="{0} contient {1}"),
        LocalizedText(en="{0} does not contain {1}", fr="{0} ne contient pas {1}"),
    ),
)
