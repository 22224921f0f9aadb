"""The catalogue: every field that a rule may read, declared once for the checker, Python and SQL.

A *field* is one value of the evaluation, such as `purchase.total`; *records* are a list of rows, such as `lines`,
whose own fields are read one row at a time. Nothing that is not in the catalogue can be read by any rule.

Number fields declare bounds. The checker proves with them that no calculation passes 64 bits, so that Python, DuckDB
and PostgreSQL never differ by an overflow; `Catalogue.check_values` holds the values of an evaluation to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import exponent_of

from .errors import ValueOutOfBounds
from .types import NUMBER_MAX, NUMBERS, Type

DEFAULT_BOUNDS = {
    Type.INT: 10**9,
    Type.MONEY: 10**12,  # ten billion euros in cents
    Type.QUANTITY: 10**9,
}
RECORDS_MAX = 10_000
_PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_PYTHON_TYPES: dict[Type, type] = {
    Type.BOOL: bool,
    Type.INT: int,
    Type.MONEY: int,
    Type.QUANTITY: int,
    Type.STRING: str,
    Type.DATE: date,
    Type.TIMESTAMP: datetime,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One value that rules may read.

    path      how rules write it: "purchase.total"; for a field of records, its last part: "net"
    type      what it is; MONEY in minor units of the catalogue's currency, QUANTITY by its quantity scale
    label     its name in lists and forms
    column    SQL expression (PostgreSQL syntax) of the value: qualified with its table for a field of the evaluation,
              unqualified for a field of records. Numbers are bigint, texts text, moments timestamptz, lists arrays.
    optional  it may be None (NULL): rules must guard it
    many      a list of such values, never None and without None inside; rules ask it with `in` and size()
    key       the key of its value in the mapping of values; the path unless told
    low, high bounds of a number, inclusive
    choices   the only texts it holds, each with its name for people
    words     the value as part of a sentence: "the total of the purchase"; of a BOOL the sentence itself: "the line
              earns points"; of a list, a plural: "the segments of the member". French carries its article.
    words_not of a BOOL, the sentence of its contrary
    doc       what it means, for the reference (English)
    is_measure  its path is the text of a measure (`history`), which is no plain path
    is_free_text  people write it, of a person: what decides for ever must not read it, since it would be kept for ever
    """

    path: str
    type: Type
    label: LocalizedText
    column: str
    doc: str = ""
    optional: bool = False
    many: bool = False
    key: str = ""
    low: int | None = None
    high: int | None = None
    choices: Mapping[str, LocalizedText] | None = None
    words: LocalizedText | None = None
    words_not: LocalizedText | None = None
    is_measure: bool = False
    is_free_text: bool = False

    def __post_init__(self) -> None:
        assert self.is_measure or _PATH.fullmatch(self.path), f"{self.path} is not a path"
        assert self.is_measure or "__" not in self.path, f"{self.path} is not a path"
        assert not (self.many and self.optional), f"{self.path}: a list is never absent, it is empty"
        assert self.type is not Type.RECORDS, f"{self.path}: records are declared by Records"
        object.__setattr__(self, "key", self.key or self.path)
        if self.type in NUMBERS:
            bound = DEFAULT_BOUNDS[self.type]
            object.__setattr__(self, "low", -bound if self.low is None else self.low)
            object.__setattr__(self, "high", bound if self.high is None else self.high)
            assert -NUMBER_MAX <= self.bounds[0] <= self.bounds[1] <= NUMBER_MAX, f"{self.path}: bounds"

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest value of a number; (0, 0) for what is no number."""
        return (self.low or 0, self.high or 0)


@dataclass(frozen=True, slots=True)
class Records:
    """A list of rows, such as the lines of a purchase.

    path   how rules write it: "lines"
    table  the SQL table of the rows
    join   SQL condition between a row (columns unqualified, or qualified by `table`) and its evaluation (qualified):
           "purchase_id = p.id"
    words  plural with article: "the lines", "les lignes"
    one    singular with its indefinite article: "a line", "une ligne"
    """

    path: str
    label: LocalizedText
    table: str
    join: str
    fields: tuple[Field, ...]
    words: LocalizedText
    one: LocalizedText
    key: str = ""
    size_max: int = RECORDS_MAX
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert _PATH.fullmatch(self.path), f"{self.path} is not a path"
        assert all("." not in each.path for each in self.fields), "a field of records has a name of one part"
        object.__setattr__(self, "key", self.key or self.path)
        object.__setattr__(self, "by_name", {each.path: each for each in self.fields})


@dataclass(frozen=True)
class Catalogue:
    """The fields and records of one kind of evaluation, in one currency.

    quantity_scale is the number of decimals of a quantity: 3 counts 0.350 kg as 350 and two pieces as 2000.
    measured, where rules may ask about the past, returns the field of a measure by its path (`history.measured_field`).
    """

    fields: tuple[Field, ...]
    records: tuple[Records, ...] = ()
    currency: str = "EUR"
    quantity_scale: int = 3
    measured: Callable[[str], Field | None] | None = None

    def __post_init__(self) -> None:
        paths = self.paths
        assert len(paths) == len(set(paths)), "a path is declared twice"
        assert all("." in each.column or "(" in each.column for each in self.fields), "columns are qualified"
        exponent_of(self.currency)

    @property
    def paths(self) -> list[str]:
        """Every path of a field or records, in declared order."""
        return [each.path for each in self.fields] + [each.path for each in self.records]

    @cached_property
    def field_at(self) -> dict[str, Field]:
        return {each.path: each for each in self.fields}

    @cached_property
    def records_at(self) -> dict[str, Records]:
        return {each.path: each for each in self.records}

    @cached_property
    def groups(self) -> frozenset[str]:
        """The beginnings of paths, such as "purchase" of "purchase.total"."""
        cut = (path.split(".")[:size] for path in self.paths for size in range(1, path.count(".") + 1))
        asked = () if self.measured is None else ("history",)
        return frozenset(".".join(parts) for parts in cut) | frozenset(asked)

    def field_of(self, path: str) -> Field | None:
        """Return the field at a path, be it declared or a measure; None where there is none."""
        found = self.field_at.get(path)
        return self.measured(path) if found is None and self.measured is not None else found

    def scale_of(self, type_: Type) -> int:
        """Return the number of decimals of a number of this type."""
        if type_ is Type.MONEY:
            return exponent_of(self.currency)
        return self.quantity_scale if type_ is Type.QUANTITY else 0

    def check_values(self, values: Mapping[str, Any], paths: Iterable[str]) -> None:
        """Hold the values at `paths` (fields, or "lines.net") to their declarations.

        A value must be there (None only where optional), of its type and within its bounds; records not too many.
        Raises ValueOutOfBounds.
        """
        for path in paths:
            declared = self.field_of(path)
            if declared is not None:
                _check_value(declared, values.get(declared.key), path)
            else:
                self._check_rows(values, path)

    def _check_rows(self, values: Mapping[str, Any], path: str) -> None:
        owner, _, name = path.rpartition(".")
        records = self.records_at[owner or name]
        rows = values.get(records.key)
        if rows is None or len(rows) > records.size_max:
            raise ValueOutOfBounds(f"“{records.path}” has {records.size_max} rows at most.", pointer=f"/{records.key}")
        if owner:
            declared = records.by_name[name]
            key, kind, (low, high) = declared.key, _PYTHON_TYPES[declared.type], declared.bounds
            is_plain = kind is not datetime and not declared.many
            for position, row in enumerate(rows):
                value = row.get(key)
                is_exact = is_plain and type(value) is kind
                if not is_exact or (kind is int and not low <= value <= high):
                    _check_value(declared, value, path, position)


def _check_value(declared: Field, value: Any, path: str, position: int | None = None) -> None:
    if declared.many:
        fits = value is not None and all(_fits(declared, each) for each in value)
    else:
        fits = declared.optional if value is None else _fits(declared, value)
    if not fits:
        place = path if position is None else f"{path} of row {position + 1}"
        raise ValueOutOfBounds(f"“{place}” cannot be {value!r}.", pointer=f"/{path}")


def _fits(declared: Field, value: Any) -> bool:
    # An exact type: True is an int for isinstance, and a datetime a date.
    exact = type(value) is _PYTHON_TYPES[declared.type]
    if not exact:
        return False
    low, high = declared.bounds
    if declared.type in NUMBERS:
        return bool(low <= value <= high)
    return declared.type is not Type.TIMESTAMP or value.tzinfo is not None
