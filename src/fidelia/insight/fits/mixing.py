"""Means over a beta distribution by Gauss–Legendre quadrature in log odds, where everything is smooth.

The expected purchases of the beta-geometric models are usually written with Gauss's ₂F₁. The series of that function
cancel or crawl for long horizons, for a near 1 and for many purchases; the mean it stands for does neither.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from scipy.special import betainc, betaln, expit

from .arrays import Floats

NODES: Final = 64
ROWS: Final = 4_096
NEGLIGIBLE: Final = 38.0  # e^−38 is below the rounding of a float
TERMS: Final = 7  # of the power series used for small p


@cache
def legendre(nodes: int) -> tuple[Floats, Floats]:
    """Return places and weights of Gauss–Legendre quadrature on 0 to 1."""
    place, weight = np.polynomial.legendre.leggauss(nodes)
    return (place + 1) / 2, weight / 2


def mean_over_beta(a: float, b: Floats, shape: Floats, reach: Floats) -> Floats:
    """Return E[(1 − (1 + p z)^−R) / p] for p ~ Beta(a, b), with R = `shape` and z = `reach` (both arrays, as b).

    It is the number of purchases of somebody whose rate is Gamma(R, A), in a time z·A, who leaves after each with
    probability p. Relative accuracy about 1e−12.
    """
    found = np.empty(len(reach))
    for begin in range(0, len(reach), ROWS):
        rows = slice(begin, begin + ROWS)
        found[rows] = _mean_of_rows(a, b[rows], shape[rows], reach[rows])
    return found


def _mean_of_rows(a: float, b: Floats, shape: Floats, reach: Floats) -> Floats:
    # For p below that of `low` the function is its power series, above `high` a straight line, and both tails are
    # incomplete beta functions: a or b close to 0 would stretch the range of the quadrature without end.
    least, most = _bounds_of_density(a, b)
    series = -np.log(np.maximum((shape + TERMS) * reach, 1.0)) - 5.0
    low = np.maximum(least, series)
    high = np.maximum(np.minimum(most, 14.0), low)
    place, weight = legendre(NODES)
    odds = low[:, None] + (high - low)[:, None] * place
    ratio = np.exp(odds)  # p / (1 − p), at most e^14
    density = np.exp(a * odds - (a + b)[:, None] * np.log1p(ratio) - betaln(a, b)[:, None])
    inside = density * _bought(ratio / (1 + ratio), shape[:, None], reach[:, None])
    found: Floats = (high - low) * (inside @ weight)
    below = np.where(least < series, expit(low), 0.0)
    return found + _below(a, b, shape, reach, below) + _above(a, b, shape, reach, expit(-high))


def _bounds_of_density(a: float, b: Floats) -> tuple[Floats, Floats]:
    """Return the log odds between which the density is not negligible, never too narrow.

    Its logarithm is concave and lies below −b log(1 + e^v) and −a log(1 + e^−v), which bound it from outside; Newton's
    method then comes closer from there without ever passing.
    """
    floor = -a * np.log1p(b / a) - b * np.log1p(a / b) - NEGLIGIBLE
    right = np.log(np.expm1(np.minimum(-floor / b, 700.0)))
    left = -np.log(np.expm1(np.minimum(-floor / a, 700.0)))
    for _step in range(4):
        left = _closer_bound(left, a, b, floor)
        right = _closer_bound(right, a, b, floor)
    return left, right


def _closer_bound(odds: Floats, a: float, b: Floats, floor: Floats) -> Floats:
    height = -a * np.logaddexp(0.0, -odds) - b * np.logaddexp(0.0, odds)
    found: Floats = odds - (height - floor) / (a - (a + b) * expit(odds))
    return found


def _bought(p: Floats, shape: Floats, reach: Floats) -> Floats:
    found: Floats = -np.expm1(-shape * np.log1p(p * reach)) / p
    return found


def _below(a: float, b: Floats, shape: Floats, reach: Floats, p: Floats) -> Floats:
    """Σ_j (−1)^j (R)_{j+1} z^{j+1} / (j+1)! · E[p^j; p below]."""
    total, factor = np.zeros_like(p), shape * reach
    for j in range(TERMS):
        total += factor * betainc(a + j, b, p)
        factor = -factor * (shape + j + 1) * reach / (j + 2) * (a + j) / (a + b + j)
    return total


def _above(a: float, b: Floats, shape: Floats, reach: Floats, q: Floats) -> Floats:
    one = np.ones_like(q)
    whole = _bought(one, shape, reach)
    slope = shape * reach * np.exp(-(shape + 1) * np.log1p(reach)) - whole
    found: Floats = betainc(b, a, q) * whole - betainc(b + 1, a, q) * b / (a + b) * slope
    return found
