"""What all customers together will still be worth, with an interval that holds both kinds of doubt.

*Outcome*: even with the parameters known, customers buy by chance; drawn from the model (`future`). *Parameters*: they
are estimates; the value is linear in their logarithms as far as their standard errors reach (delta method), and those
are normal with the covariance of the fits. The model itself being wrong is in neither: the holdout shows that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Floats, finite, together
from .buyers import BuyerModel
from .future import draw_purchases, draw_spend
from .gamma_gamma import GammaGamma
from .maximum import Fit
from .sentences import Sentence
from .sentences import gettext_noop as _
from .value import Discount, DiscreteDiscount, discounted_purchases

CONFIDENCE: Final = 0.95
DRAWN_MAX: Final = 20_000  # customers whose futures are drawn; the spread of more is that of these, scaled
DRAWS: Final = 200_000  # futures of one customer, in all
SMALL: Final = 2_000  # customers up to which the interval is that of the drawn sums, above which it is normal
STEP: Final = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioValue:
    """Money that the customers are expected still to bring within the horizon, discounted to now.

    expected, low, high         of all, with the bounds of an interval of `confidence`
    deviation_of_outcome        standard deviation from chance alone
    deviation_of_parameters     standard deviation from not knowing the parameters
    by_customer                 expected value of each, in the order given
    """

    expected: float
    low: float
    high: float
    confidence: float
    deviation_of_outcome: float
    deviation_of_parameters: float
    by_customer: Floats
    messages: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    horizon: float
    discount: Discount
    margin: float
    x: Floats
    t_x: Floats
    age: Floats
    z: Floats

    def purchases(self, model: BuyerModel) -> Floats:
        """Discounted purchases expected of each customer, times the margin."""
        found = discounted_purchases(
            model, horizon=self.horizon, discount=self.discount, frequency=self.x, recency=self.t_x, age=self.age
        )
        return self.margin * found

    def spends(self, spending: GammaGamma) -> Floats:
        """Money expected of each customer's purchase."""
        return spending.expected_spend(self.x, self.z)


def value_portfolio(
    buying: Fit[BuyerModel],
    spending: Fit[GammaGamma],
    *,
    horizon: float,
    discount: Discount,
    frequency: ArrayLike,
    recency: ArrayLike,
    age: ArrayLike,
    mean_spend: ArrayLike,
    margin: float = 1.0,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> PortfolioValue:
    """Value all customers given, with an interval; the same `seed` gives the same interval.

    Unit: that of `mean_spend` times `margin`. Raises ImpossibleNumbers, and NoConvergence when the mean spending of all
    is infinite.
    """
    if not 0 < confidence < 1:
        raise ImpossibleNumbers(Sentence(_("The confidence of an interval lies between 0 and 1: 0.95 is 95 %.")))
    columns = together(frequency=frequency, recency=recency, age=age, mean_spend=mean_spend)
    question = _Question(horizon, discount, finite(margin, "margin"), *columns)
    purchases, spends = question.purchases(buying.model), question.spends(spending.model)
    each = purchases * spends
    by_buying = _slope(buying, lambda model: float((question.purchases(model) - purchases) @ spends))
    by_spending = _slope(spending, lambda model: float((question.spends(model) - spends) @ purchases))
    doubt = np.sqrt(by_buying @ buying.covariance @ by_buying + by_spending @ spending.covariance @ by_spending)
    chance = np.random.default_rng(seed)
    sums, scale = _drawn_sums(chance, buying.model, spending.model, question)
    expected, outcome = float(each.sum()), float(sums.std(ddof=1) * scale)
    if len(each) <= SMALL:
        drawn = sums - sums.mean() + expected + doubt * chance.standard_normal(len(sums))
        low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    else:
        half = float(ndtri((1 + confidence) / 2) * np.hypot(outcome, doubt))
        low, high = expected - half, expected + half
    messages = _messages(buying, spending)
    return PortfolioValue(
        expected, max(min(low, expected), 0.0), max(high, expected), confidence, outcome, float(doubt), each, messages
    )


def _drawn_sums(
    chance: np.random.Generator, model: BuyerModel, spending: GammaGamma, question: _Question
) -> tuple[Floats, float]:
    """Draw the portfolio's value again and again; of a large one for some customers, and a factor."""
    n = len(question.x)
    taken = np.arange(n) if n <= DRAWN_MAX else chance.choice(n, DRAWN_MAX, replace=False)
    x, t_x, age, z = (column[taken] for column in (question.x, question.t_x, question.age, question.z))
    if n <= SMALL:
        draws = min(4_000, max(400, 2 * DRAWS // max(n, 1)))
    else:
        draws = max(20, DRAWS // len(taken))
    # Several futures of each at once: the customers are repeated and told apart by their number.
    batch = max(1, DRAWN_MAX // len(taken))
    sums: list[Floats] = []
    while len(sums) * batch < draws:
        many = [np.tile(column, batch) for column in (x, t_x, age, z)]
        who, when = draw_purchases(chance, model, question.horizon, (many[0], many[1], many[2]))
        money = draw_spend(chance, spending, who, many[0], many[3]) * _worth(when, question.discount)
        by_future = np.bincount(who // len(taken), weights=money, minlength=batch).astype(np.float64)
        sums.append(question.margin * by_future)
    return np.concatenate(sums), float(np.sqrt(n / len(taken)))


def _worth(when: Floats, discount: Discount) -> Floats:
    if isinstance(discount, DiscreteDiscount):
        return (1 + discount.rate) ** -np.ceil(when / discount.period - 1e-9)
    return np.exp(-discount.rate * when)


def _slope(fit: Fit[Any], gained: Callable[[Any], float]) -> Floats:
    """Derivatives of the value by the logarithms of the parameters, by differences; none when nothing is doubted."""
    found = np.zeros(len(fit.covariance))
    if fit.covariance.any():
        for place, (name, value) in enumerate(fit.parameters.items()):
            found[place] = gained(replace(fit.model, **{name: value * np.exp(STEP)})) / STEP
    return found


def _messages(buying: Fit[BuyerModel], spending: Fit[GammaGamma]) -> tuple[Sentence, ...]:
    messages = (*buying.messages, *spending.messages)
    if not (buying.converged and spending.converged):
        told = _("The interval leaves out the doubt about parameters that the data do not tell apart.")
        messages += (Sentence(told),)
    return messages
