"""What the models say at fixed parameters: published values, and what must hold whatever the parameters."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1, hyperu

from fidelia.insight.fits import (
    BgNbd,
    BuyerModel,
    BuyingHistory,
    ContinuousDiscount,
    DiscreteDiscount,
    GammaGamma,
    MbgNbd,
    ParetoNbd,
    discounted_purchases,
    expected_value,
    purchases_discounted_forever,
)

BG = BgNbd(0.243, 4.414, 0.793, 2.426)
FITTED_BG = BgNbd(0.2425945, 4.4136019, 0.7929199, 2.4258881)
MBG = MbgNbd(0.525, 6.183, 0.891, 1.614)
PARETO = ParetoNbd(0.5534, 10.5802, 0.6061, 11.6562)
MODELS: list[BuyerModel] = [BG, MBG, PARETO]
# P(alive) and purchases expected: customer (x, t_x, T), horizon, then BG/NBD, Pareto/NBD, MBG/NBD.
CUSTOMERS = [
    ((26, 30.86, 31), 52, (0.96892, 0.99792, 0.96557), (25.7582, 25.45491, 24.00392)),
    ((2, 30.43, 38.86), 39, (0.72658, 0.86911, 0.70620), (1.22603, 1.45509, 1.26296)),
    ((0, 0, 38.86), 39, (1, 0.29496, 0.38974), (0.19510, 0.10703, 0.15401)),
    ((1, 16, 32), None, (0.59840, 0.67686, 0.56171), None),
    ((7, 10, 38.86), None, (0.00369, 0.01109, 0.00435), None),
]


@pytest.mark.parametrize(("customer", "horizon", "alive", "expected"), CUSTOMERS)
def test_single_customers_are_as_published(
    customer: tuple[float, ...], horizon: float | None, alive: tuple[float, ...], expected: tuple[float, ...] | None
) -> None:
    """The notes and manuals of the models' authors, checked by other libraries; five digits."""
    for place, model in enumerate((BG, PARETO, MBG)):
        assert model.probability_alive(*customer)[0] == pytest.approx(alive[place], abs=5e-6)
        if expected is not None and horizon is not None:
            assert model.expected_purchases(horizon, *customer)[0] == pytest.approx(expected[place], rel=2e-6, abs=6e-6)


def test_a_new_customer_is_expected_to_buy_as_published() -> None:
    found = [float(model.expected_purchases_of_new(52)[0]) for model in (BG, PARETO, MBG)]
    assert found == pytest.approx([1.44605, 1.47307, 1.41972], abs=5e-6)
    weeks = [0.1429, 1, 3, 31.8571, 32, 78]
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert FITTED_BG.expected_purchases_of_new(weeks) == pytest.approx(published, abs=0.0005)
    spread = [0, 0.05078, 0.09916, 0.14543, 0.18980, 0.23247, 0.27361, 0.31335, 0.35181, 0.38909]
    assert PARETO.expected_purchases_of_new(np.arange(10)) == pytest.approx(spread, rel=0.01)


def test_counts_have_the_published_probabilities() -> None:
    assert BG.probability_of_count(0, 39)[0] == pytest.approx(0.5737864, abs=5e-8)
    assert BG.probability_of_count(10, 2)[0] == pytest.approx(1.07869e-07, rel=1e-5)
    published = [0.0019995, 0.0015170, 0.0011633, 0.0009003, 0.0007024, 0.0005518, 0.0004362, 0.0003467, 0.0002770]
    assert BG.probability_of_count(np.arange(11, 20), 30) == pytest.approx(published, abs=5e-6)
    assert BG.probability_of_count(20, 30)[0] == pytest.approx(0.0002222, abs=5e-6)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_probabilities_of_all_counts_sum_to_one_and_have_the_expected_mean(model: BuyerModel) -> None:
    counts = np.arange(600)
    chances = model.probability_of_count(counts, 20.0)
    assert chances.sum() == pytest.approx(1, abs=1e-7)
    assert chances @ counts == pytest.approx(model.expected_purchases_of_new(20.0)[0], rel=1e-5)


def one(x: float, t_x: float, age: float) -> BuyingHistory:
    return BuyingHistory.from_arrays([x], [t_x], [age])


def test_the_log_likelihood_stays_in_range_for_many_purchases() -> None:
    """pymc-marketing tests; five decimals, a 0.8, b 2.5, r 0.25, α 4, T 40."""
    bg, mbg = BgNbd(0.25, 4.0, 0.8, 2.5), MbgNbd(0.25, 4.0, 0.8, 2.5)
    assert bg.log_likelihood(one(0, 0, 40)) == pytest.approx(-0.59947382, abs=5e-6)
    assert bg.log_likelihood(one(200, 38, 40)) == pytest.approx(100.7957, abs=5e-5)
    assert mbg.log_likelihood(one(0, 0, 40)) == pytest.approx(-0.41792826, abs=5e-6)
    assert mbg.log_likelihood(one(200, 38, 40)) == pytest.approx(100.7869, abs=5e-5)


def test_pareto_nbd_survives_many_purchases() -> None:
    hard = ParetoNbd(10.465, 0.00798565181, 3.0516, 2.820)
    assert np.isfinite(hard.log_likelihood(one(400, 5, 6)))
    assert 0 <= hard.probability_alive(400, 5, 6)[0] < 1e-20
    before, after = PARETO.expected_purchases(10, [132, 133], [200, 200], [200, 200])
    assert (before, after) == pytest.approx((6.2061, 6.2529), abs=0.001)
    many = PARETO.probability_alive([40_000, 40_000], [100, 100], [100.001, 120])
    assert many[0] > 0.5
    assert many[1] == 0


@pytest.mark.parametrize(
    ("r", "alpha", "s", "beta"), list(product((0.05, 3.0), (0.5, 40.0), (0.05, 1.0, 6.0), (0.3, 300.0)))
)
def test_the_integral_over_the_moment_of_leaving_is_exact(r: float, alpha: float, s: float, beta: float) -> None:
    """Against adaptive quadrature of the formula in its plainest form."""
    model = ParetoNbd(r, alpha, s, beta)
    for x, t_x, age in ((0, 0, 52.0), (1, 0.14, 52.0), (3, 50.0, 52.0), (30, 20.0, 52.0), (9, 1.0, 300.0)):
        size = r + x

        def density(y: float, size: float = size, age: float = age) -> float:
            stayed = size * np.log((alpha + age) / (alpha + y)) + s * np.log((beta + age) / (beta + y))
            return float(s / (beta + y) * np.exp(stayed))

        marks = [t_x + (age - t_x) * share for share in (0, 1e-3, 1e-2, 0.1, 0.3, 1)]
        left = sum(quad(density, low, high, epsrel=1e-12)[0] for low, high in pairwise(marks))
        assert model.probability_alive(x, t_x, age)[0] == pytest.approx(1 / (1 + left), rel=1e-9)


def test_expected_purchases_agree_with_the_hypergeometric_formula() -> None:
    """Fader, Hardie & Lee 2005, equation 10, where ₂F₁ is well behaved."""
    for x, t_x, age, t in ((0, 0.0, 30.0, 20.0), (4, 20.0, 30.0, 20.0), (26, 30.86, 31.0, 52.0)):
        shape, scale, b = BG.r + x, BG.alpha + age, BG.b + x
        series = hyp2f1(shape, b, BG.a + b - 1, t / (scale + t))
        if_alive = (BG.a + b - 1) / (BG.a - 1) * (1 - (scale / (scale + t)) ** shape * series)
        expected = if_alive * BG.probability_alive(x, t_x, age)[0]
        assert BG.expected_purchases(t, x, t_x, age)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd])
def test_nothing_happens_at_a_equal_to_one_or_to_b(kind: type[BgNbd]) -> None:
    """The formulas of the papers divide by a − 1, and those of some libraries by a + b − 1: here is no such pole."""
    for a, b in ((1.0, 2.0), (0.5, 0.5), (1.0, 1.0), (0.4, 0.6)):
        near = [kind(0.3, 5, a * shift, b).expected_purchases(52, 3, 20, 30)[0] for shift in (1 - 1e-7, 1, 1 + 1e-7)]
        assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-9)
        assert kind(0.3, 5, a, b).expected_purchases(52, 0, 0, 30)[0] > 0


@pytest.mark.parametrize("s", [0.4, 1.0, 3.0])
def test_pareto_nbd_has_no_pole_at_s_equal_to_one(s: float) -> None:
    near = [ParetoNbd(0.5, 10, s * shift, 12).expected_purchases_of_new(52)[0] for shift in (1 - 1e-7, 1, 1 + 1e-7)]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-9)


def test_long_horizons_and_extreme_parameters_give_sensible_numbers() -> None:
    for a, b, alpha in product((1e-4, 0.8, 500.0), (1e-3, 2.5, 4e3), (1e-3, 4.0, 1e4)):
        model = BgNbd(0.3, alpha, a, b)
        found = model.expected_purchases([1e-9, 1.0, 1e3, 1e7], [0, 3, 3, 0], [0, 2, 2, 0], [0.0, 30, 30, 30])
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert (np.diff(model.expected_purchases_of_new(np.linspace(0, 500, 30))) >= 0).all()


def test_without_discount_the_value_is_that_of_the_expected_purchases() -> None:
    history = {"frequency": [26, 2, 0], "recency": [30.86, 30.43, 0], "age": [31, 38.86, 38.86]}
    for model in MODELS:
        expected = model.expected_purchases(52, **history)
        for discount in (DiscreteDiscount(0.0, 4.0), ContinuousDiscount(0.0)):
            assert discounted_purchases(model, horizon=52, discount=discount, **history) == pytest.approx(expected)


def test_a_discount_of_all_halves_a_period_and_quarters_the_next() -> None:
    """The identity that the tests of lifetimes use: one period gives e/2, two give e1/2 + e2/4."""
    customer = {"frequency": [2], "recency": [30.43], "age": [38.86]}
    first = BG.expected_purchases(4, **customer)[0]
    both = BG.expected_purchases(8, **customer)[0]
    halved = discounted_purchases(BG, horizon=4, discount=DiscreteDiscount(1.0, 4.0), **customer)[0]
    twice = discounted_purchases(BG, horizon=8, discount=DiscreteDiscount(1.0, 4.0), **customer)[0]
    assert halved == pytest.approx(first / 2)
    assert twice == pytest.approx(first / 2 + (both - first) / 4)


def test_continuous_discount_is_the_limit_of_short_periods() -> None:
    customer = {"frequency": [26, 0], "recency": [30.86, 0], "age": [31, 38.86]}
    rate = np.log(1.15) / 52
    for model in MODELS:
        found = discounted_purchases(model, horizon=104, discount=ContinuousDiscount(rate), **customer)
        fine = discounted_purchases(
            model, horizon=104, discount=DiscreteDiscount(float(np.expm1(rate / 4)), 0.25), **customer
        )
        assert found == pytest.approx(fine * np.exp(rate / 8), rel=1e-6)


def test_pareto_nbd_is_discounted_forever_as_in_the_paper() -> None:
    """Fader, Hardie & Lee 2005, equation 2, by the confluent hypergeometric function of the second kind."""
    rate = np.log(1.15) / 52
    scale = PARETO.beta + 31
    known = PARETO.probability_alive(26, 30.86, 31) * (PARETO.r + 26) / (PARETO.alpha + 31) * scale
    known *= hyperu(1, 2 - PARETO.s, rate * scale)
    customer = {"frequency": [26], "recency": [30.86], "age": [31]}
    found = purchases_discounted_forever(PARETO, rate=rate, **customer)
    assert found == pytest.approx(known, rel=1e-9)
    long = discounted_purchases(PARETO, horizon=20_000, discount=ContinuousDiscount(rate), **customer)
    assert found == pytest.approx(long, rel=1e-6)


def test_value_is_purchases_times_spending_times_margin() -> None:
    customers = {"frequency": [26, 0], "recency": [30.86, 0], "age": [31, 38.86]}
    spending = GammaGamma(6.25, 3.74, 15.44)
    found = expected_value(
        BG, spending, horizon=39, discount=DiscreteDiscount(), mean_spend=[20.0, 0.0], margin=0.3, **customers
    )
    purchases = BG.expected_purchases(39, **customers)
    spends = np.array([6.25 * (15.44 + 26 * 20) / (6.25 * 26 + 2.74), 6.25 * 15.44 / 2.74])
    assert found == pytest.approx(0.3 * purchases * spends)
