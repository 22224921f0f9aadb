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
    ranks = {level.key: rank for rank, level in enumerate(tier_set.levels)}
    gifts = [each for each in granted if each.tier in ranks]
    measures = [
        ({ranks[level.key] for level in measure.levels}, periods)
        for measure, periods in zip(tier_set.together, needed, strict=True)
    ]
    met: list[HeldTier] = []
    moments = _moments([held, gifts, *needed])
    for begins, ends in zip(moments, [*moments[1:], None], strict=False):
        rank = _rank_at(held, begins, ranks)
        for named, periods in measures:
            has = _rank_at(periods, begins, ranks)
            rank = next((one for one in range(rank, -1, -1) if one not in named or one <= has), -1)
        rank = max(rank, *(_rank_at([gift], begins, ranks) for gift in gifts), -1)
        tier = NO_TIER if rank < 0 else tier_set.key_of(rank)
        if met and met[-1].tier == tier:
            met[-1] = HeldTier(tier, met[-1].valid_from, ends)
        elif tier or met:
            met.append(HeldTier(tier, begins, ends))
    return met


def _moments(found: Iterable[Iterable[HeldTier]]) -> list[datetime]:
    """Return every instant at which anything changes, in order."""
    edges = {edge for periods in found for one in periods for edge in (one.valid_from, one.valid_until)}
    return sorted(edge for edge in edges if edge is not None)


def _rank_at(periods: Iterable[HeldTier], at: datetime, ranks: dict[str, int]) -> int:
    return max(
        (
            ranks.get(one.tier, -1)
            for one in periods
            if one.valid_from <= at and (one.valid_until is None or one.valid_until > at)
        ),
        default=-1,
    )
