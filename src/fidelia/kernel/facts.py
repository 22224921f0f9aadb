"""What a module lets analytics read: a table of facts without direct identifiers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FactTable:
    """A table of facts.

    `sql` selects `columns` (name → Ibis type; money and points are int64 minor units, instants are UTC timestamps);
    `key` names the columns that tell rows apart; `recorded_at_column` is when the fact came to be known here.
    `versions` names the tables of `sql`, by alias, that a row is made of, the first of them the one with the
    `recorded_at_column`: whether anything changed is then seen by the versions of their rows, in a fraction of the
    time that comparing contents takes. `sql` has its FROM at the beginning of a line in that case.
    """

    name: str
    sql: str
    columns: dict[str, str]
    key: tuple[str, ...]
    recorded_at_column: str
    versions: tuple[str, ...] = ()
