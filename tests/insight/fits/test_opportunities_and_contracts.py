"""BG/BB on the donations of its paper, the shifted beta-geometric on its, the textbook's sum by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit
from fidelia.insight.fits import (
    BgBb,
    BuyingHistory,
    ContractHistory,
    ShiftedBetaGeometric,
    fit_bg_bb,
    fit_shifted_beta_geometric,
    textbook_margins,
    textbook_value,
)

from .real_data import donations

DONATIONS = BgBb(1.2035, 0.7497, 0.6567, 2.7834)
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


def test_bg_bb_has_the_published_parameters() -> None:
    """Fader, Hardie & Shang 2010: 11,104 supporters, 1.204, 0.750, 0.657, 2.783."""
    fit = fit_bg_bb(BuyingHistory.from_arrays(*donations()))
    assert (fit.n, fit.converged) == (11_104, True)
    assert fit.log_likelihood == pytest.approx(-33225.58, abs=0.005)
    assert list(fit.parameters.values()) == pytest.approx([1.2035, 0.7497, 0.6567, 2.7834], abs=6e-5)


def test_bg_bb_predicts_as_published() -> None:
    """Hardie note 010; relative 0.001. P(alive) is that of the year after, as in the paper's table."""
    published = [0.4985, 0.9233, 1.2969, 1.6323, 1.9381, 2.2202, 2.4826, 2.7285, 2.9603, 3.1798, 3.3887]
    assert DONATIONS.expected_purchases_of_new(np.arange(1, 12)) == pytest.approx(published, rel=0.001)
    alive = DONATIONS.probability_alive([0, 2, 6], [0, 4, 6], 6)
    assert alive.round(2).tolist() == [0.11, 0.59, 0.93]
    assert DONATIONS.probability_alive(6, 6, 6, ahead=0)[0] == pytest.approx(1)


def test_bg_bb_fits_the_donations_as_published() -> None:
    x, t_x, n, weights = donations()
    model = fit_bg_bb(BuyingHistory.from_arrays(x, t_x, n, weights)).model
    counts = 11_104 * model.probability_of_count(np.arange(7), 6)
    assert (counts[0], counts[6]) == pytest.approx((3454.9, 1253.1), abs=0.05)
    assert counts.sum() == pytest.approx(11_104)
    assert weights @ model.expected_purchases(5, x, t_x, n) == pytest.approx(12884.2, abs=0.05)


def test_bg_bb_refuses_what_has_no_opportunities() -> None:
    with pytest.raises(ImpossibleNumbers, match="more often than there were opportunities"):
        DONATIONS.log_likelihood(BuyingHistory.from_arrays([3], [2], [6]))
    with pytest.raises(ImpossibleNumbers, match="whole number"):
        DONATIONS.probability_alive(1, 1.5, 6)
    with pytest.raises(ImpossibleNumbers, match="at most 1,000"):
        DONATIONS.expected_purchases_of_new(5_000)


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [(REGULAR, 0.7041, 1.1820, -1680.2652), (HIGH_END, 0.6681, 3.8061, -1611.1581)],
)
def test_shifted_beta_geometric_has_the_known_parameters(
    survivors: list[int], alpha: float, beta: float, log_likelihood: float
) -> None:
    """The two cohorts of Fader & Hardie 2007, over seven renewals, per thousand."""
    fit = fit_shifted_beta_geometric(ContractHistory.from_survivors(survivors))
    assert (fit.n, fit.converged) == (1000, True)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.0001)
    assert fit.parameters == pytest.approx({"alpha": alpha, "beta": beta}, abs=6e-5)
    assert fit.model.survival(np.arange(8)) * 1000 == pytest.approx(survivors, abs=20)


def test_retention_rises_and_gives_survival() -> None:
    model = ShiftedBetaGeometric(0.704, 1.182)
    retention = model.retention(np.arange(1, 9))
    assert (np.diff(retention) > 0).all()
    assert model.survival(np.arange(1, 9)) == pytest.approx(np.cumprod(retention))
    assert model.probability_of_leaving([1, 2]) == pytest.approx(-np.diff(model.survival([0, 1, 2])))


def test_customers_one_by_one_are_the_cohort() -> None:
    left = -np.diff(REGULAR)
    renewals = np.concatenate([np.repeat(np.arange(1, 8), left), np.full(REGULAR[-1], 7)])
    gone = np.concatenate([np.ones(left.sum()), np.zeros(REGULAR[-1])])
    by_customer = fit_shifted_beta_geometric(ContractHistory.from_arrays(renewals, gone))
    by_cohort = fit_shifted_beta_geometric(ContractHistory.from_survivors(REGULAR))
    assert by_customer.log_likelihood == pytest.approx(by_cohort.log_likelihood)


def test_payments_are_discounted_from_the_next_renewal_on() -> None:
    model = ShiftedBetaGeometric(0.704, 1.182)
    chances = model.survival([4, 5, 6]) / model.survival(3)
    assert model.expected_payments(3, horizon=3, discount=0.1)[0] == pytest.approx(
        chances[0] + chances[1] / 1.1 + chances[2] / 1.21
    )


def test_contracts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ImpossibleNumbers, match="never grow"):
        ContractHistory.from_survivors([10, 8, 9])
    with pytest.raises(ImpossibleNumbers, match="at renewal 1 or later"):
        ContractHistory.from_arrays([0], [1])
    with pytest.raises(TooLittleToFit, match="customers who left"):
        fit_shifted_beta_geometric(ContractHistory.from_survivors([10, 10, 10]))


def test_the_textbook_sum_has_its_closed_forms() -> None:
    assert textbook_value(margin=10, churn=0.2, start=1) == pytest.approx(10 * 0.8 / 0.2)
    assert textbook_value(margin=10, churn=0.2, start=0, acquisition_cost=7) == pytest.approx(10 / 0.2 - 7)
    assert textbook_value(margin=10, churn=0.2, start=0, discount=0.1) == pytest.approx(10 / (1 - 0.8 / 1.1))
    assert textbook_value(margin=10, churn=0, start=1, discount=0.25) == pytest.approx(40)


def test_the_textbook_sum_adds_up_term_by_term() -> None:
    terms = textbook_margins(margin=100, churn=0.1, start=0, churn_growth=0.5, discount=0.25, periods=3)
    stays = [1, 0.9, 0.9 * 0.85, 0.9 * 0.85 * 0.775]
    assert terms == pytest.approx([100 * stay / 1.25**t for t, stay in enumerate(stays)])
    value = textbook_value(
        margin=100, churn=0.1, start=1, churn_growth=0.5, discount=0.25, periods=3, acquisition_cost=50
    )
    assert value == pytest.approx(terms[1:].sum() - 50)


def test_growing_churn_ends_the_sum_by_itself() -> None:
    """With churn 50 %, then 100 %: only the margins at once and after the first renewal."""
    assert textbook_value(margin=8, churn=0.5, start=0, churn_growth=1.0) == 12
    assert textbook_value(margin=8, churn=0.2, start=1, churn_growth=1e-9) == pytest.approx(32, rel=1e-6)


def test_a_sum_without_end_is_refused() -> None:
    with pytest.raises(ImpossibleNumbers, match="never ends"):
        textbook_value(margin=10, churn=0, start=0)
    with pytest.raises(ImpossibleNumbers, match="share from 0 to 1"):
        textbook_value(margin=10, churn=1.2, start=0)
