"""From dated facts in any order to the tiers held: `TierTracker`, fed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from .tier_sets import HeldTier, TierSet
from .tiers import Earning, TierTracker


def derive_tiers(
    tier_set: TierSet,
    zone: ZoneInfo,
    earnings: Iterable[Earning],
    grants: Iterable[HeldTier] = (),
    joined_at: datetime | None = None,
) -> list[HeldTier]:
    """Return the tiers held from the first one reached or granted on, from what was earned and taken back.

    Of one instant, what is taken back by itself counts first, then what is earned, then what is un-earned: so it does
    not matter in which order they became known.

    They reach into the future, as if nothing were earned any more: a tier that the window renews is held by whoever
    earns nothing on that day too, and nobody needs to derive it then.
    """
    tracker = TierTracker(tier_set, zone, grants, joined_at)
    feed(tracker, earnings)
    tracker.let_all_time_pass()
    return tracker.periods


def feed(tracker: TierTracker, earnings: Iterable[Earning]) -> None:
    """Let a tracker count dated facts, whatever their order; see `derive_tiers`."""
    lowers = tracker.tier_set.on_return == "lower"
    for at, found in groupby(sorted(earnings, key=lambda earning: earning[0]), key=lambda earning: earning[0]):
        undone, plain = [], []
        for _at, amount, *of in found:
            if of and of[0] is not None and amount < 0 and lowers:
                undone.append((-amount, of[0]))
            else:
                plain.append(amount)
        for amount in sorted(plain):
            tracker.earn(at, amount)
        if undone:
            tracker.un_earn(at, undone)
