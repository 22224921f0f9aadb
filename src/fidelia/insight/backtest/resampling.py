"""The next months by resampling: who buys how often, which basket (Gamma-Gamma's weight), what it gives.

One future: parameters are drawn from what the fit does not know of them; each customer buys as the model draws it; each
purchase is one of the customer's own baskets with the weight that Gamma-Gamma gives to what is known of them, else one
of anybody's; newcomers come as in the last twelve months and buy as the model says of somebody new; a month as a whole
is better or worse than the season by as much as months were. Many futures give the interval. Each basket is known with
the points that it gives under each version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..errors import TooLittleToFit
from ..fits.arrays import Floats, Integers
from ..fits.beta_geometric import BgNbd, fit_repeat_buying
from ..fits.future import draw_purchases
from ..fits.gamma_gamma import GammaGamma, SpendingHistory, fit_gamma_gamma
from ..fits.history import BuyingHistory
from ..fits.maximum import Fit
from ..fits.sentences import Sentence
from ..fits.sentences import gettext_noop as _

MONTH: Final = 365.25 / 12
SEASONS_FROM: Final = 24  # months of history from which on a month of the year has its own weight
SHOCK_MAX: Final = 0.5
MONTHS_LOOKED_AT: Final = 12
LEAST_MONTHS: Final = 4
PARAMETER_MOST: Final = 1.0  # how far a parameter is drawn from its estimate, in its logarithm


@dataclass(frozen=True, slots=True, eq=False)
class Baskets:
    """Purchases of members, one row for each customer and day, in the order of days.

    customer  0…n-1;  day  since the first day of the history;  total  in minor units;  points  one column per version
    """

    customer: Integers
    day: Integers
    total: Floats
    points: Floats
    end: int

    @property
    def months(self) -> int:
        """Whole months of history."""
        return int(self.end / MONTH)

    def before(self, day: int) -> Baskets:
        """Return what had been bought before a day; customers are numbered anew."""
        kept = self.day < day
        found, customer = np.unique(self.customer[kept], return_inverse=True)
        assert len(found) or not kept.any(), "whoever bought is a customer"
        return Baskets(
            customer.astype(np.int64), self.day[kept], self.total[kept], self.points[kept], min(day, self.end)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Futures:
    """issued     [future, month, version] points that baskets give
    purchases  [future, month]
    customer, month, points, total  of the first `TIERED` futures: what each customer buys, for tiers
    """

    issued: Floats
    purchases: Floats
    tiered: tuple[tuple[Integers, Integers, Floats, Floats], ...]
    customers: int
    shock: float
    messages: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    baskets: Baskets
    history: tuple[Floats, Floats, Floats]
    buying: Fit[BgNbd]
    own: Floats
    order: Integers  # rows of the baskets customer by customer; those of one begin at `starts`
    starts: Integers
    counts: Integers
    recent: int  # the first basket of the last twelve months: what is anybody's comes from there
    seasons: Floats
    shock: float
    arrivals: Floats


def draw_futures(
    baskets: Baskets, *, months: int, draws: int, seed: int, doubt: float = 0.0, tiered: int = 20
) -> Futures:
    """Draw the next months again and again; the same `seed` gives the same.

    `doubt` is how far the same forecast went wrong before (of a logarithm): whole futures are that much better or
    worse. Raises TooLittleToFit.
    """
    if baskets.months < LEAST_MONTHS:
        raise TooLittleToFit(Sentence(_("A forecast needs at least four months of purchases.")))
    ground = _ground(baskets, months)
    chance = np.random.default_rng(seed)
    issued = np.zeros((draws, months, baskets.points.shape[1]))
    purchases = np.zeros((draws, months))
    kept = []
    for n in range(draws):
        customer, month, row = _draw(chance, ground, months)
        points = baskets.points[row]
        np.add.at(issued[n], month, points)
        purchases[n] = np.bincount(month, minlength=months)
        level = float(_shocks(chance, doubt, 1)[0])
        issued[n] *= level
        purchases[n] *= level
        if n < tiered:
            kept.append((customer, month, points, baskets.total[row]))
    return Futures(issued, purchases, tuple(kept), len(ground.counts), ground.shock, ground.buying.messages)


def _draw(chance: np.random.Generator, ground: _Ground, months: int) -> tuple[Integers, Integers, Integers]:
    """Return (customer, month, row of the baskets) of each purchase of one future; newcomers are numbered after all."""
    horizon = months * MONTH
    model = _drawn_model(chance, ground.buying)
    who, when = draw_purchases(chance, model, horizon, ground.history)
    newcomers, first = _newcomers(chance, ground, months)
    new_who, new_when = _repeats(chance, model, first, horizon)
    n = len(ground.counts)
    customer = np.concatenate([who, n + newcomers, n + new_who])
    at = np.concatenate([when, first, new_when])
    month = np.minimum((at / MONTH).astype(np.int64), months - 1)
    factor = ground.seasons[month] * _shocks(chance, ground.shock, months)[month]
    factor[len(who) : len(who) + len(newcomers)] = 1.0  # newcomers are counted month by month already
    copies = np.floor(factor + chance.random(len(factor))).astype(np.int64)
    customer, month = np.repeat(customer, copies), np.repeat(month, copies)
    return customer, month, _rows(chance, ground, customer)


def _rows(chance: np.random.Generator, ground: _Ground, customer: Integers) -> Integers:
    """Choose a basket for each purchase: one of the customer's own, or one of anybody's."""
    n = len(ground.counts)
    known = customer < n
    place = np.where(known, customer, 0)
    own = known & (chance.random(len(customer)) < ground.own[place])
    mine = ground.starts[place] + (chance.random(len(customer)) * ground.counts[place]).astype(np.int64)
    anybodys = ground.recent + chance.integers(0, len(ground.baskets.day) - ground.recent, len(customer))
    return np.where(own, ground.order[np.minimum(mine, len(ground.order) - 1)], anybodys)


def _newcomers(chance: np.random.Generator, ground: _Ground, months: int) -> tuple[Integers, Floats]:
    """Draw how many come in each month, as in one of the last twelve, and on which day each buys first."""
    counts = chance.poisson(chance.choice(ground.arrivals, months))
    first = np.repeat(np.arange(months), counts) + chance.random(int(counts.sum()))
    return np.arange(len(first)), first * MONTH


def _repeats(chance: np.random.Generator, model: BgNbd, first: Floats, horizon: float) -> tuple[Integers, Floats]:
    """Draw what newcomers buy after their first purchase, up to the horizon."""
    if not len(first):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    nothing = np.zeros(len(first))
    who, after = draw_purchases(chance, model, horizon, (nothing, nothing, nothing))
    at = first[who] + after
    return who[at < horizon], at[at < horizon]


def _drawn_model(chance: np.random.Generator, fit: Fit[BgNbd]) -> BgNbd:
    """Draw the parameters from what the data leave open of their logarithms."""
    covariance = fit.covariance
    if not covariance.any():
        return fit.model
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    drawn = vectors @ (np.sqrt(np.maximum(values, 0.0)) * chance.standard_normal(len(values)))
    moved = np.exp(np.clip(drawn, -PARAMETER_MOST, PARAMETER_MOST))
    names = list(fit.parameters)
    return replace(fit.model, **{name: fit.parameters[name] * float(by) for name, by in zip(names, moved, strict=True)})


def _shocks(chance: np.random.Generator, sigma: float, months: int) -> Floats:
    found: Floats = np.exp(sigma * chance.standard_normal(months) - sigma**2 / 2)
    return found


def _ground(baskets: Baskets, months: int) -> _Ground:
    count = int(baskets.customer.max()) + 1
    x, t_x, age = _sufficient(baskets, count)
    fit = fit_repeat_buying(BuyingHistory.from_arrays(x, t_x, age))
    counts = np.bincount(baskets.customer, minlength=count)
    first = np.full(count, baskets.end)
    np.minimum.at(first, baskets.customer, baskets.day)
    again = _months_back(baskets)[baskets.day > first[baskets.customer]]
    by_month = np.bincount(again, minlength=baskets.months)[: baskets.months][::-1].astype(np.float64)
    back = ((baskets.end - 1 - first) / MONTH).astype(np.int64)
    arrivals = np.bincount(back, minlength=MONTHS_LOOKED_AT)[: min(MONTHS_LOOKED_AT, baskets.months - 1)]
    seasons, shock = _seasons(by_month, months)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return _Ground(
        baskets, (x, t_x, age), fit, _weight_of_own(baskets, counts), np.argsort(baskets.customer, kind="stable"),
        starts, counts, _recent(baskets), seasons, shock,
        arrivals.astype(np.float64),
    )  # fmt: skip


def _sufficient(baskets: Baskets, count: int) -> tuple[Floats, Floats, Floats]:
    """Return frequency, recency and age of each customer, in days."""
    first, last = np.full(count, baskets.end), np.zeros(count, dtype=np.int64)
    np.minimum.at(first, baskets.customer, baskets.day)
    np.maximum.at(last, baskets.customer, baskets.day)
    x = np.bincount(baskets.customer, minlength=count) - 1
    return x.astype(np.float64), (last - first).astype(np.float64), (baskets.end - first).astype(np.float64)


def _weight_of_own(baskets: Baskets, counts: Integers) -> Floats:
    """Return how much what is known of a customer counts: p x ÷ (p x + q - 1), Fader & Hardie (2013), equation 5.

    Where spending does not fit, three purchases count as much as everybody's together.
    """
    x = (counts - 1).astype(np.float64)
    mean = np.bincount(baskets.customer, weights=baskets.total, minlength=len(counts)) / np.maximum(counts, 1)
    try:
        model: GammaGamma = fit_gamma_gamma(SpendingHistory.from_arrays(x, mean)).model
    except TooLittleToFit:
        return x / (x + 3.0)
    prior = max(model.q - 1, 1e-6)
    return model.p * x / (model.p * x + prior)


def _recent(baskets: Baskets) -> int:
    """Rules and tiers of now gave more or less than those of years ago: the last twelve months are what comes next."""
    return int(np.searchsorted(baskets.day, baskets.end - MONTHS_LOOKED_AT * MONTH))


def _months_back(baskets: Baskets) -> Integers:
    found: Integers = ((baskets.end - 1 - baskets.day) / MONTH).astype(np.int64)
    return found


def _seasons(by_month: Floats, months: int) -> tuple[Floats, float]:
    """Return the weight of each month ahead, and how far months went from what was expected (of a logarithm).

    From two years on a month of the year has the weight that it had beside the trend; before, months are alike.
    """
    looked = by_month[-SEASONS_FROM:]
    logs = np.log(np.maximum(looked, 1.0))
    at = np.arange(len(logs))
    beside = logs - np.polyval(np.polyfit(at, logs, 1), at)
    if len(looked) < SEASONS_FROM:
        return np.ones(months), min(float(np.std(beside)), SHOCK_MAX)
    first, second = beside[:MONTHS_LOOKED_AT], beside[MONTHS_LOOKED_AT:]
    index = np.exp((first + second) / 2)
    spread = float(np.std(first - second)) / np.sqrt(2)
    return np.resize(index / index.mean(), months), min(float(spread), SHOCK_MAX)


def interval_of(values: Floats, confidence: float) -> dict[str, Any]:
    """Return the mean and the interval of futures: {"mean", "low", "high"}, a number for each month or one."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail], axis=0)
    return {"mean": values.mean(axis=0).tolist(), "low": low.tolist(), "high": high.tolist()}


def levels_reached(sums: Floats, thresholds: Sequence[float], window: int, kept: int) -> Integers:
    """Return the level (0: none) of each customer at the end, from what each month counted for tiers.

    sums [customer, month]; a level is reached by the sum of `window` months and kept for `kept` months. Then it is what
    the last `window` months give: what had reached it does not keep it on while they still hold it.
    """
    total = np.cumsum(np.concatenate([np.zeros((len(sums), 1)), sums], axis=1), axis=1)
    levels, months = np.asarray(sorted(thresholds)), sums.shape[1]
    held, until = np.zeros(len(sums), dtype=np.int64), np.zeros(len(sums), dtype=np.int64)
    for end in range(1, months + 1):
        given = np.searchsorted(levels, total[:, end] - total[:, max(end - window, 0)], side="right")
        begins = (given > held) | (until <= end)
        held, until = np.where(begins, given, held), np.where(begins, end + kept, until)
    return held
