"""Keep scores as versions, watch how far people drift from what they were learnt from, let a person choose."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.errors import FideliaError

from ..errors import UnknownScoreVersion
from ..fits.scoring.keeping import Spread, Weights
from ..models import ScoreVersion
from ..report import ReportFacts
from ..report.sections.scores import AHEAD_DAYS, DAYS_MIN, known_at, learnt_score

LEARN_EVERY: Final = timedelta(days=28)
VERSIONS_MAX: Final = 100
SCORE: Final = "score"


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPeople:
    """Everybody's chance under the version that counts; `fresh` is what this refresh learnt, to be kept where due."""

    who: list[str]
    chances: NDArray[np.float64]
    fresh: dict[str, Any]
    columns: dict[str, NDArray[np.float64]]


def score_people(facts: ReportFacts) -> ScoredPeople | None:
    """Score everybody by the chosen version, else by what these facts teach; None where they teach nothing."""
    if facts.days < DAYS_MIN:
        return None
    try:
        learnt = learnt_score(facts)
    except FideliaError:  # too few who came back, or too few who did not
        return None
    who, columns, _came = known_at(facts, facts.as_of)
    weights = Weights.of_score(learnt.score, list(learnt.columns))
    chosen = ScoreVersion.objects.filter(is_chosen=True).first()
    kept = weights if chosen is None else weights_of(chosen)
    if set(kept.of) != set(columns):  # it was learnt from columns that are no more
        kept = weights
    judged = learnt.score.judgement
    card = {
        "people": judged.people, "did": judged.did, "auc": judged.auc, "auc_low": judged.auc_low,
        "auc_high": judged.auc_high, "lift": judged.lift[0].lift, "calibration_error": judged.calibration_error,
        "brier": judged.brier, "until": (facts.as_of - timedelta(days=AHEAD_DAYS)).date().isoformat(),
        "columns": list(learnt.columns), "days": AHEAD_DAYS,
    }  # fmt: skip
    spreads = {name: asdict(Spread.of_values(values)) for name, values in learnt.columns.items()}
    spreads[SCORE] = asdict(Spread.of_values(weights.probability(learnt.columns)))
    fresh = {"card": card, "weights": {"constant": weights.constant, "of": dict(weights.of)}, "spreads": spreads}
    return ScoredPeople(who, kept.probability(columns), fresh, columns)


def keep_score(*, at: datetime, found: ScoredPeople | None) -> None:
    """Building block: keep what was learnt as a version where the last is 28 days old, and tell each one's drift."""
    require_transaction()
    if found is None:
        return
    last = ScoreVersion.objects.order_by("-number").first()
    if last is None or last.learnt_at <= at - LEARN_EVERY:
        number = (ScoreVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        ScoreVersion.objects.create(number=number, learnt_at=at, **found.fresh)
    for version in ScoreVersion.objects.order_by("-number")[:VERSIONS_MAX]:
        version.drift, version.drift_at = drift_of(version, found.columns), at
        version.save(update_fields=["drift", "drift_at"])


def drift_of(version: ScoreVersion, columns: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    """Return the population stability index of each column that is still known, and of the score itself."""
    weights = weights_of(version)
    if set(weights.of) != set(columns):
        return {}
    values = columns | {SCORE: weights.probability(columns)}
    return {
        name: round(Spread(tuple(kept["edges"]), tuple(kept["shares"])).stability(values[name]), 4)
        for name, kept in version.spreads.items()
        if name in values
    }


def weights_of(version: ScoreVersion) -> Weights:
    """Return the weights of a version."""
    return Weights(version.weights["constant"], version.weights["of"])


def choose_score(*, by: Actor, at: datetime, number: int | None) -> ScoreVersion | None:
    """Choose the version that sets the trait from the next refresh on; None: what each refresh learns anew.

    Raises Denied (insight.refresh), UnknownScoreVersion.
    """
    by.require("insight.refresh")
    with transaction_of_use_case():
        former = ScoreVersion.objects.select_for_update().filter(is_chosen=True).first()
        chosen = None
        if number is not None:
            chosen = ScoreVersion.objects.select_for_update().filter(number=number).first()
            if chosen is None:
                raise UnknownScoreVersion(f"There is no version {number} of the score.")
        if former is not None and (chosen is None or former.id != chosen.id):
            former.is_chosen = False
            former.save(update_fields=["is_chosen"])
        if chosen is not None and not chosen.is_chosen:
            chosen.is_chosen, chosen.chosen_at, chosen.chosen_by = True, at, by.label
            chosen.save(update_fields=["is_chosen", "chosen_at", "chosen_by"])
        record_audit(
            by=by, at=at, verb="insight.refresh", object_type="score_version",
            object_id=chosen.id if chosen is not None else former.id if former is not None else "none",
            before={"number": former.number if former else None}, after={"number": number},
        )  # fmt: skip
    return chosen
