"""Bad input: a sentence that says what and what to do, never a missing number."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from fidelia.insight.errors import ImpossibleNumbers, NoConvergence, TooLittleToFit
from fidelia.insight.fits import (
    BgNbd,
    BuyingHistory,
    ContinuousDiscount,
    DiscreteDiscount,
    Fit,
    GammaGamma,
    ParetoNbd,
    SpendingHistory,
    count_purchases,
    discounted_purchases,
    fit_bg_bb,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_mbg_nbd,
    fit_pareto_nbd,
    track,
)

Fitting = Callable[[BuyingHistory], Fit[Any]]
CONTINUOUS: list[Fitting] = [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd]


@pytest.mark.parametrize("fit", [*CONTINUOUS, fit_bg_bb])
def test_one_customer_is_too_little(fit: Fitting) -> None:
    with pytest.raises(TooLittleToFit, match="at least 10 customers, 5 of whom bought again; there are 1 with 0"):
        fit(BuyingHistory.from_arrays([0], [0], [10]))


@pytest.mark.parametrize("fit", CONTINUOUS)
def test_customers_who_never_came_back_are_too_little(fit: Fitting) -> None:
    with pytest.raises(TooLittleToFit, match="Take a longer period, or more customers"):
        fit(BuyingHistory.from_arrays(np.zeros(500), np.zeros(500), np.linspace(1, 50, 500)))


def test_a_single_day_is_too_little() -> None:
    customers = np.arange(40) % 20
    counted = count_purchases(customers, np.full(40, "2026-03-01"), until=date(2026, 3, 1))
    assert counted.frequency.sum() == 0
    with pytest.raises(TooLittleToFit):
        fit_bg_nbd(counted.history)
    with pytest.raises(TooLittleToFit, match="Nobody bought again"):
        track(BgNbd(0.2, 4, 0.8, 2.4), counted)


@pytest.mark.parametrize(
    ("x", "t_x", "age", "sentence"),
    [
        ([-1], [0], [10], "frequency of row 1 is -1; it must be at least 0"),
        ([1, 1], [5, -5], [10, 10], "recency of row 2 is -5"),
        ([1], [5], [np.nan], "age of row 1 is missing or infinite"),
        ([1.5], [5], [10], "must be a whole number"),
        ([1], [12], [10], "purchases dated after the end"),
        ([0], [3], [10], "has no repeat purchase but a recency of 3"),
        ([2], [0], [10], "count purchases of one day as one"),
        ([1, 2], [5], [10, 10], "their lengths differ: frequency 2, recency 1, age 2"),
        ([], [], [], "There is no row"),
        (["many"], [5], [10], "is not a number"),
    ],
)
def test_impossible_histories_are_refused(x: Any, t_x: Any, age: Any, sentence: str) -> None:
    with pytest.raises(ImpossibleNumbers, match="".join(sentence)) as refused:
        BuyingHistory.from_arrays(x, t_x, age)
    assert refused.value.code == "impossible_numbers"


def test_histories_of_equal_customers_are_grouped() -> None:
    history = BuyingHistory.from_arrays([1, 0, 1, 1], [5, 0, 5, 6], [10, 10, 10, 10], [1, 1, 2, 1])
    assert (len(history), history.n, history.weights.tolist()) == (3, 5, [1, 3, 1])
    assert history.of_customers(history.frequency).tolist() == [1, 0, 1, 1]


def test_duplicates_returns_and_the_future_are_told() -> None:
    counted = count_purchases(
        ["a", "a", "a", "b", "a", "c", "b"],
        np.array(
            ["2026-01-01", "2026-01-08", "2026-01-08", "2026-01-05", "2026-01-09", "2027-05-01", "2026-01-20"],
            dtype="datetime64[D]",
        ),
        amounts=[5, 10, 4, 7, -10, 3, 8],
        until=date(2026, 1, 15),
        observed_until=date(2026, 1, 31),
    )
    assert counted.customers.tolist() == ["a", "b"]
    assert (counted.frequency.tolist(), counted.recency.tolist()) == ([1, 0], [1, 0])
    assert counted.age.tolist() == [2, 10 / 7]
    assert (counted.mean_spend.tolist(), counted.held_out.tolist()) == ([14, 0], [0, 1])
    assert counted.messages == (
        "Left out, for they are dated after the end of the observation: 1 purchases.",
        "Left out, for a negative amount is a return and no purchase: 1 rows.",
    )


def test_dates_that_are_none_are_refused() -> None:
    with pytest.raises(ImpossibleNumbers, match="cannot be read as a date"):
        count_purchases([1], ["yesterday"], until=date(2026, 1, 1))
    with pytest.raises(ImpossibleNumbers, match="Row 2 has no day"):
        count_purchases([1, 2], np.array(["2026-01-01", "NaT"], dtype="datetime64[D]"), until=date(2026, 1, 1))
    with pytest.raises(TooLittleToFit, match="No purchase is left"):
        count_purchases([1], ["2026-05-05"], until=date(2026, 1, 1))


def test_amounts_of_nothing_and_all_the_same_are_too_little() -> None:
    with pytest.raises(TooLittleToFit, match="for a positive amount; there are 0"):
        fit_gamma_gamma(SpendingHistory.from_arrays(np.ones(50), np.zeros(50)))
    with pytest.raises(TooLittleToFit, match="Everybody spends the same amount"):
        fit_gamma_gamma(SpendingHistory.from_arrays(np.arange(1, 51), np.full(50, 9.9)))


def test_an_infinite_mean_is_refused_and_not_given() -> None:
    wild = GammaGamma(5, 0.9, 10)
    assert wild.expected_spend([3], [20])[0] > 0
    with pytest.raises(NoConvergence, match="mean over all customers is infinite"):
        wild.expected_spend([0], [0])


def test_horizons_and_discounts_that_cannot_be_are_refused() -> None:
    customer = {"frequency": [1], "recency": [5], "age": [10]}
    model = ParetoNbd(0.5, 10, 0.6, 12)
    with pytest.raises(ImpossibleNumbers, match="horizon of row 1 is -1"):
        model.expected_purchases(-1, **customer)
    with pytest.raises(ImpossibleNumbers, match="not negative"):
        ContinuousDiscount(-0.1)
    with pytest.raises(ImpossibleNumbers, match="at most 1,200"):
        discounted_purchases(model, horizon=1e6, discount=DiscreteDiscount(0.1, 1.0), **customer)


def clockwork(customers: int) -> BuyingHistory:
    """Everybody buys every week, without fail: nothing varies, nobody leaves."""
    ages = np.arange(customers) % 30 + 5.0
    return BuyingHistory.from_arrays(ages, ages, ages)


@pytest.mark.parametrize("fit", CONTINUOUS)
def test_what_the_data_do_not_tell_is_said(fit: Fitting) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(clockwork(200))
    assert not found.converged
    assert found.standard_errors == {}
    assert "Predictions hold" in found.messages[0]
    assert np.isfinite(list(found.parameters.values())).all()
    assert found.model.expected_purchases(10, [20], [20], [20])[0] == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize("fit", CONTINUOUS)
def test_odd_histories_never_give_a_missing_number(fit: Fitting) -> None:
    """Tiny units, huge units, one heavy buyer among many, everybody gone at once, gaps."""
    chance = np.random.default_rng(7)
    for _case in range(12):
        n, unit = 60, 10 ** chance.uniform(-4, 4)
        age = chance.uniform(1, 100, n) * unit
        x = chance.poisson(chance.choice([0.2, 3, 60]), n)
        x[0] += 5 * int(chance.integers(1, 400))
        x[1:7] = np.maximum(x[1:7], 1)
        t_x = np.where(x > 0, age * chance.choice([chance.random(n), np.full(n, 0.01)]), 0)
        found = fit(BuyingHistory.from_arrays(x, t_x, age))
        model = found.model
        numbers = [
            found.log_likelihood,
            *found.parameters.values(),
            *found.standard_errors.values(),
            *model.probability_alive(x, t_x, age),
            *model.expected_purchases(age.max(), x, t_x, age),
            *model.expected_purchases_of_new([0, age.max()]),
        ]
        assert np.isfinite(numbers).all()
