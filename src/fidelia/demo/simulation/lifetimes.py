"""Who buys when: the buy-till-you-die process of each customer, drawn in shop days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .parameters import SHOP, BuyerParameters

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DAYS_PER_WEEK = 7.0


@dataclass(frozen=True, slots=True)
class Buyers:
    """The truth about each customer: `born` (first purchase) and `dies` in shop days, `rate` per shop day, `nu`."""

    born: Floats
    rate: Floats
    dies: Floats
    nu: Floats
    p: Floats


def draw_buyers(rng: np.random.Generator, parameters: BuyerParameters, born: Floats) -> Buyers:
    """Draw the rate, the lifetime and the spending of each customer born at these moments."""
    n = len(born)
    rate = rng.gamma(parameters.r, 1 / parameters.alpha, n) / DAYS_PER_WEEK
    leaving = np.maximum(rng.gamma(parameters.s, 1 / parameters.beta, n), 1e-12) / DAYS_PER_WEEK
    lifetime = rng.exponential(1.0, n) / leaving
    nu = rng.gamma(parameters.q, 1 / parameters.gamma, n)
    return Buyers(born, rate, born + lifetime, nu, np.full(n, parameters.p))


def join_buyers(*groups: Buyers) -> Buyers:
    """Return the groups as one, in the order given."""
    names = ("born", "rate", "dies", "nu", "p")
    return Buyers(*(np.concatenate([getattr(group, name) for group in groups]) for name in names))


def draw_births(rng: np.random.Generator, n: int, length: float) -> Floats:
    """Draw the first purchases: a burst when the programme opens, then as many each shop day."""
    early = rng.random(n) < SHOP.share_opening
    burst = np.minimum(rng.exponential(SHOP.opening_days, n), length * rng.random(n))
    return np.where(early, burst, length * rng.random(n))


def draw_repeats(rng: np.random.Generator, buyers: Buyers, begins: Floats, ends: Floats) -> tuple[Integers, Floats]:
    """Draw a Poisson process at each customer's rate between two moments; return (customer, shop day) of each purchase.

    Between `begins` and `ends`, and never before birth or after death. In the order of customers and time.
    """
    first = np.maximum(begins, buyers.born)
    length = np.maximum(np.minimum(ends, buyers.dies) - first, 0.0)
    counts = rng.poisson(buyers.rate * length)
    who = np.repeat(np.arange(len(counts)), counts)
    when = first[who] + rng.random(len(who)) * length[who]
    order = np.lexsort((when, who))
    return who[order], when[order]


def draw_spend(rng: np.random.Generator, buyers: Buyers, who: Integers) -> Integers:
    """Draw what each purchase comes to, in cents: gamma, with each customer's own rate."""
    euros = rng.gamma(buyers.p[who], 1.0) / buyers.nu[who]
    return np.maximum(np.round(euros * 100), 150).astype(np.int64)
