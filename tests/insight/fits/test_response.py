"""The response to a budget: the curve, the best division, and effects of groups pooled, against what is published."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from fidelia.insight.errors import ImpossibleNumbers
from fidelia.insight.fits.pooling import pool_effects
from fidelia.insight.fits.response import Curve, best_division, gain_of

# Coaching in eight schools: Rubin 1981; Gelman et al., Bayesian Data Analysis, table 5.2.
GAINS = [28, 8, -3, 7, -1, 1, 18, 12]
ERRORS = [15, 10, 16, 11, 9, 11, 10, 18]
# Table 5.3 there: 2.5 %, 25 %, median, 75 %, 97.5 % of the posterior, from 200 draws.
POSTERIOR = [
    (-2, 7, 10, 16, 31), (-5, 3, 8, 12, 23), (-11, 2, 7, 11, 19), (-7, 4, 8, 11, 21), (-9, 1, 5, 10, 18),
    (-7, 2, 6, 10, 28), (-1, 7, 10, 15, 26), (-6, 3, 8, 13, 33),
]  # fmt: skip


def test_eight_schools_are_pooled_as_the_book_has_them() -> None:
    pooled = pool_effects(GAINS, ERRORS)
    for mean, variance, (low, first, median, third, high) in zip(
        pooled.means, np.diag(pooled.covariance), POSTERIOR, strict=True
    ):
        assert first <= mean <= third
        assert mean == pytest.approx(median, abs=1.6), "the mean lies a little beside the median where it is skew"
        assert np.sqrt(variance) == pytest.approx((high - low) / 3.92, rel=0.3)
    assert (pooled.drawn > 0.6).all(), "the book: little is left of the differences"


def test_pooling_is_the_mean_over_the_spread_by_any_other_sum() -> None:
    """The same posterior by a plain sum over a fine grid of spreads, one group and one pair at a time."""
    y, se = np.array([4.0, 1.0, 7.0, -2.0]), np.array([1.5, 2.0, 1.0, 3.0])
    spreads = np.concatenate([np.arange(0.0005, 20, 0.001), np.exp(np.arange(np.log(20), np.log(20e4), 0.0005))])
    steps = np.gradient(spreads)
    total, first, second = 0.0, np.zeros(4), np.zeros((4, 4))
    for tau, step in zip(spreads, steps, strict=True):
        w = 1 / (se**2 + tau**2)
        of_mean = 1 / w.sum()
        mean = of_mean * (w * y).sum()
        density = step * np.sqrt(of_mean * np.prod(w)) * np.exp(-0.5 * (w * (y - mean) ** 2).sum())
        b = se**2 / (se**2 + tau**2)
        at = b * mean + (1 - b) * y
        total += density
        first += density * at
        second += density * (np.outer(at, at) + of_mean * np.outer(b, b) + np.diag(se**2 * (1 - b)))
    pooled = pool_effects(y, se)
    assert pooled.means == pytest.approx(first / total, rel=2e-3)
    wanted = second / total - np.outer(first, first) / total**2
    assert pooled.covariance == pytest.approx(wanted, rel=5e-3, abs=5e-3)


def test_groups_that_agree_are_nearly_one_and_two_are_left_as_they_are() -> None:
    same = pool_effects([5, 5, 5, 5], [1, 1, 1, 1])
    assert same.means == pytest.approx([5, 5, 5, 5])
    assert np.diag(same.covariance).max() < 1
    two = pool_effects([1, 9], [2, 3])
    assert (two.means.tolist(), np.diag(two.covariance).tolist(), two.drawn.tolist()) == ([1, 9], [4, 9], [0, 0])
    few = pool_effects([2, 2, 2, 20], [1, 1, 1, 30])
    assert few.means[3] < 5, "one of whom hardly anybody was seen is drawn to the others"
    for wrong in (0, -1, float("nan")):
        with pytest.raises(ImpossibleNumbers):
            pool_effects([1, 2], [1, wrong])


def test_the_curve_goes_through_what_was_measured_and_what_was_judged() -> None:
    curve = Curve(people=200, cost=300, twice=1.5)
    assert curve.effects_of(0) == 0
    assert curve.effects_of(200 * 300) == pytest.approx(200), "everybody at the measured cost: the measured effect"
    assert curve.effects_of(2 * 200 * 300) == pytest.approx(300), "twice the money, one and a half times the effect"
    assert curve.effects_of(1e15) == pytest.approx(600, rel=1e-6), "by hand: k = 2, so never more than three times"
    steps = np.diff([curve.effects_of(budget) for budget in range(0, 300_000, 5_000)])
    assert (np.diff(steps) < 0).all(), "each further unit brings less"
    assert Curve(people=0, cost=1).effects_of(1_000) == 0
    for wrong in ({"cost": 0}, {"people": -1}, {"twice": 1.0}, {"twice": 2.0}):
        with pytest.raises(ImpossibleNumbers):
            Curve(**{"people": 1, "cost": 1} | wrong)


@pytest.mark.parametrize("seed", range(6))
def test_the_best_division_is_the_best_of_all_there_are(seed: int) -> None:
    chance = np.random.default_rng(seed)
    curves = [Curve(int(chance.integers(1, 500)), float(chance.uniform(50, 900)), 1.5) for _one in range(4)]
    effects, budget, units = chance.normal(200, 300, 4).tolist(), float(chance.uniform(1e3, 3e5)), 20

    def worth(division: tuple[int, ...]) -> float:
        return sum(
            effect * curve.effects_of(budget * share / units)
            for curve, effect, share in zip(curves, effects, division, strict=True)
        )

    every = [(a, b, c, units - a - b - c) for a, b, c in product(range(units + 1), repeat=3) if a + b + c <= units]
    found = best_division(curves, effects, budget, units=units)
    if max(effects) <= 0:
        assert found is None
    else:
        assert found is not None
        assert sum(found) == units
        assert worth(tuple(found)) == pytest.approx(max(map(worth, every)))


def test_the_best_division_is_that_of_lagrange() -> None:
    """Where all get something: cost·people·(√(slope ÷ λ) − bend), the marginal effects being equal; by hand."""
    curves, effects, budget = [Curve(100, 100, 1.5), Curve(400, 50, 1.5)], [400.0, 120.0], 60_000
    bends = [2 * one.people * one.cost for one in curves]  # k = 2
    tops = [3 * one.people * effect for one, effect in zip(curves, effects, strict=True)]
    root = (budget + sum(bends)) / sum(np.sqrt(a * k) for a, k in zip(tops, bends, strict=True))
    wanted = [root * np.sqrt(a * k) - k for a, k in zip(tops, bends, strict=True)]
    assert sum(wanted) == pytest.approx(budget)
    assert min(wanted) > 0
    found = best_division(curves, effects, budget, units=1000)
    assert found is not None
    assert found == pytest.approx([1000 * one / budget for one in wanted], abs=1)


def test_nothing_is_divided_where_nobody_brings_anything() -> None:
    curves = [Curve(10, 100), Curve(0, 100)]
    assert best_division(curves, [-1.0, 5.0], 1_000, units=10) is None
    assert best_division(curves, [1.0, 5.0], 0, units=10) is None
    assert best_division(curves, [1.0, 5.0], 1_000, units=10) == [10, 0]


def test_a_gain_has_the_interval_of_what_is_in_doubt() -> None:
    gain = gain_of([2, 1], [10, 5], [[4, 1], [1, 9]])
    assert gain.expected == 25
    assert gain.high - gain.expected == pytest.approx(1.959964 * np.sqrt(4 * 4 + 9 + 2 * 2 * 1))
    assert gain.low == pytest.approx(2 * 25 - gain.high)
