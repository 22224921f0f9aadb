"""The models of buying that a report fits, once for all sections that speak of the future."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fidelia.insight.errors import TooLittleToFit
from fidelia.insight.fits import (
    BgNbd,
    CountedPurchases,
    DiscreteDiscount,
    Fit,
    GammaGamma,
    HoldoutCompared,
    Silence,
    Tracked,
    compare_holdout,
    count_purchases,
    find_silence,
    fit_gamma_gamma,
    fit_repeat_buying,
    track,
    value_portfolio,
)
from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _
from fidelia.insight.measures.rfm import sales_kept

from .facts import ReportFacts
from .margins import margin_of

DAYS_MIN: Final = 90
YEARS: Final = 3
WEEKS_PER_YEAR: Final = 365.25 / 7
YEARLY_DISCOUNT: Final = 0.10
HOLDOUT_SHARE: Final = 3  # a third of the file is kept back to judge the model


@dataclass(frozen=True, slots=True, eq=False)
class Future:
    """What the fitted models say of each customer, in the order of `counted.customers`.

    The models see amounts in major units, as papers do; `worth`, `expected`, `low` and `high` are minor units again.
    """

    counted: CountedPurchases
    buying: Fit[BgNbd]
    spending: Fit[GammaGamma]
    alive: NDArray[np.float64]
    expected_year: NDArray[np.float64]
    expected: float
    low: float
    high: float
    worth: NDArray[np.float64]
    mean_spend: float
    judged: HoldoutCompared
    tracked: Tracked


def future_of(facts: ReportFacts) -> Future:
    """Fit the likelier of BG/NBD and MBG/NBD, and Gamma-Gamma; judge the first on the last third. Computed once.

    Raises TooLittleToFit, NoConvergence, ImpossibleNumbers.
    """
    found: Future = facts.once("future", lambda: _fit(facts))
    return found


def purchases_by_day(facts: ReportFacts) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Customer, day and amount of each kept sale, computed once."""

    def compute() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        own = facts.purchases.filter(facts.purchases.customer_id.notnull())
        kept = sales_kept(own, facts.lines, as_of=facts.as_of).select("purchase_id")
        sales = own.semi_join(kept, "purchase_id")
        who, when, amount = facts.columns(sales, ["customer_id", "occurred_at", "total"])
        if not len(who):
            raise TooLittleToFit(Sentence(_("No known customer kept a purchase: name customers, or take more rows.")))
        return who, when.astype("datetime64[D]"), amount.astype(np.float64)

    found: tuple[NDArray[Any], NDArray[Any], NDArray[Any]] = facts.once("purchases_by_day", compute)
    return found


def silence_of(facts: ReportFacts) -> Silence:
    """Hold each customer's silence against the customer's own rhythm; computed once. Raises TooLittleToFit."""

    def compute() -> Silence:
        who, when, _amount = purchases_by_day(facts)
        return find_silence(who, when, until=facts.last_at.date())

    found: Silence = facts.once("silence", compute)
    return found


def _fit(facts: ReportFacts) -> Future:
    if facts.days < DAYS_MIN:
        told = _("A model of buying needs at least {least} days of history, here: {days}. Take a longer period.")
        raise TooLittleToFit(Sentence(told, days=f"{facts.days}", least=f"{DAYS_MIN}"))
    who, when, amount = purchases_by_day(facts)
    end = facts.last_at.date()
    counted = count_purchases(who, when, until=end, amounts=amount / facts.scale)
    buying, spending = fit_repeat_buying(counted.history), fit_gamma_gamma(counted.spending)
    history: dict[str, Any] = {"frequency": counted.frequency, "recency": counted.recency, "age": counted.age}
    value = value_portfolio(
        buying, spending, horizon=YEARS * WEEKS_PER_YEAR,
        discount=DiscreteDiscount(YEARLY_DISCOUNT, period=WEEKS_PER_YEAR), margin=margin_of(facts).rate,
        mean_spend=counted.mean_spend, **history,
    )  # fmt: skip
    cut = end - timedelta(days=facts.days // HOLDOUT_SHARE)
    earlier = count_purchases(who, when, until=cut, observed_until=end)
    judge = fit_repeat_buying(earlier.history).model
    return Future(
        counted=counted, buying=buying, spending=spending,
        expected=value.expected * facts.scale, low=value.low * facts.scale, high=value.high * facts.scale,
        worth=np.asarray(value.by_customer) * facts.scale,
        mean_spend=float(spending.model.expected_spend(counted.frequency, counted.mean_spend).mean()) * facts.scale,
        alive=np.asarray(buying.model.probability_alive(**history)),
        expected_year=np.asarray(buying.model.expected_purchases(WEEKS_PER_YEAR, **history)),
        judged=compare_holdout(judge, earlier, holdout=(end - cut).days / 7.0),
        tracked=track(judge, earlier),
    )  # fmt: skip
