"""Which tier a member holds at each instant, derived from dated facts: points earned, money spent, purchases, balances.

Pure arithmetic, the same for a till, an import of years of history, and a backtest. A tier reached is kept as its set
says (`TierSet`) and then becomes what the window gives at that moment: the same tier is kept on, as one period. A
purchase that is given back is un-earned at its own date: a tier that would not be held without it ends when it comes
back (`on_return` "lower"), or is kept as announced ("keep"). What is taken back without its purchase lowers the window
from its own date, and no tier. A tier that was granted (brought along from another programme) is held at least until
its own end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from .tier_keeping import least_that_keeps
from .tier_sets import JUST_BEFORE, NO_TIER, HeldTier, TierLevel, TierSet, order_of_grants, ranked_grants, struck

__all__ = ["NO_TIER", "Earning", "HeldTier", "TierLevel", "TierSet", "TierTracker"]

# When, how much (negative: taken back), and of which instant that was which a return un-earns, if it is known.
Earning = tuple[datetime, int] | tuple[datetime, int, datetime | None]


class TierTracker:
    """Follows one member through time. Feed `earn` in the order of `at`; ask `tier_at` for any later instant."""

    def __init__(
        self,
        tier_set: TierSet,
        zone: ZoneInfo,
        grants: Iterable[HeldTier] = (),
        joined_at: datetime | None = None,
    ) -> None:
        """`grants` are tiers held whatever is earned; one that the tiers no longer know is left out. `joined_at` is
        the day that anniversaries return (the first fact's, when it is not known).
        """
        self._set = tier_set
        self._zone = zone
        self._joined_at = joined_at
        self._granted = tuple(grants)
        self._grants = ranked_grants(tier_set, self._granted)
        # What would be held without grants: a grant moves the days on which a tier is looked at again, and must not
        # cost anybody what the rules alone would have kept.
        self._plain = TierTracker(tier_set, zone, (), joined_at) if self._grants else None
        self._begun = 0
        self._window: deque[tuple[datetime, int]] = deque()
        self._history: list[tuple[datetime, int]] = []
        self._earned = 0
        self._ever = 0
        self._lifelong: set[int] = set()
        self._carried: tuple[datetime, int] | None = None  # when a period began, and what came into it
        self._rank = -1
        self._until: datetime | None = None
        self._is_in_grace = False
        self._is_granted = False
        self._follows: tuple[int, datetime] | None = None  # what comes after a tier that runs on: its rank, since when
        self._held_at: datetime | None = None
        self._ahead: tuple[datetime, int] | None = None  # when a tier that is reached begins, and its rank
        self.periods: list[HeldTier] = []

    def tier_at(self, at: datetime) -> str:
        """Return the key of the tier held at an instant not before the last one asked; empty for none."""
        self._let_time_pass(at)
        return self._set.key_of(self._rank)

    def earned_at(self, at: datetime) -> int:
        """Return the points earned in the window that ends at an instant not before the last one asked."""
        self._let_time_pass(at)
        if self._set.carries:  # what comes over is reckoned as more is earned: to look must not do it before its time
            looked = deepcopy(self, {id(self._set): self._set})
            looked._forget_before(at)
            return looked._earned
        self._forget_before(at)
        return self._earned

    @property
    def tier_set(self) -> TierSet:
        """The tiers that are followed."""
        return self._set

    @property
    def rank(self) -> int:
        """The place of the tier held from the lowest, −1 for none."""
        return self._rank

    @property
    def begins_on(self) -> datetime | None:
        """When a tier that is reached and does not yet count begins."""
        return None if self._ahead is None else self._ahead[0]

    def missing_to_keep(self) -> tuple[int, datetime | None]:
        """Return how much more would keep the tier held on beyond its end, and that end; nothing where none is near, or
        where nothing earned before it counts: a tier that ends with the period in which it was reached."""
        until = self._until
        if until is None or self._rank < 0:
            return 0, None
        if self._set.carries:
            return least_that_keeps(self, until)  # what came over from the period before counts too
        over = until - JUST_BEFORE
        anchor = self._anchor(over)
        is_judged = self._set.has_periods and self._set.begins_after(self._held_at, over, self._zone, anchor)
        horizon = self._set.horizon(over if is_judged else until, self._zone, anchor)
        if horizon is not None and horizon >= over:
            return 0, None
        counting = sum(amount for at, amount in self._window if horizon is None or at > horizon)
        least = 1 if self._set.kept_from == "activity" else self._set.levels[self._rank].keeping - counting
        return (max(least, 0) if counting < self._set.levels[self._rank].keeping else 0), until

    def earn(self, at: datetime, amount: int) -> None:
        """Count what was earned (negative: taken back) and move up when a threshold is reached."""
        self._let_time_pass(at)
        if self._plain is not None:
            self._plain.earn(at, amount)
        self._joined_at = self._joined_at or at
        self._window.append((at, amount))
        self._history.append((at, amount))
        self._earned += amount
        self._forget_before(at)
        self._ever += amount
        self._keep_for_life(at)
        reached = self._set.rank_of(self._earned, self._rank)
        if self._set.carries and self._set.window == "tier" and reached > self._rank:
            self._climb(at)
        elif reached > self._rank:
            self._move_up(reached, at)
        elif self._is_in_grace and reached == self._rank:
            self._hold(reached, at)
        elif self._set.window == "ever":
            self._follow_balance(reached, at)
        elif self._set.kept_from == "activity" and amount > 0 and self._until is not None:
            self._live_on(at)

    def _live_on(self, at: datetime) -> None:
        """What is measured lets the tier held be kept from now on as if it were reached now; never shorter."""
        until = self._set.kept_until(at, self._zone, self._anchor(at))
        if self._until is not None and until > self._until:
            self._is_in_grace = self._is_granted = False
            self._end_at(until)

    def _keep_for_life(self, at: datetime) -> None:
        """What was ever measured may make a level the member's for ever: a grant without an end, from now on."""
        for rank, level in enumerate(self._set.levels):
            if level.lifetime is not None and self._ever >= level.lifetime and rank not in self._lifelong:
                self._lifelong.add(rank)
                self._grants.insert(self._begun, (rank, at, None))
                self._begin_grant()

    def _climb(self, at: datetime) -> None:
        """In a year that begins with the level, each takes its threshold, and what is over counts for the next."""
        while self._rank + 1 < len(self._set.levels):
            over = self._earned - self._set.levels[self._rank + 1].threshold
            if over < 0:
                break
            self._hold(self._rank + 1, at)
            self._window = deque([(at + JUST_BEFORE, over)] if over else [])
            self._earned = over

    def _move_up(self, reached: int, at: datetime) -> None:
        if self._set.begins == "at_once":
            self._hold(reached, at)
        elif self._ahead is None or reached > self._ahead[1]:
            self._ahead = (self._set.next_period(at, self._zone, self._anchor(at)), reached)

    def _follow_balance(self, reached: int, at: datetime) -> None:
        """A balance has no window to run out: its tier is kept for a time from when the balance no longer gives it."""
        if reached < self._rank and self._set.falls == "never":
            return
        elif reached < self._rank and self._set.is_lost_at_once:
            self._hold(max([reached, *self._lifelong]), at)
        elif reached < self._rank and self._until is None:
            self._end_at(self._set.kept_until(at, self._zone, self._anchor(at)))
        elif reached >= self._rank >= 0 and self._until is not None:
            self._end_at(None)

    def un_earn(self, at: datetime, undone: Sequence[tuple[int, datetime]]) -> None:
        """Let it be from `at` on as if points (how many, when they were earned) had never been.

        A tier held that their absence would not have given ends at once, and what it would have given is held instead,
        for as long as that would have been kept.
        """
        self._let_time_pass(at)
        if self._plain is not None:
            self._plain.un_earn(at, undone)
        for amount, earned_at in undone:
            self._history = struck(self._history, amount, earned_at)
        self._window = deque(self._history)
        self._earned = sum(amount for _at, amount in self._history)
        self._forget_before(at)
        without = TierTracker(self._set, self._zone, self._granted, self._joined_at)
        for earned_at, amount in self._history:
            without.earn(earned_at, amount)
        without._let_time_pass(at)
        self._ahead = without._ahead
        is_for_life = self._lifelong <= without._lifelong
        self._ever, self._lifelong = without._ever, without._lifelong
        self._grants, self._begun = without._grants, without._begun
        if self._follows is not None and without._follows is not None:
            self._follows = without._follows
        if self._set.carries:  # what a level took, and what was carried, is not in the history
            self._window, self._earned, self._carried = without._window, without._earned, without._carried
        if without._rank < self._rank:
            self._until, self._is_in_grace, self._held_at = without._until, without._is_in_grace, without._held_at
            self._is_granted, self._follows = without._is_granted, without._follows
            self._begin_period(without._rank, at)
        elif not is_for_life and self.periods:
            self._is_in_grace, self._held_at = without._is_in_grace, without._held_at
            self._is_granted, self._follows = without._is_granted, without._follows
            self._end_at(without._until)

    def _let_time_pass(self, at: datetime) -> None:
        while True:
            begins = self._grants[self._begun][1] if self._begun < len(self._grants) else None
            ends = self._until
            if begins is not None and begins <= at and (ends is None or begins < ends):
                self._begin_grant()
            elif self._ahead is not None and self._ahead[0] <= at and (ends is None or self._ahead[0] < ends):
                self._begin_ahead()
            elif ends is not None and ends <= at:
                self._end_of_tier(ends)
            else:
                break

    def _begin_ahead(self) -> None:
        assert self._ahead is not None, "asked for by the caller"
        (begins, rank), self._ahead = self._ahead, None
        if rank > self._rank:
            self._hold(rank, begins)

    def _begin_grant(self) -> None:
        rank, begins, until = self._grants[self._begun]
        self._begun += 1
        lasts_longer = self._until is not None and (until is None or until > self._until)
        if rank > self._rank or (rank == self._rank and lasts_longer):
            self._hold(rank, begins, until, is_granted=True)

    def _end_of_tier(self, ended: datetime) -> None:
        """What follows is the most of what the window gives, the rules alone would hold, and a grant still lasts."""
        follows, self._follows = self._follows, None
        reached = self._reached_by(ended)
        is_missed = reached < self._rank and not self._is_granted  # a grant ends when it says: nothing was missed
        granted = [grant for grant in self._grants[: self._begun] if grant[2] is None or grant[2] > ended]
        rank, _begun, until = max(granted, key=order_of_grants, default=(-1, ended, None))
        if self._plain is not None:
            self._plain._let_time_pass(ended)
            if self._plain._rank >= rank:
                rank, until = self._plain._rank, self._plain._until
        if rank > reached:
            self._hold(rank, ended, until, is_granted=True)
        elif follows is not None and reached <= follows[0]:
            self._follow_on(*follows, ended)
        elif is_missed and self._set.runs_on is not None and follows is None:
            least = self._rank - 1 if self._set.falls == "one_step" else -1
            self._follows = (max(reached, least), ended)
            self._end_at(self._set.runs_on.end(ended - JUST_BEFORE, self._zone))
        elif is_missed and self._set.grace is not None and not self._is_in_grace:
            self._is_in_grace = True
            self._end_at(self._set.grace.end(ended - JUST_BEFORE, self._zone))
        elif reached < self._rank and self._set.falls == "one_step":
            self._hold(max(reached, self._rank - 1), ended, is_renewed=True)
        else:
            self._hold(reached, ended, is_renewed=True)

    def _follow_on(self, rank: int, since: datetime, at: datetime) -> None:
        """Begin what a period gave, after the tier above had run on; it ends as if it had begun with the next one."""
        self._hold(rank, at)
        if self._until is not None:
            self._held_at = since
            self._end_at(max(at, self._set.kept_until(since, self._zone, self._anchor(since), is_renewed=True)))

    def _reached_by(self, ended: datetime) -> int:
        """The rank that the window gives as a tier ends: of a window of periods, the period that is over by then,
        unless the tier was reached in it; what has reached a tier does not renew it too.
        """
        over = ended - JUST_BEFORE
        if self._set.has_periods and self._set.begins_after(self._held_at, over, self._zone, self._anchor(over)):
            self._forget_before(over)
        else:
            self._forget_before(ended)
        reached = self._set.rank_of(self._earned, self._rank)
        if self._ahead is not None and self._ahead[0] <= ended:
            reached, self._ahead = max(reached, self._ahead[1]), None
        return reached

    def _forget_before(self, at: datetime) -> None:
        horizon = self._set.horizon(at, self._zone, self._anchor(at), holds_tier=self._rank >= 0)
        while self._window and horizon is not None and self._window[0][0] <= horizon:
            if self._set.carries:
                self._carry_over()
            else:
                self._earned -= self._window.popleft()[1]

    def _carry_over(self) -> None:
        """Let the first period of the window go; what it brought too much is there as the next one begins."""
        begun = self._window[0][0]
        anchor = self._anchor(begun)
        next_one = self._set.next_period(begun, self._zone, anchor)
        if self._set.window == "tier" and begun < anchor:  # of the level before: its year is over where this one begins
            next_one = min(next_one, anchor)
        carried = self._carried[1] if self._carried is not None and self._carried[0] == begun else 0
        brought = 0
        while self._window and self._window[0][0] < next_one:
            brought += self._window.popleft()[1]
        over = self._set.excess_of(brought, carried, self._rank_at(next_one - JUST_BEFORE))
        if over > 0:
            self._window.appendleft((next_one, over))
            self._carried = (next_one, over)
        self._earned += max(over, 0) - brought

    def _rank_at(self, at: datetime) -> int:
        held = next((period.tier for period in reversed(self.periods) if period.valid_from <= at), NO_TIER)
        return next((rank for rank, level in enumerate(self._set.levels) if level.key == held), -1)

    def _anchor(self, at: datetime) -> datetime:
        if self._set.window == "tier" and self._rank >= 0:
            return self.periods[-1].valid_from
        return self._joined_at or at

    def let_all_time_pass(self) -> None:
        """Follow the tier to where time alone no longer changes it, as if nothing were earned any more."""
        while self._begun < len(self._grants):
            self._let_time_pass(self._grants[self._begun][1])
        while self._ahead is not None or self._until is not None:
            self._let_time_pass(min(at for at in (self._until, self._ahead and self._ahead[0]) if at is not None))

    def _hold(
        self, rank: int, at: datetime, until: datetime | None = None, *,
        is_granted: bool = False, is_renewed: bool = False,
    ) -> None:  # fmt: skip
        """Hold a rank from `at`: until the end of a grant, or as long as the tiers keep what is reached."""
        if not is_granted:
            self._settle_for_ever(rank, at)
        self._until, self._is_in_grace, self._held_at = until, False, at
        self._is_granted, self._follows = is_granted, None
        is_held = rank == self._rank and bool(self.periods)
        if not is_held:
            self._begin_period(rank, at)
        if not is_granted and self._is_ended_by_time(rank):
            self._until = self._set.kept_until(at, self._zone, self._anchor(at), is_renewed=is_renewed)
        if self.periods and (is_held or rank >= 0):
            self._end_at(self._until)

    def _settle_for_ever(self, reached: int, at: datetime) -> None:
        """Who reaches a permanent level never falls below it: a grant without an end, which has begun."""
        for rank, level in enumerate(self._set.levels[: reached + 1]):
            if level.is_permanent and rank not in self._lifelong:
                self._lifelong.add(rank)
                self._grants.insert(self._begun, (rank, at, None))
                self._begun += 1

    def _is_ended_by_time(self, rank: int) -> bool:
        """Whether a rank reached can be lost by time alone: what an empty window gives is held for ever."""
        if self._set.window == "ever" or self._set.falls == "never" or rank in self._lifelong:
            return False
        return rank >= 0 and (bool(self._window) or rank > self._set.rank_of(0, rank))

    def _end_at(self, until: datetime | None) -> None:
        self._until = until
        self.periods[-1] = replace(self.periods[-1], valid_until=until)

    def _begin_period(self, rank: int, at: datetime) -> None:
        if self.periods and self.periods[-1].valid_from == at:
            self.periods.pop()
        elif self.periods:
            self.periods[-1] = replace(self.periods[-1], valid_until=at)
        self._rank = rank
        if rank >= 0 or self.periods:
            self.periods.append(HeldTier(self._set.key_of(rank), at, self._until))
