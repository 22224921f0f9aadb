""" "So many more by …": what is said to keep a tier does keep it, one less does not, by every term of keeping."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fidelia.rules.standing import Standing, standing_at
from fidelia.rules.tiers import Earning, TierSet

from .test_tier_sets import PARIS, on, tiers

JUST_BEFORE = timedelta(microseconds=1)
TERMS: dict[str, dict[str, Any]] = {
    "days after days": {"window_days": 365, "kept_days": 365},
    "kept longer than looked at": {"window_days": 90, "kept_days": 365},
    "looked at longer than kept": {"window_days": 365, "kept_days": 90},
    "the year and the next": {"window": "year", "kept": {"periods": 1}},
    "the quarter and the next": {"window": "quarter", "kept": {"periods": 1}},
    "the month and its end": {"window": "month", "kept": {"ends": "month"}},
    "a year from joining": {"window": "anniversary", "kept": {"periods": 1}},
    "from the next period on": {"window": "year", "begins": "next_period", "kept": {"periods": 0}},
    "months to the end of a year": {"window_days": 365, "kept": {"months": 12, "ends": "year"}},
    "with grace": {"window": "year", "kept": {"periods": 1}, "grace": {"months": 1, "ends": "month"}},
    "one step at a time": {"window": "year", "kept": {"periods": 1}, "falls": "one_step"},
    "from the last activity": {"window_days": 365, "kept_days": 180, "kept_from": "activity"},
    "carried over": {"window": "year", "kept": {"periods": 1}, "carries": "excess"},
    "carried over once": {"window": "year", "kept": {"periods": 1}, "carries": "excess_once"},
    "from April": {"window": ["04-01"], "kept": {"periods": 1}},
    "half years": {"window": ["02-01", "08-01"], "kept": {"periods": 0}},
    "from April, and it runs on": {
        "window": ["04-01"],
        "kept": {"periods": 1},
        "runs_on": {"months": 1, "ends": "month"},
    },
    "runs on, one step": {"window": "year", "kept": {"periods": 0}, "runs_on": {"months": 2}, "falls": "one_step"},
    "a year from each step": {"window": "tier", "kept": {"periods": 0}, "carries": "excess", "falls": "one_step"},
}
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
FACTS = st.lists(st.tuples(DAYS, st.integers(1, 700)), min_size=1, max_size=8)


def ranks(tier_set: TierSet) -> dict[str, int]:
    return {level.key: place for place, level in enumerate(tier_set.levels)}


def tier_on(tier_set: TierSet, facts: list[Earning], at: datetime) -> int:
    found = standing_at(tier_set, PARIS, facts, joined_at=on("2023-06-15"), at=at)
    return -1 if found.held is None else ranks(tier_set)[found.held.key]


def standing(tier_set: TierSet, facts: list[Earning], at: datetime) -> Standing:
    return standing_at(tier_set, PARIS, facts, joined_at=on("2023-06-15"), at=at)


@pytest.mark.parametrize("named", TERMS)
@settings(max_examples=60, deadline=None)
@given(facts=FACTS, day=DAYS)
@example(facts=[(date(2024, 3, 10), 120)], day=date(2024, 3, 20))
@example(facts=[(date(2025, 5, 10), 499), (date(2025, 8, 24), 120)], day=date(2026, 9, 7))  # a rest of the year above
@example(facts=[(date(2024, 3, 10), 520), (date(2024, 9, 1), 90)], day=date(2025, 2, 1))
def test_what_is_said_to_keep_a_tier_keeps_it_and_one_less_does_not(
    named: str, facts: list[tuple[date, int]], day: date
) -> None:
    tier_set = tiers(**TERMS[named])
    at = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    known = sorted((on(str(when)), amount) for when, amount in facts if on(str(when)) <= at)
    found = standing(tier_set, known, at)
    if found.held is None or found.keep_by is None:
        assert found.keep_missing == 0
        return
    rank, by = ranks(tier_set)[found.held.key], found.keep_by
    over = found.held_until or by  # grace is held too, and gives it to nobody anew who earns nothing in it
    late = max(at, by - timedelta(hours=1))  # on the last day that is told
    if not found.keep_missing:
        assert tier_on(tier_set, known, by) >= rank, "kept on already"
        return
    enough = [*known, (late, found.keep_missing)]
    assert min(tier_on(tier_set, enough, when) for when in (by, over)) >= rank, (
        f"{found.keep_missing} more by {by} keeps it"
    )
    if found.keep_missing > 1:
        short = [*known, (late, found.keep_missing - 1)]
        assert tier_on(tier_set, short, over) < rank, "one less does not"
    assert tier_on(tier_set, known, over) < rank, "nothing does not"
