"""How well a model does: what it expects beside what happened, in the period it was fitted on and in the one after.

`compare_counts` and `track` give the two charts that papers print; `compare_holdout` the one that convinces: customers
by what they did before, and what they then did. Source: Fader, Hardie & Lee, *Marketing Science* 24 (2005) 275–284,
figures 1 to 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit

from .arrays import Floats, Integers, places_of
from .buyers import BuyerModel
from .history import BuyingHistory
from .purchases import CountedPurchases
from .sentences import Sentence
from .sentences import gettext_noop as _

PERIODS_MAX: Final = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class CountsCompared:
    """Customers with 0, 1, … repeat purchases, the last class being that many or more: observed and expected."""

    counts: Integers
    observed: Floats
    expected: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """Repeat purchases of all customers, period by period: `ends` counts the days from the beginning."""

    ends: Floats
    observed: Floats
    expected: Floats

    @property
    def observed_so_far(self) -> Floats:
        return np.cumsum(self.observed)

    @property
    def expected_so_far(self) -> Floats:
        return np.cumsum(self.expected)


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutCompared:
    """Purchases per customer in the holdout, by repeat purchases before it (the last class: that many or more).

    observed_total, expected_total   of all customers
    mean_error                       mean absolute difference per customer, in purchases
    correlation                      of expected and observed over customers; 0 when one does not vary
    """

    counts: Integers
    customers: Integers
    observed: Floats
    expected: Floats
    observed_total: float
    expected_total: float
    mean_error: float
    correlation: float


def compare_counts(model: BuyerModel, history: BuyingHistory, *, most: int = 7) -> CountsCompared:
    """Count customers by repeat purchases, observed and as the model expects of customers of these ages.

    Raises ImpossibleNumbers.
    """
    if not 1 <= most <= 1_000:
        raise ImpossibleNumbers(Sentence(_("The classes of a count run from 1 to 1,000.")))
    ages, places = places_of(history.age)
    customers = np.bincount(places, weights=history.weights)
    counts = np.arange(most)
    chances = model.probability_of_count(np.repeat(counts, len(ages)), np.tile(ages, most)).reshape(most, len(ages))
    expected = chances @ customers
    observed = np.bincount(
        np.minimum(history.frequency, most).astype(np.int64), weights=history.weights, minlength=most + 1
    )
    rest = max(history.n - float(expected.sum()), 0.0)
    return CountsCompared(np.arange(most + 1), observed.astype(np.float64), np.append(expected, rest))


def track(
    model: BuyerModel,
    counted: CountedPurchases,
    *,
    begin: date | np.datetime64 | None = None,
    periods: int | None = None,
    period_days: int = 7,
) -> Tracked:
    """Follow the repeat purchases of all counted customers from `begin` (the first purchase of all) on.

    A customer is expected to buy from the first purchase on: the sum over customers of E[X(end − born)]. Without
    `periods` to the last whole period with a purchase. Purchases after `counted`'s cut-off are those held out.
    Raises ImpossibleNumbers, TooLittleToFit when nobody bought again.
    """
    born = counted.born.astype(np.int64)
    first = int(born.min()) if begin is None else int(np.asarray(begin, "datetime64[D]").astype(np.int64))
    repeats = counted.repeat_days.astype(np.int64) - first
    if not len(repeats):
        raise TooLittleToFit(Sentence(_("Nobody bought again: there is nothing to follow. Take a longer period.")))
    number = int(repeats.max() + 1) // period_days if periods is None else periods
    if not (0 < number <= PERIODS_MAX and period_days > 0):
        raise ImpossibleNumbers(
            Sentence(_("Between 1 and {most} periods of at least a day can be followed."), most=f"{PERIODS_MAX:,}")
        )
    ends = period_days * np.arange(1, number + 1)
    observed = np.histogram(repeats, bins=np.append(0, ends) - 0.5)[0]
    expected = _expected_by(model, born - first, ends, counted.unit_days)
    return Tracked(ends.astype(np.float64), observed.astype(np.float64), np.diff(expected, prepend=0.0))


def _expected_by(model: BuyerModel, born: Integers, ends: Integers, unit_days: float) -> Floats:
    days, customers = np.unique(born, return_counts=True)
    lived = np.maximum(ends[:, None] - days[None, :], 0)
    distinct, place = places_of(lived.reshape(-1).astype(np.float64))
    each = model.expected_purchases_of_new(distinct / unit_days)[place].reshape(lived.shape)
    found: Floats = each @ customers
    return found


def compare_holdout(model: BuyerModel, counted: CountedPurchases, *, holdout: float, most: int = 7) -> HoldoutCompared:
    """Compare each customer's purchases in the holdout, of that length in the model's unit, with what was expected.

    Raises ImpossibleNumbers.
    """
    expected = model.expected_purchases(holdout, counted.frequency, counted.recency, counted.age)
    classes = np.minimum(counted.frequency, most).astype(np.int64)
    customers = np.bincount(classes, minlength=most + 1)
    divisor = np.maximum(customers, 1)
    return HoldoutCompared(
        counts=np.arange(most + 1),
        customers=customers,
        observed=np.bincount(classes, weights=counted.held_out, minlength=most + 1) / divisor,
        expected=np.bincount(classes, weights=expected, minlength=most + 1) / divisor,
        observed_total=float(counted.held_out.sum()),
        expected_total=float(expected.sum()),
        mean_error=float(np.abs(expected - counted.held_out).mean()),
        correlation=_correlation(expected, counted.held_out),
    )


def _correlation(one: Floats, other: Floats) -> float:
    a, b = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread > 0 else 0.0
