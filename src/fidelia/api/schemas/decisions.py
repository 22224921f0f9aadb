"""Why a purchase gave its points, and what a return took back."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from fidelia.activity.models import Purchase
from fidelia.activity.queries import PurchaseDetail, find_taken_back
from fidelia.kernel.points import format_points
from fidelia.rules import Outcome

from .activity import PURCHASE_ID, counts_in
from .types import Output, shown


class CandidateOut(Output):
    """What one rule came to, and why (a reason code)."""

    rule: str
    points: str
    reason: str
    missing: int | None = Field(description="How much was missing to meet the condition, in units of missing_type.")
    missing_type: str | None


class TakenBackOut(Output):
    """What became of the points of a return; `asked` is the sum of the others."""

    asked: str = Field(description="What the goods that came back had earned.")
    taken: str
    already_expired: str
    given_up: str = Field(description="Spent before, and not asked for.")
    owed: str = Field(description="Spent before; the next points fill them.")


class DecisionOut(Output):
    """Why a purchase gave its points: in sentences, and rule by rule."""

    model_config = shown(
        {
            "purchase_id": PURCHASE_ID,
            "rule_version_id": "019a5c1e-5500-7000-8000-00000000000a",
            "points": "15",
            "language": "en",
            "sentences": ["15 points: 1 point per euro."],
            "candidates": [
                {"rule": "base", "points": "15", "reason": "granted", "missing": None, "missing_type": None}
            ],
            "taken_back": None,
        }
    )
    purchase_id: UUID
    rule_version_id: UUID | None
    points: str
    language: Literal["en", "fr"]
    sentences: list[str]
    candidates: list[CandidateOut]
    taken_back: TakenBackOut | None = Field(description="Of a member’s return.")


def decision_out(detail: PurchaseDetail, sentences: list[str], language: str) -> DecisionOut:
    purchase = detail.purchase
    scale = counts_in(purchase.programme_id)[2] if purchase.programme_id else 0
    outcomes = detail.decision.outcomes if detail.decision else ()
    return DecisionOut(
        purchase_id=purchase.purchase_id,
        rule_version_id=purchase.rule_version_id,
        points=format_points(purchase.points, scale),
        language="fr" if language == "fr" else "en",
        sentences=sentences,
        candidates=[_candidate_out(outcome, scale) for outcome in outcomes],
        taken_back=_taken_back_out(purchase, scale) if purchase.kind == Purchase.Kind.RETURN else None,
    )


def _taken_back_out(returned: Purchase, scale: int) -> TakenBackOut | None:
    found = find_taken_back(returned)
    if found is None:
        return None
    return TakenBackOut(**{name: format_points(getattr(found, name), scale) for name in TakenBackOut.model_fields})


def _candidate_out(outcome: Outcome, scale: int) -> CandidateOut:
    return CandidateOut(
        rule=outcome.rule_key,
        points=format_points(outcome.points, scale),
        reason=outcome.reason,
        missing=outcome.missing,
        missing_type=None if outcome.missing_type is None else str(outcome.missing_type),
    )
