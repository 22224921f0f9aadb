"""What a budget brings: the concave response of a group of people to money, and the best way to divide it.

A campaign says what one person brought more at one cost a person. What another cost would bring is a judgement, and
Little asks managers for it: *if we spent twice as much?* His curve (ADBUDG with exponent 1) goes through nothing at
nothing and through what was measured, and ends at a most that no money passes:

    effect of one person at cost c times the measured one = (1 + k) c ÷ (k + c),   k = (2t − 2) ÷ (2 − t)

where t is how many times the measured effect twice the measured cost brings: 1 is nothing more, 2 is no diminishing.
Source: Little, *Models and Managers: The Concept of a Decision Calculus*, Management Science 16 (1970) B466–B485; the
same curve is the Hill function with slope 1 of today's marketing-mix models (Jin et al., Google 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from fidelia.insight.errors import ImpossibleNumbers

from .sentences import Sentence
from .sentences import gettext_noop as _

TWICE: Final = 1.5  # between no diminishing (2) and nothing more (1); a judgement, to be changed
TWICE_LEAST, TWICE_MOST = 1.05, 1.95
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Curve:
    """How a group answers money. `people` in it; `cost` of one person at which the effect was measured (or assumed),
    in minor units; `twice`: how many times that effect twice the cost brings, 1.05 to 1.95.
    """

    people: int
    cost: float
    twice: float = TWICE

    def __post_init__(self) -> None:
        if self.people < 0 or not self.cost > 0:
            raise ImpossibleNumbers(Sentence(_("A curve of response needs people, and a cost a person above zero.")))
        if not TWICE_LEAST <= self.twice <= TWICE_MOST:
            told = _("Twice the money brings between 1.05 and 1.95 times as much: less than twice, more than once.")
            raise ImpossibleNumbers(Sentence(told))

    def effects_of(self, budget: float) -> float:
        """Return how many measured effects of one person a budget (minor units) for the whole group brings."""
        if not self.people or budget <= 0:
            return 0.0
        bend = (2 * self.twice - 2) / (2 - self.twice)
        times = budget / (self.people * self.cost)
        return self.people * (1 + bend) * times / (bend + times)


@dataclass(frozen=True, slots=True)
class Gain:
    """Expected margin with the bounds of its 95 % interval, in minor units."""

    expected: float
    low: float
    high: float


def gain_of(weights: ArrayLike, means: ArrayLike, covariance: ArrayLike) -> Gain:
    """Return a weighted sum of effects of one person, each known with some doubt: normal, with this covariance."""
    w, m, v = (np.asarray(values, dtype=np.float64) for values in (weights, means, covariance))
    expected = float(w @ m)
    half = float(ndtri((1 + CONFIDENCE) / 2) * np.sqrt(max(0.0, float(w @ v @ w))))
    return Gain(expected, expected - half, expected + half)


def best_division(curves: Sequence[Curve], effects: Sequence[float], budget: float, *, units: int) -> list[int] | None:
    """Divide a budget of so many equal units among groups so that the expected effect is the largest there is.

    `effects`: of one person of each group at the measured cost. Each unit goes where it brings most; for concave
    curves that is the best of all divisions into whole units (Gross 1956; Fox, *Operations Research* 14 (1966)
    210-216). Who brings nothing gets nothing; None where nobody brings anything.
    """
    if budget <= 0 or units < 1:
        return None
    found, queue = [0] * len(curves), []  # type: ignore[var-annotated]

    def brings(place: int) -> float:
        have, more = (found[place] + step for step in (0, 1))
        one = budget / units
        return effects[place] * (curves[place].effects_of(more * one) - curves[place].effects_of(have * one))

    for place, (curve, effect) in enumerate(zip(curves, effects, strict=True)):
        if effect > 0 and curve.people:
            heappush(queue, (-brings(place), place))
    if not queue:
        return None
    for _unit in range(units):
        _less, place = heappop(queue)
        found[place] += 1
        heappush(queue, (-brings(place), place))
    return found
