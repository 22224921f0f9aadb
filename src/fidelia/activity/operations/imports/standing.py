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
from fidelia.programme.queries.membership import tier_grants_of
from fidelia.rules.tier_deriving import feed
from fidelia.rules.tiers import Earning, HeldTier, TierSet, TierTracker
from fidelia.rules.tiers_together import held_together_at

when = itemgetter(0)


@dataclass(slots=True)
class TierOfHistory:
    """The tier of one member, receipt after receipt: what counts for it is told as it is decided, also before its day
    comes (points that wait).

    `besides` are the further measures that levels ask for too, and `granted` what is held without them. A measure by
    points of another currency than the programme's (`is_of_others`) knows what was there before the import alone.
    """

    tracker: TierTracker
    ahead: list[Earning]
    besides: tuple[TierOfHistory, ...] = ()
    granted: tuple[HeldTier, ...] = ()
    is_of_others: bool = False

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
        tier = self.tracker.tier_at(at)
        if not self.besides:
            return tier
        needed = [one.tier_at(at) for one in self.besides]
        return held_together_at(self.tracker.tier_set, tier, needed, self.granted, at)

    @property
    def measures(self) -> tuple[TierOfHistory, ...]:
        """All by which the tier is measured, its own first."""
        return (self, *self.besides)

    def count(self, at: datetime, amount: int, undoes: datetime | None = None) -> None:
        """Count a fact: when, how much (negative: taken back), and of which moment that was which it un-does."""
        insort(self.ahead, (at, amount, undoes), key=when)


def load_standings(
    programme: Programme, enrolments: Sequence[Enrolment], terms: Terms | None
) -> Mapping[UUID, TierOfHistory]:
    """Building block: return where each membership stands on the main tiers, by its id; nothing without tiers."""
    if terms is None or terms.tiers is None:
        return {}
    tiers, grants = terms.tiers, grants_for(terms.tiers, programme, enrolments, terms.zone)
    each = [(one, dated_facts(one, programme, enrolments)) for one in (tiers, *tiers.together)]
    found = {}
    for one in enrolments:
        own, *besides = [
            TierOfHistory.of(tier_set, terms, one, facts[one.id], grants.get(one.id, ()) if tier_set is tiers else ())
            for tier_set, facts in each
        ]
        own.besides = tuple(besides)
        found[one.id] = own
    for measure in [measure for own in found.values() for measure in own.measures]:
        measure.is_of_others = measure.tracker.tier_set.currency not in ("", programme.points_currency_id)
    if tiers.together:
        for id, granted in tier_grants_of(list(found)).items():
            found[id].granted = tuple(granted)
    return found
