"""Where a member stands on a set of tiers, with every date ahead: kept until, what is missing, and when one falls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from .tier_deriving import feed
from .tier_sets import HeldTier, TierLevel, TierSet
from .tiers import Earning, TierTracker
from .tiers_together import hold_together


@dataclass(frozen=True, slots=True)
class Besides:
    """How much more of a further measure a level asks for, to reach it and to keep it: minor units of its metric."""

    measure: TierSet
    next_missing: int
    keep_missing: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one stands at an instant; amounts in minor units of the set's metric.

    earned        what counts in the window open now
    held          the level held, until `held_until` as things are (its grace with it); None without one
    keep_missing  how much more, earned before `keep_by`, would keep it on; 0 when it is kept on already
    next          the level above, for which `next_missing` more is needed in the window open now
    falls_on      when, if nothing more is earned, a lower level or none follows; `falls_to` is that level
    begins_on     when a level reached already begins, where tiers begin with the next period
    periods       all that was, is and will be held if nothing more is earned
    besides       what is missing by the further measures that levels ask for too; where these would keep less than is
                  held by the set's own, nothing is said of keeping it on
    """

    tiers: TierSet
    earned: int
    held: TierLevel | None
    held_until: datetime | None
    keep_missing: int
    keep_by: datetime | None
    next: TierLevel | None
    next_missing: int
    falls_on: datetime | None
    falls_to: TierLevel | None
    begins_on: datetime | None
    periods: tuple[HeldTier, ...] = ()
    besides: tuple[Besides, ...] = ()


def standing_at(
    tier_set: TierSet,
    zone: ZoneInfo,
    facts: Iterable[Earning],
    grants: Iterable[HeldTier] = (),
    joined_at: datetime | None = None,
    *,
    at: datetime,
) -> Standing:
    """Return the standing at an instant by the facts until then, and what follows if nothing more comes."""
    tracker = TierTracker(tier_set, zone, grants, joined_at)
    feed(tracker, [fact for fact in facts if fact[0] <= at])
    earned, held = tracker.earned_at(at), tracker.tier_at(at)
    rank = tracker.rank
    keep_missing, keep_by = tracker.missing_to_keep()
    begins_on = tracker.begins_on
    tracker.let_all_time_pass()
    current = next((period for period in tracker.periods if _holds(period, at)), None)
    fall = _fall_after(tracker.periods, tier_set, rank, at)
    above = tier_set.levels[rank + 1] if rank + 1 < len(tier_set.levels) else None
    return Standing(
        tiers=tier_set,
        earned=earned,
        held=tier_set.level(held),
        held_until=current.valid_until if current is not None and held else None,
        keep_missing=keep_missing,
        keep_by=keep_by,
        next=above,
        next_missing=max(above.threshold - earned, 0) if above is not None else 0,
        falls_on=fall.valid_from if fall is not None else None,
        falls_to=tier_set.level(fall.tier) if fall is not None else None,
        begins_on=begins_on,
        periods=tuple(tracker.periods),
    )


def stand_together(
    own: Standing,
    zone: ZoneInfo,
    needed: Sequence[Iterable[Earning]],
    granted: Iterable[HeldTier] = (),
    joined_at: datetime | None = None,
    *,
    at: datetime,
) -> Standing:
    """Return the standing by all measures that levels ask for: `own` is that by the set's own measure, `needed` are the
    facts of each of `together` in its order, `granted` is what is held whatever is measured.
    """
    tier_set = own.tiers
    each = [
        standing_at(measure, zone, facts, (), joined_at, at=at)
        for measure, facts in zip(tier_set.together, needed, strict=True)
    ]
    periods = hold_together(tier_set, own.periods, [one.periods for one in each], granted)
    keys = [level.key for level in tier_set.levels]
    current = next((period for period in periods if _holds(period, at)), None)
    rank = keys.index(current.tier) if current is not None and current.tier else -1
    held = tier_set.levels[rank] if rank >= 0 else None
    above = tier_set.levels[rank + 1] if rank + 1 < len(keys) else None
    fall = _fall_after(periods, tier_set, rank, at)
    asking = [one for one in each if held is not None and one.tiers.level(held.key) is not None]
    is_judged = own.held == held and all(one.held is not None and one.held.key == keys[rank] for one in asking)
    keeping = [own, *asking] if is_judged else []
    keep_by = min((one.keep_by for one in keeping if one.keep_by is not None), default=None)
    # What lasts beyond the first end is not missing for it, and asks for its own when that has come near.
    missing = {id(one): one.keep_missing for one in keeping if one.keep_by == keep_by}
    besides = [Besides(one.tiers, _missing_for(above, one), missing.get(id(one), 0)) for one in each]
    return replace(
        own,
        held=held,
        held_until=current.valid_until if current is not None and held is not None else None,
        keep_missing=missing.get(id(own), 0),
        keep_by=keep_by,
        next=above,
        next_missing=max(above.threshold - own.earned, 0) if above is not None else 0,
        falls_on=fall.valid_from if fall is not None else None,
        falls_to=tier_set.level(fall.tier) if fall is not None else None,
        periods=tuple(periods),
        besides=tuple(besides),
    )


def _missing_for(above: TierLevel | None, by: Standing) -> int:
    asked = by.tiers.level(above.key) if above is not None else None
    return max(asked.threshold - by.earned, 0) if asked is not None else 0


def _holds(period: HeldTier, at: datetime) -> bool:
    return period.valid_from <= at and (period.valid_until is None or period.valid_until > at)


def _fall_after(periods: Iterable[HeldTier], tier_set: TierSet, rank: int, at: datetime) -> HeldTier | None:
    ranks = {level.key: place for place, level in enumerate(tier_set.levels)}
    return next((each for each in periods if each.valid_from > at and ranks.get(each.tier, -1) < rank), None)
