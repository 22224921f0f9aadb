"""What a file can hold, as the modules declare it: a target, its columns, its options. Knows no Django.

Nouns: a *target* is a kind of content (purchases, customers, products, opening balances…); a *column* of a target is
one thing that Fidelia knows about a row of it; an *option* holds for the whole file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fidelia.kernel.localized import LocalizedText


class Kind(StrEnum):
    """How the text of a cell is understood."""

    TEXT = "text"
    CODE = "code"  # an identifier: kept as written, leading zeros too
    NUMBER = "number"
    MONEY = "money"  # an amount in the currency of the file
    POINTS = "points"
    PERCENT = "percent"
    MOMENT = "moment"  # a day, with or without its hour
    DAY = "day"
    FLAG = "flag"  # yes or no, oui ou non, 1 or 0, x or nothing
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Column:
    """One thing known about a row. `synonyms` are header names that mean it, in French and English, any spelling.

    `not_beside` are words beside which the name means another thing: the name of a customer is no customer.
    One of the words `only_beside`, where there are some, is in the name of its column. Of a `unique` one (nearly) every
    row has its own value.
    `vocabulary` are the folded words that its cells hold, where they hold no others; with `vocabulary_begins` a cell
    may go on after one: cancelled by the customer. `understands` says of the name of a column and its different words
    whether they mean something here too.
    `absent` is said where no column of the file is it. One that is not found `by_name` is proposed by arithmetic alone.
    A day that is `past` never lies ahead: 14-Oct-68 is of 1968, of those alive.
    `personal` keeps its examples from those who may not read customers; `sensitive` asks for a decision first
    (consents default to none).
    """

    name: str
    label: LocalizedText
    kind: Kind
    synonyms: tuple[str, ...] = ()
    required: bool = False
    help: LocalizedText | None = None
    choices: tuple[str, ...] = ()
    length_max: int = 200
    personal: bool = False
    sensitive: bool = False
    not_beside: tuple[str, ...] = ()
    only_beside: tuple[str, ...] = ()
    unique: bool = False
    vocabulary: frozenset[str] = frozenset()
    vocabulary_begins: bool = False
    past: bool = False
    understands: Callable[[str, Collection[str]], bool] | None = None
    absent: LocalizedText | None = None
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that holds for the whole file, such as its currency; `choices` empty means free text.

    One that is `rare` matters to few files: it is asked for last.
    """

    name: str
    label: LocalizedText
    kind: Kind = Kind.TEXT
    default: Any = None
    choices: tuple[tuple[str, LocalizedText], ...] = ()
    help: LocalizedText | None = None
    required: bool = False
    many: bool = False
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The export of a well-known program: where all these names of `columns` (the target's → the file's) are in a file,
    they mean that, whatever other names of it resemble. Those of `optional` need not be there."""

    name: str
    columns: dict[str, str]
    optional: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of content. Of each group in `one_of`, at least one column is mapped."""

    name: str
    label: LocalizedText
    columns: tuple[Column, ...]
    options: tuple[Option, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = field(default=())
    shapes: tuple[Shape, ...] = ()

    def column(self, name: str) -> Column:
        """Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
