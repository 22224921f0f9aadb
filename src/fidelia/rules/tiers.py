"""Tiers by points earned in a rolling window: which tier a member holds at each instant, derived from dated earnings.

Pure arithmetic, the same for a till, an import of years of history, and a backtest. A tier reached is kept for
`kept_days` (to the end of that local day) and then becomes what the window gives at that moment: the same tier is
kept on, as one period. A purchase that is given back is un-earned at its own date: a tier that would not be held
without it ends when it comes back (`on_return` "lower"), or is kept as announced ("keep"). What is taken back without
its purchase lowers the window from its own date, and no tier. A tier that was granted (brought along from another
programme) is held at least until its own end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import end_of_day, local_day
from fidelia.kernel.localized import LocalizedText

NO_TIER = ""
# When, how many points (negative: taken back), and of which instant those were that a return un-earns, if it is known.
Earning = tuple[datetime, int] | tuple[datetime, int, datetime | None]


@dataclass(frozen=True, slots=True)
class TierLevel:
    """One tier: reached when the points earned in the window are at least `threshold` minor units."""

    key: str
    name: LocalizedText
    threshold: int


@dataclass(frozen=True, slots=True)
class TierSet:
    """Tiers from lowest to highest."""

    window_days: int
    kept_days: int
    levels: tuple[TierLevel, ...]
    on_return: Literal["lower", "keep"] = "lower"

    def rank_of(self, earned: int) -> int:
        """Return the index of the highest level that `earned` reaches, −1 for none."""
        return max((i for i, level in enumerate(self.levels) if earned >= level.threshold), default=-1)

    def key_of(self, rank: int) -> str:
        return self.levels[rank].key if rank >= 0 else NO_TIER


@dataclass(frozen=True, slots=True)
class HeldTier:
    """A tier held in [valid_from, valid_until); no end while nothing but what is earned next can end it."""

    tier: str
    valid_from: datetime
    valid_until: datetime | None


class TierTracker:
    """Follows one member through time. Feed `earn` in the order of `at`; ask `tier_at` for any later instant."""

    def __init__(self, tier_set: TierSet, zone: ZoneInfo, grants: Iterable[HeldTier] = ()) -> None:
        """`grants` are tiers held whatever is earned; one that the tiers no longer know is left out."""
        self._set = tier_set
        self._zone = zone
        self._granted = tuple(grants)
        self._grants = _ranked(tier_set, self._granted)
        # What would be held without grants: a grant moves the days on which a tier is looked at again, and must not
        # cost anybody what the rules alone would have kept.
        self._plain = TierTracker(tier_set, zone) if self._grants else None
        self._begun = 0
        self._window: deque[tuple[datetime, int]] = deque()
        self._history: list[tuple[datetime, int]] = []
        self._earned = 0
        self._rank = -1
        self._until: datetime | None = None
        self.periods: list[HeldTier] = []

    def tier_at(self, at: datetime) -> str:
        """Return the key of the tier held at an instant not before the last one asked; empty for none."""
        self._let_time_pass(at)
        return self._set.key_of(self._rank)

    def earned_at(self, at: datetime) -> int:
        """Return the points earned in the window that ends at an instant not before the last one asked."""
        self._let_time_pass(at)
        self._forget_before(at)
        return self._earned

    def earn(self, at: datetime, amount: int) -> None:
        """Count points earned (negative: taken back) and move up when a threshold is reached."""
        self._let_time_pass(at)
        if self._plain is not None:
            self._plain.earn(at, amount)
        self._window.append((at, amount))
        self._history.append((at, amount))
        self._earned += amount
        self._forget_before(at)
        reached = self._set.rank_of(self._earned)
        if reached > self._rank:
            self._hold(reached, at)

    def un_earn(self, at: datetime, undone: Sequence[tuple[int, datetime]]) -> None:
        """Let it be from `at` on as if points (how many, when they were earned) had never been.

        A tier held that their absence would not have given ends at once, and what it would have given is held instead,
        for as long as that would have been kept.
        """
        self._let_time_pass(at)
        if self._plain is not None:
            self._plain.un_earn(at, undone)
        for amount, earned_at in undone:
            self._strike(amount, earned_at)
        self._window = deque(self._history)
        self._earned = sum(amount for _at, amount in self._history)
        self._forget_before(at)
        without = TierTracker(self._set, self._zone, self._granted)
        for earned_at, amount in self._history:
            without.earn(earned_at, amount)
        without._let_time_pass(at)
        if without._rank < self._rank:
            self._until = without._until
            self._begin_period(without._rank, at)

    def _strike(self, amount: int, earned_at: datetime) -> None:
        for place, (at, earned) in enumerate(self._history):
            part = min(amount, earned) if at == earned_at and earned > 0 else 0
            self._history[place] = (at, earned - part)
            amount -= part
        self._history = [entry for entry in self._history if entry[1]]
        if amount:  # more than is known to have been earned then
            self._history = sorted([*self._history, (earned_at, -amount)], key=lambda entry: entry[0])

    def _let_time_pass(self, at: datetime) -> None:
        while True:
            begins = self._grants[self._begun][1] if self._begun < len(self._grants) else None
            if begins is not None and begins <= at and (self._until is None or begins < self._until):
                self._begin_grant()
            elif self._until is not None and self._until <= at:
                self._end_of_tier(self._until)
            else:
                break

    def _begin_grant(self) -> None:
        rank, begins, until = self._grants[self._begun]
        self._begun += 1
        lasts_longer = self._until is not None and (until is None or until > self._until)
        if rank > self._rank or (rank == self._rank and lasts_longer):
            self._hold(rank, begins, until, is_granted=True)

    def _end_of_tier(self, ended: datetime) -> None:
        """What follows is the most of what the window gives, the rules alone would hold, and a grant still lasts."""
        self._forget_before(ended)
        reached = self._set.rank_of(self._earned)
        granted = [grant for grant in self._grants[: self._begun] if grant[2] is None or grant[2] > ended]
        rank, _begun, until = max(granted, key=_of_more, default=(-1, ended, None))
        if self._plain is not None:
            self._plain._let_time_pass(ended)
            if self._plain._rank >= rank:
                rank, until = self._plain._rank, self._plain._until
        if rank > reached:
            self._hold(rank, ended, until, is_granted=True)
        else:
            self._hold(reached, ended)

    def _forget_before(self, at: datetime) -> None:
        horizon = at - timedelta(days=self._set.window_days)
        while self._window and self._window[0][0] <= horizon:
            self._earned -= self._window.popleft()[1]

    def let_all_time_pass(self) -> None:
        """Follow the tier to where time alone no longer changes it, as if nothing were earned any more."""
        while self._begun < len(self._grants):
            self._let_time_pass(self._grants[self._begun][1])
        while self._until is not None:
            self._let_time_pass(self._until)

    def _hold(self, rank: int, at: datetime, until: datetime | None = None, *, is_granted: bool = False) -> None:
        """Hold a rank from `at`: until the end of a grant, or as long as the tiers keep what is reached."""
        self._until = until
        if not is_granted and rank >= 0 and self._window:  # what an empty window gives, time no longer changes
            kept_to = local_day(at, self._zone) + timedelta(days=self._set.kept_days)
            self._until = end_of_day(kept_to, self._zone)
        if rank == self._rank and self.periods:
            self.periods[-1] = replace(self.periods[-1], valid_until=self._until)
        else:
            self._begin_period(rank, at)

    def _begin_period(self, rank: int, at: datetime) -> None:
        if self.periods and self.periods[-1].valid_from == at:
            self.periods.pop()
        elif self.periods:
            self.periods[-1] = replace(self.periods[-1], valid_until=at)
        self._rank = rank
        if rank >= 0 or self.periods:
            self.periods.append(HeldTier(self._set.key_of(rank), at, self._until))


def _ranked(tier_set: TierSet, grants: Iterable[HeldTier]) -> list[tuple[int, datetime, datetime | None]]:
    ranks = {level.key: rank for rank, level in enumerate(tier_set.levels)}
    known = [(ranks[grant.tier], grant.valid_from, grant.valid_until) for grant in grants if grant.tier in ranks]
    return sorted(known, key=lambda grant: (grant[1], grant[0]))


def _of_more(grant: tuple[int, datetime, datetime | None]) -> tuple[int, bool, datetime]:
    """Of two grants the higher counts, of two of one tier the one that ends later."""
    rank, begins, until = grant
    return rank, until is None, until or begins


def derive_tiers(
    tier_set: TierSet,
    zone: ZoneInfo,
    earnings: Iterable[Earning],
    grants: Iterable[HeldTier] = (),
) -> list[HeldTier]:
    """Return the tiers held from the first one reached or granted on, from what was earned and taken back.

    Of one instant, what is taken back by itself counts first, then what is earned, then what is un-earned: so it does
    not matter in which order they became known.

    They reach into the future, as if nothing were earned any more: a tier that the window renews is held by whoever
    earns nothing on that day too, and nobody needs to derive it then.
    """
    tracker = TierTracker(tier_set, zone, grants)
    for at, found in groupby(sorted(earnings, key=lambda earning: earning[0]), key=lambda earning: earning[0]):
        undone, plain = [], []
        for _at, amount, *of in found:
            if of and of[0] is not None and amount < 0 and tier_set.on_return == "lower":
                undone.append((-amount, of[0]))
            else:
                plain.append(amount)
        for amount in sorted(plain):
            tracker.earn(at, amount)
        if undone:
            tracker.un_earn(at, undone)
    tracker.let_all_time_pass()
    return tracker.periods
