"""Satisfaction × profit, satisfaction × loyalty: does who is content bring more, and stay?

The curve shows the mean outcome at each level of satisfaction with a 95 % interval (Welch's t for quantities,
Wilson's score for shares), since the relation is rarely a straight line: loyalty often rises only at the top. Whether
there is any relation at all is judged by Spearman's rank correlation with Fieller's interval. A relation is no proof
of a cause. Sources: Jones & Sasser, "Why Satisfied Customers Defect", *Harvard Business Review* 73 (1995); Fieller,
Hartley & Pearson, *Biometrika* 44 (1957) 470–481.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit
from scipy.stats import rankdata

from fidelia.insight.errors import TooLittleToFit
from fidelia.insight.measures.effect import CONFIDENCE, Finding, Proportion, Z, wilson_interval

from ..arrays import Floats, numbers_of, places_of, same_length
from ..sentences import Sentence
from ..sentences import gettext_noop as _

LEVELS_MAX: Final = 11
PEOPLE_MIN: Final = 10
OF_SPEARMAN: Final = 1.06


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """People of one level of satisfaction (`lowest` to `highest`), the mean of their outcome, and its 95 % interval.

    `low` and `high` are None for a quantity of a single person.
    """

    lowest: float
    highest: float
    people: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SatisfactionCurve:
    """The points in order of satisfaction, and the rank correlation with its 95 % interval."""

    points: tuple[CurvePoint, ...]
    correlation: float
    low: float
    high: float
    people: int

    @property
    def finding(self) -> Finding:
        if self.low > 0:
            return "positive"
        return "negative" if self.high < 0 else "no effect found"


def curve_by_satisfaction(satisfaction: ArrayLike, outcome: ArrayLike) -> SatisfactionCurve:
    """Return the outcome (profit, or 1 and 0 for stayed and left) by level of satisfaction.

    Up to eleven levels are taken as they are; finer scales are cut into ten classes as equal as ties allow. Raises
    ImpossibleNumbers, TooLittleToFit for fewer than ten people or a single level.
    """
    s, y = numbers_of(satisfaction, "satisfaction"), numbers_of(outcome, "outcome")
    same_length(satisfaction=s, outcome=y)
    distinct, places = places_of(s)
    if len(s) < PEOPLE_MIN or len(distinct) < 2:
        raise TooLittleToFit(
            Sentence(
                _("A curve needs at least {least} answers and two different ones: ask more people."),
                least=f"{PEOPLE_MIN}",
            )
        )
    if len(distinct) > LEVELS_MAX:
        borders = np.unique(np.quantile(s, np.arange(1, 10) / 10))
        places = np.searchsorted(borders, s, side="left").astype(np.int64)
    is_share = bool(np.isin(y, (0, 1)).all())
    points = tuple(_point(s[places == place], y[places == place], is_share) for place in np.unique(places))
    correlation, low, high = _rank_correlation(s, y)
    return SatisfactionCurve(points, correlation, low, high, len(s))


def _point(s: Floats, y: Floats, is_share: bool) -> CurvePoint:
    mean = float(y.mean())
    if is_share:
        low, high = wilson_interval(Proportion(int(y.sum()), len(y)))
        return CurvePoint(float(s.min()), float(s.max()), len(y), mean, low, high)
    if len(y) < 2:
        return CurvePoint(float(s.min()), float(s.max()), len(y), mean, None, None)
    half = float(stdtrit(len(y) - 1, (1 + CONFIDENCE) / 2)) * float(y.std(ddof=1)) / len(y) ** 0.5
    return CurvePoint(float(s.min()), float(s.max()), len(y), mean, mean - half, mean + half)


def _rank_correlation(s: Floats, y: Floats) -> tuple[float, float, float]:
    a, b = rankdata(s), rankdata(y)
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    found = float(a @ b) / spread if spread > 0 else 0.0
    bounded = min(max(found, -1 + 1e-12), 1 - 1e-12)
    half = Z * float(np.sqrt(OF_SPEARMAN / (len(s) - 3)))
    return found, float(np.tanh(np.arctanh(bounded) - half)), float(np.tanh(np.arctanh(bounded) + half))
