"""Members and comparable others: what can be said when nobody was drawn by chance.

Members differ from others before they ever join, so their plain difference proves nothing. Each member is paired with
one who is not a member but was as likely to be one, by a logistic regression of membership on what was known *before*
(propensity score): the nearest in log odds, each other person once, none further than 0.2 standard deviations. The
balance table shows by standardised mean differences whether the pairs are alike,

    (mean of members − mean of others) / sqrt((variance of members + variance of others) / 2),  fine within ±0.1

and only then the difference between the pairs means something. What the partners of a pair still differ by is taken
out by a linear regression of the differences of the outcome on those of what was known; its intercept is the effect.
What was not known before is never balanced. Sources: Rosenbaum & Rubin, *Biometrika* 70 (1983) 41–55; Rubin,
*Biometrics* 29 (1973) 185–203, for the regression; Austin, *Statistics in Medicine* 28 (2009) 3083–3107, for the
differences, and *Pharmaceutical Statistics* 10 (2011) 150–161, for the caliper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit
from fidelia.insight.measures.effect import CONFIDENCE, Effect

from ..arrays import Booleans, Floats, Integers, numbers_of, same_length
from ..scoring.features import Columns, Features
from ..sentences import Sentence
from ..sentences import gettext_noop as _

CALIPER: Final = 0.2
BALANCED: Final = 0.1
PAIRS_MIN: Final = 10


@dataclass(frozen=True, slots=True)
class Balance:
    """One thing known before: means of members, of all others and of the matched ones, and how far apart they are."""

    name: str
    members: float
    others: float
    matched_members: float
    matched_others: float
    difference_before: float
    difference_after: float

    @property
    def is_balanced(self) -> bool:
        return abs(self.difference_after) < BALANCED


@dataclass(frozen=True, slots=True)
class MatchedComparison:
    """Members less comparable others, with a 95 % interval.

    pair_difference   mean difference within pairs, before the regression
    plain_difference  what a comparison with everybody else would have said
    """

    effect: Effect
    pair_difference: float
    plain_difference: float
    pairs: int
    members_left_out: int
    balance: tuple[Balance, ...]

    @property
    def is_balanced(self) -> bool:
        return all(row.is_balanced for row in self.balance)

    @property
    def finding(self) -> str:
        """Return "not comparable" when a row is out of balance, else what the interval says."""
        return self.effect.finding if self.is_balanced else "not comparable"


def compare_matched(columns: Columns, member: ArrayLike, outcome: ArrayLike) -> MatchedComparison:
    """Pair each member with a comparable other, and compare the outcome within pairs.

    `columns`: what was known before joining, numbers or texts; `member` 1 or 0; `outcome` any number. Raises
    ImpossibleNumbers, TooLittleToFit when fewer than ten pairs are found.
    """
    w, y = numbers_of(member, "membership"), numbers_of(outcome, "outcome")
    same_length(membership=w, outcome=y)
    if not np.isin(w, (0, 1)).all():
        raise ImpossibleNumbers(Sentence(_("Membership is 1 (member) or 0 (not).")))
    if min(w.sum(), (1 - w).sum()) < PAIRS_MIN:
        raise TooLittleToFit(
            Sentence(_("A comparison needs at least {least} members and as many others."), least=f"{PAIRS_MIN}")
        )
    features = Features.learn(columns)
    matrix = features.encode(columns)
    if len(matrix) != len(y):
        raise ImpossibleNumbers(
            Sentence(
                _("The columns have {rows} people, the outcomes {responses}: one each is needed."),
                rows=f"{len(matrix)}",
                responses=f"{len(y)}",
            )
        )
    is_member = w == 1
    members, others = find_pairs(_log_odds(matrix, is_member), is_member)
    if len(members) < PAIRS_MIN:
        raise TooLittleToFit(
            Sentence(
                _(
                    "Members with a comparable other: only {count}. Members and others are too different to be "
                    "compared. Compare groups drawn by chance."
                ),
                count=f"{len(members)}",
            )
        )
    return MatchedComparison(
        effect=_paired(y[members] - y[others], matrix[members] - matrix[others]),
        pair_difference=float((y[members] - y[others]).mean()),
        plain_difference=float(y[is_member].mean() - y[~is_member].mean()),
        pairs=len(members),
        members_left_out=int(is_member.sum()) - len(members),
        balance=tuple(_balance(features, matrix, is_member, members, others)),
    )


def find_pairs(log_odds: Floats, is_member: Booleans) -> tuple[Integers, Integers]:
    """Return (members, others) row by row: the hardest members first, each with the nearest other not yet taken.

    None further than 0.2 standard deviations of the log odds. Members of the highest log odds have the fewest others to
    choose from, so they choose first.
    """
    reach = CALIPER * float(log_odds.std())
    others = np.flatnonzero(~is_member)
    others = others[np.argsort(log_odds[others], kind="stable")]
    ranks = log_odds[others]
    waiting = np.flatnonzero(is_member)
    waiting = waiting[np.argsort(-log_odds[waiting], kind="stable")]
    below, above = _Free(len(others), -1), _Free(len(others), 1)
    found: list[tuple[int, int]] = []
    for row, place in zip(waiting.tolist(), np.searchsorted(ranks, log_odds[waiting]).tolist(), strict=True):
        sides = [side for side in (below.nearest(place - 1), above.nearest(place)) if side is not None]
        near = min(sides, key=lambda side: abs(ranks[side] - log_odds[row]), default=None)
        if near is not None and abs(ranks[near] - log_odds[row]) <= reach:
            below.take(near)
            above.take(near)
            found.append((row, int(others[near])))
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


class _Free:
    """Which places are still free, found in one direction in next to no time (union-find)."""

    def __init__(self, size: int, step: int) -> None:
        self.step, self.size = step, size
        self.next = list(range(size))

    def nearest(self, place: int) -> int | None:
        seen = []
        while 0 <= place < self.size and self.next[place] != place:
            seen.append(place)
            place = self.next[place]
        for one in seen:
            self.next[one] = place
        return place if 0 <= place < self.size else None

    def take(self, place: int) -> None:
        self.next[place] = place + self.step


def _log_odds(matrix: Floats, is_member: Booleans) -> Floats:
    with threadpool_limits(1):
        model = LogisticRegression(C=10.0, max_iter=2_000).fit(matrix, is_member)
    found: Floats = model.decision_function(matrix)
    return found


def _paired(gaps: Floats, known_gaps: Floats) -> Effect:
    """Intercept of the regression of the outcome's differences on those of what was known, with Student's t."""
    n = len(gaps)
    known = np.column_stack([np.ones(n), known_gaps])
    inverse = np.linalg.pinv(known)
    difference = float(inverse[0] @ gaps)
    left = gaps - known @ (inverse @ gaps)
    freedom = n - int(np.linalg.matrix_rank(known))
    if freedom < 1:
        raise TooLittleToFit(Sentence(_("There are more things known than pairs: give fewer columns, or more people.")))
    error = float(np.sqrt((left @ left) / freedom * (inverse[0] @ inverse[0])))
    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return Effect(difference, difference - half, difference + half, n, n)


def _balance(
    features: Features, matrix: Floats, is_member: Booleans, members: Integers, others: Integers
) -> list[Balance]:
    rows = []
    for name, values in features.readable(matrix):
        one, other = values[is_member], values[~is_member]
        spread = float(np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2))
        after_one, after_other = float(values[members].mean()), float(values[others].mean())
        before = float(one.mean() - other.mean())
        rows.append(
            Balance(
                name=name,
                members=float(one.mean()),
                others=float(other.mean()),
                matched_members=after_one,
                matched_others=after_other,
                difference_before=before / spread if spread > 0 else 0.0,
                difference_after=(after_one - after_other) / spread if spread > 0 else 0.0,
            )
        )
    return rows
