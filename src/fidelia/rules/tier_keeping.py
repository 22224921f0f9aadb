"""How much keeps a tier where no sum tells it: found by trying."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING

from .tier_sets import JUST_BEFORE

if TYPE_CHECKING:
    from .tiers import TierTracker


def least_that_keeps(tracker: TierTracker, until: datetime) -> tuple[int, datetime | None]:
    """Return the least that, earned just before `until`, keeps the tier held on beyond it, in minor units of the
    metric, and that end; nothing where nothing does. The tracker stays as it is.
    """

    def keeps(amount: int) -> bool:
        tried = deepcopy(tracker, {id(tracker.tier_set): tracker.tier_set})
        if amount:
            tried.earn(until - JUST_BEFORE, amount)
        tried.tier_at(until)
        return tried.rank >= tracker.rank

    level = tracker.tier_set.levels[tracker.rank]
    low, high = -1, level.threshold + level.keeping
    if not keeps(high):
        return 0, None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return high, until
