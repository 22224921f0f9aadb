"""A checked rule: one tree, from which it is evaluated in Python, sent as SQL, and told in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import syntax
from .catalogue import Catalogue
from .checker import Checker
from .errors import RuleError, RuleTooCostly, WrongType
from .names import LINE_ROW
from .nodes import Node, OverRows, Read, cost_of, walk
from .parser import parse
from .python_rendering import Compiled, compile_to_python
from .sql_rendering import Dialect, render_to_sql
from .types import Type

COST_MAX = 40_000
LINE_NAME = "line"


@dataclass(frozen=True)
class Program:
    """A rule that passed every check.

    fields_read  the paths it reads, sorted: "purchase.total", "lines.net", and "lines" where rows are only counted
    cost         its static cost, at most COST_MAX
    of_line      it is asked of one line of the records "lines", named `line`
    run          the compiled function of (values) or (values, line): `evaluate` without a frame more
    """

    source: str
    catalogue: Catalogue = field(repr=False)
    type: Type
    tree: Node = field(repr=False)
    fields_read: tuple[str, ...]
    cost: int
    of_line: bool
    run: Compiled = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, Any], line: Mapping[str, Any] | None = None) -> Any:
        """Return the value of the rule: bool, int (in minor units for money and quantities), str, date or datetime.

        `values` has an entry for the key of each field read (None where optional and unknown); records are sequences of
        such mappings. The values are trusted to be what the fields declare: see `Catalogue.check_values`.
        """
        return self.run(values, line) if self.of_line else self.run(values)

    def to_sql(self, dialect: Dialect, *, line: str = LINE_NAME) -> str:
        """Return the rule as an SQL expression over the tables of the catalogue; never NULL."""
        return render_to_sql(self.tree, dialect, line=line)


def check_rule(
    source: str, catalogue: Catalogue, *, expects: Type | tuple[Type, ...] = Type.BOOL, of_line: bool = False
) -> Program:
    """Check the text of a rule against a catalogue and compile it.

    `expects` is the type it must have, or the types it may have. With `of_line`, the rule is about one line, which it
    calls `line`. Raises a RuleError with line and column.
    """
    wanted = expects if isinstance(expects, tuple) else (expects,)
    try:
        tree = _understand(parse(source), catalogue, wanted, of_line)
        cost = cost_of(tree)
        if cost > COST_MAX:
            raise RuleTooCostly("too_costly", offset=0, size=cost, limit=COST_MAX)
    except RuleError as error:
        error.locate(source)
        raise
    return Program(
        source=source,
        catalogue=catalogue,
        type=tree.type,
        tree=tree,
        fields_read=_fields_read(tree),
        cost=cost,
        of_line=of_line,
        run=compile_to_python(tree, with_line=of_line),
    )


def _understand(written: syntax.Written, catalogue: Catalogue, wanted: tuple[Type, ...], of_line: bool) -> Node:
    scope = {LINE_NAME: (LINE_ROW, catalogue.records_at["lines"])} if of_line else {}
    tree = Checker(catalogue, scope).check(written, wanted[0], frozenset())
    if tree.type not in wanted:
        raise WrongType("expects", offset=tree.offset, wanted=wanted[0], found=tree.type)
    return tree


def _fields_read(tree: Node) -> tuple[str, ...]:
    nodes = list(walk(tree))
    rows = {node.rows.records.path for node in nodes if isinstance(node, OverRows)}
    fields = {node.path for node in nodes if isinstance(node, Read)}
    return tuple(sorted(fields | rows))


__all__ = ["COST_MAX", "LINE_NAME", "Program", "check_rule"]
