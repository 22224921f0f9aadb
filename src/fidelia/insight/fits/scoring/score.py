"""A score learnt from customers: logistic regression or gradient boosting, calibrated, judged, explained.

The customers are dealt into folds with the same share of responses; each fold is scored by a model that learnt from
the others. Those scores judge the model, and a logistic curve through them (Platt scaling) makes probabilities of them;
to be judged honestly each fold's curve, too, comes from the other folds. The model that is kept has learnt from all.

logistic   log odds = sum over columns of coefficient · (value − mean): contributions add up to the score
boosting   regression trees; the contribution of a column is what the log odds lose when the customer has that column's
           typical value instead (they need not add up)

Sources: Platt, "Probabilistic Outputs for Support Vector Machines" (1999); Friedman, *Annals of Statistics* 29 (2001)
1189–1232; for the churn of contracts Neslin et al., *Journal of Marketing Research* 43 (2006) 204–211.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit

from ..arrays import Booleans, Floats, numbers_of
from ..sentences import Sentence
from ..sentences import gettext_noop as _
from .features import Columns, Features, arrays_of
from .judging import Judgement, judge

Method = Literal["logistic", "boosting"]
FOLDS: Final = 5
CASES_MIN: Final = 20
HARDLY: Final = 0.05


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one column adds to a customer's log odds, compared with the average (or typical) customer."""

    column: str
    value: str
    log_odds: float

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> Sentence:
        """Say it in words: "tenure 2 multiplies the odds by 2.10"."""
        if abs(self.log_odds) < HARDLY:
            return Sentence(_("{column} {value} hardly matters"), column=self.column, value=self.value)
        told = _("{column} {value} multiplies the odds by {ratio}")
        return Sentence(told, column=self.column, value=self.value, ratio=f"{self.odds_ratio:.2f}")

    @property
    def odds_ratio(self) -> float:
        return float(np.exp(self.log_odds))


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A fitted score; `out_of_fold`: probabilities of the customers learnt from, by models that had not seen them."""

    method: Method
    features: Features
    judgement: Judgement
    out_of_fold: Floats
    model: Any
    curve: tuple[float, float]
    typical: Floats

    def probability(self, columns: Columns) -> Floats:
        """Calibrated probability of each customer. Raises ImpossibleNumbers."""
        found: Floats = expit(self.curve[0] + self.curve[1] * _log_odds(self.model, self.features.encode(columns)))
        return found

    def contributions(self, columns: Columns) -> Floats:
        """Log odds that each column adds: one row per customer, one column per column. Raises ImpossibleNumbers."""
        matrix = self.features.encode(columns)
        parts = self.features.places()
        if self.method == "logistic":
            weighted = (matrix - self.typical) * self.model.coef_[0]
            each = np.column_stack([weighted[:, place].sum(axis=1) for place in parts])
        else:
            each = self._lost_by_column(matrix, parts)
        found: Floats = self.curve[1] * each
        return found

    def explain(self, columns: Columns, *, most: int = 3) -> list[list[Contribution]]:
        """Return the columns that matter most for each customer, strongest first. Raises ImpossibleNumbers."""
        each, arrays = self.contributions(columns), arrays_of(columns)
        order = np.argsort(-np.abs(each), axis=1, kind="stable")[:, :most]
        return [
            [
                Contribution(
                    self.features.names[place],
                    self.features.columns[place].told(arrays[self.features.names[place]][row]),
                    float(each[row, place]),
                )
                for place in places
            ]
            for row, places in enumerate(order.tolist())
        ]

    def _lost_by_column(self, matrix: Floats, parts: list[slice]) -> Floats:
        whole = _log_odds(self.model, matrix)
        lost = []
        for place in parts:
            other = matrix.copy()
            other[:, place] = self.typical[place]
            lost.append(whole - _log_odds(self.model, other))
        return np.column_stack(lost)


def fit_score(columns: Columns, did: ArrayLike, *, method: Method = "logistic", seed: int = 0) -> Score:
    """Learn who does it (1) and who does not (0) from columns of numbers and texts, one value per customer.

    The same `seed` gives the same score. Raises ImpossibleNumbers, TooLittleToFit (fewer than 20 who did, or who did
    not).
    """
    y = _responses(did)
    features = Features.learn(columns)
    matrix = features.encode(columns)
    if len(matrix) != len(y):
        raise ImpossibleNumbers(
            Sentence(
                _("The columns have {rows} customers, the responses {responses}: one each is needed."),
                rows=f"{len(matrix)}",
                responses=f"{len(y)}",
            )
        )
    # Threads of OpenMP that wait for a busy processor burn more than they help: 67 s instead of 3 for 7,000 customers.
    with threadpool_limits(1):
        return _fit(features, matrix, y, method, seed)


def _fit(features: Features, matrix: Floats, y: Booleans, method: Method, seed: int) -> Score:
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(matrix, y))
    unseen = np.empty(len(y))
    for learnt, held in folds:
        unseen[held] = _log_odds(_learn(method, matrix[learnt], y[learnt], seed), matrix[held])
    probability = np.empty(len(y))
    for learnt, held in folds:
        start, slope = _curve(unseen[learnt], y[learnt])
        probability[held] = expit(start + slope * unseen[held])
    return Score(
        method=method,
        features=features,
        judgement=judge(probability, y),
        out_of_fold=probability,
        model=_learn(method, matrix, y, seed),
        curve=_curve(unseen, y),
        typical=matrix.mean(axis=0) if method == "logistic" else _typical(features, matrix),
    )


def _responses(did: ArrayLike) -> Booleans:
    y = numbers_of(did, "response")
    if ((y != 0) & (y != 1)).any():
        raise ImpossibleNumbers(Sentence(_("What happened is 1 (did) or 0 (did not).")))
    fewer = int(min(y.sum(), (1 - y).sum()))
    if fewer < CASES_MIN:
        raise TooLittleToFit(
            Sentence(
                _(
                    "A score needs at least {least} customers who did and as many who did not; there are {found} of "
                    "one kind. Take more customers or a longer period."
                ),
                least=f"{CASES_MIN}",
                found=f"{fewer}",
            )
        )
    found: Booleans = y == 1
    return found


def _learn(method: Method, matrix: Floats, y: Booleans, seed: int) -> Any:
    if method == "logistic":
        return LogisticRegression(C=1.0, max_iter=2_000).fit(matrix, y)
    learner = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=150,
        max_leaf_nodes=12,
        min_samples_leaf=30,
        l2_regularization=5.0,
        random_state=seed,
    )
    return learner.fit(matrix, y)


def _log_odds(model: Any, matrix: Floats) -> Floats:
    found: NDArray[np.float64] = model.decision_function(matrix)
    return found


def _curve(log_odds: Floats, y: Booleans) -> tuple[float, float]:
    """Intercept and slope of the logistic curve from log odds to what happened, all but unpenalised."""
    fitted = LogisticRegression(C=1e6, max_iter=1_000).fit(log_odds[:, None], y)
    return float(fitted.intercept_[0]), float(fitted.coef_[0, 0])


def _typical(features: Features, matrix: Floats) -> Floats:
    """Median of each number and the commonest value of each text."""
    typical = np.median(matrix, axis=0)
    for place in features.places():
        if place.stop - place.start > 1:
            shares = matrix[:, place].mean(axis=0)
            typical[place] = (
                shares == shares.max() if set(np.unique(matrix[:, place])) <= {0.0, 1.0} else typical[place]
            )
    return typical
