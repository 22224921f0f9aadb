"""Results of part of the people: of a store, of a banner, of a class of the portfolio; kept, and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from fidelia.insight.measures.tallies import Tally
from fidelia.insight.queries.parting import Parts

from ..models import Arm, CampaignResult, RuleResult

PEOPLE_MIN: Final = 30  # in each arm; of fewer nothing is said, and nothing but how many they are is kept
CLASS_MIN: Final = 10  # several campaigns together tell of a class, thirty people in all


@dataclass(frozen=True, slots=True)
class PartOfResult:
    """How many of a part were in each arm, and what they did where they are enough to speak of."""

    treated_people: int
    control_people: int
    treated: Tally | None
    control: Tally | None


def as_kept(parts: Parts) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the parts as a result keeps them: both tallies, or only how many people there are where they are few."""
    return {
        kind: {key: _kept(arms, CLASS_MIN if kind == "class" else PEOPLE_MIN) for key, arms in found.items()}
        for kind, found in parts.items()
    }


def _kept(arms: Mapping[str, Tally], least: int) -> dict[str, Any]:
    people = {arm.value: arms[arm.value].people if arm.value in arms else 0 for arm in Arm}
    if min(people.values()) < least:
        return {arm: {"people": count} for arm, count in people.items()}
    return {arm: asdict(tally) for arm, tally in arms.items()}


def part_of(result: CampaignResult | RuleResult, kind: str, key: str) -> PartOfResult:
    """Return what a result says of one part; of one that it never met, that nobody of it was drawn."""
    kept = result.parts.get(kind, {}).get(key, {})
    treated, control = (kept.get(arm.value, {"people": 0}) for arm in (Arm.TREATED, Arm.CONTROL))
    return PartOfResult(treated["people"], control["people"], _tally(treated), _tally(control))


def _tally(kept: Mapping[str, Any]) -> Tally | None:
    return Tally(**kept) if len(kept) > 1 else None
