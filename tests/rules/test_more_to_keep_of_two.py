"""What is said to keep a level that asks for two measures keeps it, and one less of either does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings

from fidelia.rules.standing import Standing, stand_together, standing_at
from fidelia.rules.tiers import Earning, TierSet

from .test_more_to_keep import DAYS, FACTS, TERMS, ranks, standing
from .test_tier_sets import PARIS, on, tiers

BY_TWO = ("days after days", "the year and the next", "from April", "from April, and it runs on", "with grace")


def by_both(tier_set: TierSet, own: list[Earning], other: list[Earning], at: datetime) -> Standing:
    """The standing by both measures of levels that ask for two."""
    return stand_together(standing(tier_set, own, at), PARIS, [other], (), on("2023-06-15"), at=at)


@pytest.mark.parametrize("named", BY_TWO)
@settings(max_examples=40, deadline=None)
@given(facts=FACTS, others=FACTS, day=DAYS)
@example(facts=[(date(2024, 3, 10), 520)], others=[(date(2024, 3, 12), 90)], day=date(2024, 3, 20))
def test_what_is_missing_of_two_measures_keeps_the_level_and_one_less_of_either_does_not(
    named: str, facts: list[tuple[date, int]], others: list[tuple[date, int]], day: date
) -> None:
    second = [{"metric": "purchases", "thresholds": {"silver": "40", "gold": "90"}}]
    tier_set = tiers(**TERMS[named], together=second)
    at = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    own, other = (sorted((on(str(when)), n) for when, n in each if on(str(when)) <= at) for each in (facts, others))
    found = by_both(tier_set, own, other, at)
    missing = [found.keep_missing, *(one.keep_missing for one in found.besides)]
    if found.held is None or found.keep_by is None or not any(missing):
        return
    rank, by = ranks(tier_set)[found.held.key], found.keep_by
    late = max(at, by - timedelta(hours=1))
    measures = ((tier_set, own), (tier_set.together[0], other))
    # Each measure ends at its own time; what is told is by the first of the two.
    ends = [standing_at(one, PARIS, known, (), on("2023-06-15"), at=at).held_until for one, known in measures]

    def held_with(more: list[int], when: datetime) -> int:
        enough = [[*known, (late, n)] if n else known for known, n in zip((own, other), more, strict=True)]
        then = by_both(tier_set, enough[0], enough[1], when)
        return -1 if then.held is None else ranks(tier_set)[then.held.key]

    assert held_with(missing, found.held_until or by) >= rank, f"{missing} more by {by} keeps it"
    for place, end in enumerate(ends):
        if missing[place] and end is not None:
            less = [n - (place == each) for each, n in enumerate(missing)]
            assert held_with(less, end) < rank, f"one less of {place} does not"
