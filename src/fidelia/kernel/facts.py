"""What a module lets analytics read: a table of facts without direct identifiers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FactTable:
    """A table of facts.

    `sql` selects `columns` (name → Ibis type; money and points are int64 minor units, instants are UTC timestamps);
    `key` names the columns that tell rows apart; `recorded_at_column` is when the fact came to be known here.
    """

    name: str
    sql: str
    columns: dict[str, str]
    key: tuple[str, ...]
    recorded_at_column: str
