"""Whatever comes in, what comes out is finite or a sentence: every public function with odd values."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from fidelia.insight import fits
from fidelia.insight.fits import proof, scoring
from fidelia.insight.fits.sentences import Sentence
from fidelia.kernel.errors import FideliaError

MODELS: list[Any] = [
    fits.BgNbd(0.243, 4.414, 0.793, 2.426),
    fits.MbgNbd(0.525, 6.183, 0.891, 1.614),
    fits.ParetoNbd(0.5534, 10.5802, 0.6061, 11.6562),
]
DONORS = fits.BgBb(1.2035, 0.7497, 0.6567, 2.7834)
NUMBERS = [0, 0, 1, 1, 2, 3, 7, 30, 400, 39.86, 0.5, -1, 1e-9, 1e6, 1e12, 1e300, np.nan, np.inf, -np.inf]
SANE = [0, 1, 2, 3, 7, 30, 0.5, 52]
DAYS = ["2026-01-01", "2026-01-01", "2026-01-02", "2026-03-01", "2027-01-01", "1900-01-01", "9999-12-31", "NaT"]


class Odd:
    """Draws columns: mostly of odd numbers in some cases, mostly of sane ones in others, sometimes empty or a text."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.rows = int(self.chance.choice([0, 1, 2, 12, 40]))
        self.odd = float(self.chance.choice([0.0, 0.05, 1.0]))

    def numbers(self) -> Any:
        kind = self.chance.random()
        if kind < 0.02:
            return ["many"] * self.rows
        if kind < 0.04:
            return np.ones((self.rows, 2))
        rows = self.rows + (1 if kind < 0.06 else 0)
        odd = self.chance.random(rows) < self.odd
        return np.where(odd, self.chance.choice(NUMBERS, rows), self.chance.choice(SANE, rows))

    def number(self) -> float:
        return float(self.chance.choice(NUMBERS if self.chance.random() < self.odd else SANE))

    def flags(self) -> Any:
        rows = self.rows + (1 if self.chance.random() < 0.03 else 0)
        return self.chance.choice([0, 1, 1, 2] if self.odd == 1 else [0, 1], rows)

    def history(self) -> dict[str, Any]:
        """Frequency, recency and age: as they come, or such that a customer could have them."""
        x, share, age = self.numbers(), self.chance.random(self.rows), self.numbers()
        if self.chance.random() < 0.4 or len(np.shape(x)) != 1 or np.shape(x) != np.shape(age) != share.shape:
            return {"frequency": x, "recency": self.numbers(), "age": age}
        with np.errstate(all="ignore"):
            try:
                x = np.rint(np.abs(np.asarray(x, float)))
                age = np.abs(np.asarray(age, float)) + 0.01
                return {"frequency": x, "recency": np.where(x > 0, age * share, 0), "age": age}
            except (TypeError, ValueError):
                return {"frequency": x, "recency": share, "age": age}

    def days(self) -> Any:
        days = self.chance.choice(DAYS if self.odd else DAYS[:5], self.rows)
        return days.tolist() if self.chance.random() < 0.1 else days.astype("datetime64[D]")

    def columns(self) -> dict[str, Any]:
        return {"one": self.numbers(), "town": self.chance.choice(["Lyon", "Nice", "", "Metz"], self.rows)}


def ask(odd: Odd) -> list[Callable[[], Any]]:
    """Return one call of each question to models at fixed parameters."""
    calls: list[Callable[[], Any]] = []
    for model in [*MODELS, DONORS]:
        who = odd.history()
        calls += [
            lambda model=model, who=who: model.probability_alive(**who),
            lambda model=model, who=who: model.probability_alive(**who, ahead=odd.number()),
            lambda model=model, who=who: model.expected_purchases(odd.number(), **who),
            lambda model=model, who=who: model.probability_of_future_count(odd.number(), odd.number(), **who),
            lambda model=model: model.expected_purchases_of_new(odd.numbers()),
            lambda model=model: model.probability_of_count(odd.numbers(), odd.number()),
            lambda model=model, who=who: model.log_likelihood(fits.BuyingHistory.from_arrays(**who)),
        ]
    for model in MODELS:
        who = odd.history()
        calls += [
            lambda model=model, who=who: fits.purchases_discounted_forever(model, rate=odd.number(), **who),
            lambda model=model, who=who: fits.discounted_purchases(
                model, horizon=odd.number(), discount=fits.DiscreteDiscount(odd.number(), odd.number()), **who
            ),
            lambda model=model, who=who: fits.expected_value(
                model, fits.GammaGamma(6.25, 3.74, 15.44), horizon=odd.number(), margin=odd.number(),
                discount=fits.ContinuousDiscount(odd.number()), mean_spend=odd.numbers(), **who,
            ),
        ]  # fmt: skip
    contract = fits.ShiftedBetaGeometric(0.704, 1.182)
    calls += [
        lambda: DONORS.discounted_forever(**odd.history(), rate=odd.number()),
        lambda: contract.survival(odd.numbers()),
        lambda: contract.retention(odd.numbers()),
        lambda: contract.probability_of_leaving(odd.numbers()),
        lambda: contract.expected_payments(odd.numbers(), horizon=odd.chance.integers(-1, 60), discount=odd.number()),
        lambda: contract.expected_payments(odd.numbers(), horizon=None, discount=odd.number()),
        lambda: fits.GammaGamma(6.25, 3.74, 15.44).expected_spend(odd.numbers(), odd.numbers()),
        lambda: fits.GammaGamma(6.25, 0.74, 15.44).expected_spend(odd.numbers(), odd.numbers()),
        lambda: fits.textbook_value(
            margin=odd.number(), churn=odd.chance.choice([0.2, odd.number()]), start=1, acquisition_cost=odd.number(),
            churn_growth=odd.number(), discount=odd.number(), periods=odd.chance.choice([None, 0, 5, -1]),
        ),
        lambda: fits.continuous_from_yearly(odd.number(), units_per_year=odd.number()),
    ]  # fmt: skip
    return calls


def learn(odd: Odd) -> list[Callable[[], Any]]:
    """Return one call of each function that counts, fits, scores or proves."""
    who, until = odd.history(), np.datetime64("2026-06-30")
    people = np.arange(odd.rows) % max(1, odd.rows // 3)
    return [
        lambda: fits.fit_bg_nbd(fits.BuyingHistory.from_arrays(**who)),
        lambda: fits.fit_mbg_nbd(fits.BuyingHistory.from_arrays(**who)),
        lambda: fits.fit_pareto_nbd(fits.BuyingHistory.from_arrays(**who)),
        lambda: fits.fit_bg_bb(fits.BuyingHistory.from_arrays(**who)),
        lambda: fits.fit_gamma_gamma(fits.SpendingHistory.from_arrays(odd.numbers(), odd.numbers())),
        lambda: fits.fit_shifted_beta_geometric(fits.ContractHistory.from_arrays(odd.numbers(), odd.flags())),
        lambda: fits.fit_shifted_beta_geometric(fits.ContractHistory.from_survivors(np.sort(odd.numbers())[::-1])),
        lambda: fits.count_purchases(people, odd.days(), until=until, amounts=odd.numbers()).history,
        lambda: fits.find_silence(people, odd.days(), until=until),
        lambda: fits.track(MODELS[0], fits.count_purchases(people, odd.days(), until=until)),
        lambda: scoring.fit_score(odd.columns(), odd.flags()),
        lambda: proof.fit_uplift(odd.columns(), odd.flags(), odd.flags()),
        lambda: proof.find_qini(odd.numbers(), odd.flags(), odd.flags()),
        lambda: proof.normalised_uplift_area(odd.numbers(), odd.flags(), odd.flags()),
        lambda: proof.uplift_at(odd.numbers(), odd.flags(), odd.flags(), share=odd.number()),
        lambda: proof.compare_matched(odd.columns(), odd.flags(), odd.numbers()),
        lambda: proof.curve_by_satisfaction(odd.numbers(), odd.numbers()),
    ]


def check(call: Callable[[], Any], where: str) -> None:
    """Run a call; fail unless it gives finite numbers or refuses in a sentence that has its French template."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = call()
        except FideliaError as refused:
            found = refused.message
    if isinstance(found, str):
        assert isinstance(found, Sentence), f"{where}: {found}"
        assert found.endswith("."), f"{where}: {found}"
    for name, value in numbers_in(found):
        assert np.isfinite(value).all(), f"{where}: {name} is {value}"


def numbers_in(found: Any, name: str = "result") -> list[tuple[str, Any]]:
    """Return every number in a result, with the path to it."""
    if isinstance(found, np.ndarray):
        return [(name, found)] if found.dtype.kind in "fiu" else []
    if isinstance(found, float | int | np.floating):
        return [(name, np.asarray(found))]
    if isinstance(found, dict):
        return [pair for key, value in found.items() for pair in numbers_in(value, f"{name}.{key}")]
    if isinstance(found, list | tuple):
        return [pair for value in found for pair in numbers_in(value, name)]
    if is_dataclass(found):
        return [pair for one in fields(found) for pair in numbers_in(getattr(found, one.name), f"{name}.{one.name}")]
    return []


@pytest.mark.parametrize("calls", [ask, learn], ids=["questions", "fits"])
@pytest.mark.parametrize("begin", [0, 20])
def test_what_comes_out_is_finite_or_a_sentence(calls: Callable[[Odd], list[Callable[[], Any]]], begin: int) -> None:
    for seed in range(begin, begin + 20):
        for place, call in enumerate(calls(Odd(seed))):
            check(call, f"seed {seed}, call {place}")
