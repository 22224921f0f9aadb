"""CDNOW, the set that the papers fit: parameters, standard errors, predictions of each model."""

from __future__ import annotations

import numpy as np
import pytest

from fidelia.insight.fits import (
    GammaGamma,
    ParetoNbd,
    compare_counts,
    compare_holdout,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_mbg_nbd,
    fit_pareto_nbd,
    track,
)

from .real_data import cdnow_counted, cdnow_history


def test_the_sample_is_that_of_the_papers() -> None:
    history = cdnow_history(sample=True)
    assert (history.n, history.n - history.repeaters, history.weights @ history.frequency) == (2357, 1411, 2457)


def test_repeat_spending_is_that_of_the_papers() -> None:
    """Fader, Hardie & Lee 2005, "RFM and CLV": 946 customers, mean 35, deviation 30, from 3 over 27 to 300."""
    spend = cdnow_counted(sample=True).spending.mean_spend
    told = [spend.mean(), spend.std(), spend.min(), np.median(spend), spend.max()]
    assert (len(spend), [round(value) for value in told]) == (946, [35, 30, 3, 27, 300])


def test_bg_nbd_has_the_published_parameters() -> None:
    """Fader, Hardie & Lee 2005; CLVTools: log-likelihood −9582.429, parameters within a thousandth."""
    fit = fit_bg_nbd(cdnow_history(sample=True))
    assert fit.log_likelihood == pytest.approx(-9582.4292, abs=0.0001)
    published = {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}
    assert fit.parameters == pytest.approx(published, rel=5e-5)
    assert (fit.converged, fit.messages, fit.n) == (True, (), 2357)


def test_mbg_nbd_has_the_published_parameters() -> None:
    fit = fit_mbg_nbd(cdnow_history(sample=True))
    assert fit.log_likelihood == pytest.approx(-9582.1357, abs=0.0001)
    assert fit.parameters == pytest.approx({"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, abs=0.0006)


def test_pareto_nbd_has_the_published_parameters_and_standard_errors() -> None:
    """CLVTools, relative 0.001: parameters 0.55315, 10.57633, 0.60625, 11.67150, and these standard errors."""
    fit = fit_pareto_nbd(cdnow_history(sample=True))
    assert fit.log_likelihood == pytest.approx(-9594.9762, abs=0.0001)
    published = {"r": 0.55315, "alpha": 10.57633, "s": 0.60625, "beta": 11.67150}
    assert fit.parameters == pytest.approx(published, rel=0.001)
    errors = {"r": 0.0476264, "alpha": 0.8427222, "s": 0.1872594, "beta": 6.2105448}
    assert fit.standard_errors == pytest.approx(errors, rel=0.001)


def test_gamma_gamma_has_the_published_parameters() -> None:
    """Hardie note 025 prints two decimals; CLVTools the log-likelihood −4055.9177."""
    fit = fit_gamma_gamma(cdnow_counted(sample=True).spending)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=0.0001)
    assert fit.parameters == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, abs=0.01)
    assert fit.model.mean_of_all == pytest.approx(35.2, abs=0.05)


def test_gamma_gamma_expects_the_published_spending_of_single_customers() -> None:
    """Hardie note 025; of the first who bought again, in order of their ids."""
    counted = cdnow_counted(sample=True)
    expected = GammaGamma(6.25, 3.74, 15.44).expected_spend(counted.frequency, counted.mean_spend)
    assert expected[counted.frequency > 0][:4] == pytest.approx([24.65, 18.91, 71.46, 18.91], abs=0.1)
    assert expected[counted.frequency == 0] == pytest.approx(35.17, abs=0.1)


def test_all_of_cdnow_has_the_parameters_that_two_other_libraries_found() -> None:
    history, spending = cdnow_history(sample=False), cdnow_counted(sample=False).spending
    assert (history.n, history.n - history.repeaters, history.weights @ history.frequency) == (23570, 14119, 24337)
    found = [fit_bg_nbd(history), fit_mbg_nbd(history), fit_pareto_nbd(history), fit_gamma_gamma(spending)]
    known = [
        (-95368.4439, [0.25162, 4.78895, 0.72343, 2.16109]),
        (-95336.9583, [0.63714, 7.31029, 0.80747, 1.22839]),
        (-95415.1186, [0.59741, 11.58561, 0.52220, 8.82840]),
        (-40763.4763, [6.27536, 3.62445, 14.98369]),
    ]
    for fit, (log_likelihood, parameters) in zip(found, known, strict=True):
        assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.0002)
        assert list(fit.parameters.values()) == pytest.approx(parameters, rel=0.0005)


def test_the_buyer_of_nothing_is_left_out_and_told() -> None:
    """One of 9,451 customers who bought again paid nothing: the model has no place for him."""
    fit = fit_gamma_gamma(cdnow_counted(sample=False).spending)
    told = "Left out, for they bought again for nothing (amounts of 0 or less): 1 customers."
    assert (fit.n, fit.messages) == (9450, (told,))


def test_the_holdout_of_the_sample_is_predicted_as_measured() -> None:
    counted = cdnow_counted(sample=True)
    compared = compare_holdout(fit_bg_nbd(counted.history).model, counted, holdout=39)
    assert compared.observed_total == 1882
    assert compared.expected_total == pytest.approx(1653.4, abs=0.05)
    assert compared.mean_error == pytest.approx(0.7855, abs=0.00005)
    assert compared.correlation == pytest.approx(0.6256, abs=0.00005)
    pareto = compare_holdout(fit_pareto_nbd(counted.history).model, counted, holdout=39)
    assert pareto.expected_total == pytest.approx(1665.5, abs=0.05)
    assert compared.observed @ compared.customers == pytest.approx(1882)
    assert compared.expected @ compared.customers == pytest.approx(compared.expected_total)


def test_the_holdout_of_all_is_predicted_as_measured() -> None:
    counted = cdnow_counted(sample=False)
    compared = compare_holdout(fit_bg_nbd(counted.history).model, counted, holdout=39)
    assert compared.observed_total == 19684
    assert compared.expected_total == pytest.approx(16873.7, abs=0.05)
    assert (compared.mean_error, compared.correlation) == pytest.approx((0.8187, 0.6688), abs=0.00005)


def test_the_weeks_are_tracked_as_the_walkthrough_prints_them() -> None:
    """Weeks 20 to 25 of the walkthrough of BTYD, with the parameters it prints."""
    tracked = track(
        ParetoNbd(0.5534, 10.5802, 0.6061, 11.6562),
        cdnow_counted(sample=True),
        begin=np.datetime64("1997-01-01"),
        periods=78,
    )
    weeks = slice(19, 25)
    assert tracked.observed_so_far[weeks].tolist() == [1359, 1414, 1484, 1517, 1573, 1672]
    assert tracked.observed[weeks].tolist() == [73, 55, 70, 33, 56, 99]
    assert tracked.expected_so_far[weeks] == pytest.approx([1309, 1385, 1460, 1533, 1604, 1674], abs=0.5)
    assert tracked.expected[weeks] == pytest.approx([78.31, 76.42, 74.65, 72.98, 71.41, 69.93], abs=0.03)


def test_customers_by_count_are_those_of_the_paper() -> None:
    """Fader, Hardie & Lee 2005, figure 1: 1,411 with none, 439 with one, …, 64 with seven and more."""
    history = cdnow_history(sample=True)
    compared = compare_counts(fit_bg_nbd(history).model, history)
    assert compared.observed.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert compared.expected.sum() == pytest.approx(2357)
    assert compared.expected[0] == pytest.approx(1407.7, abs=0.05)
