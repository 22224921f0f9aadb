"""What models are asked about: customers, times and counts as they come in, checked once for all models."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Floats, at_least, together, whole


def customers_of(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return x, t_x and T at one length. Raises ImpossibleNumbers for what no customer can have."""
    x, t_x, age_ = together(frequency=frequency, recency=recency, age=age)
    _check(x, t_x, age_)
    return x, t_x, age_


def customers_ahead(
    horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return t, x, t_x and T at one length. Raises ImpossibleNumbers."""
    t, x, t_x, age_ = together(horizon=horizon, frequency=frequency, recency=recency, age=age)
    _check(x, t_x, age_)
    return at_least(t, 0.0, "horizon"), x, t_x, age_


def counts_of(count: ArrayLike, horizon: ArrayLike) -> tuple[Floats, Floats]:
    """Return n and t at one length. Raises ImpossibleNumbers."""
    n, t = together(count=count, horizon=horizon)
    return whole(at_least(n, 0.0, "count"), "count"), at_least(t, 0.0, "horizon")


def counts_ahead(
    count: ArrayLike, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return n, t, x, t_x and T at one length. Raises ImpossibleNumbers."""
    n, t, x, t_x, age_ = together(count=count, horizon=horizon, frequency=frequency, recency=recency, age=age)
    _check(x, t_x, age_)
    return whole(at_least(n, 0.0, "count"), "count"), at_least(t, 0.0, "horizon"), x, t_x, age_


def not_past(ahead: float) -> float:
    """Return the time ahead. Raises ImpossibleNumbers when it is negative or none."""
    return float(at_least(together(ahead=ahead)[0], 0.0, "time ahead")[0])


def _check(x: Floats, t_x: Floats, age: Floats) -> None:
    """Raise ImpossibleNumbers; unlike a history that is fitted, who bought once may have any recency up to the age."""
    at_least(x, 0.0, "frequency")
    at_least(t_x, 0.0, "recency")
    at_least(age, 0.0, "age")
    if (t_x > age * (1 + 1e-9) + 1e-9).any():
        place = int(np.flatnonzero(t_x > age * (1 + 1e-9) + 1e-9)[0])
        raise ImpossibleNumbers(
            f"Row {place + 1} bought last at age {t_x[place]:g}, after the end at {age[place]:g}: purchases "
            "dated after the end of the period must be left out."
        )
