"""What is said to keep a level that either of two measures gives keeps it, and one less does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings

from fidelia.rules.standing import Standing, standing_at
from fidelia.rules.tier_deriving import derive_tiers
from fidelia.rules.tier_sets import HeldTier
from fidelia.rules.tiers import Earning

from .test_more_to_keep import DAYS, FACTS, TERMS, ranks
from .test_tier_sets import PARIS, on, tiers

BY_TWO = ("days after days", "the year and the next", "from April", "from April, and it runs on", "with grace")


@pytest.mark.parametrize("named", BY_TWO)
@settings(max_examples=40, deadline=None)
@given(facts=FACTS, others=FACTS, day=DAYS)
@example(facts=[(date(2024, 3, 10), 120)], others=[(date(2024, 3, 12), 45)], day=date(2024, 3, 20))
@example(facts=[(date(2026, 1, 1), 100)], others=[(date(2025, 1, 1), 90)], day=date(2026, 1, 1))
def test_what_is_said_by_one_of_two_measures_keeps_the_level_that_either_gives(
    named: str, facts: list[tuple[date, int]], others: list[tuple[date, int]], day: date
) -> None:
    tier_set = tiers(**TERMS[named], also=[{"metric": "purchases", "thresholds": {"silver": "40", "gold": "90"}}])
    at = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    own, other = (sorted((on(str(when)), n) for when, n in each if on(str(when)) <= at) for each in (facts, others))
    given = [one for one in derive_tiers(tier_set.also[0], PARIS, other, (), on("2023-06-15")) if one.tier]

    def at_which(known: Sequence[Earning], when: datetime) -> Standing:
        return standing_at(tier_set, PARIS, known, given, on("2023-06-15"), at=when)

    found = at_which(own, at)
    if found.held is None or found.keep_by is None or not found.keep_missing:
        return
    rank, by = ranks(tier_set)[found.held.key], found.keep_by
    over, late = found.held_until or by, max(at, by - timedelta(hours=1))
    for more, keeps in ((found.keep_missing, True), (found.keep_missing - 1, False)):
        then = at_which([*own, (late, more)] if more else own, over)
        is_held = then.held is not None and ranks(tier_set)[then.held.key] >= rank
        assert is_held is keeps, f"{more} more by {by}, beside {given}"


@pytest.mark.parametrize("term", [{"grace": {"months": 1, "ends": "month"}}, {"runs_on": {"months": 1}}])
@pytest.mark.parametrize("earned", [0, 100, 499])
def test_a_level_that_was_granted_ends_when_the_grant_says_whatever_is_earned_below_it(
    term: dict[str, Any], earned: int
) -> None:
    """No grace, and no running on, comes on top: who granted it wrote its end, and a measure of `also` had its own."""
    tier_set = tiers(window="year", kept={"periods": 1}, **term)
    gold = HeldTier("gold", on("2025-03-01"), on("2026-02-01"))
    facts = [(on("2026-01-31"), earned)] if earned else []
    held = derive_tiers(tier_set, PARIS, facts, [gold], on("2023-06-15"))
    assert [(one.tier, one.valid_until) for one in held][:1] == [("gold", gold.valid_until)]
    assert [one.tier for one in held][1:] == (["silver", ""] if earned else [""])
