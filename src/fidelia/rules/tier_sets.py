"""What a set of tiers is: levels, what is measured over which window, how long a level is kept, and how it is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import add_months, end_of_day, local_day, start_of_day
from fidelia.kernel.localized import LocalizedText

from .spans import MONTHS_OF, Span, anniversary_before, first_of_period, last_of, last_of_period, next_of

NO_TIER = ""
METRICS = ("earned", "spent", "purchases", "balance")
DATES = "dates"
WINDOWS = ("rolling", *MONTHS_OF, "anniversary", "tier", "ever")
BEGINS = ("at_once", "next_period")
FALLS = ("to_earned", "one_step", "never")
ON_RETURN = ("lower", "keep")
CARRIES = ("excess", "excess_once")
CARRIES_ABOVE = ("reached", "held")
KEPT_FROM = ("reached", "activity")
JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TierLevel:
    """One tier: reached when what is measured in the window is at least `threshold`, in minor units of the metric.

    `benefits` say in words what it gives; `entitlements` name it for rules and tills ("free_delivery"). `lifetime` is
    how much, of all that was ever measured, makes it the member's for ever. Who holds it keeps it for `keep` (None:
    the threshold); who ever reached one that `is_permanent` never falls below it.
    """

    key: str
    name: LocalizedText
    threshold: int
    benefits: tuple[LocalizedText, ...] = ()
    entitlements: tuple[str, ...] = ()
    lifetime: int | None = None
    keep: int | None = None
    is_permanent: bool = False

    @property
    def keeping(self) -> int:
        """How much keeps the level on."""
        return self.threshold if self.keep is None else self.keep


@dataclass(frozen=True, slots=True)
class TierSet:
    """Tiers from lowest to highest.

    metric    points "earned", money "spent", the number of "purchases", or the "balance" of points
    window    "rolling" (the last `window_days`), a calendar period, periods that begin on the `window_dates` of a year
              ("dates"), a year from joining ("anniversary") or from the beginning of the tier ("tier"), or "ever" (a
              balance)
    begins    a tier reached begins "at_once" or with the "next_period" (of a rolling window: the next month)
    kept      how long it is kept: a span, or to the end of so many further periods (0: of the one in which it is
              reached); None: `kept_days`, to the end of that local day
    grace     how much longer a tier that is not reached again is kept, during which it can be
    runs_on   how much longer a tier that was missed is held before the one that was reached instead begins; the
              periods go on meanwhile, and what follows ends as if it had begun when the period was over
    kept_from from when it is "reached", or anew from each "activity" that is measured
    falls     then to what the window gives ("to_earned"), by "one_step" at most, or "never"
    carries   "excess": what a period brought beyond the level that it gave counts in the next one, `carries_max` of it
              at most; of a year of the "tier", each level takes its threshold, and what is over counts for the next.
              "excess_once": what was carried into a period is not carried on. `carries_above` the level "held": who
              falls below it carries nothing
    also      the same set by other measures, with those levels that they give too: whoever reaches a level by any of
              them holds it
    together  the same set by further measures, with those levels that ask for them too: who holds a level by its own
              measure and not by these holds the one below
    """

    window_days: int
    kept_days: int
    levels: tuple[TierLevel, ...]
    on_return: Literal["lower", "keep"] = "lower"
    key: str = ""
    name: LocalizedText | None = None
    metric: str = "earned"
    currency: str = ""
    window: str = "rolling"
    begins: str = "at_once"
    kept: Span | int | None = None
    grace: Span | None = None
    falls: str = "to_earned"
    notice_days: int = 0
    carries: str = ""
    carries_max: int | None = None
    kept_from: str = "reached"
    carries_above: str = "reached"
    also: tuple[TierSet, ...] = ()
    together: tuple[TierSet, ...] = ()
    window_dates: tuple[tuple[int, int], ...] = ()
    runs_on: Span | None = None

    @property
    def measures(self) -> tuple[TierSet, ...]:
        """The set by all its measures, its own first."""
        return (self, *self.also, *self.together)

    @property
    def is_lost_at_once(self) -> bool:
        """Whether the level of a balance goes with the balance."""
        return self.kept is None and self.kept_days == 0

    def rank_of(self, earned: int, held: int = -1) -> int:
        """Return the index of the highest level that `earned` reaches, or keeps for who holds `held`; −1 for none."""
        asked = (level.keeping if rank <= held else level.threshold for rank, level in enumerate(self.levels))
        return max((rank for rank, least in enumerate(asked) if earned >= least), default=-1)

    def excess_of(self, earned: int, carried: int, held: int) -> int:
        """Return what of a period counts in the next one: what is beyond the highest level it reaches.

        `carried` of it came from the period before; `held` is the level as the period ended, −1 for none.
        """
        rank = self.rank_of(earned, held)
        if rank < 0 or (self.carries_above == "held" and rank < held):
            return 0
        takes = (
            self.levels[rank].keeping if rank <= held and self.carries_above == "held" else self.levels[rank].threshold
        )
        over = max(earned - takes - (carried if self.carries == "excess_once" else 0), 0)
        return over if self.carries_max is None else min(over, self.carries_max)

    def key_of(self, rank: int) -> str:
        return self.levels[rank].key if rank >= 0 else NO_TIER

    def level(self, key: str) -> TierLevel | None:
        return next((level for level in self.levels if level.key == key), None)

    @property
    def has_periods(self) -> bool:
        """Whether the window begins anew on certain days, so that a tier that ends is judged by the period before."""
        return self.window not in ("rolling", "ever")

    def horizon(self, at: datetime, zone: ZoneInfo, anchor: datetime, *, holds_tier: bool = True) -> datetime | None:
        """Return the last instant that is out of the window open at `at`; None where everything is in it.

        `anchor` is the instant at which the tier began, or, of who `holds_tier` none, that of joining.
        """
        if self.window == "rolling":
            return at - timedelta(days=self.window_days)
        elif self.window == "ever":
            return None
        begun = start_of_day(self.first_day(local_day(at, zone), local_day(anchor, zone)), zone) - JUST_BEFORE
        if self.window == "tier" and holds_tier:
            return max(begun, anchor)  # what has reached it counts for it no more
        return begun

    def begins_after(self, held_at: datetime | None, at: datetime, zone: ZoneInfo, anchor: datetime) -> bool:
        """Tell whether the period of a moment began no sooner than a tier was reached."""
        horizon = self.horizon(at, zone, anchor)
        return held_at is None or horizon is None or horizon + JUST_BEFORE >= held_at

    def first_day(self, day: date, anchor: date) -> date:
        """Return the first day of the period of a window of the calendar."""
        if self.window in MONTHS_OF:
            return first_of_period(day, self.window)
        elif self.window == DATES:
            return last_of(self.window_dates, day)
        return anniversary_before(anchor, day)

    def next_period(self, at: datetime, zone: ZoneInfo, anchor: datetime) -> datetime:
        """Return when the next period begins."""
        day = local_day(at, zone)
        if self.window in ("anniversary", "tier"):
            following = add_months(local_day(anchor, zone), 12 * self._year_of(day, local_day(anchor, zone)))
            return start_of_day(following, zone)
        elif self.window == DATES:
            return start_of_day(next_of(self.window_dates, day + timedelta(days=1)), zone)
        return end_of_day(last_of_period(day, self.window if self.window in MONTHS_OF else "month"), zone)

    @staticmethod
    def _year_of(day: date, anchor: date) -> int:
        years = max(day.year - anchor.year, 0)
        return years + 1 if add_months(anchor, 12 * years) <= day else max(years, 1)

    def kept_until(self, at: datetime, zone: ZoneInfo, anchor: datetime, *, is_renewed: bool = False) -> datetime:
        """Return until when a tier is kept that is reached at `at`, or renewed as the one before ends then."""
        if self.kept is None:
            return end_of_day(local_day(at, zone) + timedelta(days=self.kept_days), zone)
        begun = at - JUST_BEFORE if is_renewed else at
        if isinstance(self.kept, Span):
            until = self.kept.end(begun, zone)
            return until if until > at else self.kept.end(at, zone)
        until = begun
        for _period in range(self.kept + 1):
            until = self.next_period(until, zone, anchor)
        return until if until > at else self.next_period(until, zone, anchor)


@dataclass(frozen=True, slots=True)
class HeldTier:
    """A tier held in [valid_from, valid_until); no end while nothing but what is earned next can end it."""

    tier: str
    valid_from: datetime
    valid_until: datetime | None


def ranked_grants(tier_set: TierSet, grants: Iterable[HeldTier]) -> list[tuple[int, datetime, datetime | None]]:
    """Return grants as (rank, begins, until), the first to begin first; one that the set does not know is left out."""
    ranks = {level.key: rank for rank, level in enumerate(tier_set.levels)}
    known = [(ranks[grant.tier], grant.valid_from, grant.valid_until) for grant in grants if grant.tier in ranks]
    return sorted(known, key=lambda grant: (grant[1], grant[0]))


def order_of_grants(grant: tuple[int, datetime, datetime | None]) -> tuple[int, bool, datetime]:
    """Of two grants the higher counts, of two of one tier the one that ends later."""
    rank, begins, until = grant
    return rank, until is None, until or begins


def struck(history: list[tuple[datetime, int]], amount: int, earned_at: datetime) -> list[tuple[datetime, int]]:
    """Return what was earned (when, how much) without an amount that was earned at an instant."""
    found = []
    for at, earned in history:
        part = min(amount, earned) if at == earned_at and earned > 0 else 0
        amount -= part
        if earned - part:
            found.append((at, earned - part))
    if amount:  # more than is known to have been earned then
        found = sorted([*found, (earned_at, -amount)], key=lambda entry: entry[0])
    return found
