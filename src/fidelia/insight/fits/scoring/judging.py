"""How good a score is: does it rank (AUC, lift), and can its probabilities be believed (Brier, calibration)?

    AUC    probability that one who did has a higher score than one who did not, ties counting half
    Brier  mean of (probability − what happened)²; a score that says the same of all has p (1 − p)
    lift   share who did it in a tenth of the customers, divided by the share of all

Sources: Hanley & McNeil, *Radiology* 143 (1982) 29–36; for the interval of the AUC DeLong, DeLong & Clarke-Pearson,
*Biometrics* 44 (1988) 837–845; Brier, *Monthly Weather Review* 78 (1950) 1–3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit
from fidelia.insight.measures.effect import Proportion, Z, wilson_interval

from ..arrays import Booleans, Floats, numbers_of, same_length
from ..sentences import Sentence
from ..sentences import gettext_noop as _

CLASSES: Final = 10


@dataclass(frozen=True, slots=True)
class LiftRow:
    """One tenth of the customers, the best scores first: `lift` of this tenth, `gained` share of all who did so far."""

    number: int
    people: int
    did: int
    rate: float
    lift: float
    gained: float


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Customers of similar probability: what was predicted on average, what share did it, with its 95 % interval."""

    people: int
    predicted: float
    observed: float
    low: float
    high: float

    @property
    def is_within(self) -> bool:
        return self.low <= self.predicted <= self.high


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score judged on customers it had not seen. `auc_low` and `auc_high` bound its 95 % interval."""

    people: int
    did: int
    auc: float
    auc_low: float
    auc_high: float
    average_precision: float
    brier: float
    brier_of_base: float
    calibration_error: float
    calibration: tuple[CalibrationRow, ...]
    lift: tuple[LiftRow, ...]

    @property
    def finding(self) -> str:
        """Return "better than chance", or "no effect found" when the interval of the AUC holds one half."""
        return "better than chance" if self.auc_low > 0.5 else "no effect found"


def judge(probability: ArrayLike, did: ArrayLike) -> Judgement:
    """Judge probabilities against what happened (1 or 0). Raises ImpossibleNumbers, TooLittleToFit."""
    p, y = _pair(probability, did)
    if p.min() < 0 or p.max() > 1:
        raise ImpossibleNumbers(Sentence(_("A probability lies between 0 and 1.")))
    auc, low, high = area_under_curve(p, y)
    rows = calibration_table(p, y)
    base = float(y.mean())
    return Judgement(
        people=len(y),
        did=int(y.sum()),
        auc=auc,
        auc_low=low,
        auc_high=high,
        average_precision=average_precision(p, y),
        brier=brier_score(p, y),
        brier_of_base=base * (1 - base),
        calibration_error=sum(row.people * abs(row.predicted - row.observed) for row in rows) / len(y),
        calibration=tuple(rows),
        lift=tuple(lift_table(p, y)),
    )


def area_under_curve(score: ArrayLike, did: ArrayLike) -> tuple[float, float, float]:
    """Return the AUC and its 95 % interval (DeLong). Raises ImpossibleNumbers, TooLittleToFit."""
    s, y = _pair(score, did)
    n_did, n_not = int(y.sum()), int((~y).sum())
    ranks = rankdata(s)
    beaten = (ranks[y] - rankdata(s[y])) / n_not  # share of those who did not that each who did beats
    beats = 1 - (ranks[~y] - rankdata(s[~y])) / n_did
    auc = float(beaten.mean())
    variance = _variance(beaten) / n_did + _variance(beats) / n_not
    half = Z * float(np.sqrt(variance))
    return auc, max(0.0, auc - half), min(1.0, auc + half)


def average_precision(score: ArrayLike, did: ArrayLike) -> float:
    """Σ (recall_k − recall_{k − 1}) · precision_k over the distinct scores, best first. Raises as `judge`."""
    s, y = _pair(score, did)
    order = np.argsort(-s, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(s[order])), len(s) - 1)
    hits = np.cumsum(y[order])[ends]
    recall = np.diff(hits, prepend=0) / y.sum()
    return float(recall @ (hits / (ends + 1)))


def brier_score(probability: ArrayLike, did: ArrayLike) -> float:
    """Mean of (probability − what happened)². Raises as `judge`."""
    p, y = _pair(probability, did)
    return float(((p - y) ** 2).mean())


def calibration_table(probability: ArrayLike, did: ArrayLike, *, classes: int = CLASSES) -> list[CalibrationRow]:
    """Customers by probability, in classes as equal as ties allow, least likely first. Raises as `judge`."""
    p, y = _pair(probability, did)
    rows = []
    for taken in _classes(p, classes):
        share = Proportion(int(y[taken].sum()), int(taken.sum()))
        low, high = wilson_interval(share)
        rows.append(CalibrationRow(share.people, float(p[taken].mean()), share.value, low, high))
    return rows


def lift_table(score: ArrayLike, did: ArrayLike, *, classes: int = CLASSES) -> list[LiftRow]:
    """Tenths of the customers, best scores first; equal ones at a border stay in their order. Raises as `judge`."""
    s, y = _pair(score, did)
    parts = best_first(s, classes=classes)
    rows, so_far = [], 0
    for number, taken in enumerate(parts, start=1):
        hits = int(y[taken].sum())
        so_far += hits
        rate = hits / len(taken)
        rows.append(LiftRow(number, len(taken), hits, rate, rate / float(y.mean()), so_far / int(y.sum())))
    return rows


def best_first(score: Floats, *, classes: int = CLASSES) -> list[NDArray[np.int64]]:
    """Return the places of the customers in tenths, best scores first; equal ones at a border stay in their order."""
    return np.array_split(np.argsort(-score, kind="stable"), min(classes, len(score)))


def _pair(score: ArrayLike, did: ArrayLike) -> tuple[Floats, Booleans]:
    s, y = numbers_of(score, "score"), numbers_of(did, "response")
    same_length(score=s, response=y)
    if ((y != 0) & (y != 1)).any():
        raise ImpossibleNumbers(Sentence(_("What happened is 1 (did) or 0 (did not).")))
    if y.min() == y.max():
        raise TooLittleToFit(
            Sentence(
                _("A score needs customers who did and customers who did not. Take other customers or a longer period.")
            )
        )
    return s, y == 1


def _classes(p: Floats, classes: int) -> list[Booleans]:
    borders = np.unique(np.quantile(p, np.arange(1, classes) / classes))
    place = np.searchsorted(borders, p, side="left")
    return [place == number for number in range(len(borders) + 1) if (place == number).any()]


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
