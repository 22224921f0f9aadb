"""The negative binomial: purchases in a time, when λ ~ Gamma(shape r, rate α) over customers and nobody leaves."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaln, xlogy

from .arrays import Floats


def nbd_probability(count: Floats, r: Floats | float, alpha: Floats | float, t: Floats) -> Floats:
    """P(N(t) = n) = Γ(r + n) / (Γ(r) n!) · (α / (α + t))^r · (t / (α + t))^n. Source: Ehrenberg, *JRSS C* 8 (1959)."""
    ways = gammaln(r + count) - gammaln(r) - gammaln(count + 1)
    share = t / (alpha + t)
    found: Floats = np.exp(ways + -r * np.log1p(t / alpha) + xlogy(count, share))
    return found


def nbd_reaches(count: Floats, r: Floats | float, alpha: Floats | float, t: Floats) -> Floats:
    """P(N(t) ≥ n), by the regularised incomplete beta function; 1 for n = 0."""
    found: Floats = np.where(count > 0, betainc(np.maximum(count, 1), r, t / (alpha + t)), 1.0)
    return found
