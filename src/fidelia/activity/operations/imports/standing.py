"""Which tier a member held at each receipt of the past, measured as the programme measures its main tiers."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import Terms, dated_facts, grants_for
from fidelia.rules.tiers import Earning, HeldTier, TierSet, TierTracker, feed

when = itemgetter(0)


@dataclass(slots=True)
class TierOfHistory:
    """The tier of one member, receipt after receipt: what counts for it is told as it is decided, also before its day
    comes (points that wait).
    """

    tracker: TierTracker
    ahead: list[Earning]

    @classmethod
    def of(
        cls,
        tier_set: TierSet,
        terms: Terms,
        enrolment: Enrolment,
        facts: Iterable[Earning],
        grants: Iterable[HeldTier],
    ) -> TierOfHistory:
        """Return where a member stands who has these facts already."""
        return cls(TierTracker(tier_set, terms.zone, grants, enrolment.enrolled_at), sorted(facts, key=when))

    @property
    def metric(self) -> str:
        """What the tier is measured by."""
        return self.tracker.tier_set.metric

    def tier_at(self, at: datetime) -> str:
        """Return the key of the tier held then, empty for none; asked in the order of time."""
        come = bisect_right(self.ahead, at, key=when)
        feed(self.tracker, self.ahead[:come])
        del self.ahead[:come]
        return self.tracker.tier_at(at)

    def count(self, at: datetime, amount: int, undoes: datetime | None = None) -> None:
        """Count a fact: when, how much (negative: taken back), and of which moment that was which it un-does."""
        insort(self.ahead, (at, amount, undoes), key=when)


def load_standings(
    programme: Programme, enrolments: Sequence[Enrolment], terms: Terms | None
) -> Mapping[UUID, TierOfHistory]:
    """Building block: return where each membership stands on the main tiers, by its id; nothing without tiers."""
    if terms is None or terms.tiers is None:
        return {}
    facts = dated_facts(terms.tiers, programme, enrolments)
    grants = grants_for(terms.tiers, programme, enrolments, terms.zone)
    return {
        one.id: TierOfHistory.of(terms.tiers, terms, one, facts[one.id], grants.get(one.id, ())) for one in enrolments
    }
