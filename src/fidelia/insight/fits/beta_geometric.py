"""BG/NBD and MBG/NBD: customers buy at their own pace and may leave after each purchase.

While alive a customer buys as a Poisson process at rate λ; after a purchase the customer leaves with probability p.
Over customers λ ~ Gamma(shape r, rate α) and p ~ Beta(a, b), independently. In the BG/NBD the first purchase is no
occasion to leave, so nobody who bought once is ever given up; in the modified MBG/NBD it is one.

With k the occasions survived (BG: k = x; MBG: k = x + 1), R = r + x, and the second term only for k > 0:

    L(x, t_x, T) = Γ(R) α^r / Γ(r) · B(a, b + k) / B(a, b) · [ (α + T)^−R + a / (b + k − 1) · (α + t_x)^−R ]
    P(alive)     = 1 / (1 + a / (b + k − 1) · ((α + T) / (α + t_x))^R)
    E[Y(t) | alive] = E[(1 − (1 + p t / (α + T))^−R) / p],  p ~ Beta(a, b + k)

which is the paper's expression in the Gauss hypergeometric function without its pole at a = 1. Sources: Fader, Hardie &
Lee, "Counting Your Customers the Easy Way", *Marketing Science* 24 (2005) 275–284; for the MBG Batislam, Denizel &
Filiztekin, *IJRM* 24 (2007) 201–209, and Hoppe & Wagner, *Marketing ZFP* 3 (2007).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar, Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, expit, gammaln, polygamma, psi

from fidelia.insight.errors import NoConvergence

from .arrays import Floats, groups_of, places_of, together
from .asking import counts_ahead, counts_of, customers_ahead, customers_of, not_past, time_of
from .buyers import with_word_on_leaving
from .history import BuyingHistory
from .maximum import Curved, Fit, fit_by_likelihood
from .mixing import mean_over_beta
from .nbd import nbd_probability, nbd_reaches

NAMES: Final = ("r", "alpha", "a", "b")
CHUNK: Final = 8_192  # rows looked at together: they stay in the cache, and one thread adds them up
THIN_ROWS: Final = 12_000
B = TypeVar("B", bound="BgNbd")


@dataclass(frozen=True, slots=True)
class BgNbd:
    """BG/NBD at given parameters. r, a and b have no unit, α is a time in the unit of the histories."""

    r: float
    alpha: float
    a: float
    b: float
    first_is_occasion: ClassVar[int] = 0
    label: ClassVar[str] = "BG/NBD"

    @property
    def parameters(self) -> dict[str, float]:
        return asdict(self)

    def log_likelihood(self, history: BuyingHistory) -> float:
        """Log-likelihood of all customers, without the factorials that no parameter touches."""
        parameters = np.array([self.r, self.alpha, self.a, self.b])
        return curved_log_likelihood(parameters, history, self.first_is_occasion).value

    def probability_alive(
        self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, *, ahead: float = 0.0
    ) -> Floats:
        """Probability that the customer still buys at age T, or a time `ahead` of it. Raises ImpossibleNumbers."""
        x, t_x, age_ = customers_of(frequency, recency, age)
        stays = self._chance_to_stay(x, age_, not_past(ahead)) if ahead else 1.0
        return self._alive(x, t_x, age_) * stays

    def _alive(self, x: Floats, t_x: Floats, age_: Floats) -> Floats:
        k = x + self.first_is_occasion
        with np.errstate(divide="ignore"):
            odds = np.log(self.a) - np.log(np.maximum(self.b + k - 1, 0.0))
            odds = odds + (self.r + x) * (np.log(self.alpha + age_) - np.log(self.alpha + t_x))
        found: Floats = np.where(k > 0, expit(-odds), 1.0)
        return found

    def expected_purchases(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Purchases expected in the `horizon` after age T, given the history. Raises ImpossibleNumbers."""
        t, x, t_x, age_ = customers_ahead(horizon, frequency, recency, age)
        first, group = groups_of(t, x, age_)
        return self._alive(x, t_x, age_) * self._expected_if_alive(t[first], x[first], age_[first])[group]

    def expected_purchases_of_new(self, horizon: ArrayLike) -> Floats:
        """Repeat purchases expected in the `horizon` after the first purchase. Raises ImpossibleNumbers."""
        (t,) = together(horizon=horizon)
        distinct, places = places_of(time_of(t))
        zero = np.zeros(len(distinct))
        stays = self.b / (self.a + self.b) if self.first_is_occasion else 1.0
        found: Floats = stays * self._expected_if_alive(distinct, zero, zero)[places]
        return found

    def probability_of_count(self, count: ArrayLike, horizon: ArrayLike) -> Floats:
        """Probability of exactly `count` repeat purchases in the `horizon` after the first. Raises ImpossibleNumbers.

        Still alive after them, or gone at the last one with more purchases "due" than were made.
        """
        n, t = counts_of(count, horizon)
        return self._chance_of_count(n, t, self.r, self.alpha, self.b, extra=self.first_is_occasion)

    def probability_of_future_count(
        self, count: ArrayLike, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Probability of exactly `count` purchases in the `horizon` after age T, given the history.

        Who is alive then begins anew, with the rate and the probability of leaving that the history tells: Gamma(r + x,
        α + T) and Beta(a, b + k). Raises ImpossibleNumbers.
        """
        n, t, x, t_x, age_ = counts_ahead(count, horizon, frequency, recency, age)
        alive = self._alive(x, t_x, age_)
        b = self.b + x + self.first_is_occasion
        if_alive = self._chance_of_count(n, t, self.r + x, self.alpha + age_, b, extra=0)
        return alive * if_alive + np.where(n == 0, 1 - alive, 0.0)

    def _chance_of_count(
        self, n: Floats, t: Floats, shape: Floats | float, scale: Floats | float, b: Floats | float, *, extra: int
    ) -> Floats:
        k = n + extra
        alive = np.exp(betaln(self.a, b + k) - betaln(self.a, b)) * nbd_probability(n, shape, scale, t)
        left = np.exp(betaln(self.a + 1, b + np.maximum(k, 1) - 1) - betaln(self.a, b))
        found: Floats = alive + np.where(k > 0, left, 0.0) * nbd_reaches(n, shape, scale, t)
        return found

    def _expected_if_alive(self, t: Floats, x: Floats, age: Floats) -> Floats:
        shape, scale = self.r + x, self.alpha + age
        return mean_over_beta(self.a, self.b + x + self.first_is_occasion, shape, t / scale)

    def _chance_to_stay(self, x: Floats, age: Floats, ahead: float) -> Floats:
        """E[(1 + p t / (α + T))^−R]: the complement is p times what `_expected_if_alive` averages over p."""
        first, group = groups_of(x, age)
        shape, scale, b = self.r + x[first], self.alpha + age[first], self.b + x[first] + self.first_is_occasion
        goes = self.a / (self.a + b) * mean_over_beta(self.a + 1, b, shape, ahead / scale)
        return np.clip(1 - goes, 0.0, 1.0)[group]


@dataclass(frozen=True, slots=True)
class MbgNbd(BgNbd):
    """MBG/NBD at given parameters: as BG/NBD, but the first purchase too is an occasion to leave."""

    first_is_occasion: ClassVar[int] = 1
    label: ClassVar[str] = "MBG/NBD"


def fit_bg_nbd(history: BuyingHistory) -> Fit[BgNbd]:
    """Fit the BG/NBD by maximum likelihood. Raises TooLittleToFit, NoConvergence.

    Gradient and Hessian are analytic; standard errors come from the observed information.
    """
    return _fit(history, BgNbd)


def fit_mbg_nbd(history: BuyingHistory) -> Fit[MbgNbd]:
    """Fit the MBG/NBD by maximum likelihood, as `fit_bg_nbd`. Raises TooLittleToFit, NoConvergence."""
    return _fit(history, MbgNbd)


def fit_repeat_buying(history: BuyingHistory) -> Fit[BgNbd]:
    """Fit the BG/NBD and the MBG/NBD and return the likelier, whose `model.label` says which. Raises as they do.

    Both have the same four parameters, so their log-likelihoods compare as they stand. Where most buy once and never
    again the BG/NBD keeps all of them for alive: then the MBG/NBD is the likelier by far.
    """
    fits: list[Fit[BgNbd]] = []
    refused = None
    for kind in (BgNbd, MbgNbd):
        try:
            fits.append(_fit(history, kind))
        except NoConvergence as error:
            refused = error
    if refused and not fits:
        raise refused
    return max(fits, key=lambda fit: fit.log_likelihood)


def _fit(history: BuyingHistory, kind: type[B]) -> Fit[B]:
    history.require_enough(kind.label)
    extra = kind.first_is_occasion
    thin = history.thin(THIN_ROWS) if len(history) > 3 * THIN_ROWS else None
    fit = fit_by_likelihood(
        kind,
        NAMES,
        lambda parameters: curved_log_likelihood(parameters, history, extra),
        starts=starts_of(history),
        scale=np.array([1.0, scale_of(history), 1.0, 1.0]),
        n=history.n,
        thin_surface=None if thin is None else lambda parameters: curved_log_likelihood(parameters, thin, extra),
    )
    return with_word_on_leaving(fit, history, kind.label)


def scale_of(history: BuyingHistory) -> float:
    """Return the mean age: the natural size of a parameter that is a time."""
    return float(history.weights @ history.age) / history.n


def starts_of(history: BuyingHistory) -> list[Floats]:
    """Two places to begin: very unequal customers, and rather equal ones; both buy about as often as these do."""
    pace = float(history.weights @ history.frequency) / float(history.weights @ history.age)
    return [np.array([0.4, 0.4 / pace, 0.8, 2.5]), np.array([2.0, 2.0 / pace, 0.5, 8.0])]


def curved_log_likelihood(parameters: Floats, history: BuyingHistory, extra: int) -> Curved:
    """Log-likelihood, gradient and Hessian by (r, α, a, b); `extra` is 1 when the first purchase is an occasion."""
    total = _shared_terms(parameters, history, extra)
    for begin in range(0, len(history), CHUNK):
        total = total + _mixed_terms(parameters, history, slice(begin, begin + CHUNK), extra)
    return total


def _shared_terms(parameters: Floats, history: BuyingHistory, extra: int) -> Curved:
    """Γ(r + x) α^r / Γ(r) · B(a, b + k) / B(a, b): functions of x alone, so looked at once for each x."""
    r, alpha, a, b = parameters
    x, w = history.by_frequency()
    k, n = x + extra, w.sum()
    value = w @ (gammaln(r + x) + betaln(a, b + k)) + n * (r * np.log(alpha) - gammaln(r) - betaln(a, b))
    gradient = np.array(
        [
            w @ psi(r + x) + n * (np.log(alpha) - psi(r)),
            n * r / alpha,
            n * psi(a + b) - w @ psi(a + b + k),
            w @ (psi(b + k) - psi(a + b + k)) + n * (psi(a + b) - psi(b)),
        ]
    )
    hessian = np.zeros((4, 4))
    both = n * polygamma(1, a + b) - w @ polygamma(1, a + b + k)
    hessian[0, 0] = w @ polygamma(1, r + x) - n * polygamma(1, r)
    hessian[0, 1] = hessian[1, 0] = n / alpha
    hessian[1, 1] = -n * r / alpha**2
    hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = both
    hessian[3, 3] = both + w @ polygamma(1, b + k) - n * polygamma(1, b)
    return Curved(float(value), gradient, hessian)


def _mixed_terms(parameters: Floats, history: BuyingHistory, rows: slice, extra: int) -> Curved:
    """log[(α + T)^−R + a / (b + k − 1) (α + t_x)^−R], as log of the first plus log(1 + e^D), D their log ratio."""
    r, alpha, a, b = parameters
    w, x = history.weights[rows], history.frequency[rows]
    ages, lasts = alpha + history.age[rows], alpha + history.recency[rows]
    shape, occasions = r + x, b + x + extra - 1
    log_age = np.log(ages)
    log_ratio = log_age - np.log(lasts)
    may_be_gone = x + extra > 0
    gap = np.log(a) - np.log(np.where(may_be_gone, occasions, 1.0)) + shape * log_ratio
    gap = np.where(may_be_gone, gap, -np.inf)
    gone = expit(gap)
    value = w @ (np.logaddexp(0.0, gap) - shape * log_age)
    by_age, by_last = shape / ages, shape / lasts
    slopes = (log_ratio, by_age - by_last, 1 / a, -1 / np.where(may_be_gone, occasions, np.inf))  # of D
    w_gone, w_spread = w * gone, w * gone * (1 - gone)
    gradient = np.array([float((w_gone * slope).sum()) for slope in slopes])
    gradient += [-w @ log_age, -w @ by_age, 0.0, 0.0]
    hessian = np.array([[float((w_spread * one * other).sum()) for other in slopes] for one in slopes])
    cross = w_gone @ (1 / ages - 1 / lasts) - w @ (1 / ages)
    hessian[0, 1] += cross
    hessian[1, 0] += cross
    hessian[1, 1] += w_gone @ (by_last / lasts - by_age / ages) + w @ (by_age / ages)
    hessian[2, 2] -= w_gone.sum() / a**2
    hessian[3, 3] += w_gone @ slopes[3] ** 2
    return Curved(float(value), gradient, hessian)
