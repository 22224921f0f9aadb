"""Uplift and Qini curves: what a ranking by uplift gains over asking people at random.

People are ranked by predicted uplift, best first. Among the first k, of whom N_t were treated and N_c not, R_t and
R_c did it (or bought for so much: responses may be any numbers):

    Qini(k)    = R_t − R_c · N_t / N_c                      responses gained by treating those of the first k who were
    uplift(k)  = (R_t / N_t − R_c / N_c) · k                responses gained by treating all of the first k
    area       = ∫ curve dk − the same for a straight line to the curve's end (asking at random)
    normalised = area / area of the perfect ranking         1 for perfect, 0 for chance, beyond ±1 possible on few rows

A quotient with nobody below counts as 0. Packages scale the area differently: this is that of scikit-uplift. The
perfect ranking puts those who did and were treated first, and those who did and were not last. `find_qini` gives the
area per person and per person treated at once, which needs no perfect ranking, with a bootstrap interval. Sources:
Radcliffe, *Direct Marketing Analytics Journal* (2007) 14–21; Gutierrez & Gérardy, *PMLR* 67 (2017) 1–13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit

from ..arrays import Booleans, Floats, Integers, numbers_of, same_length
from ..sentences import Sentence
from ..sentences import gettext_noop as _

DRAWS: Final = 200
CONFIDENCE: Final = 0.95
Kind = Literal["qini", "uplift"]


@dataclass(frozen=True, slots=True, eq=False)
class QiniCurve:
    """Responses gained after the first k people, for each k at which the score changes; it starts at 0."""

    people: Floats
    gained: Floats


@dataclass(frozen=True, slots=True)
class QiniFinding:
    """Area between the Qini curve and the straight line, per person (responses gained on average over all depths).

    `low` and `high` bound its 95 % interval; `normalised` divides the area by that of the perfect ranking.
    """

    area: float
    low: float
    high: float
    normalised: float
    n: int

    @property
    def finding(self) -> str:
        """Return "ranks by effect", "ranks the wrong way", or "no effect found" when the interval holds 0."""
        if self.low > 0:
            return "ranks by effect"
        return "ranks the wrong way" if self.high < 0 else "no effect found"


def qini_curve(score: ArrayLike, did: ArrayLike, treated: ArrayLike) -> QiniCurve:
    """Return R_t − R_c · N_t / N_c after the first k. Raises ImpossibleNumbers, TooLittleToFit."""
    return _curve(*_columns(score, did, treated), kind="qini")


def uplift_curve(score: ArrayLike, did: ArrayLike, treated: ArrayLike) -> QiniCurve:
    """Return (R_t / N_t − R_c / N_c) · k after the first k. Raises ImpossibleNumbers, TooLittleToFit."""
    return _curve(*_columns(score, did, treated), kind="uplift")


def normalised_uplift_area(score: ArrayLike, did: ArrayLike, treated: ArrayLike, *, kind: Kind = "qini") -> float:
    """Area above random divided by that of the perfect ranking, as scikit-uplift defines both.

    Raises ImpossibleNumbers, TooLittleToFit (also when no ranking could be better than another).
    """
    s, y, w = _columns(score, did, treated)
    perfect = _curve(_perfect(y, w, kind), y, w, kind=kind)
    best = _area(perfect)
    if best == 0:
        raise TooLittleToFit(
            Sentence(_("No ranking of these people is better than chance: everybody, or nobody, did it."))
        )
    # The line to the end of the perfect curve is that of the curve itself: both end with everybody.
    return _area(_curve(s, y, w, kind=kind)) / best


def uplift_at(
    score: ArrayLike,
    did: ArrayLike,
    treated: ArrayLike,
    *,
    share: float,
    ranked: Literal["together", "by group"] = "together",
) -> float:
    """Share who did it among the treated of the best `share` of people, less that among the others there.

    Ranked together, or the best of each group taken apart. Raises ImpossibleNumbers, TooLittleToFit.
    """
    s, y, w = _columns(score, did, treated)
    if not 0 < share <= 1:
        raise ImpossibleNumbers(
            Sentence(_("The part to look at is a share above 0 and up to 1: 0.3 is the best three tenths."))
        )
    order = np.argsort(-s, kind="stable").astype(np.int64)
    if ranked == "together":
        best = _first(order, share)
        chosen, other = best[w[best]], best[~w[best]]
    else:
        in_order = w[order]
        chosen, other = _first(order[in_order], share), _first(order[~in_order], share)
    if not (len(chosen) and len(other)):
        raise TooLittleToFit(
            Sentence(_("Among the best there is nobody treated, or nobody untreated: take a larger share."))
        )
    return float(y[chosen].mean() - y[other].mean())


def _first(group: Integers, share: float) -> Integers:
    return group[: max(1, int(len(group) * share))]


def find_qini(score: ArrayLike, did: ArrayLike, treated: ArrayLike, *, seed: int = 0) -> QiniFinding:
    """Area of the Qini curve above random, per person, with a 95 % interval by the bootstrap of people (200 draws).

    The same `seed` gives the same interval. Raises ImpossibleNumbers, TooLittleToFit.
    """
    s, y, w = _columns(score, did, treated)
    n = len(s)
    order = np.argsort(-s, kind="stable")
    s, y, w = s[order], y[order], w[order]
    ends = np.append(np.flatnonzero(np.diff(s)), n - 1)
    chance = np.random.default_rng(seed)
    drawn = [_weighted_area(_times_drawn(chance, n), y, w, ends) for _draw in range(DRAWS)]
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    area = _weighted_area(np.ones(n, dtype=np.int64), y, w, ends)
    # The bootstrap of an area that is 0 by construction has no spread: a score that says one thing ranks nobody.
    return QiniFinding(area, min(low, area), max(high, area), normalised_uplift_area(s, y, w), n)


def _times_drawn(chance: np.random.Generator, n: int) -> Integers:
    return np.bincount(chance.integers(n, size=n), minlength=n).astype(np.int64)


def _weighted_area(times: Integers, y: Floats, w: Booleans, ends: Integers) -> float:
    """Area per person when each person counts so many times; rows are in order of the score."""
    treated, control = (np.cumsum(times * arm)[ends].astype(np.float64) for arm in (w, ~w))
    did_treated, did_control = np.cumsum(times * w * y)[ends], np.cumsum(times * ~w * y)[ends]
    gained = did_treated - did_control * _quotient(treated, control)
    people = treated + control
    return _area(QiniCurve(np.append(0.0, people), np.append(0.0, gained))) / float(people[-1]) ** 2


def _columns(score: ArrayLike, did: ArrayLike, treated: ArrayLike) -> tuple[Floats, Floats, Booleans]:
    s, y, w = numbers_of(score, "score"), numbers_of(did, "response"), numbers_of(treated, "treatment")
    same_length(score=s, response=y, treatment=w)
    if not np.isin(w, (0, 1)).all():
        raise ImpossibleNumbers(Sentence(_("Treatments are 1 (treated) or 0 (not).")))
    if w.min() == w.max():
        raise TooLittleToFit(
            Sentence(_("Everybody, or nobody, was treated: without a control group there is no uplift to see."))
        )
    return s, y, w == 1


def _curve(s: Floats, y: Floats, w: Booleans, *, kind: Kind) -> QiniCurve:
    order = np.argsort(-s, kind="stable")
    s, y, w = s[order], y[order], w[order]
    ends = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)
    treated = np.cumsum(w)[ends].astype(np.float64)
    people = ends + 1.0
    control = people - treated
    did_treated, did_control = np.cumsum(w * y)[ends], np.cumsum(~w * y)[ends]
    if kind == "qini":
        gained = did_treated - did_control * _quotient(treated, control)
    else:
        gained = (_quotient(did_treated, treated) - _quotient(did_control, control)) * people
    return QiniCurve(np.append(0.0, people), np.append(0.0, gained))


def _quotient(above: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(above, below, out=np.zeros(len(above)), where=below != 0)
    return found


def _perfect(y: Floats, w: Booleans, kind: Kind) -> Floats:
    if kind == "qini":
        return np.where(w, y, -y)
    more = y if ((y == 1) & ~w).sum() > ((y == 0) & w).sum() else w
    found: Floats = 2.0 * (y == w) + more
    return found


def _area(curve: QiniCurve) -> float:
    under = float(np.trapezoid(curve.gained, curve.people))
    return under - float(curve.people[-1] * curve.gained[-1]) / 2
