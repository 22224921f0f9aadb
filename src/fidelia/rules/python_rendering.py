"""The rule as a Python code object, compiled once.

The text that is compiled is made of our own names and of constants as Python itself writes them (`repr`): nothing of
the rule's text reaches it otherwise. No builtins are in reach of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from . import rounding
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
)

Compiled = Callable[..., Any]
_IN_REACH: dict[str, Any] = {
    "__builtins__": {},
    **{each.__name__: each for each in (abs, all, any, len, max, min, sum)},
    **{each.__name__: each for each in rounding.ROUNDINGS.values()},
}
_OF_MACRO = {Macro.EXISTS: "any", Macro.ALL: "all", Macro.SUM: "sum", Macro.COUNT: "len", Macro.DISTINCT: "len"}


def compile_to_python(node: Node, *, with_line: bool) -> Compiled:
    """Return a function of the values mapping, and of the line's mapping when `with_line`."""
    rendering = _PythonRendering()
    parameters = f"v, r{LINE_ROW}" if with_line else "v"
    text = f"lambda {parameters}: {rendering.text(node)}"
    return _evaluate(text, rendering.constants)


def compile_to_chooser(conditions: list[Node], key: str) -> Compiled:
    """Return a function of the values mapping that lists the positions of the lines meeting every condition."""
    rendering = _PythonRendering()
    wanted = " and ".join(rendering.text(each) for each in conditions)
    text = f"lambda v: [i for i, r{LINE_ROW} in enumerate(v[{key!r}]) if {wanted}]"
    return _evaluate(text, {**rendering.constants, "enumerate": enumerate})


def _evaluate(text: str, constants: dict[str, Any]) -> Compiled:
    compiled: Compiled = eval(compile(text, "<rule>", "eval"), {**_IN_REACH, **constants})  # noqa: S307
    return compiled


class _PythonRendering:
    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}

    def text(self, node: Node) -> str:  # noqa: PLR0911, PLR0912
        match node:
            case Constant(value=value):
                return self.constant(value)
            case Read():
                return f"{_mapping_of(node)}[{node.field.key!r}]"
            case Has(read=read):
                return f"({_mapping_of(read)}[{read.field.key!r}] is not None)"
            case OrElse(read=read, default=default):
                value = self.text(read)
                return f"({value} if {value} is not None else {self.text(default)})"
            case Not(operand=operand):
                return f"(not {self.text(operand)})"
            case Negate(operand=operand):
                return f"(-{self.text(operand)})"
            case Every(terms=terms):
                return f"({' and '.join(map(self.text, terms))})"
            case Some(terms=terms):
                return f"({' or '.join(map(self.text, terms))})"
            case Compare(sign=sign, left=left, right=right) | Arithmetic(sign=sign, left=left, right=right):
                return f"({self.text(left)} {sign} {self.text(right)})"
            case Choose(test=test, then=then, otherwise=otherwise):
                return f"({self.text(then)} if {self.text(test)} else {self.text(otherwise)})"
            case Among(item=item, items=items):
                return f"({self.text(item)} in {self.items(items)})"
            case Member(item=item, field=read):
                return f"({self.text(item)} in {self.text(read)})"
            case Apply(function=function, arguments=arguments):
                render = FUNCTIONS[function].python
                assert render is not None
                return render(node, [self.text(each) for each in arguments])
            case OverRows():
                return self.over_rows(node)
        raise AssertionError(node)

    def items(self, items: tuple[Node, ...]) -> str:
        listed = "".join(self.text(each) + ", " for each in items)
        # Python keeps a set of plain constants with the code; one of anything else it would build at each evaluation.
        constant = all(isinstance(each, Constant) and isinstance(each.value, str | int) for each in items)
        return f"{{{listed}}}" if constant else f"({listed})"

    def over_rows(self, node: OverRows) -> str:
        body = "1" if node.body is None else self.text(node.body)
        opened, closed = "{}" if node.macro is Macro.DISTINCT else "[]"
        return f"{_OF_MACRO[node.macro]}({opened}{body} for {self.rows(node.rows)}{closed})"

    def rows(self, rows: Rows) -> str:
        conditions = "".join(f" if {self.text(each)}" for each in rows.conditions)
        return f"r{rows.row} in v[{rows.records.key!r}]{conditions}"

    def constant(self, value: object) -> str:
        if isinstance(value, date):  # a datetime is a date too
            name = f"c{len(self.constants)}"
            self.constants[name] = value
            return name
        assert isinstance(value, bool | int | str)
        return f"({value!r})" if isinstance(value, int) else repr(value)


def _mapping_of(read: Read) -> str:
    return "v" if read.row is None else f"r{read.row}"
