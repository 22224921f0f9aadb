"""What is known of customers, as numbers a model can use: texts become one column per value, gaps a flag.

Numbers are centred on the mean and divided by the standard deviation of those learnt from; a missing number becomes the
median, with a flag. A text value that is rare, or was never seen, counts as "other". Nothing is thrown away silently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fidelia.insight.errors import ImpossibleNumbers

from ..arrays import LARGEST, Floats
from ..sentences import Sentence
from ..sentences import gettext_noop as _

VALUES_MAX: Final = 40
RARE: Final = 10
HARDLY_ANY: Final = 1e-12
OTHER: Final = "other"
MISSING: Final = "(missing)"

Columns = Mapping[str, ArrayLike]


@dataclass(frozen=True, slots=True)
class _Number:
    name: str
    mean: float
    deviation: float
    middle: float
    has_gaps: bool

    def encode(self, values: NDArray[Any]) -> Floats:
        numbers = _as_numbers(values)
        gaps = np.isnan(numbers)
        scaled = (np.where(gaps, self.middle, numbers) - self.mean) / self.deviation
        return np.column_stack([scaled, gaps.astype(float)] if self.has_gaps else [scaled])

    @property
    def width(self) -> int:
        return 2 if self.has_gaps else 1

    def told(self, value: Any) -> str:
        number = _as_numbers(np.array([value]))[0]
        return "missing" if np.isnan(number) else f"{number:g}"


@dataclass(frozen=True, slots=True)
class _Text:
    name: str
    values: tuple[str, ...]

    def encode(self, values: NDArray[Any]) -> Floats:
        texts = _as_texts(values)
        known = np.array([*self.values, OTHER])
        texts = np.where(np.isin(texts, self.values), texts, OTHER)
        found: Floats = (texts[:, None] == known[None, :]).astype(np.float64)
        return found

    @property
    def width(self) -> int:
        return len(self.values) + 1

    def told(self, value: Any) -> str:
        return str(_as_texts(np.array([value], dtype=object))[0])


@dataclass(frozen=True, slots=True)
class Features:
    """How to turn columns into a matrix, learnt once from the customers the model learns from."""

    columns: tuple[_Number | _Text, ...]

    @classmethod
    def learn(cls, columns: Columns) -> Features:
        """Look at the columns: numbers (or texts that all read as numbers), flags, texts. Raises ImpossibleNumbers."""
        arrays = arrays_of(columns)
        return cls(tuple(_learn(name, values) for name, values in arrays.items()))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def renamed(self, names: Sequence[str]) -> Features:
        """Return the same features under other names, in their order: those of another language."""
        return Features(tuple(replace(one, name=name) for one, name in zip(self.columns, names, strict=True)))

    def encode(self, columns: Columns) -> Floats:
        """Return one row per customer. Raises ImpossibleNumbers when a column is missing or has another length."""
        missing = [name for name in self.names if name not in columns]
        if missing:
            raise ImpossibleNumbers(
                Sentence(_("The column {column} is missing: the score was learnt with it."), column=f"{missing[0]}")
            )
        arrays = arrays_of({name: columns[name] for name in self.names})
        return np.hstack([column.encode(arrays[column.name]) for column in self.columns])

    def places(self) -> list[slice]:
        """Return which columns of the matrix belong to each column."""
        ends = np.cumsum([column.width for column in self.columns]).tolist()
        return [slice(end - column.width, end) for column, end in zip(self.columns, ends, strict=True)]

    def readable(self, matrix: Floats) -> list[tuple[str, Floats]]:
        """Return name and values of each column of an encoded matrix, in the units they came in."""
        found = []
        for column, place in zip(self.columns, self.places(), strict=True):
            if isinstance(column, _Number):
                found.append((column.name, matrix[:, place.start] * column.deviation + column.mean))
                if column.has_gaps:
                    found.append((f"{column.name} {MISSING}", matrix[:, place.start + 1]))
            else:
                names = [*column.values, OTHER]
                found += [(f"{column.name} = {name}", matrix[:, place.start + k]) for k, name in enumerate(names)]
        return found


def arrays_of(columns: Columns) -> dict[str, NDArray[Any]]:
    """Return the columns as arrays of one length. Raises ImpossibleNumbers."""
    arrays = {name: np.atleast_1d(np.asarray(values)) for name, values in columns.items()}
    if not arrays:
        raise ImpossibleNumbers(Sentence(_("No column is given: say what is known of the customers.")))
    lengths = {len(values) for values in arrays.values()}
    if len(lengths) > 1 or any(values.ndim != 1 for values in arrays.values()):
        raise ImpossibleNumbers(Sentence(_("Every column needs one value per customer; their lengths differ.")))
    return arrays


def _learn(name: str, values: NDArray[Any]) -> _Number | _Text:
    try:
        numbers = _as_numbers(values)
    except ValueError:
        return _learn_text(name, values)
    known = numbers[~np.isnan(numbers)]
    if not known.size:
        return _Number(name, 0.0, 1.0, 0.0, True)
    filled = np.where(np.isnan(numbers), np.median(known), numbers)
    deviation = float(filled.std())
    if deviation <= HARDLY_ANY * max(1.0, float(np.abs(filled).max())):
        deviation = 1.0  # all the same but for rounding, which must not be blown up: it tells nothing
    return _Number(name, float(filled.mean()), deviation, float(np.median(known)), bool(np.isnan(numbers).any()))


def _learn_text(name: str, values: NDArray[Any]) -> _Text:
    found, counts = np.unique(_as_texts(values), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept = [str(found[place]) for place in order if counts[place] >= min(RARE, counts.max())]
    return _Text(name, tuple(sorted(kept[:VALUES_MAX])))


def _as_numbers(values: NDArray[Any]) -> Floats:
    """Raises ValueError when a value that is there does not read as a number."""
    if values.dtype.kind in "biuf":
        return _bounded(values.astype(np.float64))
    if values.dtype.kind == "M":
        raise ImpossibleNumbers(Sentence(_("A column holds dates: give the days since, or until, a date instead.")))
    empty = np.array([value is None or str(value).strip() == "" for value in values.tolist()])
    if empty.all():
        raise ValueError
    return _bounded(np.where(empty, np.nan, np.where(empty, "nan", values.astype(str)).astype(np.float64)))


def _bounded(values: Floats) -> Floats:
    """Gaps are values like others; a number without end is not. Raises ImpossibleNumbers."""
    beyond = np.abs(values) > LARGEST
    if beyond.any():
        told = _("A column has {value} in row {row}: no count, time or amount is so large. Mend it, or leave it empty.")
        place = int(np.argmax(beyond))
        raise ImpossibleNumbers(Sentence(told, value=f"{values[place]:g}", row=f"{place + 1}"))
    return values


def _as_texts(values: NDArray[Any]) -> NDArray[Any]:
    return np.array([MISSING if value is None or str(value).strip() == "" else str(value) for value in values.tolist()])
