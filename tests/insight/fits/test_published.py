"""Values printed in walkthroughs, manuals and test suites of other packages, each with where it is printed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from fidelia.insight.errors import ImpossibleNumbers
from fidelia.insight.fits import (
    BgBb,
    BgNbd,
    BuyerModel,
    ContinuousDiscount,
    DiscreteDiscount,
    GammaGamma,
    MbgNbd,
    ParetoNbd,
    ShiftedBetaGeometric,
    compare_holdout,
    discounted_purchases,
    expected_value,
    fit_bg_nbd,
    purchases_discounted_forever,
)
from fidelia.insight.fits.proof import fit_uplift, uplift_at

from .real_data import cdnow_counted
from .test_proof import hillstrom

PARETO = ParetoNbd(0.5533971, 10.5801985, 0.6060625, 11.6562237)
BG = BgNbd(0.2425982, 4.4137124, 0.7929899, 2.4260268)
MBG = MbgNbd(0.525, 6.183, 0.891, 1.614)
DONORS = BgBb(1.2035, 0.7497, 0.6567, 2.7835)
CUSTOMER_1516 = {"frequency": 26, "recency": 216 / 7, "age": 31}
CUSTOMERS = {"frequency": [26, 2, 0, 1, 7], "recency": [30.86, 30.43, 0, 16, 10], "age": [31, 38.86, 38.86, 32, 38.86]}
MODELS: list[BuyerModel] = [BG, MBG, PARETO]
# lifetimes 0.11.3, measured: 0, 1 and 3 purchases of the five customers in 13 weeks by Pareto/NBD at these parameters.
PARETO_OF_MANUAL = ParetoNbd(0.5534, 10.5802, 0.6061, 11.6562)
FUTURE_COUNTS = [
    [0.02442726, 0.63309487, 0.96657138, 0.78662905, 0.9912531],
    [0.02434757, 0.24241533, 0.02805399, 0.15287704, 0.00300247],
    [0.04663012, 0.02703423, 0.00077429, 0.01204166, 0.00162688],
]
# lifetimes 0.11.3, measured: twelve months of the first ten customers of CDNOW, BG/NBD and Gamma-Gamma.
MONTHS_OF_LIFETIMES = [36.286, 4.6388, 8.3555, 8.3555, 8.3555, 283.5507, 6.8834, 8.3555, 43.3631, 8.3555]


def test_five_customers_are_worth_what_lifetimes_says() -> None:
    """lifetimes, test_utils, known values: BG/NBD in days, five customers, a month of 30 days, value 1; 5 decimals."""
    model = BgNbd(0.163850901, 1.864280440, 1.850343096, 3.181058732)
    five = {"frequency": [0, 0, 6, 0, 2], "recency": [0, 0, 142, 0, 9], "age": [298, 224, 292, 147, 183]}
    known = np.array([0.016053, 0.021171, 0.030461, 0.031686, 0.001607])
    month = discounted_purchases(model, horizon=30, discount=DiscreteDiscount(0.0, 30.0), **five)
    assert month == pytest.approx(known, abs=5e-7)
    halved = discounted_purchases(model, horizon=30, discount=DiscreteDiscount(1.0, 30.0), **five)
    assert halved == pytest.approx(known / 2, abs=5e-6)
    second = model.expected_purchases(60, **five) - model.expected_purchases(30, **five)
    both = discounted_purchases(model, horizon=60, discount=DiscreteDiscount(1.0, 30.0), **five)
    assert both == pytest.approx(month / 2 + second / 4)


def test_the_first_ten_customers_spend_as_hardie_and_lifetimes_print() -> None:
    """Hardie note 025, lifetimes test_estimation: the first ten by first purchase; within 0.1."""
    counted = cdnow_counted(sample=True)
    ten = np.lexsort((counted.customers, counted.born))[:10]
    expected = GammaGamma(6.25, 3.74, 15.44).expected_spend(counted.frequency[ten], counted.mean_spend[ten])
    assert counted.frequency[ten].tolist() == [2, 1, 0, 0, 0, 7, 1, 0, 2, 0]
    assert expected == pytest.approx([24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17], abs=0.1)


def test_the_walkthrough_of_btyd_is_followed() -> None:
    """BTYD's walkthrough: a new customer in a year, and customer 1516, by Pareto/NBD and BG/NBD; donors by BG/BB."""
    assert PARETO.expected_purchases_of_new(52)[0] == pytest.approx(1.473, abs=0.001)
    assert PARETO.expected_purchases(52, **CUSTOMER_1516)[0] == pytest.approx(25.46, abs=0.01)
    assert PARETO.probability_alive(**CUSTOMER_1516)[0] == pytest.approx(0.99788, abs=0.0001)
    assert BG.expected_purchases_of_new(52)[0] == pytest.approx(1.444, abs=0.001)
    assert BG.expected_purchases(52, **CUSTOMER_1516)[0] == pytest.approx(25.757, abs=0.002)
    assert BG.probability_alive(**CUSTOMER_1516)[0] == pytest.approx(0.96885, abs=0.0001)
    assert DONORS.expected_purchases_of_new(10)[0] == pytest.approx(3.1799, abs=0.0001)
    assert DONORS.expected_purchases(10, [0, 4], [0, 5], 6) == pytest.approx([0.1302, 3.628], abs=0.0005)


def test_the_holdout_by_frequency_is_that_of_the_walkthrough() -> None:
    """BTYD's walkthrough, transactions in weeks 40 to 78 by frequency before: made, and expected by Pareto/NBD."""
    compared = compare_holdout(PARETO, cdnow_counted(sample=True), holdout=39)
    made = [0.2367, 0.6970, 1.3925, 1.560, 2.532, 2.947, 3.862, 6.359]
    assert compared.customers.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert compared.observed == pytest.approx(made, abs=0.0006)
    assert compared.expected == pytest.approx([0.1385, 0.5996, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=0.001)


def test_many_purchases_in_little_time_do_not_break_it() -> None:
    """Four customers of CLVTools' tests whom an earlier version of it could not compute; three of lifetimes' tests."""
    alive = ParetoNbd(0.5143, 2.8845, 0.2856, 14.1087).probability_alive(
        [221, 254, 161, 204], [103.42857, 97.14286, 94.71429, 98.57143], [103.57143, 97.28571, 98.0, 99.42857]
    )
    assert ((alive >= 0) & (alive <= 1)).all()
    hard = ParetoNbd(10.465, 0.00798565181, 3.0516, 2.820).probability_alive([40, 50, 50], [5, 1, 4], [6, 37, 37])
    assert ((hard >= 0) & (hard <= 1)).all()
    assert BG.probability_alive(1000, 10, 100)[0] == 0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_probabilities_of_being_alive_lie_between_none_and_one(model: BuyerModel) -> None:
    """The grid of lifetimes' tests: frequencies, recencies and ages of 0 to 90 in tens."""
    x, t_x, age = (axis.ravel() for axis in np.meshgrid(*[np.arange(0, 100, 10.0)] * 3))
    kept = t_x <= age
    found = model.probability_alive(x[kept], t_x[kept], age[kept])
    assert ((found >= 0) & (found <= 1)).all()


def test_future_counts_are_those_of_lifetimes() -> None:
    """lifetimes 0.11.3, conditional_probability_of_n_purchases_up_to_time, Pareto/NBD, 13 weeks; measured, 7 digits."""
    found = [PARETO_OF_MANUAL.probability_of_future_count(n, 13, **CUSTOMERS) for n in (0, 1, 3)]
    assert np.array(found) == pytest.approx(np.array(FUTURE_COUNTS), abs=5e-8)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_future_counts_sum_to_one_and_to_the_expected_purchases(model: BuyerModel) -> None:
    counts = range(400)
    chances = np.array([model.probability_of_future_count(count, 13, **CUSTOMERS) for count in counts])
    assert chances.sum(axis=0) == pytest.approx(np.ones(5), abs=1e-9)
    assert np.arange(400) @ chances == pytest.approx(model.expected_purchases(13, **CUSTOMERS), rel=1e-7)


def test_future_gifts_sum_to_one_and_to_the_expected_ones() -> None:
    donors = {"frequency": [0, 1, 2, 3, 6], "recency": [0, 3, 6, 4, 6], "age": [6] * 5}
    chances = np.array([DONORS.probability_of_future_count(count, 5, **donors) for count in range(6)])
    assert chances.sum(axis=0) == pytest.approx(np.ones(5))
    assert np.arange(6) @ chances == pytest.approx(DONORS.expected_purchases(5, **donors))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_who_is_alive_later_was_alive_all_along(model: BuyerModel) -> None:
    now, soon, late = (model.probability_alive(**CUSTOMERS, ahead=ahead) for ahead in (0, 13, 520))
    assert (now >= soon).all()
    assert (soon >= late).all()
    assert (late >= 0).all()
    # Purchases of the next moment are pace times being there: the slope of what is expected, for Pareto/NBD exactly.
    if isinstance(model, ParetoNbd):
        slope = (model.expected_purchases(13.001, **CUSTOMERS) - model.expected_purchases(12.999, **CUSTOMERS)) / 0.002
        pace = (model.r + np.array(CUSTOMERS["frequency"])) / (model.alpha + np.array(CUSTOMERS["age"]))
        assert slope / pace == pytest.approx(soon, rel=1e-6)


def test_being_alive_later_is_what_drawn_customers_show() -> None:
    """BG/NBD after 13 weeks by 200,000 drawn futures of a customer with five purchases: within three deviations."""
    chance = np.random.default_rng(7)
    rate = chance.gamma(BG.r + 5, 1 / (BG.alpha + 30), 200_000)
    leaves = chance.beta(BG.a, BG.b + 5, 200_000)
    stays = np.exp(-rate * leaves * 13).mean()
    alive = BG.probability_alive(5, 28, 30)[0]
    assert BG.probability_alive(5, 28, 30, ahead=13)[0] == pytest.approx(alive * stays, rel=0.002)


def test_purchases_without_end_are_the_limit_of_long_horizons() -> None:
    for model in MODELS:
        forever = purchases_discounted_forever(model, rate=0.003, **CUSTOMERS)
        long = discounted_purchases(model, horizon=8_000, discount=ContinuousDiscount(0.003), **CUSTOMERS)
        assert forever == pytest.approx(long, rel=1e-6)
    dearer = [purchases_discounted_forever(PARETO, rate=rate, **CUSTOMERS) for rate in (0.001, 0.06, 0.99)]
    assert all((one > other).all() for one, other in pairwise(dearer))


def test_gifts_without_end_are_the_sum_over_the_years() -> None:
    """Fader, Hardie & Shang 2010: DERT, at ten per cent a year; here against its sum over three hundred years."""
    donors = {"frequency": [0, 2, 6], "recency": [0, 4, 6], "age": [6, 6, 6]}
    there = sum(DONORS.probability_alive(**donors, ahead=year) / 1.1**year for year in range(1, 301))
    total = there * (DONORS.alpha + np.array([0, 2, 6])) / (DONORS.alpha + DONORS.beta + 6)
    assert DONORS.discounted_forever(**donors, rate=0.1) == pytest.approx(total, rel=1e-9)
    with pytest.raises(ImpossibleNumbers, match="must be positive"):
        DONORS.discounted_forever(**donors, rate=0)


def test_contracts_without_end_are_the_sum_over_renewals() -> None:
    """Fader & Hardie 2010, discounted expected residual lifetime, against its sum."""
    model = ShiftedBetaGeometric(0.704, 1.182)
    forever = model.expected_payments([0, 3, 6], horizon=None, discount=0.1)
    assert forever == pytest.approx(model.expected_payments([0, 3, 6], horizon=600, discount=0.1), rel=1e-9)
    with pytest.raises(ImpossibleNumbers, match="must be positive"):
        model.expected_payments(0, horizon=None)


def test_months_of_lifetimes_are_periods_of_a_discount() -> None:
    """lifetimes' customer_lifetime_value: twelve months of 4.345 weeks at one per cent; measured with 0.11.3."""
    counted = cdnow_counted(sample=True)
    ten = np.lexsort((counted.customers, counted.born))[:10]
    who = {"frequency": counted.frequency[ten], "recency": counted.recency[ten], "age": counted.age[ten]}
    found = expected_value(
        fit_bg_nbd(counted.history).model,
        GammaGamma(6.25, 3.74, 15.44),
        horizon=12 * 4.345,
        discount=DiscreteDiscount(0.01, 4.345),
        mean_spend=counted.mean_spend[ten],
        **who,
    )
    assert found == pytest.approx(MONTHS_OF_LIFETIMES, rel=0.001)


# The three arms of Hillstrom: visits, conversions, spending; measured with two packages.
ARMS = {
    "Mens E-Mail": (0.182757, 0.012531, 1.422617),
    "Womens E-Mail": (0.151400, 0.008837, 1.077202),
    "No E-Mail": (0.106167, 0.005726, 0.652789),
}


@pytest.mark.parametrize("arm", ARMS)
def test_the_arms_of_hillstrom_have_their_means(arm: str) -> None:
    table = hillstrom()
    inside = table["segment"] == arm
    found = [table[outcome][inside].astype(float).mean() for outcome in ("visit", "conversion", "spend")]
    assert found == pytest.approx(ARMS[arm], abs=5e-7)


@pytest.mark.parametrize(
    ("letter", "together", "by_group"), [("Womens E-Mail", 0.0314, 0.0333), ("Mens E-Mail", 0.0654, 0.0635)]
)
def test_the_best_tenth_of_hillstrom_is_no_worse_than_in_the_notebook(
    letter: str, together: float, by_group: float
) -> None:
    """scikit-uplift's notebook on Hillstrom: uplift@10% of visits, class transformation (there with CatBoost).

    The same split (70/30, stratified, seed 42), and so the same people to judge on. Ours is logistic, and better.
    """
    table = hillstrom()
    kept = np.flatnonzero((table["segment"] == letter) | (table["segment"] == "No E-Mail"))
    did, treated = table["visit"][kept].astype(int), (table["segment"][kept] == letter).astype(int)
    learnt, judged = train_test_split(np.arange(len(kept)), stratify=2 * treated + did, test_size=0.3, random_state=42)
    names = ("recency", "history", "mens", "womens", "zip_code", "newbie", "channel", "history_segment")
    fit = fit_uplift(
        {name: table[name][kept][learnt] for name in names}, did[learnt], treated[learnt], method="class transformation"
    )
    score = fit.predict({name: table[name][kept][judged] for name in names})
    arguments = (score, did[judged], treated[judged])
    assert uplift_at(*arguments, share=0.1) >= together
    assert uplift_at(*arguments, share=0.1, ranked="by group") >= by_group


def test_uplift_of_the_best_counts_as_scikit_uplift_does() -> None:
    """Its rounding: int(n · k) people."""
    assert uplift_at([0.5, 0.5, 0.5], [0, 1, 0], [0, 1, 1], share=1.0, ranked="by group") == 0.5
    assert uplift_at([0.9, 0.8, 0.1], [1, 0, 1], [1, 0, 0], share=0.7) == 1.0
