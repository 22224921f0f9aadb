"""Where a member stands on the tiers of a programme, with the dates ahead."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.kernel.money import exponent_of, format_scaled
from fidelia.programme.models import Programme
from fidelia.programme.queries import TierStanding
from fidelia.rules.tiers import TierSet

from .types import Output, shown

_ENROLMENT_ID = "019a5c1e-8f00-7b00-8000-000000000003"


class BesidesOut(Output):
    """What a further measure, which levels ask for too, lacks to the next level and to keep the one held."""

    metric: str
    points_currency: str
    next_missing: str
    keep_missing: str


class AheadOut(Output):
    """A member’s place on one set of tiers. Amounts are of the metric: points, money, or a number of purchases.

    Where levels ask for further measures too, `besides` has what each of these lacks.
    """

    tier_set: str
    metric: str
    earned: str
    tier: str
    held_until: datetime | None
    next_tier: str
    next_missing: str
    keep_missing: str
    keep_by: datetime | None
    falls_on: datetime | None
    falls_to: str
    begins_on: datetime | None
    besides: list[BesidesOut]
    benefits: list[dict[str, str]]
    entitlements: list[str]


_AHEAD = {
    "tier_set": "",
    "metric": "earned",
    "earned": "380",
    "tier": "gold",
    "held_until": "2027-12-31T23:00:00Z",
    "next_tier": "",
    "next_missing": "0",
    "keep_missing": "120",
    "keep_by": "2027-12-31T23:00:00Z",
    "falls_on": "2027-12-31T23:00:00Z",
    "falls_to": "silver",
    "begins_on": None,
    "besides": [],
    "benefits": [{"en": "Free delivery", "fr": "Livraison offerte"}],
    "entitlements": ["free_delivery"],
}


class StandingOut(Output):
    """Where a member stands on every set of tiers, the main one first."""

    model_config = shown({"enrolment_id": _ENROLMENT_ID, "as_of": "2026-03-02T09:30:00Z", "data": [_AHEAD]})
    enrolment_id: UUID
    as_of: datetime
    data: list[AheadOut]


def ahead_out(standing: TierStanding, programme: Programme) -> AheadOut:
    ahead, tiers = standing.ahead, standing.tiers
    level = ahead.held
    return AheadOut(
        tier_set=tiers.key,
        metric=tiers.metric,
        earned=_measure(ahead.earned, tiers, programme),
        tier=level.key if level else "",
        held_until=ahead.held_until,
        next_tier=ahead.next.key if ahead.next else "",
        next_missing=_measure(ahead.next_missing, tiers, programme),
        keep_missing=_measure(ahead.keep_missing, tiers, programme),
        keep_by=ahead.keep_by,
        falls_on=ahead.falls_on,
        falls_to=ahead.falls_to.key if ahead.falls_to else "",
        begins_on=ahead.begins_on,
        besides=[
            BesidesOut(
                metric=one.measure.metric,
                points_currency=one.measure.currency,
                next_missing=_measure(one.next_missing, one.measure, programme),
                keep_missing=_measure(one.keep_missing, one.measure, programme),
            )
            for one in ahead.besides
        ],
        benefits=[{"en": each.en, "fr": each.fr} for each in level.benefits] if level else [],
        entitlements=list(level.entitlements) if level else [],
    )


def _measure(amount: int, tiers: TierSet, programme: Programme) -> str:
    scales = {"spent": exponent_of(programme.currency), "purchases": 0}
    return format_scaled(amount, scales.get(tiers.metric, programme.points_currency.scale))
