"""Levels that ask for more than one measure at once: a hundred nights and so much spend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from .tier_sets import NO_TIER, HeldTier, TierSet


def hold_together(
    tier_set: TierSet, held: Sequence[HeldTier], needed: Sequence[Sequence[HeldTier]], granted: Iterable[HeldTier]
) -> list[HeldTier]:
    """Return the tiers held where those of `tier_set.together` are held too, each derived by itself (`needed`).

    At each instant it is the highest level up to the one held that every measure which names it gives as well, and
    never less than a level that was granted. One after the other, as `derive_tiers` returns them.
    """
    gifts = list(granted)
    met: list[HeldTier] = []
    moments = _moments([held, gifts, *needed])
    for begins, ends in zip(moments, [*moments[1:], None], strict=False):
        each = [_tier_at(periods, begins) for periods in needed]
        tier = held_together_at(tier_set, _tier_at(held, begins), each, gifts, begins)
        if met and met[-1].tier == tier:
            met[-1] = HeldTier(tier, met[-1].valid_from, ends)
        elif tier or met:
            met.append(HeldTier(tier, begins, ends))
    return met


def _moments(found: Iterable[Iterable[HeldTier]]) -> list[datetime]:
    """Return every instant at which anything changes, in order."""
    edges = {edge for periods in found for one in periods for edge in (one.valid_from, one.valid_until)}
    return sorted(edge for edge in edges if edge is not None)


def held_together_at(
    tier_set: TierSet, tier: str, needed: Sequence[str], granted: Iterable[HeldTier], at: datetime
) -> str:
    """Return the tier at one instant, from the keys that its own measure and each of `tier_set.together` give then."""
    ranks = {level.key: rank for rank, level in enumerate(tier_set.levels)}
    rank = ranks.get(tier, -1)
    named = [{ranks[level.key] for level in measure.levels} for measure in tier_set.together]
    while rank >= 0 and any(
        rank in names and ranks.get(has, -1) < rank for names, has in zip(named, needed, strict=True)
    ):
        rank -= 1
    given = [ranks[each.tier] for each in granted if each.tier in ranks and _is_on(each, at)]
    return tier_set.key_of(max([rank, *given]))


def _tier_at(periods: Iterable[HeldTier], at: datetime) -> str:
    return next((one.tier for one in periods if _is_on(one, at)), NO_TIER)


def _is_on(one: HeldTier, at: datetime) -> bool:
    return one.valid_from <= at and (one.valid_until is None or one.valid_until > at)
