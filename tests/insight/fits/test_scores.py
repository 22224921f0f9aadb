"""Scores: learnt, judged on customers not seen, calibrated, explained; contracts of the Telco set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit
from fidelia.insight.fits.scoring import (
    Score,
    area_under_curve,
    average_precision,
    brier_score,
    calibration_table,
    fit_score,
    judge,
    lift_table,
)

from .real_data import rows_of


def telco() -> tuple[dict[str, list[str]], list[bool]]:
    rows = rows_of("telco_churn/telco_churn.csv.gz")
    columns = {name: [row[name] for row in rows] for name in rows[0] if name not in ("customerID", "Churn")}
    return columns, [row["Churn"] == "Yes" for row in rows]


@pytest.fixture(scope="module")
def logistic() -> Score:
    return fit_score(*telco())


def test_logistic_regression_ranks_and_calibrates_the_contracts_of_telco(logistic: Score) -> None:
    """Measured elsewhere by one-hot logistic regression in five folds: AUC 0.8452, precision 0.6525, Brier 0.1354."""
    found = logistic.judgement
    assert (found.people, found.did) == (7043, 1869)
    assert found.auc == pytest.approx(0.8452, abs=0.002)
    assert found.average_precision == pytest.approx(0.6525, abs=0.005)
    assert found.brier == pytest.approx(0.1354, abs=0.001)
    assert found.auc_low > 0.83
    assert found.finding == "better than chance"


def test_probabilities_of_telco_can_be_believed(logistic: Score) -> None:
    rows = logistic.judgement.calibration
    assert len(rows) == 10
    assert sum(row.is_within for row in rows) >= 7
    assert logistic.judgement.calibration_error < 0.02
    assert logistic.probability(telco()[0]).mean() == pytest.approx(1869 / 7043, abs=0.001)


def test_the_best_tenth_of_telco_holds_three_tenths_of_those_who_leave(logistic: Score) -> None:
    rows = logistic.judgement.lift
    assert rows[0].lift == pytest.approx(2.86, abs=0.05)
    assert rows[0].gained == pytest.approx(0.286, abs=0.01)
    assert (rows[-1].gained, sum(row.did for row in rows)) == (1, 1869)


def test_contributions_of_the_logistic_score_add_up(logistic: Score) -> None:
    columns, _left = telco()
    some = {name: values[:50] for name, values in columns.items()}
    odds = np.log(logistic.probability(some) / (1 - logistic.probability(some)))
    rest = odds - logistic.contributions(some).sum(axis=1)
    assert rest == pytest.approx(rest[0])


def test_a_score_is_explained_in_words(logistic: Score) -> None:
    columns, _left = telco()
    reasons = logistic.explain({name: values[:1] for name, values in columns.items()})[0]
    assert [reason.column for reason in reasons][:1] == ["tenure"]
    assert str(reasons[0]).startswith("tenure 1 multiplies the odds by 5.")


@pytest.mark.slow
def test_gradient_boosting_ranks_and_calibrates_the_contracts_of_telco() -> None:
    columns, left = telco()
    found = fit_score(columns, left, method="boosting")
    assert found.judgement.auc > 0.84
    assert found.judgement.brier < 0.1360
    assert found.judgement.calibration_error < 0.02
    reasons = found.explain({name: values[:1] for name, values in columns.items()})[0]
    assert "tenure" in [reason.column for reason in reasons]


def test_the_numbers_of_a_judgement_are_those_counted_by_hand() -> None:
    score, did = [0.9, 0.8, 0.8, 0.3, 0.1], [1, 1, 0, 1, 0]
    # Of six pairs (did, did not): 0.9 beats both, 0.8 ties with one and beats one, 0.3 beats one.
    assert area_under_curve(score, did)[0] == pytest.approx((2 + 1.5 + 1) / 6)
    # Precision 1 at a third of those who did, 2/3 at two thirds, 3/4 at all.
    assert average_precision(score, did) == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert brier_score(score, did) == pytest.approx((0.01 + 0.04 + 0.64 + 0.49 + 0.01) / 5)
    assert [(row.did, row.lift) for row in lift_table(score, did, classes=5)] == [
        (1, pytest.approx(5 / 3)),
        (1, pytest.approx(5 / 3)),
        (0, 0),
        (1, pytest.approx(5 / 3)),
        (0, 0),
    ]
    rows = calibration_table([0.2] * 5 + [0.7] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 0, 0], classes=2)
    assert [(row.people, row.predicted, row.observed) for row in rows] == [
        (5, pytest.approx(0.2), 0.2),
        (5, pytest.approx(0.7), 0.6),
    ]


def test_a_score_of_chance_finds_no_effect() -> None:
    chance = np.random.default_rng(3)
    columns = {"one": chance.normal(size=600), "other": chance.choice(["a", "b"], 600)}
    assert fit_score(columns, chance.random(600) < 0.4).judgement.finding == "no effect found"


def test_gaps_and_values_never_seen_are_scored() -> None:
    chance = np.random.default_rng(4)
    visits = chance.poisson(3, 400).astype(float)
    bought = chance.random(400) < 1 / (1 + np.exp(2 - visits))
    visits[::7] = np.nan
    score = fit_score({"visits": visits, "town": ["Lyon", "Nice"] * 200}, bought)
    found = score.probability({"visits": [np.nan, 9.0], "town": ["Brest", ""]})
    assert ((found > 0) & (found < 1)).all()
    assert found[1] > found[0]


@pytest.mark.parametrize(
    ("columns", "did", "error", "sentence"),
    [
        ({"a": [1, 2]}, [1, 0], TooLittleToFit, "at least 20 customers who did"),
        ({}, [1, 0] * 20, ImpossibleNumbers, "No column is given"),
        ({"a": [1] * 3, "b": [1] * 4}, [1, 0] * 20, ImpossibleNumbers, "their lengths differ"),
        ({"a": [1] * 50}, [1, 0] * 20, ImpossibleNumbers, "50 customers, the responses 40"),
        ({"a": [1] * 40}, [2, 0] * 20, ImpossibleNumbers, "1 .did. or 0"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(columns: Any, did: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        fit_score(columns, did)


def test_a_judgement_needs_both_kinds() -> None:
    with pytest.raises(TooLittleToFit, match="who did and customers who did not"):
        judge([0.1, 0.2, 0.3], [0, 0, 0])
