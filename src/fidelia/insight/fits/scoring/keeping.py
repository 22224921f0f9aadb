"""A score as numbers that can be kept: its weights, what it was learnt from, and how far people have drifted since.

A logistic score over columns of numbers is a constant and a weight for each column; kept like that it says of the same
people the same years later, by whatever version of the libraries.

Population stability index: the values learnt from are cut into tenths; Σ (share now − share then) · ln(share now ÷
share then) over the tenths. Below 0.1 nothing has moved, from 0.25 on the population is another. Source: Siddiqi,
*Credit Risk Scorecards* (2006).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from .features import Features
from .score import Score

TENTHS: Final = 10
DRIFTED: Final = 0.25
_LEAST: Final = 1e-4  # a share of nought has no logarithm
Columns = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log odds = constant + Σ weight · value."""

    constant: float
    of: Mapping[str, float]

    @classmethod
    def of_score(cls, score: Score, names: Sequence[str]) -> Weights:
        """Return the weights of a logistic score over columns of numbers without gaps."""
        assert score.method == "logistic", "trees have no weights"
        start, slope = score.curve
        return cls._probed(lambda columns: start + slope * _log_odds(score.model, score.features, columns), names)

    @classmethod
    def of_model(cls, model: Any, features: Features, names: Sequence[str]) -> Weights:
        """Return the weights of a logistic regression over columns of numbers without gaps, one arm of an uplift."""
        return cls._probed(lambda columns: _log_odds(model, features, columns), names)

    @classmethod
    def _probed(cls, log_odds: Callable[[Columns], NDArray[np.float64]], names: Sequence[str]) -> Weights:
        # Log odds, not probabilities: far from the people learnt from those are 0 or 1, and have no logarithm.
        probes = {name: np.zeros(len(names) + 1) for name in names}
        for place, name in enumerate(names, 1):
            probes[name][place] = 1.0
        odds = log_odds(probes)
        return cls(float(odds[0]), {name: float(odds[place] - odds[0]) for place, name in enumerate(names, 1)})

    def as_value(self) -> dict[str, Any]:
        """Return them as they are kept."""
        return {"constant": self.constant, "of": dict(self.of)}

    def probability(self, columns: Columns) -> NDArray[np.float64]:
        """Return the probability of each customer."""
        odds = self.constant + sum(weight * columns[name] for name, weight in self.of.items())
        found: NDArray[np.float64] = expit(odds)
        return found


@dataclass(frozen=True, slots=True)
class Spread:
    """How a column, or the score, lay when it was learnt: the inner edges of its tenths, and the share in each."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of_values(cls, values: NDArray[np.float64]) -> Spread:
        inner = np.unique(np.quantile(values, np.linspace(0, 1, TENTHS + 1)[1:-1])) if len(values) else np.empty(0)
        return cls(tuple(inner.tolist()), _shares(values, inner))

    def stability(self, values: NDArray[np.float64]) -> float:
        """Return the population stability index of these values against those learnt from; 0 of nobody."""
        if not len(values):
            return 0.0
        then = np.maximum(np.array(self.shares), _LEAST)
        now = np.maximum(np.array(_shares(values, np.array(self.edges))), _LEAST)
        return float(((now - then) * np.log(now / then)).sum())


def _log_odds(model: Any, features: Features, columns: Columns) -> NDArray[np.float64]:
    found: NDArray[np.float64] = model.decision_function(features.encode(columns))
    return found


def _shares(values: NDArray[np.float64], edges: NDArray[Any]) -> tuple[float, ...]:
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return tuple((counts / max(1, len(values))).tolist())
