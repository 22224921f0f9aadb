"""Drawing the arms: repeatable, exact, by chance."""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction
from uuid import UUID

import numpy
import pytest
from scipy.stats import binom, binomtest

from fidelia.campaigns.operations.drawing import control_count, draw_control
from fidelia.insight.measures.effect import difference_of_means, difference_of_proportions
from fidelia.insight.measures.tallies import Tally

PEOPLE = [UUID(int=number) for number in range(1, 516)]


@pytest.mark.parametrize(
    ("people", "share", "expected"),
    [
        (515, Fraction(1, 5), 103),
        (10, Fraction(1, 4), 3),  # 2.5 rounds half up
        (9, Fraction(1, 4), 2),
        (1, Fraction(1, 2), 1),
        (0, Fraction(1, 2), 0),
        (1_000_001, Fraction(1, 20), 50_000),
    ],
)
def test_the_share_is_exact(people: int, share: Fraction, expected: int) -> None:
    assert control_count(people, share) == expected


def test_everybody_is_drawn_once_whatever_the_order_they_come_in() -> None:
    treated, control = draw_control("seed", PEOPLE, Fraction(1, 5))
    shuffled = random.Random(5).sample(PEOPLE, len(PEOPLE))
    assert draw_control("seed", shuffled, Fraction(1, 5)) == (treated, control)
    assert (len(treated), len(control)) == (412, 103)
    assert sorted(treated + control) == PEOPLE


def test_anybody_can_compute_it_again() -> None:
    _treated, control = draw_control("019a-seed", PEOPLE, Fraction(1, 5))
    by_hand = sorted(PEOPLE, key=lambda person: hashlib.sha256(f"019a-seed:{person}".encode()).hexdigest())
    assert control == by_hand[:103]


def test_another_seed_draws_others() -> None:
    first, second = (set(draw_control(seed, PEOPLE, Fraction(1, 2))[0]) for seed in ("a", "b"))
    assert 90 < len(first & second) < 170  # half of 257 by chance; five standard deviations are 40


def test_nobody_is_favoured() -> None:
    """Over many campaigns each person is left alone as often as the share says."""
    draws = 400
    times = dict.fromkeys(PEOPLE, 0)
    for number in range(draws):
        for person in draw_control(str(number), PEOPLE, Fraction(1, 5))[1]:
            times[person] += 1
    least, most = binom.ppf(1e-7, draws, 0.2), binom.ppf(1 - 1e-7, draws, 0.2)
    assert least <= min(times.values())
    assert max(times.values()) <= most


def test_campaigns_without_effect_show_one_about_five_times_in_a_hundred() -> None:
    """The same people with the same spending, drawn 1,500 times: what differs between the arms is chance alone.

    A 95 % interval should miss 0 in 5 % of draws. We refuse only rates that a true rate of 3.5 to 6.5 % would show less
    than once in ten thousand: both intervals are approximate, and spending is skewed.
    """
    chance = numpy.random.default_rng(1814)
    amounts = numpy.rint(chance.lognormal(8.0, 0.5, len(PEOPLE))).astype(int)
    spent = dict(zip(PEOPLE, numpy.where(chance.random(len(PEOPLE)) < 0.3, amounts, 0).tolist(), strict=True))
    draws, buyers, spend = 1_500, 0, 0
    for number in range(draws):
        treated, control = (tally_of(arm, spent) for arm in draw_control(f"null {number}", PEOPLE, Fraction(1, 3)))
        effect = difference_of_proportions(treated=treated.bought(), control=control.bought())
        buyers += effect.finding != "no effect found"
        spend += difference_of_means(treated=treated.spent(), control=control.spent()).finding != "no effect found"
    for found in (buyers, spend):
        assert binomtest(found, draws, 0.035, alternative="less").pvalue > 1e-4
        assert binomtest(found, draws, 0.065, alternative="greater").pvalue > 1e-4


def tally_of(people: list[UUID], spent: dict[UUID, int]) -> Tally:
    values = [spent[person] for person in people]
    squares = sum(value * value for value in values)
    return Tally(len(values), sum(value > 0 for value in values), sum(values), squares, 0, 0)
