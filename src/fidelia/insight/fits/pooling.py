"""Groups measured together: each group's effect drawn towards that of all, the more so the fewer its people.

The hierarchical normal model: a group's estimate is its effect with its sampling error, and the effects of the groups
are spread normally around a mean. The spread is not known either; the answer is averaged over all that it may be, with
a uniform prior, as in Gelman et al., *Bayesian Data Analysis* (3rd ed., 2013) section 5.4, after Rubin (1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Floats
from .sentences import Sentence
from .sentences import gettext_noop as _

GROUPS_MIN: Final = 3  # of fewer the spread between groups cannot be told: the posterior has no finite sum
NODES: Final = 400


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """`means`: the effect of each group; `covariance` of what is still in doubt; `drawn`: how far each was drawn
    towards the others, 0 (stays) to 1 (is theirs).
    """

    means: Floats
    covariance: Floats
    drawn: Floats


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Places and weights of Gauss and Legendre between 0 and 1; a third of the time of a pooling, so kept."""
    places, weights = np.polynomial.legendre.leggauss(NODES)
    return (places + 1) / 2, weights / 2


def pool_effects(estimates: ArrayLike, deviations: ArrayLike) -> Pooled:
    """Pool the estimates of groups with their standard errors; of fewer than three each stays what it was measured.

    Unit: that of the estimates. Raises ImpossibleNumbers for standard errors that are not above zero.
    """
    y, se = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (estimates, deviations))
    if y.shape != se.shape or not (np.isfinite(y).all() and np.isfinite(se).all() and (se > 0).all()):
        raise ImpossibleNumbers(Sentence(_("Each estimate needs a standard error above zero.")))
    if len(y) < GROUPS_MIN:
        return Pooled(y, np.diag(se**2), np.zeros(len(y)))
    # The spread runs over all that is not negative: τ = s·u ÷ (1 − u) for u from 0 to 1.
    u, weight = _nodes()
    scale = float(np.sqrt(np.mean(se**2)) + np.std(y))
    tau = scale * u / (1 - u)
    precision = 1 / (se**2 + tau[:, None] ** 2)  # nodes × groups
    of_mean = 1 / precision.sum(axis=1)
    mean = (precision * y).sum(axis=1) * of_mean
    misfit = (precision * (y - mean[:, None]) ** 2).sum(axis=1)
    log_density = 0.5 * (np.log(of_mean) + np.log(precision).sum(axis=1) - misfit) - 2 * np.log1p(-u)
    p = weight * np.exp(log_density - log_density.max())
    p /= p.sum()
    drawn = se**2 * precision  # 1 where the groups do not differ, 0 where they have nothing in common
    at = drawn * mean[:, None] + (1 - drawn) * y
    means = p @ at
    within = np.einsum("n,ng,nh->gh", p * of_mean, drawn, drawn) + np.diag(p @ (se**2 * (1 - drawn)))
    between = np.einsum("n,ng,nh->gh", p, at - means, at - means)
    return Pooled(means, within + between, p @ drawn)
