"""It measures effects: published worked examples, to the last printed digit."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy
import pytest
from scipy.stats import binom

from fidelia.insight.measures.effect import (
    Effect,
    Proportion,
    Sample,
    TooFewPeople,
    difference_of_means,
    difference_of_proportions,
    smallest_difference_seen,
    smallest_lift_seen,
    wilson_interval,
)
from fidelia.kernel.errors import Invalid

# Newcombe 1998, table II, the eight contrasts, method 10 (score, no continuity correction).
NEWCOMBE = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0000),
    ((10, 10), (0, 10), 0.6075, 1.0000),
]


@pytest.mark.parametrize(("treated", "control", "low", "high"), NEWCOMBE)
def test_it_gives_newcombes_published_intervals(
    treated: tuple[int, int], control: tuple[int, int], low: float, high: float
) -> None:
    effect = difference_of_proportions(treated=Proportion(*treated), control=Proportion(*control))
    assert (round(effect.low, 4), round(effect.high, 4)) == (low, high)
    assert (effect.n_treated, effect.n_control) == (treated[1], control[1])


def test_it_gives_wilsons_interval_as_newcombe_prints_it() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: 81 of 263 by the score method.
    low, high = wilson_interval(Proportion(81, 263))
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def sample_of(values: list[int]) -> Sample:
    return Sample(len(values), sum(values), sum(value * value for value in values))


def test_it_gives_welchs_interval_of_the_sleep_data() -> None:
    # Student's sleep data in tenths of an hour; R prints for t.test(extra ~ group): -3.3654832 0.2054832.
    first = sample_of([7, -16, -2, -12, -1, 34, 37, 8, 0, 20])
    second = sample_of([19, 8, 11, 1, -1, 44, 55, 16, 46, 34])
    effect = difference_of_means(treated=first, control=second)
    assert effect.difference == pytest.approx(-15.8)
    assert (effect.low / 10, effect.high / 10) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)
    assert effect.finding == "no effect found"


def test_it_agrees_with_hillstroms_experiment(shared_data: Path) -> None:
    """Difference of mean spend, men's e-mail against none: 0.769827, standard error 0.145247 (published values)."""
    arms: dict[str, list[int]] = {}
    visits: dict[str, list[int]] = {}
    with gzip.open(shared_data / "hillstrom_email" / "hillstrom.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            arms.setdefault(row["segment"], []).append(round(float(row["spend"]) * 100))
            visits.setdefault(row["segment"], []).append(int(row["visit"]))
    spend = difference_of_means(treated=sample_of(arms["Mens E-Mail"]), control=sample_of(arms["No E-Mail"]))
    assert spend.difference / 100 == pytest.approx(0.769827, abs=5e-7)
    half = (spend.high - spend.low) / 2 / 100
    assert half / NormalDist().inv_cdf(0.975) == pytest.approx(0.145247, abs=1e-5)
    treated, control = visits["Mens E-Mail"], visits["No E-Mail"]
    visit = difference_of_proportions(
        treated=Proportion(sum(treated), len(treated)), control=Proportion(sum(control), len(control))
    )
    assert visit.difference == pytest.approx(0.07659, abs=5e-6)
    assert visit.finding == "positive"
    assert (visit.n_treated, visit.n_control) == (21_307, 21_306)


def test_it_says_no_effect_when_the_interval_touches_zero() -> None:
    assert Effect(0.1, 0.0, 0.2, 10, 10).finding == "no effect found"
    assert Effect(0.1, 0.01, 0.2, 10, 10).finding == "positive"
    assert Effect(-0.1, -0.2, -0.01, 10, 10).finding == "negative"


def test_it_keeps_the_variance_of_large_means() -> None:
    values = [10**12, 10**12 + 1, 10**12 + 2]
    assert sample_of(values).variance == 1.0


def test_it_gives_a_point_when_nobody_differs() -> None:
    effect = difference_of_means(treated=sample_of([0, 0, 0]), control=sample_of([0, 0]))
    assert (effect.low, effect.difference, effect.high, effect.finding) == (0.0, 0.0, 0.0, "no effect found")


def test_it_refuses_groups_that_are_too_small() -> None:
    with pytest.raises(TooFewPeople):
        Proportion(0, 0)
    with pytest.raises(TooFewPeople):
        Sample(1, 5, 25)
    with pytest.raises(TooFewPeople):
        smallest_lift_seen(base=0.1, n_treated=10, n_control=0)
    with pytest.raises(TooFewPeople):
        smallest_difference_seen(deviation=1, n_treated=0, n_control=9)


def test_it_refuses_counts_that_cannot_be() -> None:
    for count in (-1, 11):
        with pytest.raises(Invalid):
            Proportion(count, 10)
    with pytest.raises(Invalid):
        Sample(2, 10, 3)
    with pytest.raises(Invalid):
        smallest_lift_seen(base=1.0, n_treated=10, n_control=10)


def test_it_finds_the_smallest_lift_of_published_power_examples() -> None:
    # R's power.prop.test: n = 50 per group, 0.50 against 0.75 has power 0.740; power 0.90 needs n = 76.7.
    seen = smallest_lift_seen(base=0.50, n_treated=50, n_control=50, power=0.7401659)
    assert seen == pytest.approx(0.25, abs=1e-4)
    just_missed = smallest_lift_seen(base=0.50, n_treated=76, n_control=76, power=0.90)
    just_seen = smallest_lift_seen(base=0.50, n_treated=77, n_control=77, power=0.90)
    assert just_missed is not None
    assert just_seen is not None
    assert just_seen < 0.25 < just_missed


def test_it_admits_that_nothing_would_be_seen() -> None:
    assert smallest_lift_seen(base=0.9, n_treated=30, n_control=30) is None


def test_it_finds_the_smallest_difference_of_means() -> None:
    # G*Power and R's power.t.test: half a deviation needs 63.77 per group for 80 % power, and 64 have 80.146 %.
    assert smallest_difference_seen(deviation=100, n_treated=63, n_control=63) > 50
    assert smallest_difference_seen(deviation=100, n_treated=64, n_control=64) < 50
    seen = smallest_difference_seen(deviation=1, n_treated=64, n_control=64, power=0.8014596)
    assert seen == pytest.approx(0.5, abs=1e-6)
    with pytest.raises(TooFewPeople, match="one of them two"):
        smallest_difference_seen(deviation=1, n_treated=1, n_control=1)


def test_a_lift_of_that_size_is_found_four_times_in_five() -> None:
    n_treated, n_control, base, runs = 800, 200, 0.11, 2_000
    lift = smallest_lift_seen(base=base, n_treated=n_treated, n_control=n_control)
    assert lift is not None
    chance = numpy.random.default_rng(20_261_122)
    treated_counts = chance.binomial(n_treated, base + lift, runs)
    control_counts = chance.binomial(n_control, base, runs)
    found = 0
    for ours, theirs in zip(treated_counts, control_counts, strict=True):
        effect = difference_of_proportions(
            treated=Proportion(int(ours), n_treated), control=Proportion(int(theirs), n_control)
        )
        found += effect.finding == "positive"
    # The approximation and Newcombe's interval are not the same test: within five points of the promised 80 %.
    assert 0.75 <= found / runs <= 0.85


def test_a_campaign_without_effect_shows_one_in_about_five_of_a_hundred_runs() -> None:
    """The bound is the binomial's own: outside it, a true rate of 5 % would fall once in ten thousand such tests.

    Newcombe's interval is a little cautious for rare events and Welch's a little bold for skewed spending, so the lower
    bound is for 3.5 % and the upper for 6 %.
    """
    runs, n_treated, n_control, buying = 4_000, 600, 200, 0.12
    chance = numpy.random.default_rng(1805)
    found_share = found_spend = 0
    for _run in range(runs):
        treated, control = (invented_spend(chance, size, buying) for size in (n_treated, n_control))
        share = difference_of_proportions(
            treated=Proportion(int((treated > 0).sum()), n_treated),
            control=Proportion(int((control > 0).sum()), n_control),
        )
        spend = difference_of_means(treated=sample_of(treated.tolist()), control=sample_of(control.tolist()))
        found_share += share.finding != "no effect found"
        found_spend += spend.finding != "no effect found"
    least, most = binom.ppf(0.00005, runs, 0.035), binom.ppf(0.99995, runs, 0.06)
    assert least <= found_share <= most
    assert least <= found_spend <= most


def invented_spend(chance: numpy.random.Generator, people: int, buying: float) -> numpy.ndarray[Any, Any]:
    """Cents spent: nothing by most, a long-tailed amount by those who buy."""
    amounts = numpy.rint(chance.lognormal(8.0, 0.6, people)).astype(int)
    return numpy.where(chance.random(people) < buying, amounts, 0)
