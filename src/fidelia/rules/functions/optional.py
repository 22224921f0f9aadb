"""Functions of what may be unknown: has, orElse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import syntax
from ..errors import WrongArguments
from ..nodes import Has, Node, OrElse, Presence, Read
from ..types import Type
from .definition import Function, require_shape

if TYPE_CHECKING:
    from ..checker import Checker

HAS = "has(field)"
OR_ELSE = "orElse(field, default)"


def check_has(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, HAS, method=False, count=1)
    return Has(offset=written.offset, type=Type.BOOL, read=_optional_field(checker, written))


def check_or_else(checker: Checker, written: syntax.Call, want: Type | None, known: Presence) -> Node:
    require_shape(written, OR_ELSE, method=False, count=2)
    read = _optional_field(checker, written)
    default = checker.check_type(written.arguments[1], read.type, known)
    checker.require_choice(read, default)
    return OrElse(
        offset=written.offset,
        type=read.type,
        read=read,
        default=default,
        low=min(read.low, default.low),
        high=max(read.high, default.high),
    )


def _optional_field(checker: Checker, written: syntax.Call) -> Read:
    read = checker.find_field(written.arguments[0])
    if read is None:
        raise WrongArguments("has_field", offset=written.arguments[0].offset, function=written.name)
    if not read.field.optional:
        raise WrongArguments("never_absent", offset=written.offset, text=read.path, function=written.name)
    return read


OPTIONAL_FUNCTIONS = (
    Function("has", HAS, "Whether an optional field is known.", check_has),
    Function("orElse", OR_ELSE, "An optional field, or the default when it is unknown.", check_or_else),
)
