"""What customers will still be worth: expected purchases, discounted, times what each will spend, times the margin.

    discrete     Σ (E(i·p) − E((i − 1)·p)) / (1 + d)^i,  i = 1 to h / p: what is bought in a period counts at its end
    continuous   ∫ e^(−δ t) dE(t) = e^(−δ h) E(h) + δ ∫ e^(−δ t) E(t) dt,  t from 0 to the horizon h
    forever      Pareto/NBD only: P(alive) · (r + x) / (α + T) · ∫ e^(−δ t) ((β + T) / (β + T + t))^s dt, t from 0 on

E(t) is what the model expects of the customer in the time t after now. Spending and buying are independent in these
models. Sources: Fader, Hardie & Lee, "RFM and CLV", *Journal of Marketing Research* 42 (2005) 415–430, for the last
(there called DERT); the discrete sum is that of the library lifetimes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp, expm1
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Floats, finite, groups_of
from .asking import MOST, customers_of
from .buyers import BuyerModel
from .gamma_gamma import GammaGamma
from .mixing import legendre
from .pareto_nbd import ParetoNbd
from .sentences import Sentence
from .sentences import gettext_noop as _

PERIODS_MAX: Final = 1_200
NODES: Final = 40
MOMENTS: Final = 24
FAR_NODES: Final = 96


@dataclass(frozen=True, slots=True)
class DiscreteDiscount:
    """Money is worth 1 / (1 + rate) after each period; `period` is in the unit of time of the model.

    One per cent per month with a model in weeks: DiscreteDiscount(0.01, period=365.25 / 12 / 7).
    """

    rate: float = 0.0
    period: float = 1.0

    def __post_init__(self) -> None:
        if not (-1 < self.rate < np.inf and 0 < self.period < np.inf):
            raise ImpossibleNumbers(
                Sentence(_("A discount is above −100 % per period, and a period is longer than nothing."))
            )


@dataclass(frozen=True, slots=True)
class ContinuousDiscount:
    """Money is worth e^(−rate·t) after a time t in the model's unit: 15 % a year in weeks is ln(1.15) / 52.18."""

    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate < np.inf:
            raise ImpossibleNumbers(Sentence(_("A continuous discount rate is not negative.")))


Discount = DiscreteDiscount | ContinuousDiscount


def expected_value(
    model: BuyerModel,
    spending: GammaGamma,
    *,
    horizon: float,
    discount: Discount,
    frequency: ArrayLike,
    recency: ArrayLike,
    age: ArrayLike,
    mean_spend: ArrayLike,
    margin: float = 1.0,
) -> Floats:
    """Money that each customer is expected still to bring within the horizon, discounted to now.

    Unit: that of `mean_spend` times `margin` (a share: 1 gives revenue). Raises ImpossibleNumbers, and NoConvergence
    when the mean spending of all is infinite.
    """
    purchases = discounted_purchases(
        model, horizon=horizon, discount=discount, frequency=frequency, recency=recency, age=age
    )
    return finite(margin, "margin") * purchases * spending.expected_spend(frequency, mean_spend)


def discounted_purchases(
    model: BuyerModel,
    *,
    horizon: float,
    discount: Discount,
    frequency: ArrayLike,
    recency: ArrayLike,
    age: ArrayLike,
) -> Floats:
    """Purchases that each customer is expected to make within the horizon, each counted at its present worth.

    Raises ImpossibleNumbers.
    """
    x, t_x, age_ = customers_of(frequency, recency, age)
    if not 0 <= horizon <= MOST:
        raise ImpossibleNumbers(Sentence(_("The horizon is a time of 0 or more.")))
    first, group = groups_of(x, t_x, age_)
    x, t_x, age_ = x[first], t_x[first], age_[first]
    if isinstance(discount, DiscreteDiscount):
        found = _by_periods(lambda t: model.expected_purchases(t, x, t_x, age_), horizon, discount)
    else:
        found = _continuously(lambda t: model.expected_purchases(t, x, t_x, age_), horizon, discount.rate)
    return found[group]


def _by_periods(expected: Callable[[float], Floats], horizon: float, discount: DiscreteDiscount) -> Floats:
    periods = ceil(horizon / discount.period - 1e-9)
    if periods > PERIODS_MAX:
        raise ImpossibleNumbers(
            Sentence(
                _("The horizon has {periods} periods; take longer ones: at most {most}."),
                periods=f"{periods:,}",
                most=f"{PERIODS_MAX:,}",
            )
        )
    if discount.rate == 0 or periods == 0:
        return expected(horizon)
    ends = np.minimum(discount.period * np.arange(1, periods + 1), horizon)
    worth = (1 + discount.rate) ** -np.arange(1.0, periods + 1)
    # Σ (E_i − E_{i − 1}) w_i = Σ E_i (w_i − w_{i + 1}), w of the last plus one being 0.
    moments, shares = _few_moments(ends, worth - np.append(worth[1:], 0.0))
    total: Floats = shares[0] * expected(float(moments[0]))
    for moment, share in zip(moments[1:].tolist(), shares[1:].tolist(), strict=True):
        total += share * expected(moment)
    return total


def _few_moments(ends: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Say a sum over many ends of periods as one over few moments: E is a polynomial in √t to ten digits."""
    if len(ends) <= MOMENTS:
        return ends, shares
    height = np.sqrt(ends[-1])
    roots = np.polynomial.chebyshev.chebpts1(MOMENTS)
    at_roots = np.polynomial.chebyshev.chebvander(roots, MOMENTS - 1)
    at_ends = np.polynomial.chebyshev.chebvander(2 * np.sqrt(ends) / height - 1, MOMENTS - 1)
    moments: Floats = (height * (roots + 1) / 2) ** 2
    return moments, np.linalg.solve(at_roots.T, at_ends.T @ shares).astype(np.float64)


def _continuously(expected: Callable[[float], Floats], horizon: float, rate: float) -> Floats:
    total = exp(-rate * horizon) * expected(horizon)
    if rate == 0 or horizon == 0:
        return total
    # t = h v²: what is expected bends most at the beginning, where the squares are dense.
    place, weight = legendre(NODES)
    for v, w in zip(place.tolist(), weight.tolist(), strict=True):
        t = horizon * v * v
        total += rate * w * 2 * horizon * v * exp(-rate * t) * expected(t)
    return total


def purchases_discounted_forever(
    model: BuyerModel, *, rate: float, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> Floats:
    """Discounted expected residual transactions, without a horizon; `rate` > 0 is continuous, per unit of time.

    For the Pareto/NBD by its own integral; for the others up to where e^(−rate·t) has vanished. (BG/BB, whose time is
    counted, has `discounted_forever`.) Raises ImpossibleNumbers.
    """
    x, t_x, age_ = customers_of(frequency, recency, age)
    if not (np.isfinite(rate) and rate > 0):
        raise ImpossibleNumbers(
            Sentence(_("Without a horizon the discount rate must be positive: the sum would have no end."))
        )
    if not isinstance(model, ParetoNbd):
        return discounted_purchases(
            model, horizon=40.0 / rate, discount=ContinuousDiscount(rate), frequency=x, recency=t_x, age=age_
        )
    pace = (model.r + x) / (model.alpha + age_)
    return model.probability_alive(x, t_x, age_) * pace * _discounted_time_left(model, rate, age_)


def _discounted_time_left(model: ParetoNbd, rate: float, age: Floats) -> Floats:
    """∫ e^(−δ t) ((β + T) / (β + T + t))^s dt with t = (β + T)(e^u − 1), until e^(−δ t) has vanished."""
    place, weight = legendre(FAR_NODES)
    scale = model.beta + age
    end = np.log1p(40.0 / (rate * scale))
    u = end[:, None] * place
    inside = np.exp(-(rate * scale)[:, None] * np.expm1(u) + (1 - model.s) * u)
    found: Floats = scale * end * (inside @ weight)
    return found


def continuous_from_yearly(yearly: float, *, units_per_year: float) -> ContinuousDiscount:
    """Return the continuous discount that takes as much off in a year as `yearly` (0.15 is 15 %)."""
    if not (-1 < yearly < np.inf and 0 < units_per_year < np.inf):
        raise ImpossibleNumbers(Sentence(_("A yearly discount is above −100 %, and a year has some units of time.")))
    return ContinuousDiscount(float(np.log1p(yearly)) / units_per_year)


def yearly_from_continuous(discount: ContinuousDiscount, *, units_per_year: float) -> float:
    """Return the yearly discount of a continuous one."""
    return expm1(discount.rate * units_per_year)
