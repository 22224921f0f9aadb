"""What a condition is made of for those who build it: conditions, groups of them, and texts that no block can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

# Each sign that a block can hold, and how many values stand beside it (None: one or more).
SIGNS: dict[str, int | None] = {
    **dict.fromkeys(("==", "!=", ">=", ">", "<=", "<"), 1),
    **dict.fromkeys(("in", "not_in"), None),
    **dict.fromkeys(("starts", "ends", "contains", "includes", "includes_not"), 1),
    **dict.fromkeys(("true", "false", "known", "unknown"), 0),
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written out: `text` is the number as typed ("20.00"), the text itself, a day (2026-12-31)."""

    kind: OneOf["number", "text", "date"]
    text: str


@dataclass(frozen=True, slots=True)
class FieldSubject:
    """A field, by its path: "purchase.total"; of a row, by its name alone: "category"."""

    path: str


@dataclass(frozen=True, slots=True)
class RowsSubject:
    """What is asked of rows: their sum of a field, their count, how many different
    values a field has, whether one or all of them meet `where`.

    `row` is the name that the macro gives to a row; a sum, a count or a number of
    different ones without `where` is over every row.
    """

    records: str
    macro: OneOf["sum", "count", "distinct", "exists", "all"]
    where: tuple[Condition, ...] = ()
    field: str = ""
    row: str = "l"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `guarded`: has(field) is asked just before it, because the field may be unknown."""

    subject: FieldSubject | RowsSubject
    sign: str
    values: tuple[Literal, ...] = ()
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class TextPart:
    """A condition in the words of the language, because blocks have no shape for it."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks of which any, or all, hold."""

    sign: OneOf["any", "all"]
    blocks: tuple[Block, ...]


Block = Condition | Group | TextPart
