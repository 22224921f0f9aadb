"""The rule as understood: typed, every name resolved, every constant in its unit, every number with its bounds.

Both renderings and the wording read this tree; none of them looks at the text again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .catalogue import Field, Records
from .types import Type

ConstantValue = bool | int | str | date | datetime
# What a macro is assumed to meet, in rows. With the limit of a program this leaves no room for a macro inside a macro,
# whose real cost would grow with the square of the lines.
ROW_COST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`low` and `high` bound a number; they mean nothing for the other types."""

    offset: int
    type: Type
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """A number is in minor units of its type."""

    value: ConstantValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Node):
    """The value of a field; `row` numbers the row variable, None for a field of the evaluation."""

    field: Field
    row: int | None = None
    records: Records | None = None

    @property
    def path(self) -> str:
        return f"{self.records.path}.{self.field.path}" if self.records else self.field.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Has(Node):
    read: Read


@dataclass(frozen=True, slots=True, kw_only=True)
class OrElse(Node):
    read: Read
    default: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Every(Node):
    """a && b && …"""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Some(Node):
    """a || b || …"""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """sign: + - *"""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Negate(Node):
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose(Node):
    """test ? then : otherwise"""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Among(Node):
    """item in [a, b]"""

    item: Node
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Node):
    """item in field, a field that is a list"""

    item: Node
    field: Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply(Node):
    """A function of the table, by its name. `settings` are what it was told in the text, such as a step or a ratio."""

    function: str
    arguments: tuple[Node, ...]
    settings: tuple[int | str, ...] = ()


class Macro(StrEnum):
    """What is asked of rows."""

    EXISTS = "exists"
    ALL = "all"
    SUM = "sum"
    COUNT = "count"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Node):
    """Records, or those of them that meet all conditions; not a value by itself."""

    records: Records
    row: int
    conditions: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverRows(Node):
    """A question about rows: `body` is the condition of exists and all, the amount of sum, the value of distinct; count
    has none.
    """

    macro: Macro
    rows: Rows
    body: Node | None = None


def children_of(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911
    """Return the parts of a node, in the order of the text."""
    match node:
        case Has(read=read):
            return (read,)
        case OrElse(read=read, default=default):
            return (read, default)
        case Not(operand=operand) | Negate(operand=operand):
            return (operand,)
        case Every(terms=terms) | Some(terms=terms):
            return terms
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right):
            return (left, right)
        case Choose(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case Among(item=item, items=items):
            return (item, *items)
        case Member(item=item, field=read):
            return (item, read)
        case Apply(arguments=arguments):
            return arguments
        case Rows(conditions=conditions):
            return conditions
        case OverRows(rows=rows, body=body):
            return (rows,) if body is None else (rows, body)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all below it, in the order of the text."""
    yield node
    for child in children_of(node):
        yield from walk(child)


def cost_of(node: Node) -> int:
    """Return the static cost: one for each part, and what is done for each row counted ROW_COST times."""
    if isinstance(node, OverRows):
        per_row = sum(map(cost_of, node.rows.conditions)) + (cost_of(node.body) if node.body else 0)
        return 1 + ROW_COST * (1 + per_row)
    elif isinstance(node, Among) and all(isinstance(each, Constant) for each in node.items):
        return 2 + cost_of(node.item)  # one look-up, however long the list
    return 1 + sum(map(cost_of, children_of(node)))


Presence = frozenset[tuple[int | None, str]]
NOTHING: Presence = frozenset()


def presence_if(node: Node, outcome: bool) -> Presence:
    """Return the optional fields certainly known when `node` comes out as `outcome`."""
    match node:
        case Has(read=read):
            return frozenset({(read.row, read.field.path)}) if outcome else NOTHING
        case Not(operand=operand):
            return presence_if(operand, not outcome)
        case Every(terms=terms) | Some(terms=terms):
            each = [presence_if(term, outcome) for term in terms]
            together = isinstance(node, Every) is outcome
            return frozenset.union(*each) if together else frozenset.intersection(*each)
    return NOTHING
