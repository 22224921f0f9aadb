"""Buying histories: all that the models of repeat buying need to know of a customer, equal ones grouped.

x    frequency  repeat purchases: purchases after the first
t_x  recency    age of the customer at the last purchase, 0 for those who bought once
T    age        time from the first purchase to the end of what was observed
w    weight     customers who share (x, t_x, T)

The three numbers are sufficient: no model here looks at anything else, so a million customers whose days are counted
are a few ten thousand rows. Time may run in any unit (weeks by convention); rates and horizons are in the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit

from .arrays import Floats, Integers, at_least, groups_of, numbers_of, same_length, weights_of, whole
from .sentences import Sentence
from .sentences import gettext_noop as _

CUSTOMERS_MIN: Final = 10
REPEATERS_MIN: Final = 5
_SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class BuyingHistory:
    """Distinct (x, t_x, T) in ascending order with the customers of each; `group` finds the row of each customer."""

    frequency: Floats
    recency: Floats
    age: Floats
    weights: Floats
    group: Integers

    @classmethod
    def from_arrays(
        cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weights: ArrayLike | None = None
    ) -> BuyingHistory:
        """Group one row per customer (or per `weights` customers). Raises ImpossibleNumbers."""
        x = whole(at_least(numbers_of(frequency, "frequency"), 0.0, "frequency"), "frequency")
        t_x = at_least(numbers_of(recency, "recency"), 0.0, "recency")
        whole_age = at_least(numbers_of(age, "age"), 0.0, "age")
        w = weights_of(weights, len(x))
        same_length(frequency=x, recency=t_x, age=whole_age, weights=w)
        _check_order(x, t_x, whole_age)
        first, group = groups_of(x, t_x, whole_age)
        totals: Floats = np.bincount(group, weights=w, minlength=len(first)).astype(np.float64)
        return cls(x[first], np.minimum(t_x[first], whole_age[first]), whole_age[first], totals, group)

    @property
    def n(self) -> float:
        """Customers in all."""
        return float(self.weights.sum())

    @property
    def repeaters(self) -> float:
        """Customers who bought again at least once."""
        return float(self.weights[self.frequency > 0].sum())

    def by_frequency(self) -> tuple[Floats, Floats]:
        """Return the distinct frequencies and the customers of each; rows are in order of frequency."""
        starts = np.concatenate([[0], np.flatnonzero(np.diff(self.frequency)) + 1])
        return self.frequency[starts], np.add.reduceat(self.weights, starts)

    def __len__(self) -> int:
        return len(self.frequency)

    def of_customers(self, values: Floats) -> Floats:
        """Return one value per row that was given to `from_arrays`, from one value per group."""
        return values[self.group]

    def thin(self, rows: int) -> BuyingHistory:
        """Return about `rows` groups spread evenly over all: the groups are in order, so every kind is there."""
        taken = np.unique(np.linspace(0, len(self) - 1, rows).astype(np.int64))
        return BuyingHistory(
            self.frequency[taken],
            self.recency[taken],
            self.age[taken],
            self.weights[taken],
            np.arange(len(taken), dtype=np.int64),
        )

    def require_enough(self, model: str) -> None:
        """Raise TooLittleToFit when nobody could say how often these customers come back."""
        if self.n < CUSTOMERS_MIN or self.repeaters < REPEATERS_MIN:
            raise TooLittleToFit(
                Sentence(
                    _(
                        "{model} needs at least {least} customers, {least_again} of whom bought again; there are "
                        "{found} with {found_again} who did. Take a longer period, or more customers."
                    ),
                    model=model,
                    least=f"{CUSTOMERS_MIN}",
                    least_again=f"{REPEATERS_MIN}",
                    found=f"{self.n:g}",
                    found_again=f"{self.repeaters:g}",
                ),
                customers=self.n,
                repeaters=self.repeaters,
            )
        if not (self.age > 0).any():
            raise TooLittleToFit(
                Sentence(
                    _(
                        "{model} needs time to pass: all these customers bought for the first time when the period "
                        "ended. Take an earlier start or a later end."
                    ),
                    model=model,
                )
            )


def _check_order(x: Floats, t_x: Floats, age: Floats) -> None:
    late = np.flatnonzero(t_x > age * (1 + _SLACK) + _SLACK)
    if late.size:
        raise ImpossibleNumbers(
            Sentence(
                _(
                    "Row {row} bought last at age {recency}, after the end at {age}: purchases dated "
                    "after the end of the period must be left out."
                ),
                row=f"{late[0] + 1}",
                recency=f"{t_x[late[0]]:g}",
                age=f"{age[late[0]]:g}",
            )
        )
    single = np.flatnonzero((x == 0) & (t_x != 0))
    if single.size:
        raise ImpossibleNumbers(
            Sentence(
                _(
                    "Row {row} has no repeat purchase but a recency of {recency}: recency is the age at "
                    "the last repeat purchase, 0 when there is none."
                ),
                row=f"{single[0] + 1}",
                recency=f"{t_x[single[0]]:g}",
            )
        )
    again = np.flatnonzero((x > 0) & (t_x == 0))
    if again.size:
        raise ImpossibleNumbers(
            Sentence(
                _("Row {row} has {count} repeat purchases at age 0: count purchases of one day as one."),
                row=f"{again[0] + 1}",
                count=f"{x[again[0]]:g}",
            )
        )
