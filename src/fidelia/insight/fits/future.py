"""Futures drawn by chance: what each customer may do next, given the history, when the model is right.

Means have formulas; the spread of a sum over customers does not. Drawing what λ, the leaving and the purchases may be
from their distributions given the history gives it, for any model and any discount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Booleans, Floats, Integers
from .beta_geometric import BgNbd
from .bg_bb import BgBb
from .buyers import BuyerModel
from .gamma_gamma import GammaGamma
from .pareto_nbd import ParetoNbd
from .sentences import Sentence
from .sentences import gettext_noop as _

SMALLEST: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Standing:
    """Where customers stand: purchases x, age T, and whether each is still there (drawn by chance)."""

    x: Floats
    age: Floats
    alive: Booleans


def draw_purchases(
    chance: np.random.Generator, model: BuyerModel, horizon: float, history: tuple[Floats, Floats, Floats]
) -> tuple[Integers, Floats]:
    """Draw one future of each customer of `history` (x, t_x, T): who buys, and how long after now, by customer.

    Raises ImpossibleNumbers for a model without this kind of future.
    """
    x, t_x, age = history
    standing = Standing(x, age, chance.random(len(x)) < model.probability_alive(x, t_x, age))
    if isinstance(model, ParetoNbd):
        return _until_death(chance, model, horizon, standing)
    elif isinstance(model, BgNbd):
        return _until_leaving(chance, model, horizon, standing)
    elif isinstance(model, BgBb):
        return _by_opportunities(chance, model, horizon, standing)
    raise ImpossibleNumbers(Sentence(_("Futures are drawn for BG/NBD, MBG/NBD, Pareto/NBD and BG/BB only.")))


def draw_spend(
    chance: np.random.Generator, spending: GammaGamma, who: Integers, frequency: Floats, mean_spend: Floats
) -> Floats:
    """Draw the amount of each purchase of `who`: each customer's ν from Gamma(q + p x, γ + x z), then amounts."""
    known = (frequency > 0) & (mean_spend > 0)
    x = np.where(known, frequency, 0.0)
    nu = chance.gamma(spending.q + spending.p * x) / (spending.gamma + x * mean_spend)
    return chance.gamma(spending.p, size=len(who)) / np.maximum(nu[who], SMALLEST)


def _until_death(
    chance: np.random.Generator, model: ParetoNbd, horizon: float, now: Standing
) -> tuple[Integers, Floats]:
    n = len(now.x)
    rate = chance.gamma(model.r + now.x) / (model.alpha + now.age)
    leaving = chance.gamma(np.full(n, model.s)) / (model.beta + now.age)
    lifetime = chance.exponential(size=n) / np.maximum(leaving, SMALLEST)
    length = np.where(now.alive, np.minimum(lifetime, horizon), 0.0)
    who = np.repeat(np.arange(n), chance.poisson(rate * length))
    return who, chance.random(len(who)) * length[who]


def _until_leaving(chance: np.random.Generator, model: BgNbd, horizon: float, now: Standing) -> tuple[Integers, Floats]:
    n = len(now.x)
    rate = chance.gamma(model.r + now.x) / (model.alpha + now.age)
    p = np.maximum(chance.beta(np.full(n, model.a), model.b + now.x + model.first_is_occasion), SMALLEST)
    count = np.where(now.alive, chance.poisson(rate * horizon), 0)
    # The purchase after which the customer leaves, geometric from 1 on, by inversion: numpy's own overflows for tiny p.
    last = np.ceil(np.log(np.maximum(chance.random(n), SMALLEST)) / np.log1p(-np.minimum(p, 1 - 1e-16)))
    who = np.repeat(np.arange(n), count)
    # In order of time within each customer: one sort of customer + share of the horizon, for `who` is in order already.
    when = np.clip(np.sort(who + chance.random(len(who))) - who, 0.0, 1.0) * horizon
    number = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count) + 1
    kept = number <= np.maximum(last, 1)[who]
    return who[kept], when[kept]


def _by_opportunities(
    chance: np.random.Generator, model: BgBb, horizon: float, now: Standing
) -> tuple[Integers, Floats]:
    n, steps = len(now.x), round(horizon)
    p = chance.beta(model.alpha + now.x, model.beta + now.age - now.x)
    # `alive` means there at the next opportunity, so that one is survived already.
    theta = np.maximum(chance.beta(np.full(n, model.gamma), model.delta + now.age + 1), SMALLEST)
    last = np.ceil(np.log(np.maximum(chance.random(n), SMALLEST)) / np.log1p(-np.minimum(theta, 1 - 1e-16)))
    there = now.alive[:, None] & (np.arange(1, steps + 1) <= np.maximum(last, 1)[:, None])
    who, step = np.nonzero(there & (chance.random((n, steps)) < p[:, None]))
    return who.astype(np.int64), step.astype(np.float64) + 1
