"""Where a member stands on the tiers of a programme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fidelia.rules.standing import Standing
from fidelia.rules.tiers import TierLevel, TierSet

from ..models import Enrolment
from .membership import tier_at
from .terms import Terms, terms_of, version_in_force
from .tier_facts import standings_by


@dataclass(frozen=True, slots=True)
class TierStanding:
    """Where a member stands: the level held until `held_until`, what counts in the window, and what is next.

    `earned` and the thresholds are minor units of the set's metric. `rank` is the place of the level from the top,
    beginning with 1; None without a level. `ahead` has the dates to come.
    """

    tiers: TierSet
    held: TierLevel | None
    held_until: datetime | None
    rank: int | None
    earned: int
    next: TierLevel | None
    ahead: Standing


def tier_standing(enrolment: Enrolment, at: datetime, tier_set: str = "") -> TierStanding | None:
    """Return where a member stands on a set of the tiers now in force (the main one); None where there is none."""
    terms = terms_in_force(enrolment, at)
    tiers = next((one for one in terms.tier_sets if one.key == tier_set), None) if terms is not None else None
    if terms is None or tiers is None:
        return None
    ahead = _standing(enrolment, at, terms, tiers)
    period = tier_at(enrolment.id, at, tier_set)
    keys = [level.key for level in tiers.levels]
    place = keys.index(period.tier) if period is not None and period.tier in keys else -1
    return TierStanding(
        tiers=tiers,
        held=tiers.levels[place] if place >= 0 else None,
        held_until=period.valid_until if period is not None and place >= 0 else None,
        rank=len(keys) - place if place >= 0 else None,
        earned=ahead.earned,
        next=tiers.levels[place + 1] if place + 1 < len(keys) else None,
        ahead=ahead,
    )


@dataclass(frozen=True, slots=True)
class HeldLevel:
    """A level that a member holds, and its place from the top, beginning with 1."""

    level: TierLevel
    rank: int


def level_held(enrolment: Enrolment, at: datetime) -> HeldLevel | None:
    """Return the level that a member holds of the main tiers now in force: `tier_standing` without what is ahead."""
    terms = terms_in_force(enrolment, at)
    tiers = next((one for one in terms.tier_sets if not one.key), None) if terms is not None else None
    period = tier_at(enrolment.id, at) if tiers is not None else None
    keys = [level.key for level in tiers.levels] if tiers is not None else []
    if tiers is None or period is None or period.tier not in keys:
        return None
    place = keys.index(period.tier)
    return HeldLevel(tiers.levels[place], len(keys) - place)


def list_standings(enrolment: Enrolment, at: datetime) -> list[TierStanding]:
    """Return where a member stands on every set of tiers, the main one first."""
    terms = terms_in_force(enrolment, at)
    found = [tier_standing(enrolment, at, one.key) for one in (terms.tier_sets if terms is not None else ())]
    return [one for one in found if one is not None]


def terms_in_force(enrolment: Enrolment, at: datetime) -> Terms | None:
    """Return the terms of the member's programme at an instant; None before its first version."""
    version = version_in_force(enrolment.programme, at)
    return terms_of(version.id) if version is not None else None


def _standing(enrolment: Enrolment, at: datetime, terms: Terms, tiers: TierSet) -> Standing:
    is_main = tiers is terms.tiers
    return standings_by(tiers, enrolment.programme, [enrolment], terms.zone, at=at, is_main=is_main)[enrolment.id]
