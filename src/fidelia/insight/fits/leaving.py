"""The integral of the Pareto/NBD over the moment at which a customer left, and its derivatives.

    I = ∫ (α + y)^−R (β + y)^−(s + 1) dy,  y from t_x to T

Let c be the smaller of α and β, and v = log(c + y): the integrand is then the exponential of a concave function whose
nearest singularities lie π away from the real axis, whatever the parameters, and Gauss–Legendre quadrature converges
geometrically. Far from t_x it has vanished when x is large, so the range ends where it is e^−37 of its beginning. Every
part is positive: nothing cancels, and logarithms keep x = 400 (and 40,000) in range. Derivatives by the parameters go
under the integral: they are means and covariances over the moment of leaving.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, gammaln, xlogy

from .arrays import Floats, Integers
from .history import BuyingHistory
from .maximum import Curved
from .mixing import legendre

NEGLIGIBLE: Final = 37.0
CELLS: Final = 16_384  # rows times nodes looked at together: they stay in the cache, and one thread adds them up
# Nodes, the most that the integrand may drop over the range (powers of e), the longest range in v: error below 1e−12.
RULES: Final = ((8, 4.0, 1.0), (16, 20.0, 3.0), (32, np.inf, 8.0), (96, np.inf, np.inf))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows with the range of v over which the integral is taken, and how many nodes it needs."""

    x: Floats
    last: Floats
    age: Floats
    span: Floats
    nodes: int


def log_odds_of_having_left(parameters: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return log(P(left) / P(alive)) = log(s I (α + T)^R (β + T)^s), −∞ where T = t_x."""
    found = np.empty(len(x))
    for taken, rows in _parts(parameters, x, t_x, age):
        found[taken] = _Moments.of(parameters, rows).log_odds
    return found


def curved_log_of_mixture(parameters: Floats, history: BuyingHistory) -> Curved:
    """Sum over customers of log[(α + T)^−R (β + T)^−s + s I], with gradient and Hessian by (r, α, s, β)."""
    total = Curved(0.0, np.zeros(4), np.zeros((4, 4)))
    for taken, rows in _parts(parameters, history.frequency, history.recency, history.age):
        total = total + _curved(parameters, rows, history.weights[taken])
    return total


def chance_of_count_when_left(parameters: tuple[Floats, Floats, float, Floats], count: Floats, t: Floats) -> Floats:
    """P(left before t, having made n repeat purchases): ∫ s β^s (β + y)^−(s + 1) P(N(y) = n) dy, y from 0 to t.

    r, α and β are given row by row, as the counts and times are.
    """
    r, alpha, s, beta = (parameters[0][:, None], parameters[1][:, None], parameters[2], parameters[3][:, None])
    scale = np.minimum(alpha, beta)
    place, weight = legendre(RULES[-1][0])
    reach = np.log1p(t[:, None] / scale) * place
    y = scale * np.expm1(reach)
    n = count[:, None]
    ways = gammaln(r + n) - gammaln(r) - gammaln(n + 1)
    bought = ways - r * np.log1p(y / alpha) + xlogy(n, y) - n * np.log(alpha + y)
    left = np.log(s / beta) - (s + 1) * np.log1p(y / beta)
    found: Floats = np.log1p(t / scale[:, 0]) * (np.exp(bought + left + np.log(scale) + reach) @ weight)
    return found


def _parts(parameters: Floats, x: Floats, t_x: Floats, age: Floats) -> Iterator[tuple[Integers, _Rows]]:
    """Split the rows by the nodes they need, a cacheful at a time."""
    span, drop = _range_of(parameters, x, t_x, age)
    open_ = np.ones(len(x), dtype=bool)
    for nodes, drop_max, span_max in RULES:
        chosen = np.flatnonzero(open_ & (drop <= drop_max) & (span <= span_max))
        open_[chosen] = False
        at_once = CELLS // nodes
        for begin in range(0, len(chosen), at_once):
            taken = chosen[begin : begin + at_once]
            yield taken.astype(np.int64), _Rows(x[taken], t_x[taken], age[taken], span[taken], nodes)


def _range_of(parameters: Floats, x: Floats, t_x: Floats, age: Floats) -> tuple[Floats, Floats]:
    """Return how far in v the integral must go, and by how many powers of e the integrand drops on the way."""
    steepness = _Steepness.of(parameters, x, t_x)
    span = np.log1p((age - t_x) / steepness.near)
    with np.errstate(divide="ignore"):
        # The drop is convex in v: its slope at the beginning bounds how far NEGLIGIBLE can be, and Newton's steps from
        # outside never pass it.
        bound = np.where(steepness.at_first > 0, NEGLIGIBLE / np.maximum(steepness.at_first, 1e-300), np.inf)
    span = np.minimum(span, bound)
    drop = steepness.drop(span)
    for _step in range(5):
        far = drop > NEGLIGIBLE + 1
        if not far.any():
            break
        span = np.where(far, span - (drop - NEGLIGIBLE) / np.maximum(steepness.slope(span), 1e-300), span)
        drop = steepness.drop(span)
    return span, drop


@dataclass(frozen=True, slots=True)
class _Steepness:
    """The logarithm of the integrand in v falls by a·u + b·log(1 + near (e^u − 1) / far) from t_x to u further."""

    near: Floats  # c + t_x
    far: Floats  # the larger of α and β, plus t_x
    a: Floats
    b: Floats

    @classmethod
    def of(cls, parameters: Floats, x: Floats, t_x: Floats) -> _Steepness:
        r, alpha, s, beta = parameters
        buying, leaving = r + x, np.full_like(x, s + 1)
        if alpha <= beta:
            return cls(alpha + t_x, beta + t_x, buying - 1, leaving)
        return cls(beta + t_x, alpha + t_x, leaving - 1, buying)

    @property
    def at_first(self) -> Floats:
        return self.a + self.b * self.near / self.far

    def drop(self, u: Floats) -> Floats:
        found: Floats = self.a * u + self.b * np.log1p(self.near / self.far * np.expm1(u))
        return found

    def slope(self, u: Floats) -> Floats:
        grown = self.near * np.exp(u)
        found: Floats = self.a + self.b * grown / (self.far + self.near * np.expm1(u))
        return found


@dataclass(frozen=True, slots=True)
class _Moments:
    """The distribution of the moment y of leaving, given that the customer left, at the nodes of each row."""

    log_odds: Floats  # rows
    chance: Floats  # rows × nodes, each row sums to 1
    log_a: Floats  # log(α + y), rows × nodes
    log_b: Floats  # log(β + y)

    @classmethod
    def of(cls, parameters: Floats, rows: _Rows) -> _Moments:
        r, alpha, s, beta = parameters
        place, weight = legendre(rows.nodes)
        steep = _Steepness.of(parameters, rows.x, rows.last)
        u = rows.span[:, None] * place
        further = np.log1p((steep.near / steep.far)[:, None] * np.expm1(u))
        height = np.exp(-steep.a[:, None] * u - steep.b[:, None] * further) * weight
        area = height.sum(axis=1)
        log_near, log_far = np.log(steep.near)[:, None] + u, np.log(steep.far)[:, None] + further
        log_a, log_b = (log_near, log_far) if alpha <= beta else (log_far, log_near)
        shape = r + rows.x
        with np.errstate(divide="ignore"):
            log_odds = (
                np.log(s * rows.span * area * steep.near)
                + shape * np.log1p((rows.age - rows.last) / (alpha + rows.last))
                + s * np.log1p((rows.age - rows.last) / (beta + rows.last))
                - np.log(beta + rows.last)
            )
        return cls(log_odds, height / area[:, None], log_a, log_b)


def _curved(parameters: Floats, rows: _Rows, w: Floats) -> Curved:
    r, alpha, s, beta = parameters
    moments = _Moments.of(parameters, rows)
    left = expit(moments.log_odds)
    shape = (r + rows.x)[:, None]
    age_a, age_b = alpha + rows.age[:, None], beta + rows.age[:, None]
    log_a, log_b = np.log(age_a), np.log(age_b)
    value = w @ (np.logaddexp(0.0, moments.log_odds) - shape[:, 0] * log_a[:, 0] - s * log_b[:, 0])
    inverse_a, inverse_b = np.exp(-moments.log_a), np.exp(-moments.log_b)
    # Derivatives of the logarithm of a part, at each moment of leaving less those of having stayed.
    more = np.stack(
        (
            log_a - moments.log_a,
            shape * (1 / age_a - inverse_a),
            1 / s + log_b - moments.log_b,
            s / age_b - (s + 1) * inverse_b,
        )
    )
    mean = np.einsum("kij,ij->ki", more, moments.chance)
    each = (w * left)[:, None] * moments.chance
    stayed = _stayed(parameters, rows, w)
    gradient = stayed.gradient + mean @ (w * left)
    flat = more.reshape(4, -1)
    spread = (flat * each.reshape(-1)) @ flat.T - (mean * (w * left**2)) @ mean.T
    bends = _bends(parameters, shape, inverse_a, inverse_b, each)
    bends_stayed = _stayed(parameters, rows, w * left)
    return Curved(float(value), gradient, stayed.hessian + bends - bends_stayed.hessian + spread)


def _stayed(parameters: Floats, rows: _Rows, w: Floats) -> Curved:
    """Derivatives of log[(α + T)^−R (β + T)^−s]; its value is added elsewhere."""
    r, alpha, s, beta = parameters
    shape, by_a, by_b = r + rows.x, 1 / (alpha + rows.age), 1 / (beta + rows.age)
    gradient = np.array([w @ np.log(by_a), -w @ (shape * by_a), w @ np.log(by_b), -s * (w @ by_b)])
    return Curved(0.0, gradient, _hessian(w @ by_a, w @ (shape * by_a**2), 0.0, w @ by_b, s * (w @ by_b**2)))


def _bends(parameters: Floats, shape: Floats, by_a: Floats, by_b: Floats, each: Floats) -> Floats:
    """Mean Hessian of log[s (α + y)^−R (β + y)^−(s + 1)] over the moments of leaving."""
    s = float(parameters[2])
    part_a, part_b = each * by_a, each * by_b
    return _hessian(
        float(part_a.sum()),
        float((shape * part_a * by_a).sum()),
        -float(each.sum()) / s**2,
        float(part_b.sum()),
        (s + 1) * float((part_b * by_b).sum()),
    )


def _hessian(cross_a: float, alpha_alpha: float, s_s: float, cross_b: float, beta_beta: float) -> Floats:
    return np.array(
        [
            [0.0, -cross_a, 0.0, 0.0],
            [-cross_a, alpha_alpha, 0.0, 0.0],
            [0.0, 0.0, s_s, -cross_b],
            [0.0, 0.0, -cross_b, beta_beta],
        ]
    )
