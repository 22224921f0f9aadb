"""Uplift: whom an action changes, not who does it anyway.

two models            P(did | known, treated) − P(did | known, not treated), each learnt from its own arm
class transformation  Z = 1 for those who did and were treated, and those who did not and were not; when half are
treated
                      uplift = 2 P(Z = 1) − 1. Other shares are made equal by the weights 1 / (2 e) and 1 / (2 (1 − e)).

Both need treatment by chance. Scores of the people learnt from come from models that had not seen them. Sources:
Radcliffe & Surry, *Real-World Uplift Modelling* (2011); Jaskowski & Jaroszewicz, *ICML Workshop on Clinical Data
Analysis* (2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit

from ..arrays import Booleans, Floats, Integers, numbers_of, same_length
from ..scoring.features import Columns, Features
from ..sentences import Sentence
from ..sentences import gettext_noop as _
from .qini import QiniFinding, find_qini

Method = Literal["two models", "class transformation"]
FOLDS: Final = 5
CASES_MIN: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class Uplift:
    """A fitted uplift; `out_of_fold` are the scores of the people learnt from, by models that had not seen them."""

    method: Method
    features: Features
    models: tuple[Any, ...]
    out_of_fold: Floats
    qini: QiniFinding

    def predict(self, columns: Columns) -> Floats:
        """Change of the probability by the treatment, −1 to 1. Raises ImpossibleNumbers."""
        return _predict(self.method, self.models, self.features.encode(columns))


def fit_uplift(
    columns: Columns, did: ArrayLike, treated: ArrayLike, *, method: Method = "two models", seed: int = 0
) -> Uplift:
    """Learn from a treated and a control group drawn by chance whom the treatment changes (logistic regressions).

    Raises ImpossibleNumbers, TooLittleToFit (fewer than 20 who did, or did not, in an arm).
    """
    y, w = numbers_of(did, "response"), numbers_of(treated, "treatment")
    same_length(response=y, treatment=w)
    if not (np.isin(y, (0, 1)).all() and np.isin(w, (0, 1)).all()):
        raise ImpossibleNumbers(Sentence(_("Responses and treatments are 1 (yes) or 0 (no).")))
    kinds = (2 * w + y).astype(np.int64)
    _require_enough(kinds)
    features = Features.learn(columns)
    matrix = features.encode(columns)
    if len(matrix) != len(y):
        raise ImpossibleNumbers(
            Sentence(
                _("The columns have {rows} people, the responses {responses}: one each is needed."),
                rows=f"{len(matrix)}",
                responses=f"{len(y)}",
            )
        )
    unseen = np.empty(len(y))
    with threadpool_limits(1):
        for learnt, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(matrix, kinds):
            unseen[held] = _predict(method, _learn(method, matrix[learnt], kinds[learnt]), matrix[held])
        models = _learn(method, matrix, kinds)
    return Uplift(method, features, models, unseen, find_qini(unseen, y, w, seed=seed))


def _require_enough(kinds: Integers) -> None:
    fewest = int(np.bincount(kinds, minlength=4).min())
    if fewest < CASES_MIN:
        raise TooLittleToFit(
            Sentence(
                _(
                    "Uplift needs at least {least} people who did and as many who did not among the treated and among "
                    "the others; one of these groups has {found}. Make the campaign, or its control group, larger."
                ),
                least=f"{CASES_MIN}",
                found=f"{fewest}",
            )
        )


def _learn(method: Method, matrix: Floats, kinds: Integers) -> tuple[Any, ...]:
    treated, did = kinds >= 2, kinds % 2 == 1
    if method == "two models":
        return _logistic(matrix[treated], did[treated], None), _logistic(matrix[~treated], did[~treated], None)
    share = treated.mean()
    weights = np.where(treated, 0.5 / share, 0.5 / (1 - share))
    return (_logistic(matrix, treated == did, weights),)


def _logistic(matrix: Floats, y: Booleans, weights: Floats | None) -> Any:
    return LogisticRegression(C=1.0, max_iter=2_000).fit(matrix, y, sample_weight=weights)


def _predict(method: Method, models: tuple[Any, ...], matrix: Floats) -> Floats:
    first: Floats = models[0].predict_proba(matrix)[:, 1]
    if method == "two models":
        second: Floats = models[1].predict_proba(matrix)[:, 1]
        return first - second
    return 2 * first - 1
