"""Proof: intervals one may look at every day, uplift with Qini, matched comparison, curves of satisfaction."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit
from fidelia.insight.fits.proof import (
    compare_matched,
    curve_by_satisfaction,
    find_qini,
    fit_uplift,
    looked_at_difference_of_means,
    looked_at_difference_of_shares,
    looked_at_share,
    normalised_uplift_area,
    qini_curve,
    uplift_at,
    uplift_curve,
)
from fidelia.insight.measures.effect import (
    Proportion,
    Sample,
    TooFewPeople,
    difference_of_means,
    difference_of_proportions,
)

from .real_data import rows_of


@cache
def hillstrom() -> dict[str, NDArray[Any]]:
    rows = rows_of("hillstrom_email/hillstrom.csv.gz")
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def arms(letter: str, outcome: str) -> tuple[NDArray[Any], NDArray[Any]]:
    table = hillstrom()
    values = table[outcome].astype(float)
    return values[table["segment"] == letter], values[table["segment"] == "No E-Mail"]


def cents(values: NDArray[Any]) -> Sample:
    whole = np.rint(values * 100).astype(int)
    return Sample(len(whole), int(whole.sum()), int((whole**2).sum()))


# Measured elsewhere: difference of means with Welch's standard error, or its z; men's and women's e-mail against none.
EFFECTS = [
    ("Mens E-Mail", "visit", 0.07659, 22.6),
    ("Mens E-Mail", "conversion", 0.006805, 7.39),
    ("Mens E-Mail", "spend", 0.769827, 5.30),
    ("Womens E-Mail", "visit", 0.045233, 14.0),
    ("Womens E-Mail", "conversion", 0.003111, 3.78),
    ("Womens E-Mail", "spend", 0.424412, 0.424412 / 0.130333),
]


@pytest.mark.parametrize(("letter", "outcome", "difference", "z"), EFFECTS)
def test_the_letters_of_hillstrom_have_their_measured_effects(
    letter: str, outcome: str, difference: float, z: float
) -> None:
    treated, control = arms(letter, outcome)
    effect = difference_of_means(treated=cents(treated), control=cents(control))
    assert effect.difference / 100 == pytest.approx(difference, abs=5e-6)
    error = (effect.high - effect.low) / 2 / 1.959964
    assert effect.difference / error == pytest.approx(z, rel=0.005)
    assert effect.finding == "positive"


def test_conversions_of_hillstrom_have_their_measured_error() -> None:
    treated, control = arms("Mens E-Mail", "conversion")
    shares = [Proportion(int(arm.sum()), len(arm)) for arm in (treated, control)]
    by_score = difference_of_proportions(treated=shares[0], control=shares[1])
    by_mean = difference_of_means(treated=flags(treated), control=flags(control))
    assert (by_mean.high - by_mean.low) / 2 / 1.959964 == pytest.approx(0.000921, abs=5e-7)
    assert (by_score.n_treated, by_score.n_control) == (21307, 21306)
    assert (by_score.difference, by_score.finding) == (pytest.approx(0.006805, abs=5e-7), "positive")


def flags(values: NDArray[Any]) -> Sample:
    return Sample(len(values), int(values.sum()), int(values.sum()))


def test_looking_every_day_is_wider_and_still_finds_a_large_effect() -> None:
    treated, control = arms("Mens E-Mail", "visit")
    shares = [Proportion(int(arm.sum()), len(arm)) for arm in (treated, control)]
    once = difference_of_proportions(treated=shares[0], control=shares[1])
    exact = looked_at_difference_of_shares(treated=shares[0], control=shares[1])
    looked = looked_at_difference_of_means(treated=flags(treated), control=flags(control), planned_people=42_613)
    assert once.difference == exact.difference == looked.difference
    assert (exact.high - exact.low) / (once.high - once.low) == pytest.approx(3.0, abs=0.1)
    assert (looked.high - looked.low) / (once.high - once.low) == pytest.approx(1.54, abs=0.02)
    assert (exact.finding, looked.finding) == ("positive", "positive")


def test_a_share_looked_at_is_bounded_by_the_mixture_of_robbins() -> None:
    """10 of 20: B(11, 11) / (p (1 − p))^10 = 20 at both bounds."""
    low, high = looked_at_share(Proportion(10, 20))
    assert low + high == pytest.approx(1)
    beta = 1 / (21 * 184756)
    assert beta / (low * (1 - low)) ** 10 == pytest.approx(20)
    assert looked_at_share(Proportion(0, 20))[0] == 0
    assert looked_at_share(Proportion(20, 20))[1] == 1


def test_many_looks_miss_no_more_than_one_time_in_twenty() -> None:
    """150 campaigns without effect: the ordinary interval finds one in many, those made for looking in at most 5 %."""
    rng, runs, days, per_day = np.random.default_rng(1805), 150, 40, 50
    found = {"plain": 0, "shares": 0, "means": 0}
    for _run in range(runs):
        buying = rng.random((2, days * per_day)) < 0.12
        spend = np.rint(buying * rng.lognormal(8.0, 0.6, buying.shape)).astype(int)
        seen = dict.fromkeys(found, False)
        for people in range(2 * per_day, days * per_day + 1, 2 * per_day):
            shares = [Proportion(int(arm[:people].sum()), people) for arm in buying]
            samples = [Sample(people, int(arm[:people].sum()), int((arm[:people] ** 2).sum())) for arm in spend]
            plain = difference_of_proportions(treated=shares[0], control=shares[1])
            exact = looked_at_difference_of_shares(treated=shares[0], control=shares[1])
            means = looked_at_difference_of_means(
                treated=samples[0], control=samples[1], planned_people=2 * days * per_day
            )
            for name, effect in (("plain", plain), ("shares", exact), ("means", means)):
                seen[name] |= effect.finding != "no effect found"
        for name, was in seen.items():
            found[name] += was
    # A true rate of 5 % gives more than 16 of 150 once in a thousand such tests.
    assert found["shares"] <= 16
    assert found["means"] <= 16
    assert found["plain"] >= 21


def test_means_are_not_looked_at_with_few_people() -> None:
    few, many = Sample(29, 29, 40), Sample(100, 100, 150)
    with pytest.raises(TooFewPeople, match="from 30 people"):
        looked_at_difference_of_means(treated=few, control=many, planned_people=1000)
    with pytest.raises(ImpossibleNumbers, match="Plan for at least 60"):
        looked_at_difference_of_means(treated=many, control=many, planned_people=10)


# Score, response, treated, then the normalised Qini and uplift areas that the tests of scikit-uplift expect.
AREAS = [
    ([0.1, 0.3], [1, 1], [0, 1], 1, 1),
    ([0.1, 0.3], [1, 1], [1, 0], 0, -1),
    ([0.1, 0.3], [0, 1], [1, 0], 1, 0),
    ([0.1, 0.3], [1, 0], [0, 1], 1, 1),
    ([0.1, 0.3, 0.9], [0, 1, 2], [0, 1, 0], -0.5, -4 / 3),
    ([0.1, 0.3, 0.9], [0, 1, 2], [1, 0, 1], 0.75, 4 / 3),
]


@pytest.mark.parametrize(("score", "did", "treated", "qini", "uplift"), AREAS)
def test_areas_are_those_of_scikit_uplift(
    score: list[float], did: list[int], treated: list[int], qini: float, uplift: float
) -> None:
    assert normalised_uplift_area(score, did, treated, kind="qini") == pytest.approx(qini)
    assert normalised_uplift_area(score, did, treated, kind="uplift") == pytest.approx(uplift)


def test_curves_count_what_is_gained() -> None:
    score, did, treated = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 0, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0]
    curve = qini_curve(score, did, treated)
    assert curve.people.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert curve.gained.tolist() == [0, 1, 1, 2, 1, 0.5, 1]
    assert uplift_curve(score, did, treated).gained.tolist() == pytest.approx([0, 1, 2, 3, 2, 5 / 6, 2])
    assert uplift_at(score, did, treated, share=0.5) == 1
    assert uplift_at(score, did, treated, share=0.34, ranked="by group") == 1


@pytest.mark.parametrize("method", ["two models", "class transformation"])
def test_uplift_finds_whom_a_letter_changes(method: Any) -> None:
    """Simulated: the letter changes only those who bought recently, by 30 points."""
    rng = np.random.default_rng(5)
    recency, spend = rng.uniform(0, 12, 6_000), rng.gamma(2, 30, 6_000)
    treated = rng.random(6_000) < 0.7
    did = rng.random(6_000) < 0.2 + 0.3 * treated * (recency < 4)
    fit = fit_uplift({"recency": recency, "spend": spend}, did, treated, method=method)
    assert fit.qini.finding == "ranks by effect"
    predicted = fit.predict({"recency": [1, 11], "spend": [60, 60]})
    assert predicted[0] > 0.2
    assert abs(predicted[1]) < 0.12


@pytest.mark.slow
def test_uplift_is_found_where_it_is_and_only_there_whatever_the_chance() -> None:
    """Twenty campaigns whose letter moves by 25 points who bought lately, and twenty where it moves nobody."""
    gains, wrong = [], 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        recency, spend = rng.uniform(0, 12, 4_000), rng.gamma(2, 30, 4_000)
        treated = rng.random(4_000) < 0.7
        moved = recency < 4
        did = rng.random(4_000) < 0.2 + 0.25 * treated * moved
        fit = fit_uplift({"recency": recency, "spend": spend}, did, treated)
        assert fit.qini.finding == "ranks by effect", seed
        people = np.linspace(0.5, 11.5, 200)
        gain = fit.predict({"recency": people, "spend": np.full(200, 60.0)})
        gains.append((gain[people < 4].mean(), gain[people > 4].mean()))
        chance = rng.random(4_000) < 0.3
        wrong += fit_uplift({"recency": recency, "spend": spend}, chance, treated).qini.finding != "no effect found"
    mean_moved, mean_others = np.mean(gains, axis=0)
    assert mean_moved == pytest.approx(0.25, abs=0.06)
    assert mean_others == pytest.approx(0, abs=0.05)
    # At a true rate of 5 % more than five of twenty come about three times in ten thousand.
    assert wrong <= 5


def test_uplift_says_when_it_finds_nothing() -> None:
    rng = np.random.default_rng(6)
    known, treated = rng.normal(size=4_000), rng.random(4_000) < 0.5
    fit = fit_uplift({"known": known}, rng.random(4_000) < 0.3, treated)
    assert fit.qini.finding == "no effect found"
    constant = find_qini(np.ones(4_000), rng.random(4_000) < 0.3, treated)
    assert (constant.area, constant.finding) == (0, "no effect found")


@pytest.mark.parametrize(("method", "every", "best"), [("two models", 2, 0.05), ("class transformation", 4, 0.05)])
def test_the_letters_of_hillstrom_change_some_more_than_others(method: Any, every: int, best: float) -> None:
    """The women's letter: 4.5 points on average, more among the best three tenths."""
    table = hillstrom()
    kept = np.flatnonzero(table["segment"] != "Mens E-Mail")[::every]
    names = ("recency", "history", "mens", "womens", "zip_code", "newbie", "channel", "history_segment")
    columns = {name: table[name][kept] for name in names}
    visit, treated = table["visit"][kept].astype(int), table["segment"][kept] == "Womens E-Mail"
    fit = fit_uplift(columns, visit, treated, method=method)
    assert fit.qini.n == len(range(0, 42_693, every))
    assert fit.qini.finding == "ranks by effect"
    assert uplift_at(fit.out_of_fold, visit, treated, share=0.3) > best
    everybody = uplift_at(fit.out_of_fold, visit, treated, share=1.0)
    assert everybody == pytest.approx(visit[treated].mean() - visit[~treated].mean())


def test_uplift_without_a_control_group_is_refused() -> None:
    with pytest.raises(TooLittleToFit, match="one of these groups has 0"):
        fit_uplift({"a": np.arange(200)}, np.arange(200) % 2, np.ones(200))
    with pytest.raises(TooLittleToFit, match="without a control group"):
        qini_curve([1, 2], [0, 1], [1, 1])


def invented_members(rng: np.random.Generator, n: int, effect: float) -> tuple[dict[str, Any], Any, Any]:
    """Who spent more before joins more often, and would have spent more anyway."""
    before, town = rng.gamma(3, 20, n), rng.choice(["Lyon", "Nice", "Metz"], n)
    member = rng.random(n) < 1 / (1 + np.exp(2.5 - before / 40 - (town == "Nice")))
    outcome = 0.8 * before + 10 * (town == "Nice") + effect * member + rng.normal(0, 10, n)
    return {"before": before, "town": town}, member, outcome


def test_matching_takes_away_what_members_had_before() -> None:
    columns, member, outcome = invented_members(np.random.default_rng(8), 6_000, 5.0)
    found = compare_matched(columns, member, outcome)
    assert found.plain_difference > 15
    assert found.effect.low < 5.0 < found.effect.high
    assert found.effect.high - found.effect.low < 3
    assert (found.is_balanced, found.finding) == (True, "positive")
    assert found.pairs + found.members_left_out == member.sum()
    before = found.balance[0]
    assert before.name == "before"
    assert before.difference_before > 0.5
    assert abs(before.difference_after) < 0.1
    assert [row.name for row in found.balance[1:]] == ["town = Lyon", "town = Metz", "town = Nice", "town = other"]


def test_matching_finds_no_effect_where_there_is_none() -> None:
    columns, member, outcome = invented_members(np.random.default_rng(12), 3_000, 0.0)
    found = compare_matched(columns, member, outcome)
    assert found.plain_difference > 10
    assert found.finding == "no effect found"


def test_people_who_cannot_be_compared_are_not() -> None:
    with pytest.raises(TooLittleToFit, match="too different to be compared"):
        compare_matched({"age": np.arange(100)}, np.arange(100) >= 50, np.arange(100))
    with pytest.raises(TooLittleToFit, match="at least 10 members"):
        compare_matched({"age": np.arange(100)}, np.arange(100) >= 95, np.arange(100))


def test_pairs_out_of_balance_are_called_not_comparable() -> None:
    """Few others look like members in a second thing that pulls the other way."""
    rng = np.random.default_rng(10)
    one = np.concatenate([rng.normal(0, 1, 60), rng.normal(0, 1, 70)])
    other = np.concatenate([rng.normal(0.9, 1, 60), rng.normal(0, 1, 70)])
    found = compare_matched({"one": one, "other": other}, np.arange(130) < 60, one)
    assert found.finding == ("not comparable" if not found.is_balanced else found.effect.finding)
    assert found.is_balanced == all(abs(row.difference_after) < 0.1 for row in found.balance)


def test_satisfaction_makes_a_curve_with_intervals() -> None:
    satisfaction = np.repeat([1, 2, 3, 4, 5], 40)
    stayed = np.concatenate([np.arange(40) < count for count in (10, 12, 14, 20, 36)])
    curve = curve_by_satisfaction(satisfaction, stayed)
    assert [(point.lowest, point.people, point.mean) for point in curve.points] == [
        (1, 40, 0.25),
        (2, 40, 0.3),
        (3, 40, 0.35),
        (4, 40, 0.5),
        (5, 40, 0.9),
    ]
    assert curve.points[0].low == pytest.approx(0.1419, abs=5e-5)
    assert curve.finding == "positive"


def test_satisfaction_on_a_fine_scale_is_cut_into_tenths() -> None:
    rng = np.random.default_rng(11)
    satisfaction, profit = rng.uniform(0, 100, 500), rng.normal(20, 5, 500)
    curve = curve_by_satisfaction(satisfaction, profit)
    assert [point.people for point in curve.points] == [50] * 10
    assert curve.finding == "no effect found"
    assert sum(point.low < 20 < point.high for point in curve.points if point.low and point.high) >= 8


def test_a_single_answer_makes_no_curve() -> None:
    with pytest.raises(TooLittleToFit, match="two different ones"):
        curve_by_satisfaction(np.full(50, 4), np.arange(50))
