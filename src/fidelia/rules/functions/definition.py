"""What a function of the rule language is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from fidelia.kernel.localized import LocalizedText

from .. import syntax
from ..errors import WrongArguments
from ..nodes import Apply, Node, Presence
from ..types import Type

if TYPE_CHECKING:
    from ..checker import Checker

Check = Callable[["Checker", syntax.Call, "Type | None", Presence], Node]
PythonRendering = Callable[[Apply, Sequence[str]], str]
SqlRendering = Callable[[Apply, Sequence[exp.Expr], str], exp.Expr]


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `python` and `sql` render its Apply node; a function whose check makes another node has neither.

    words and words_not are templates: {0}, {1} are the arguments in words, {de0} with the French “de” contracted.
    """

    name: str
    signature: str
    doc: str
    check: Check
    python: PythonRendering | None = None
    sql: SqlRendering | None = None
    words: LocalizedText | None = None
    words_not: LocalizedText | None = None


def arguments_of(written: syntax.Call) -> tuple[syntax.Written, ...]:
    """Return the target of a method and its arguments alike."""
    return written.arguments if written.target is None else (written.target, *written.arguments)


def require_shape(written: syntax.Call, signature: str, *, method: bool, count: int, count_max: int = 0) -> None:
    """Refuse a call that is not written as its signature says. Raises WrongArguments."""
    given = len(arguments_of(written))
    if (written.target is not None) is not method or not count <= given <= max(count, count_max):
        raise WrongArguments("signature", offset=written.offset, signature=signature)
