"""The rule as written: what the parser makes of the text, before any name or type is looked up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """A part of the text; `offset` counts characters from 0."""

    offset: int


@dataclass(frozen=True, slots=True)
class Number(Written):
    text: str


@dataclass(frozen=True, slots=True)
class Text(Written):
    value: str


@dataclass(frozen=True, slots=True)
class Truth(Written):
    value: bool


@dataclass(frozen=True, slots=True)
class Items(Written):
    """[a, b, c]"""

    items: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Name(Written):
    name: str


@dataclass(frozen=True, slots=True)
class Select(Written):
    """target.name"""

    target: Written
    name: str


@dataclass(frozen=True, slots=True)
class Call(Written):
    """name(a, b), or target.name(a, b)"""

    target: Written | None
    name: str
    arguments: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Unary(Written):
    """!a or -a"""

    sign: str
    operand: Written


@dataclass(frozen=True, slots=True)
class Binary(Written):
    sign: str
    left: Written
    right: Written


@dataclass(frozen=True, slots=True)
class Logic(Written):
    """a && b && c, or a || b || c: one node however long, so that length is not depth."""

    sign: str
    terms: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Written):
    """test ? then : otherwise"""

    test: Written
    then: Written
    otherwise: Written


def parts_of(written: Written) -> tuple[Written, ...]:  # noqa: PLR0911
    """Return what `written` is made of, in the order of the text."""
    match written:
        case Items(items=items):
            return items
        case Select(target=target):
            return (target,)
        case Call(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Logic(terms=terms):
            return terms
        case Conditional(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
    return ()
