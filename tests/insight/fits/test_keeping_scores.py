"""A score kept as weights says what the score said; drift is told by the population stability index."""

from __future__ import annotations

import numpy as np
import pytest

from fidelia.insight.fits.scoring import fit_score
from fidelia.insight.fits.scoring.keeping import DRIFTED, Spread, Weights


def test_weights_say_of_people_what_the_score_said() -> None:
    chance = np.random.default_rng(1805)
    columns = {"recency": chance.uniform(0, 400, 2_000), "times": chance.poisson(3, 2_000).astype(float)}
    did = chance.uniform(size=2_000) < 1 / (1 + np.exp(0.01 * columns["recency"] - 0.5 * columns["times"]))
    score = fit_score(columns, did.astype(float))
    weights = Weights.of_score(score, list(columns))
    assert weights.probability(columns) == pytest.approx(score.probability(columns), abs=1e-9)
    assert weights.of["recency"] < 0 < weights.of["times"]


def test_a_column_that_was_the_same_for_all_tells_nothing_of_those_who_differ() -> None:
    chance = np.random.default_rng(7)
    columns = {"times": chance.poisson(3, 400).astype(float), "average": np.full(400, np.log1p(20.1))}
    score = fit_score(columns, (chance.uniform(size=400) < 0.1 + 0.15 * columns["times"].clip(0, 5)).astype(float))
    weights = Weights.of_score(score, list(columns))
    other = {"times": columns["times"], "average": np.full(400, 9.0)}
    assert weights.probability(other) == pytest.approx(weights.probability(columns), abs=1e-6)
    assert weights.probability({"times": np.array([1e6]), "average": np.array([1e6])}) == pytest.approx(1.0)


def test_the_same_people_have_not_drifted() -> None:
    values = np.arange(1_000, dtype=float)
    spread = Spread.of_values(values)
    assert len(spread.shares) == 10
    assert spread.stability(values) == pytest.approx(0.0, abs=1e-9)
    assert spread.stability(values[::2]) < 0.001


def test_the_index_is_reckoned_by_hand() -> None:
    spread = Spread((0.5,), (0.5, 0.5))
    now = np.array([0.0] * 80 + [1.0] * 20)
    assert spread.stability(now) == pytest.approx(0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5))
    assert spread.stability(now) > DRIFTED


def test_odd_values_break_nothing() -> None:
    same = Spread.of_values(np.full(50, 7.0))
    assert same.stability(np.full(9, 7.0)) == pytest.approx(0.0, abs=1e-9)
    assert same.stability(np.full(9, 8.0)) > DRIFTED
    assert same.stability(np.empty(0)) == 0.0
    assert Spread.of_values(np.empty(0)).stability(np.array([1.0])) >= 0.0
