"""Pareto/NBD: customers buy at their own pace and may leave at any moment, silently.

While alive a customer buys as a Poisson process at rate λ; the lifetime after the first purchase is exponential at
rate μ. Over customers λ ~ Gamma(shape r, rate α) and μ ~ Gamma(shape s, rate β), independently. With R = r + x:

    L(x, t_x, T) = Γ(R) α^r β^s / Γ(r) · [ (α + T)^−R (β + T)^−s + s ∫ (α + y)^−R (β + y)^−(s + 1) dy ],  t_x ≤ y ≤ T
    P(alive)     = first term / sum of both
    E[Y(t) | alive] = R / (α + T) · (β + T) / (s − 1) · (1 − ((β + T) / (β + T + t))^(s − 1))

Papers write the integral as a difference of two ₂F₁, which cancel and overflow for many purchases; `leaving` keeps it
as it is. Sources: Schmittlein, Morrison & Colombo, "Counting Your Customers", *Management Science* 33 (1987) 1–24;
Fader & Hardie, "A Note on Deriving the Pareto/NBD Model" (brucehardie.com, 2005).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, gammaln, polygamma, psi

from .arrays import Floats, groups_of, together
from .asking import counts_ahead, counts_of, customers_ahead, customers_of, not_past, time_of
from .beta_geometric import scale_of
from .buyers import with_word_on_leaving
from .history import BuyingHistory
from .leaving import chance_of_count_when_left, curved_log_of_mixture, log_odds_of_having_left
from .maximum import Curved, Fit, fit_by_likelihood
from .nbd import nbd_probability

NAMES: Final = ("r", "alpha", "s", "beta")
THIN_ROWS: Final = 6_000


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """Pareto/NBD at given parameters. r and s have no unit, α and β are times in the unit of the histories."""

    r: float
    alpha: float
    s: float
    beta: float
    label: ClassVar[str] = "Pareto/NBD"

    @property
    def parameters(self) -> dict[str, float]:
        return asdict(self)

    def log_likelihood(self, history: BuyingHistory) -> float:
        """Log-likelihood of all customers, without the factorials that no parameter touches."""
        return curved_log_likelihood(self._vector, history).value

    def probability_alive(
        self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, *, ahead: float = 0.0
    ) -> Floats:
        """Probability that the customer still buys at age T, or a time `ahead` of it. Raises ImpossibleNumbers."""
        x, t_x, age_ = customers_of(frequency, recency, age)
        stays: Floats = np.exp(-self.s * np.log1p(not_past(ahead) / (self.beta + age_)))
        return self._alive(x, t_x, age_) * stays

    def _alive(self, x: Floats, t_x: Floats, age_: Floats) -> Floats:
        first, group = groups_of(x, t_x, age_)
        found: Floats = expit(-log_odds_of_having_left(self._vector, x[first], t_x[first], age_[first]))[group]
        return found

    def expected_purchases(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Purchases expected in the `horizon` after age T, given the history. Raises ImpossibleNumbers."""
        t, x, t_x, age_ = customers_ahead(horizon, frequency, recency, age)
        pace = (self.r + x) / (self.alpha + age_)
        return self._alive(x, t_x, age_) * pace * self.expected_time_left(t, age_)

    def expected_time_left(self, horizon: Floats, age: Floats) -> Floats:
        """Time alive within the `horizon` of somebody alive at age T: ∫ ((β + T) / (β + T + u))^s du, u from 0 to t."""
        scale, power = self.beta + age, self.s - 1
        doublings = np.log1p(horizon / scale)
        if power == 0:
            return scale * doublings
        found: Floats = scale * -np.expm1(-power * doublings) / power
        return found

    def expected_purchases_of_new(self, horizon: ArrayLike) -> Floats:
        """Repeat purchases expected in the `horizon` after the first purchase. Raises ImpossibleNumbers."""
        (t,) = together(horizon=horizon)
        time_of(t)
        return self.r / self.alpha * self.expected_time_left(t, np.zeros_like(t))

    def probability_of_count(self, count: ArrayLike, horizon: ArrayLike) -> Floats:
        """Probability of exactly `count` repeat purchases in the `horizon` after the first.

        Raises ImpossibleNumbers.
        """
        n, t = counts_of(count, horizon)
        return self._chance_of_count(n, t, np.zeros_like(n), np.zeros_like(n))

    def probability_of_future_count(
        self, count: ArrayLike, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Probability of exactly `count` purchases in the `horizon` after age T, given the history.

        Who is alive then begins anew with Gamma(r + x, α + T) and Gamma(s, β + T). Source: Fader & Hardie,
        "Deriving the Conditional PMF of the Pareto/NBD Model" (brucehardie.com, 2014). Raises ImpossibleNumbers.
        """
        n, t, x, t_x, age_ = counts_ahead(count, horizon, frequency, recency, age)
        alive = self._alive(x, t_x, age_)
        return alive * self._chance_of_count(n, t, x, age_) + np.where(n == 0, 1 - alive, 0.0)

    def _chance_of_count(self, n: Floats, t: Floats, x: Floats, age: Floats) -> Floats:
        shape, scale, left_scale = self.r + x, self.alpha + age, self.beta + age
        stayed = np.exp(-self.s * np.log1p(t / left_scale))
        left = chance_of_count_when_left((shape, scale, self.s, left_scale), n, t)
        found: Floats = stayed * nbd_probability(n, shape, scale, t) + left
        return found

    @property
    def _vector(self) -> Floats:
        return np.array([self.r, self.alpha, self.s, self.beta])


def fit_pareto_nbd(history: BuyingHistory) -> Fit[ParetoNbd]:
    """Fit the Pareto/NBD by maximum likelihood. Raises TooLittleToFit, NoConvergence.

    Gradient and Hessian are taken under the integral, so they are exact; standard errors come from them.
    """
    history.require_enough(ParetoNbd.label)
    thin = history.thin(THIN_ROWS) if len(history) > 3 * THIN_ROWS else None
    scale = scale_of(history)
    pace = float(history.weights @ history.frequency) / float(history.weights @ history.age)
    starts = [np.array([0.6, 0.5 / pace, 0.6, scale / 2]), np.array([2.0, 1.8 / pace, 2.0, 4 * scale])]
    fit = fit_by_likelihood(
        ParetoNbd,
        NAMES,
        lambda parameters: curved_log_likelihood(parameters, history),
        starts=starts,
        scale=np.array([1.0, scale, 1.0, scale]),
        n=history.n,
        thin_surface=None if thin is None else lambda parameters: curved_log_likelihood(parameters, thin),
    )
    return with_word_on_leaving(fit, history, ParetoNbd.label)


def curved_log_likelihood(parameters: Floats, history: BuyingHistory) -> Curved:
    """Log-likelihood, gradient and Hessian by (r, α, s, β)."""
    return _shared_terms(parameters, history) + curved_log_of_mixture(parameters, history)


def _shared_terms(parameters: Floats, history: BuyingHistory) -> Curved:
    """Γ(r + x) α^r β^s / Γ(r), looked at once for each x."""
    r, alpha, s, beta = parameters
    x, w = history.by_frequency()
    n = w.sum()
    value = w @ gammaln(r + x) + n * (r * np.log(alpha) - gammaln(r) + s * np.log(beta))
    gradient = np.array([w @ psi(r + x) + n * (np.log(alpha) - psi(r)), n * r / alpha, n * np.log(beta), n * s / beta])
    hessian = np.zeros((4, 4))
    hessian[0, 0] = w @ polygamma(1, r + x) - n * polygamma(1, r)
    hessian[0, 1] = hessian[1, 0] = n / alpha
    hessian[1, 1] = -n * r / alpha**2
    hessian[2, 3] = hessian[3, 2] = n / beta
    hessian[3, 3] = -n * s / beta**2
    return Curved(float(value), gradient, hessian)
