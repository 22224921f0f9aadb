"""Arrays of numbers as they come in: checked once, so that no formula ever meets a missing or impossible value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fidelia.insight.errors import ImpossibleNumbers

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def numbers_of(values: ArrayLike, name: str) -> Floats:
    """Return the values as floats in one dimension. Raises ImpossibleNumbers when one is missing or infinite."""
    try:
        found = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise ImpossibleNumbers(f"The {name} is not a number everywhere: mend the file.") from None
    if found.ndim != 1:
        raise ImpossibleNumbers(f"The {name} needs one number per row, not a table.")
    if not np.isfinite(found).all():
        place = int(np.flatnonzero(~np.isfinite(found))[0])
        raise ImpossibleNumbers(f"The {name} of row {place + 1} is missing or infinite: mend or leave it out.")
    return found


def at_least(values: Floats, least: float, name: str) -> Floats:
    """Return the values. Raises ImpossibleNumbers when one is below `least`."""
    if values.size and values.min() < least:
        place = int(np.argmin(values))
        raise ImpossibleNumbers(
            f"The {name} of row {place + 1} is {values[place]:g}; it must be at least {least:g}. Mend the row."
        )
    return values


def whole(values: Floats, name: str) -> Floats:
    """Return the values. Raises ImpossibleNumbers when one is not a whole number."""
    rounded = np.rint(values)
    if (np.abs(values - rounded) > 1e-9).any():
        raise ImpossibleNumbers(f"The {name} counts things: it must be a whole number in every row.")
    return rounded


def weights_of(weights: ArrayLike | None, rows: int) -> Floats:
    """Return how many customers each row stands for: one each when nothing is said."""
    if weights is None:
        return np.ones(rows)
    return at_least(numbers_of(weights, "weight"), 0.0, "weight")


def same_length(**columns: Floats) -> None:
    """Raise ImpossibleNumbers when the columns differ in length, or are empty."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ImpossibleNumbers(f"The columns belong together row by row, but their lengths differ: {told}.")
    if 0 in lengths.values():
        raise ImpossibleNumbers("There is no row: nothing can be computed.")


def together(**columns: ArrayLike) -> tuple[Floats, ...]:
    """Return the columns at one common length, single numbers repeated. Raises ImpossibleNumbers."""
    arrays = [numbers_of(values, name.replace("_", " ")) for name, values in columns.items()]
    try:
        return tuple(np.ascontiguousarray(one) for one in np.broadcast_arrays(*arrays))
    except ValueError:
        same_length(**dict(zip(columns, arrays, strict=True)))
        raise


def places_of(values: NDArray[Any]) -> tuple[NDArray[Any], Integers]:
    """Return the distinct values in order and, for each value, its place among them."""
    distinct, places = np.unique(values, return_inverse=True)
    return distinct, places.reshape(-1).astype(np.int64)


def groups_of(*columns: Floats) -> tuple[Integers, Integers]:
    """Group equal rows: return one row number of each group, in order of the columns, and the group of each row."""
    key, spread = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        distinct, places = places_of(column)
        if spread * len(distinct) >= 2**62:
            _values, key = places_of(key)
            spread = int(key.max()) + 1
        key, spread = key * len(distinct) + places, spread * len(distinct)
    _keys, first, group = np.unique(key, return_index=True, return_inverse=True)
    return first.astype(np.int64), group.reshape(-1).astype(np.int64)
