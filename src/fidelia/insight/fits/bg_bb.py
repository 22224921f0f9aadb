"""BG/BB: buying or not at each of a number of opportunities, until the customer leaves.

Time runs in opportunities (a yearly appeal, a weekly market, a season). At each one a customer who is still there buys
with probability p, and before each one leaves with probability θ. Over customers p ~ Beta(α, β) and θ ~ Beta(γ, δ),
independently. With x purchases in n opportunities after the first purchase, the last at the t_x-th:

    part(m)      = B(α + x, β + m − x) / B(α, β)
    L(x, t_x, n) = part(n) · B(γ, δ + n) / B(γ, δ)  +  Σ part(m) · B(γ + 1, δ + m) / B(γ, δ),  m from t_x to n − 1
    P(alive at n + j) = part(n) · B(γ, δ + n + j) / B(γ, δ) / L
    E[purchases at n + j] = P(alive at n + j) · (α + x) / (α + β + n)

Source: Fader, Hardie & Shang, "Customer-Base Analysis in a Discrete-Time Noncontractual Setting", *Marketing
Science* 29 (2010) 1086–1108; Fader & Hardie, note 010 (brucehardie.com).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, gammaln, hyp2f1, logsumexp, polygamma, psi

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Booleans, Floats, at_least, groups_of, numbers_of, shrinking, together, whole
from .asking import counts_ahead, counts_of
from .history import BuyingHistory
from .maximum import Curved, Fit, fit_by_likelihood
from .sentences import Sentence
from .sentences import gettext_noop as _

NAMES: Final = ("alpha", "beta", "gamma", "delta")
OPPORTUNITIES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class BgBb:
    """BG/BB at given parameters, none of which has a unit. Ages and horizons are whole numbers of opportunities."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    label: ClassVar[str] = "BG/BB"

    @property
    def parameters(self) -> dict[str, float]:
        return asdict(self)

    def log_likelihood(self, history: BuyingHistory) -> float:
        """Log-likelihood of the purchases and their order. Raises ImpossibleNumbers."""
        _check(history)
        return curved_log_likelihood(self._vector, history).value

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, *, ahead: int = 1) -> Floats:
        """Probability of being there at the opportunity `ahead` of the last observed; the paper's is the next one.

        `ahead` = 0 asks for the last observed one. Raises ImpossibleNumbers.
        """
        x, t_x, n = self._columns(frequency, recency, age)
        return self._chance_of_being_there(x, t_x, n, float(ahead))

    def expected_purchases(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Purchases expected at the next `horizon` opportunities, given the history. Raises ImpossibleNumbers."""
        t, x, t_x, n = together(horizon=horizon, frequency=frequency, recency=recency, age=age)
        x, t_x, n = self._columns(x, t_x, n)
        whole(at_least(t, 0.0, "horizon"), "horizon")
        total = np.zeros_like(t)
        pace = (self.alpha + x) / (self.alpha + self.beta + n)
        for step in range(1, _limited(t.max()) + 1):
            total += np.where(step <= t, self._chance_of_being_there(x, t_x, n, float(step)) * pace, 0.0)
        return total

    def expected_purchases_of_new(self, horizon: ArrayLike) -> Floats:
        """Repeat purchases expected at the first `horizon` opportunities. Raises ImpossibleNumbers."""
        (t,) = together(horizon=horizon)
        whole(at_least(t, 0.0, "horizon"), "horizon")
        steps = np.arange(1, _limited(t.max()) + 1)
        there = np.exp(betaln(self.gamma, self.delta + steps) - betaln(self.gamma, self.delta))
        so_far = np.concatenate([[0.0], np.cumsum(there)])
        found: Floats = self.alpha / (self.alpha + self.beta) * so_far[np.rint(t).astype(int)]
        return found

    def probability_of_count(self, count: ArrayLike, horizon: ArrayLike) -> Floats:
        """Probability of exactly `count` repeat purchases at the first `horizon` opportunities.

        C(n, x) part(n) B(γ, δ + n)/B(γ, δ) + Σ C(m, x) part(m) B(γ + 1, δ + m)/B(γ, δ), m from x to n − 1.
        """
        x, n = counts_of(count, horizon)
        return self._chance_of_count(x, whole(n, "horizon"), np.zeros_like(x), np.zeros_like(x))

    def probability_of_future_count(
        self, count: ArrayLike, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Probability of exactly `count` purchases at the next `horizon` opportunities, given the history.

        Who is there at the last one observed begins anew with Beta(α + x, β + n − x) and Beta(γ, δ + n). Raises
        ImpossibleNumbers.
        """
        later, t, x, t_x, n = counts_ahead(count, horizon, frequency, recency, age)
        _check(BuyingHistory.from_arrays(x, t_x, n))
        there = self._chance_of_being_there(x, t_x, n, 0.0)
        return there * self._chance_of_count(later, whole(t, "horizon"), x, n) + np.where(later == 0, 1 - there, 0.0)

    def discounted_forever(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, *, rate: float) -> Floats:
        """Discounted expected residual transactions: Σ E[purchase at n + j] / (1 + rate)^j, j from 1 without end.

        `rate` > 0 per opportunity (0.1 is 10 %). The sum is pace · P(there at n + 1) / (1 + d) ·
        ₂F₁(1, δ + n + 1; γ + δ + n + 1; 1 / (1 + d)): Fader, Hardie & Shang 2010, there DERT. Raises
        ImpossibleNumbers.
        """
        x, t_x, n = self._columns(frequency, recency, age)
        if not (np.isfinite(rate) and rate > 0):
            raise ImpossibleNumbers(
                Sentence(_("Without a horizon the discount rate must be positive: the sum would have no end."))
            )
        pace = (self.alpha + x) / (self.alpha + self.beta + n)
        series = shrinking(hyp2f1(1.0, self.delta + n + 1, self.gamma + self.delta + n + 1, 1 / (1 + rate)))
        found: Floats = pace * self._chance_of_being_there(x, t_x, n, 1.0) * series / (1 + rate)
        return found

    def _chance_of_count(self, count: Floats, horizon: Floats, x: Floats, n: Floats) -> Floats:
        last = np.arange(_limited(horizon.max()) + 1.0)[None, :]
        later, end = count[:, None], horizon[:, None]
        alpha, beta, delta = self.alpha + x[:, None], self.beta + (n - x)[:, None], self.delta + n[:, None]
        inside = (last >= later) & (last <= end)
        held = np.where(inside, last, later)
        ways = gammaln(held + 1) - gammaln(later + 1) - gammaln(held - later + 1)
        bought = betaln(alpha + later, beta + held - later) - betaln(alpha, beta)
        stays = (last == end).astype(float)
        there = betaln(self.gamma + 1 - stays, delta + held) - betaln(self.gamma, delta)
        found: Floats = np.where(inside, np.exp(ways + bought + there), 0.0).sum(axis=1)
        return found

    def _chance_of_being_there(self, x: Floats, t_x: Floats, n: Floats, ahead: float) -> Floats:
        first, group = groups_of(x, t_x, n)
        x, t_x, n = x[first], t_x[first], n[first]
        alive = betaln(self.alpha + x, self.beta + n - x) + betaln(self.gamma, self.delta + n + ahead)
        parts = _parts(self._vector, x, t_x, n)
        found: Floats = np.exp(alive - logsumexp(parts, axis=1))[group]
        return found

    def _columns(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> tuple[Floats, Floats, Floats]:
        x, t_x, n = together(frequency=frequency, recency=recency, age=age)
        _check(BuyingHistory.from_arrays(x, t_x, n))
        return x, t_x, n

    @property
    def _vector(self) -> Floats:
        return np.array([self.alpha, self.beta, self.gamma, self.delta])


def fit_bg_bb(history: BuyingHistory) -> Fit[BgBb]:
    """Fit the BG/BB by maximum likelihood; recency and age of the history count opportunities.

    Gradient and Hessian are analytic. Raises ImpossibleNumbers (ages that are no whole numbers, more purchases than
    opportunities), TooLittleToFit, NoConvergence.
    """
    history.require_enough(BgBb.label)
    _check(history)
    return fit_by_likelihood(
        BgBb,
        NAMES,
        lambda parameters: curved_log_likelihood(parameters, history),
        starts=[np.array([1.0, 1.0, 0.7, 3.0]), np.array([2.0, 6.0, 2.0, 30.0])],
        scale=np.ones(4),
        n=history.n,
    )


def curved_log_likelihood(parameters: Floats, history: BuyingHistory) -> Curved:
    """Log-likelihood, gradient and Hessian by (α, β, γ, δ): means and covariances over when the customer left."""
    total = Curved(0.0, np.zeros(4), np.zeros((4, 4)))
    rows_at_once = max(1, 200_000 // (_limited(history.age.max()) + 1))
    for begin in range(0, len(history), rows_at_once):
        rows = slice(begin, begin + rows_at_once)
        x, t_x, n = history.frequency[rows], history.recency[rows], history.age[rows]
        total = total + _curved(parameters, x, t_x, n, history.weights[rows])
    alpha, beta, gamma, delta = parameters
    n_all = history.n
    base = Curved(
        -n_all * float(betaln(alpha, beta) + betaln(gamma, delta)),
        -n_all * np.array([*_slope(alpha, beta), *_slope(gamma, delta)]),
        -n_all * _blocks(_bend(alpha, beta), _bend(gamma, delta)),
    )
    return total + base


def _parts(parameters: Floats, x: Floats, t_x: Floats, n: Floats) -> Floats:
    """log B(α + x, β + m − x) + log B(γ + [m < n], δ + m) for each m from t_x to n; −∞ elsewhere."""
    alpha, beta, gamma, delta = parameters
    m, here, gone = _lasts(t_x, n)
    bought = betaln(alpha + x[:, None], beta + np.where(here, m, n[:, None]) - x[:, None])
    found: Floats = np.where(here, bought + betaln(gamma + gone, delta + m), -np.inf)
    return found


def _lasts(t_x: Floats, n: Floats) -> tuple[Floats, Booleans, Floats]:
    """The opportunity m that may have been a customer's last, whether it may, and 1 where the customer then left."""
    m: Floats = np.arange(_limited(n.max()) + 1.0)[None, :]
    here = (m >= t_x[:, None]) & (m <= n[:, None])
    return m, here, (m < n[:, None]).astype(np.float64)


def _curved(parameters: Floats, x: Floats, t_x: Floats, n: Floats, w: Floats) -> Curved:
    alpha, beta, gamma, delta = parameters
    parts = _parts(parameters, x, t_x, n)
    value = logsumexp(parts, axis=1)
    chance = np.exp(parts - value[:, None])
    m, here, gone = _lasts(t_x, n)
    m_ = np.where(here, m, n[:, None])
    bought, missed, left, stayed = alpha + x[:, None], beta + m_ - x[:, None], gamma + gone, delta + m_
    slope = np.stack([np.broadcast_to(one, here.shape) for one in (*_slope(bought, missed), *_slope(left, stayed))])
    mean = np.einsum("kij,ij->ki", slope, chance)
    each = (w[:, None] * chance).reshape(-1)
    flat = slope.reshape(4, -1)
    bends = [float((each * np.broadcast_to(one, here.shape).reshape(-1)).sum())
             for one in (*_bend(bought, missed), *_bend(left, stayed))]  # fmt: skip
    hessian = (flat * each) @ flat.T - (mean * w) @ mean.T + _blocks(bends[:3], bends[3:])
    return Curved(float(w @ value), mean @ w, hessian)


def _slope(a: Floats | float, b: Floats | float) -> tuple[Floats, Floats]:
    """Derivatives of log B(a, b) by a and b."""
    both = psi(np.add(a, b))
    return psi(a) - both, psi(b) - both


def _bend(a: Floats | float, b: Floats | float) -> tuple[Floats, Floats, Floats]:
    """Second derivatives of log B(a, b): by a twice, by a and b, by b twice."""
    both = polygamma(1, np.add(a, b))
    return polygamma(1, a) - both, -both, polygamma(1, b) - both


def _blocks(first: tuple[Floats, ...] | list[float], second: tuple[Floats, ...] | list[float]) -> Floats:
    found = np.zeros((4, 4))
    for place, block in ((0, first), (2, second)):
        found[place, place], found[place + 1, place + 1] = float(block[0]), float(block[2])
        found[place, place + 1] = found[place + 1, place] = float(block[1])
    return found


def _check(history: BuyingHistory) -> None:
    whole(numbers_of(history.recency, "recency"), "recency")
    whole(numbers_of(history.age, "age"), "age")
    _limited(float(history.age.max()))
    if (history.frequency > history.recency).any():
        raise ImpossibleNumbers(
            Sentence(
                _(
                    "A customer bought more often than there were opportunities until the last purchase: "
                    "count one purchase per opportunity at most."
                )
            )
        )


def _limited(opportunities: float) -> int:
    if opportunities > OPPORTUNITIES_MAX:
        raise ImpossibleNumbers(
            Sentence(
                _(
                    "BG/BB counts opportunities, at most {most}; this is {found}. For purchases at any "
                    "moment use BG/NBD or Pareto/NBD."
                ),
                most=f"{OPPORTUNITIES_MAX:,}",
                found=f"{opportunities:,.0f}",
            )
        )
    return round(float(opportunities))
