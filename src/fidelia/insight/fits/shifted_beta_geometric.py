"""Shifted beta-geometric: how long customers under contract stay, renewal after renewal.

At each renewal a customer leaves with a probability θ of his own, θ ~ Beta(α, β) over customers. With T the renewal at
which the customer leaves (1 is the first):

    P(T = t) = B(α + 1, β + t − 1) / B(α, β)
    S(t)     = P(T > t) = B(α, β + t) / B(α, β)
    retention at renewal t = S(t) / S(t − 1) = (β + t − 1) / (α + β + t − 1), rising: those likely to leave leave first

Source: Fader & Hardie, "How to Project Customer Retention", *Journal of Interactive Marketing* 21 (2007) 76–90; for the
value of those who renew, Fader & Hardie, "Customer-Base Valuation in a Contractual Setting", *Marketing Science* 29
(2010) 85–93.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, hyp2f1, polygamma, psi

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit

from .arrays import (
    Booleans,
    Floats,
    at_least,
    groups_of,
    numbers_of,
    same_length,
    shrinking,
    together,
    weights_of,
    whole,
)
from .maximum import Curved, Fit, fit_by_likelihood
from .sentences import Sentence
from .sentences import gettext_noop as _

NAMES: Final = ("alpha", "beta")
TERMS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class ContractHistory:
    """How many customers left at which renewal, or were still there after it.

    renewals  t ≥ 1: the renewal at which the customer left, or the last one that was survived (0: none came yet)
    left      whether the customer left at it
    """

    renewals: Floats
    left: Booleans
    weights: Floats

    @classmethod
    def from_arrays(cls, renewals: ArrayLike, left: ArrayLike, weights: ArrayLike | None = None) -> ContractHistory:
        """Take one row per customer, or per `weights` customers. Raises ImpossibleNumbers."""
        t = whole(at_least(numbers_of(renewals, "renewals"), 0.0, "renewals"), "renewals")
        gone = at_least(numbers_of(left, "left"), 0.0, "left")
        w = weights_of(weights, len(t))
        same_length(renewals=t, left=gone, weights=w)
        if ((gone != 0) & (gone != 1)).any() or ((gone == 1) & (t < 1)).any():
            raise ImpossibleNumbers(
                Sentence(_("A customer left (1) at renewal 1 or later, or is still there (0): mend the row."))
            )
        first, group = groups_of(t, gone)
        return cls(t[first], gone[first] == 1, np.bincount(group, weights=w, minlength=len(first)).astype(np.float64))

    @classmethod
    def from_survivors(cls, survivors: ArrayLike) -> ContractHistory:
        """Take the customers of one cohort who were there at the start and after each renewal.

        Raises ImpossibleNumbers.
        """
        there = at_least(numbers_of(survivors, "survivors"), 0.0, "survivors")
        if len(there) < 2 or (np.diff(there) > 0).any():
            raise ImpossibleNumbers(
                Sentence(_("Survivors start with the cohort and never grow: give one number per renewal."))
            )
        renewals = np.arange(1.0, len(there))
        ends = [*renewals, renewals[-1]]
        return cls.from_arrays(ends, [1.0] * len(renewals) + [0.0], np.append(-np.diff(there), there[-1]))


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """The shifted beta-geometric at given parameters, without unit; time in renewals."""

    alpha: float
    beta: float
    label: ClassVar[str] = "shifted beta-geometric"

    @property
    def parameters(self) -> dict[str, float]:
        return asdict(self)

    def log_likelihood(self, history: ContractHistory) -> float:
        return curved_log_likelihood(np.array([self.alpha, self.beta]), history).value

    def survival(self, renewals: ArrayLike) -> Floats:
        """Share of a cohort that is there after so many renewals. Raises ImpossibleNumbers."""
        (t,) = together(renewals=renewals)
        at_least(t, 0.0, "renewals")
        found: Floats = np.exp(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta))
        return found

    def retention(self, renewals: ArrayLike) -> Floats:
        """Share of those there before renewal t ≥ 1 who renew. Raises ImpossibleNumbers."""
        (t,) = together(renewals=renewals)
        at_least(t, 1.0, "renewals")
        found: Floats = (self.beta + t - 1) / (self.alpha + self.beta + t - 1)
        return found

    def probability_of_leaving(self, renewals: ArrayLike) -> Floats:
        """P(T = t), the share of a cohort that leaves at renewal t ≥ 1. Raises ImpossibleNumbers."""
        (t,) = together(renewals=renewals)
        at_least(t, 1.0, "renewals")
        found: Floats = np.exp(betaln(self.alpha + 1, self.beta + t - 1) - betaln(self.alpha, self.beta))
        return found

    def expected_payments(self, renewed: ArrayLike, *, horizon: int | None, discount: float = 0.0) -> Floats:
        """Payments expected at the next `horizon` renewals of a customer who has renewed so many times.

        Σ S(renewed + j) / S(renewed) / (1 + discount)^(j − 1), j from 1: the next renewal is due now, so it is not
        discounted. `horizon` None sums without end, retention · ₂F₁(1, β + t; α + β + t; 1 / (1 + d)) with t =
        renewed + 1, and needs a discount: the discounted expected residual lifetime of Fader & Hardie 2010. A customer
        just won is worth 1 + expected_payments(0) / (1 + d) payments. `discount` per renewal. Raises ImpossibleNumbers.
        """
        (t,) = together(renewed=renewed)
        at_least(t, 0.0, "renewed")
        if horizon is None:
            if not (np.isfinite(discount) and discount > 0):
                raise ImpossibleNumbers(
                    Sentence(_("Without a horizon the discount must be positive: the sum would have no end."))
                )
            due = t + 1
            series = shrinking(hyp2f1(1.0, self.beta + due, self.alpha + self.beta + due, 1 / (1 + discount)))
            found: Floats = self.retention(due) * series
            return found
        if not 0 <= horizon <= TERMS_MAX or not discount > -1:
            raise ImpossibleNumbers(
                Sentence(
                    _("The horizon is 0 to {most} renewals, and the discount is above −100 %."), most=f"{TERMS_MAX:,}"
                )
            )
        total, chance = np.zeros_like(t), np.ones_like(t)
        for step in range(1, horizon + 1):
            chance = chance * self.retention(t + step) / (1 if step == 1 else 1 + discount)
            total += chance
        return total


def fit_shifted_beta_geometric(history: ContractHistory) -> Fit[ShiftedBetaGeometric]:
    """Fit the shifted beta-geometric by maximum likelihood, with analytic gradient and Hessian.

    Raises TooLittleToFit (nobody left, or everybody at the first renewal), NoConvergence.
    """
    gone = history.weights[history.left].sum()
    if gone <= 0 or len(np.unique(history.renewals[history.weights > 0])) < 2:
        raise TooLittleToFit(
            Sentence(
                _(
                    "The shifted beta-geometric needs customers who left and at least two renewals: wait for the next "
                    "renewal, or take older cohorts."
                )
            )
        )
    return fit_by_likelihood(
        ShiftedBetaGeometric,
        NAMES,
        lambda parameters: curved_log_likelihood(parameters, history),
        starts=[np.array([1.0, 2.0]), np.array([0.5, 5.0])],
        scale=np.ones(2),
        n=float(history.weights.sum()),
    )


def curved_log_likelihood(parameters: Floats, history: ContractHistory) -> Curved:
    """Log-likelihood, gradient and Hessian by (α, β)."""
    alpha, beta = parameters
    w, gone = history.weights, history.left.astype(float)
    a, b = alpha + gone, beta + history.renewals - gone
    n = w.sum()
    both, all_both = psi(a + b), psi(alpha + beta)
    bend, all_bend = polygamma(1, a + b), polygamma(1, alpha + beta)
    cross = n * all_bend - w @ bend
    gradient = [w @ (psi(a) - both) - n * (psi(alpha) - all_both), w @ (psi(b) - both) - n * (psi(beta) - all_both)]
    hessian = [
        [w @ polygamma(1, a) - n * polygamma(1, alpha) + cross, cross],
        [cross, w @ polygamma(1, b) - n * polygamma(1, beta) + cross],
    ]
    return Curved(float(w @ betaln(a, b) - n * betaln(alpha, beta)), np.array(gradient), np.array(hessian))
