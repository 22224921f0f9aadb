"""CDNOW, the set that the papers fit: parameters, standard errors, predictions of each model."""

from __future__ import annotations

import numpy as np
import pytest

from fidelia.insight.fits import fit_bg_nbd, fit_gamma_gamma, fit_mbg_nbd

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
    assert fit.parameters == pytest.approx(
        {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}, rel=5e-5
    )
    assert (fit.converged, fit.messages, fit.n) == (True, (), 2357)


def test_mbg_nbd_has_the_published_parameters() -> None:
    fit = fit_mbg_nbd(cdnow_history(sample=True))
    assert fit.log_likelihood == pytest.approx(-9582.1357, abs=0.0001)
    assert fit.parameters == pytest.approx({"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, abs=0.0006)


def test_gamma_gamma_has_the_published_parameters() -> None:
    """Hardie note 025 prints two decimals; CLVTools the log-likelihood −4055.9177."""
    fit = fit_gamma_gamma(cdnow_counted(sample=True).spending)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=0.0001)
    assert fit.parameters == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, abs=0.01)
    assert fit.model.mean_of_all == pytest.approx(35.2, abs=0.05)
