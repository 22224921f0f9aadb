"""Gamma-Gamma: how much a customer spends per purchase, independent of how often.

Amounts of one customer are Gamma(shape p, rate ν), and ν ~ Gamma(shape q, rate γ) over customers. With x purchases of
mean z (first purchase left out, as the models of frequency do):

    L(z, x) = Γ(p x + q) / (Γ(p x) Γ(q)) · γ^q z^(p x − 1) x^(p x) / (γ + x z)^(p x + q)
    E[M | z, x] = p (γ + x z) / (p x + q − 1),    E[M] = p γ / (q − 1) for q > 1

Money may be in any unit; γ is in the same. Source: Colombo & Jiang, *Journal of Interactive Marketing* 13 (1999) 2–12;
Fader & Hardie, "The Gamma-Gamma Model of Monetary Value", note 025 (brucehardie.com, 2013).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, polygamma, psi

from fidelia.insight.errors import NoConvergence, TooLittleToFit

from .arrays import Floats, Integers, at_least, numbers_of, places_of, same_length, together, weights_of, whole
from .maximum import Curved, Fit, fit_by_likelihood
from .sentences import Sentence
from .sentences import gettext_noop as _

NAMES: Final = ("p", "q", "gamma")
BUYERS_MIN: Final = 10
DEPENDENT: Final = 0.3  # correlation of frequency and spending beyond which the model's independence is doubtful


@dataclass(frozen=True, slots=True, eq=False)
class SpendingHistory:
    """Customers with at least one repeat purchase of a positive mean amount.

    frequency x, mean_spend z, weights; `left_out` counts customers with repeat purchases but no positive amount, and
    `correlation` is that of frequency and mean spend.
    """

    frequency: Floats
    mean_spend: Floats
    weights: Floats
    left_out: float

    @classmethod
    def from_arrays(
        cls, frequency: ArrayLike, mean_spend: ArrayLike, weights: ArrayLike | None = None
    ) -> SpendingHistory:
        """Take one row per customer; those without a repeat purchase say nothing. Raises ImpossibleNumbers."""
        x = whole(at_least(numbers_of(frequency, "frequency"), 0.0, "frequency"), "frequency")
        z = numbers_of(mean_spend, "mean spend")
        w = weights_of(weights, len(x))
        same_length(frequency=x, mean_spend=z, weights=w)
        repeats = x > 0
        kept = repeats & (z > 0)
        return cls(x[kept], z[kept], w[kept], float(w[repeats & ~kept].sum()))

    @property
    def n(self) -> float:
        return float(self.weights.sum())

    @property
    def correlation(self) -> float:
        """Correlation of frequency and mean spend over customers; 0 when one of them does not vary."""
        x, z = (column - np.average(column, weights=self.weights) for column in (self.frequency, self.mean_spend))
        spread = np.sqrt((self.weights @ x**2) * (self.weights @ z**2))
        return float(self.weights @ (x * z) / spread) if spread > 0 else 0.0


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Gamma-Gamma at given parameters: p and q have no unit, γ is money."""

    p: float
    q: float
    gamma: float
    label: ClassVar[str] = "Gamma-Gamma"

    @property
    def parameters(self) -> dict[str, float]:
        return asdict(self)

    @property
    def mean_of_all(self) -> float:
        """Mean amount of a purchase over all customers. Raises NoConvergence when it is not finite (q ≤ 1)."""
        if self.q <= 1:
            raise NoConvergence(
                Sentence(
                    _(
                        "The amounts are so unequal that their mean over all customers is infinite in this model (q is "
                        "not above 1): leave out a few extreme amounts, or give large buyers a model of their own."
                    )
                )
            )
        return self.p * self.gamma / (self.q - 1)

    def log_likelihood(self, spending: SpendingHistory) -> float:
        return curved_log_likelihood(np.array([self.p, self.q, self.gamma]), spending).value

    def expected_spend(self, frequency: ArrayLike, mean_spend: ArrayLike) -> Floats:
        """Return the mean amount expected of a future purchase of each customer, given x purchases of mean z.

        A customer without a repeat purchase (or whose were free) is expected to spend as all do. Raises
        ImpossibleNumbers, and NoConvergence as `mean_of_all`.
        """
        x, z = together(frequency=frequency, mean_spend=mean_spend)
        at_least(x, 0.0, "frequency")
        known = (x > 0) & (z > 0)
        left = np.where(known, self.p * x + self.q - 1, 1.0)
        if not known.all() or left.min() <= 0:
            overall = self.mean_of_all
        else:
            overall = 0.0
        found: Floats = np.where(known, self.p * (self.gamma + x * z) / left, overall)
        return found


def fit_gamma_gamma(spending: SpendingHistory) -> Fit[GammaGamma]:
    """Fit the Gamma-Gamma by maximum likelihood, with analytic gradient and Hessian.

    A message tells when customers without a positive amount were left out, and when frequency and spending go together
    (which the model excludes). Raises TooLittleToFit, NoConvergence.
    """
    _require_enough(spending)
    middle = float(np.average(spending.mean_spend, weights=spending.weights))
    x, places = places_of(spending.frequency)
    starts = [np.array([4.0, 3.5, middle * 0.6]), np.array([1.0, 2.0, middle])]
    fit = fit_by_likelihood(
        GammaGamma,
        NAMES,
        lambda parameters: _curved(parameters, spending, x, places),
        starts=starts[:1],
        scale=np.array([1.0, 1.0, middle]),
        n=spending.n,
    )
    return replace(fit, messages=(*fit.messages, *_messages(spending)))


def curved_log_likelihood(parameters: Floats, spending: SpendingHistory) -> Curved:
    """Log-likelihood, gradient and Hessian by (p, q, γ)."""
    x, places = places_of(spending.frequency)
    return _curved(parameters, spending, x, places)


def _curved(parameters: Floats, spending: SpendingHistory, x: Floats, places: Integers) -> Curved:
    p, q, gamma = parameters
    w, n = np.bincount(places, weights=spending.weights), spending.n
    each, total = spending.weights, spending.frequency * spending.mean_spend
    whole_sum = gamma + total
    log_share = np.log(total / whole_sum)  # ln(x z) − ln(γ + x z)
    by_x = np.bincount(places, weights=each * log_share)
    log_left = np.log(gamma) - np.log(whole_sum)
    inverse = each / whole_sum
    inverse_by_x = np.bincount(places, weights=inverse)
    # Written so that no large parts cancel: z^(px) x^(px) / (γ + x z)^(px) is a power of a share.
    value = (
        w @ (gammaln(p * x + q) - gammaln(p * x))
        - n * gammaln(q)
        + p * (x @ by_x)
        + q * (each @ log_left)
        - each @ np.log(spending.mean_spend)
    )
    shape = p * x + q
    gradient = np.array(
        [
            x @ (w * (psi(shape) - psi(p * x)) + by_x),
            w @ psi(shape) - n * psi(q) + each @ log_left,
            n * q / gamma - shape @ inverse_by_x,
        ]
    )
    curve = polygamma(1, shape)
    hessian = np.zeros((3, 3))
    hessian[0, 0] = w @ (x**2 * (curve - polygamma(1, p * x)))
    hessian[0, 1] = hessian[1, 0] = w @ (x * curve)
    hessian[1, 1] = w @ curve - n * polygamma(1, q)
    hessian[0, 2] = hessian[2, 0] = -(x @ inverse_by_x)
    hessian[1, 2] = hessian[2, 1] = n / gamma - inverse_by_x.sum()
    hessian[2, 2] = -n * q / gamma**2 + shape @ np.bincount(places, weights=inverse / whole_sum)
    return Curved(float(value), gradient, hessian)


def _require_enough(spending: SpendingHistory) -> None:
    if spending.n < BUYERS_MIN:
        raise TooLittleToFit(
            Sentence(
                _(
                    "Gamma-Gamma needs at least {least} customers who bought again for a positive amount; there are "
                    "{found}. Take a longer period, or more customers."
                ),
                least=f"{BUYERS_MIN}",
                found=f"{spending.n:g}",
            )
        )
    if np.ptp(np.log(spending.mean_spend)) < 1e-9:
        raise TooLittleToFit(
            Sentence(_("Everybody spends the same amount: there is nothing to fit, take that amount."))
        )


def _messages(spending: SpendingHistory) -> list[Sentence]:
    messages = []
    if spending.left_out:
        messages.append(
            Sentence(
                _("Left out, for they bought again for nothing (amounts of 0 or less): {count} customers."),
                count=f"{spending.left_out:g}",
            )
        )
    correlation = spending.correlation
    if abs(correlation) > DEPENDENT:
        messages.append(
            Sentence(
                _(
                    "Frequency and spending go together (correlation {correlation}), which this model excludes: what "
                    "those who buy often will bring is misjudged. Fit groups of customers apart."
                ),
                correlation=f"{correlation:.2f}",
            )
        )
    return messages
