"""Histories drawn from known parameters: the fits find these again, within their own intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fidelia.insight.errors import ImpossibleNumbers
from fidelia.insight.fits import (
    BgBb,
    BgNbd,
    BuyingHistory,
    ContinuousDiscount,
    DiscreteDiscount,
    Fit,
    GammaGamma,
    MbgNbd,
    ParetoNbd,
    SpendingHistory,
    fit_bg_bb,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_mbg_nbd,
    fit_pareto_nbd,
    fit_repeat_buying,
    value_portfolio,
)
from fidelia.insight.fits.future import draw_purchases

Columns = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
CASES: list[tuple[Any, Callable[[BuyingHistory], Fit[Any]]]] = [
    (BgNbd(0.6, 5.0, 0.9, 3.0), fit_bg_nbd),
    (MbgNbd(0.8, 6.0, 0.9, 3.0), fit_mbg_nbd),
    (ParetoNbd(0.8, 7.0, 0.7, 12.0), fit_pareto_nbd),
    (BgBb(1.2, 1.8, 0.8, 4.0), fit_bg_bb),
]


def draw_history(model: Any, n: int, seed: int) -> Columns:
    """Draw what `n` new customers do until different ages, as (x, t_x, T)."""
    chance = np.random.default_rng(seed)
    ages = chance.integers(6, 13, n).astype(float) if isinstance(model, BgBb) else chance.uniform(20, 80, n)
    x, last, zeros = np.zeros(n), np.zeros(n), np.zeros(1)
    for age in np.unique(ages) if isinstance(model, BgBb) else [80.0]:
        people = np.flatnonzero(ages == age) if isinstance(model, BgBb) else np.arange(n)
        new = tuple(np.repeat(zeros, len(people)) for _column in range(3))
        who, when = draw_purchases(chance, model, age, (new[0], new[1], new[2]))
        inside = when <= ages[people][who]
        x[people] = np.bincount(who[inside], minlength=len(people))
        np.maximum.at(last, people[who[inside]], when[inside])
    return x, last, ages


@pytest.mark.parametrize(("truth", "fit"), CASES, ids=lambda case: getattr(case, "label", ""))
def test_the_truth_lies_within_the_intervals(truth: Any, fit: Callable[[BuyingHistory], Fit[Any]]) -> None:
    """All parameters together: the Mahalanobis distance of the logarithms, beyond 18.5 once in a thousand (χ², 4)."""
    found = fit(BuyingHistory.from_arrays(*draw_history(truth, 20_000, 1827)))
    assert found.converged
    gap = np.log(list(found.parameters.values())) - np.log(list(truth.parameters.values()))
    assert gap @ np.linalg.solve(found.covariance, gap) < 18.5
    assert set(found.standard_errors) == set(truth.parameters)


@pytest.mark.parametrize(
    "truth", [BgNbd(0.6, 5.0, 0.9, 3.0), MbgNbd(0.8, 6.0, 0.9, 3.0)], ids=lambda model: model.label
)
def test_the_likelier_of_two_models_is_the_one_that_customers_follow(truth: BgNbd) -> None:
    history = draw_history(truth, 20_000, 1837)
    found = fit_repeat_buying(BuyingHistory.from_arrays(*history))
    assert found.model.label == truth.label
    # Nobody knows who left, but the sum of what each is given must be what the truth says of the same histories.
    told, true = found.model.probability_alive(*history).sum(), truth.probability_alive(*history).sum()
    assert told == pytest.approx(true, rel=0.02)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd])
def test_where_nobody_leaves_it_is_said_and_predicted(fit: Callable[[BuyingHistory], Fit[Any]]) -> None:
    """Customers of a pace of their own who never leave: as in a year of wholesale."""
    chance = np.random.default_rng(1832)
    age = chance.uniform(20, 50, 3_000)
    x = chance.poisson(chance.gamma(1.0, 1 / 8, 3_000) * age).astype(float)
    t_x = np.where(x > 0, age * chance.beta(np.maximum(x, 1), 1.0), 0.0)
    found = fit(BuyingHistory.from_arrays(x, t_x, age))
    assert found.messages[0].startswith(f"{found.model.label} finds that nobody has left for good")
    assert found.model.expected_purchases_of_new(52)[0] == pytest.approx(52 / 8, rel=0.1)
    # What is known is still doubted: the pace of buying, whose parameters are well inside.
    assert (np.diag(found.covariance)[:2] > 1e-5).all()


def test_gamma_gamma_finds_its_parameters_again() -> None:
    chance = np.random.default_rng(1828)
    x = chance.poisson(3, 20_000).astype(float)
    nu = chance.gamma(3.7, 1 / 15.4, 20_000)
    mean = np.where(x > 0, chance.gamma(6.2 * np.maximum(x, 1)) / nu / np.maximum(x, 1), 0)
    found = fit_gamma_gamma(SpendingHistory.from_arrays(x, mean))
    gap = np.log(list(found.parameters.values())) - np.log([6.2, 3.7, 15.4])
    assert gap @ np.linalg.solve(found.covariance, gap) < 16.3
    assert found.messages == ()


def test_spending_that_goes_with_frequency_is_told() -> None:
    chance = np.random.default_rng(1829)
    x = chance.poisson(3, 3_000) + 1.0
    found = fit_gamma_gamma(SpendingHistory.from_arrays(x, x * chance.gamma(9, 1, 3_000)))
    assert "Frequency and spending go together (correlation 0." in found.messages[0]


def fitted(n: int) -> tuple[Fit[Any], Fit[GammaGamma], Columns, NDArray[np.float64]]:
    history = draw_history(BgNbd(0.6, 5.0, 0.9, 3.0), n, 1830)
    chance = np.random.default_rng(1831)
    x = np.maximum(history[0], 1)
    mean = np.where(history[0] > 0, chance.gamma(6.2 * x) / chance.gamma(3.7, 1 / 15.4, n) / x, 0)
    return (
        fit_bg_nbd(BuyingHistory.from_arrays(*history)),
        fit_gamma_gamma(SpendingHistory.from_arrays(history[0], mean)),
        history,
        mean,
    )


def test_the_portfolio_is_the_sum_of_its_customers_with_an_interval_around_it() -> None:
    buying, spending, (x, t_x, age), mean = fitted(2_500)
    asked: dict[str, Any] = {"frequency": x, "recency": t_x, "age": age, "mean_spend": mean, "horizon": 52}
    found = value_portfolio(buying, spending, discount=DiscreteDiscount(0.1, 52), margin=0.4, **asked)
    assert found.expected == pytest.approx(found.by_customer.sum())
    assert found.low < found.expected < found.high
    both = np.hypot(found.deviation_of_outcome, found.deviation_of_parameters)
    assert found.high - found.expected == pytest.approx(1.959964 * both)
    whole = value_portfolio(buying, spending, discount=DiscreteDiscount(0.1, 52), margin=1.0, **asked)
    assert whole.expected * 0.4 == pytest.approx(found.expected)
    assert whole.deviation_of_outcome * 0.4 == pytest.approx(found.deviation_of_outcome)


def test_a_single_customer_may_bring_nothing() -> None:
    buying, spending, (x, t_x, age), mean = fitted(2_000)
    found = value_portfolio(
        buying,
        spending,
        horizon=10,
        discount=ContinuousDiscount(0.003),
        frequency=x[:1],
        recency=t_x[:1],
        age=age[:1],
        mean_spend=mean[:1],
    )
    assert found.low == 0
    assert found.high > found.expected > 0


@pytest.mark.slow
def test_the_interval_of_a_portfolio_holds_what_then_happened() -> None:
    """Thirty portfolios drawn from the truth, each fitted and valued anew: about 95 % of the intervals hold."""
    truth, money = BgNbd(0.6, 5.0, 0.9, 3.0), GammaGamma(6.2, 3.7, 15.4)
    held, runs, n = 0, 30, 2_100
    for run in range(runs):
        chance = np.random.default_rng(10_000 + run)
        zeros = np.zeros(n)
        who, when = draw_purchases(chance, truth, 80.0, (zeros, zeros, zeros))
        nu = chance.gamma(money.q, 1 / money.gamma, n)
        amounts = chance.gamma(money.p, size=len(who)) / nu[who]
        past = when <= 40
        x = np.bincount(who[past], minlength=n).astype(float)
        t_x = np.zeros(n)
        np.maximum.at(t_x, who[past], when[past])
        mean = np.bincount(who[past], weights=amounts[past], minlength=n) / np.maximum(x, 1)
        found = value_portfolio(
            fit_bg_nbd(BuyingHistory.from_arrays(x, t_x, np.full(n, 40.0))),
            fit_gamma_gamma(SpendingHistory.from_arrays(x, mean)),
            horizon=40,
            discount=DiscreteDiscount(),
            frequency=x,
            recency=t_x,
            age=np.full(n, 40.0),
            mean_spend=mean,
            seed=run,
        )
        held += found.low <= amounts[~past].sum() <= found.high
    assert 24 <= held <= 30


def test_confidence_is_a_share() -> None:
    buying, spending, (x, t_x, age), mean = fitted(2_000)
    with pytest.raises(ImpossibleNumbers, match=r"0\.95 is 95 %"):
        value_portfolio(
            buying, spending, horizon=1, discount=DiscreteDiscount(), frequency=x, recency=t_x, age=age,
            mean_spend=mean, confidence=95,
        )  # fmt: skip
