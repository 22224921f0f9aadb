"""Keep scores as versions, watch how far people drift from what they were learnt from, let a person choose."""

from __future__ import annotations

from collections.abc import Mapping
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
from ..fits.scoring.keeping import Columns, Spread, Weights
from ..models import ScoreKind, ScoreVersion
from ..report import ReportFacts
from ..report.sections.scores import AHEAD_DAYS, DAYS_MIN, known_at, learnt_score

LEARN_EVERY: Final = timedelta(days=28)
VERSIONS_MAX: Final = 100
SCORE: Final = "score"


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPeople:
    """Everybody's score under the version that counts; `fresh` is what this refresh learnt, to be kept where due.

    `columns` are what is known of everybody now. `fresh` is empty where nothing could be learnt.
    """

    who: list[str]
    chances: NDArray[np.float64]
    fresh: dict[str, Any]
    columns: dict[str, NDArray[np.float64]]
    kind: str = ScoreKind.PURCHASE


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
    kept = weights_in_use(ScoreKind.PURCHASE, columns) or weights.as_value()
    judged = learnt.score.judgement
    card = {
        "people": judged.people, "did": judged.did, "auc": judged.auc, "auc_low": judged.auc_low,
        "auc_high": judged.auc_high, "lift": judged.lift[0].lift, "calibration_error": judged.calibration_error,
        "brier": judged.brier, "until": (facts.as_of - timedelta(days=AHEAD_DAYS)).date().isoformat(),
        "columns": list(learnt.columns), "days": AHEAD_DAYS,
    }  # fmt: skip
    fresh = {"card": card, "weights": weights.as_value()}
    return ScoredPeople(who, predicted(kept, columns), fresh, columns)


def weights_in_use(kind: str, columns: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the weights of the version that a person chose; None for none, and where it asks for other columns."""
    chosen = ScoreVersion.objects.filter(kind=kind, is_chosen=True).first()
    if chosen is None or columns_of(chosen.weights) != set(columns):
        return None
    found: dict[str, Any] = chosen.weights
    return found


def predicted(weights: Mapping[str, Any], columns: Columns) -> NDArray[np.float64]:
    """Return the score of each customer by kept weights: a probability; of an uplift the change of one."""
    if "treated" in weights:
        return predicted(weights["treated"], columns) - predicted(weights["control"], columns)
    return Weights(weights["constant"], weights["of"]).probability(columns)


def columns_of(weights: Mapping[str, Any]) -> set[str]:
    """Return the names of the columns that kept weights ask for."""
    return set(weights.get("treated", weights)["of"])


def spreads_of(weights: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """Return how each column, and the score, lies among the people scored when the version was learnt.

    Not among those learnt from: they are known as of long before the answer was, and everybody has grown older since.
    """
    spreads = {name: asdict(Spread.of_values(values)) for name, values in columns.items()}
    return spreads | {SCORE: asdict(Spread.of_values(predicted(weights, columns)))}


def keep_score(*, at: datetime, found: ScoredPeople | None) -> None:
    """Building block: keep what was learnt as a version where the last is 28 days old, and tell each one's drift."""
    require_transaction()
    if found is None:
        return
    versions = ScoreVersion.objects.filter(kind=found.kind)
    last = versions.order_by("-number").first()
    if found.fresh and (last is None or last.learnt_at <= at - LEARN_EVERY):
        number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
        spreads = spreads_of(found.fresh["weights"], found.columns)
        ScoreVersion.objects.create(kind=found.kind, number=number, learnt_at=at, spreads=spreads, **found.fresh)
    for version in versions.order_by("-number")[:VERSIONS_MAX]:
        version.drift, version.drift_at = drift_of(version, found.columns), at
        version.save(update_fields=["drift", "drift_at"])


def drift_of(version: ScoreVersion, columns: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    """Return the population stability index of each column that is still known, and of the score itself."""
    if columns_of(version.weights) != set(columns):
        return {}
    values = columns | {SCORE: predicted(version.weights, columns)}
    return {
        name: round(Spread(tuple(kept["edges"]), tuple(kept["shares"])).stability(values[name]), 4)
        for name, kept in version.spreads.items()
        if name in values
    }


def choose_score(*, by: Actor, at: datetime, number: int | None, kind: str = ScoreKind.PURCHASE) -> ScoreVersion | None:
    """Choose the version of a kind that sets the trait from the next refresh on; None: what each refresh learns anew.

    Raises Denied (insight.refresh), UnknownScoreVersion.
    """
    by.require("insight.refresh")
    versions = ScoreVersion.objects.select_for_update().filter(kind=kind)
    with transaction_of_use_case():
        former = versions.filter(is_chosen=True).first()
        chosen = None
        if number is not None:
            chosen = versions.filter(number=number).first()
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
            before={"number": former.number if former else None}, after={"number": number, "kind": kind},
        )  # fmt: skip
    return chosen
