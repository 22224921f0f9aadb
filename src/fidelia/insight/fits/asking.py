"""What models are asked about: customers, times and counts as they come in, checked once for all models."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Floats, at_least, together, whole
from .sentences import Sentence
from .sentences import gettext_noop as _

MOST: Final = 1e9


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
    return time_of(t), x, t_x, age_


def time_of(horizon: Floats) -> Floats:
    """Return the times to come. Raises ImpossibleNumbers when one is negative, or longer than anything lasts."""
    return not_beyond(at_least(horizon, 0.0, "horizon"), "horizon")


def counts_of(count: ArrayLike, horizon: ArrayLike) -> tuple[Floats, Floats]:
    """Return n and t at one length. Raises ImpossibleNumbers."""
    n, t = together(count=count, horizon=horizon)
    return not_beyond(whole(at_least(n, 0.0, "count"), "count"), "count"), time_of(t)


def counts_ahead(
    count: ArrayLike, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return n, t, x, t_x and T at one length. Raises ImpossibleNumbers."""
    n, t, x, t_x, age_ = together(count=count, horizon=horizon, frequency=frequency, recency=recency, age=age)
    _check(x, t_x, age_)
    return not_beyond(whole(at_least(n, 0.0, "count"), "count"), "count"), time_of(t), x, t_x, age_


def not_past(ahead: float) -> float:
    """Return the time ahead. Raises ImpossibleNumbers when it is negative or none."""
    return float(at_least(together(ahead=ahead)[0], 0.0, "time ahead")[0])


def not_beyond(values: Floats, name: str) -> Floats:
    """Return the values. Raises ImpossibleNumbers beyond a thousand million, where products of them leave a float."""
    if values.max() > MOST:
        told = _("The {name} of row {row} is {value}: no count, time or amount is so large. Mend the row.")
        place = int(np.argmax(values))
        raise ImpossibleNumbers(Sentence(told, name=name, row=f"{place + 1}", value=f"{values[place]:g}"))
    return values


def _check(x: Floats, t_x: Floats, age: Floats) -> None:
    """Raise ImpossibleNumbers; unlike a history that is fitted, who bought once may have any recency up to the age."""
    not_beyond(at_least(x, 0.0, "frequency"), "frequency")
    not_beyond(age, "age")
    at_least(t_x, 0.0, "recency")
    at_least(age, 0.0, "age")
    if (t_x > age * (1 + 1e-9) + 1e-9).any():
        place = int(np.flatnonzero(t_x > age * (1 + 1e-9) + 1e-9)[0])
        raise ImpossibleNumbers(
            Sentence(
                _(
                    "Row {row} bought last at age {recency}, after the end at {age}: purchases dated "
                    "after the end of the period must be left out."
                ),
                row=f"{place + 1}",
                recency=f"{t_x[place]:g}",
                age=f"{age[place]:g}",
            )
        )
