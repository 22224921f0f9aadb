"""Tiers by points earned in a rolling window: reached at once, kept to the end of a local day, then renewed or lost."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from fidelia.kernel.localized import LocalizedText
from fidelia.rules.tier_deriving import derive_tiers
from fidelia.rules.tiers import HeldTier, TierLevel, TierSet, TierTracker

PARIS = ZoneInfo("Europe/Paris")
NAME = LocalizedText("x", "x")
TIERS = TierSet(window_days=365, kept_days=365, levels=(TierLevel("silver", NAME, 100), TierLevel("gold", NAME, 500)))
BEGUN = datetime(2025, 1, 10, 12, tzinfo=UTC)


def held(*earnings: tuple[int, int], until_days: int = 2000) -> list[tuple[str, int]]:
    """(day, points) given; (tier, day from which) held."""
    dated = [(BEGUN + timedelta(days=day), points) for day, points in earnings]
    begun = [(period.tier, (period.valid_from - BEGUN).days) for period in derive_tiers(TIERS, PARIS, dated)]
    return [(tier, day) for tier, day in begun if day <= until_days]


def test_nothing_earned_no_tier() -> None:
    assert held() == []
    assert held((0, 99)) == []


def test_it_is_reached_by_the_sum_of_the_window() -> None:
    assert held((0, 60), (200, 40), until_days=300) == [("silver", 200)]
    assert held((0, 60), (366, 40), until_days=400) == []


def test_it_is_kept_a_year_to_the_end_of_the_local_day_and_then_lost() -> None:
    periods = derive_tiers(TIERS, PARIS, [(BEGUN, 100)])
    # 10 January 2026 ends in Paris at 23:00 UTC.
    assert periods == [
        HeldTier("silver", BEGUN, datetime(2026, 1, 10, 23, tzinfo=UTC)),
        HeldTier("", datetime(2026, 1, 10, 23, tzinfo=UTC), None),
    ]


def test_then_it_is_what_the_window_gives_at_that_moment() -> None:
    assert held((0, 500), (200, 120), until_days=700) == [("gold", 0), ("silver", 365)]


def test_what_the_window_renews_is_one_period_known_before_it_begins() -> None:
    earned = [(BEGUN, 100), (BEGUN + timedelta(days=200), 100)]
    assert derive_tiers(TIERS, PARIS, earned) == [
        HeldTier("silver", BEGUN, datetime(2027, 1, 11, 23, tzinfo=UTC)),
        HeldTier("", datetime(2027, 1, 11, 23, tzinfo=UTC), None),
    ]


def test_days_are_counted_where_the_programme_is_when_its_clocks_change() -> None:
    tiers = TierSet(window_days=365, kept_days=180, levels=TIERS.levels)
    late_in_winter = datetime(2026, 1, 10, 22, 30, tzinfo=UTC)  # 23:30 in Paris; 180 days later it is 00:30 there
    tracker = TierTracker(tiers, PARIS)
    tracker.earn(late_in_winter, 100)
    # 10 January and 180 days is 9 July, which ends in Paris at 22:00 UTC.
    assert tracker.periods == [HeldTier("silver", late_in_winter, datetime(2026, 7, 9, 22, tzinfo=UTC))]


def test_a_tier_that_asks_for_no_points_does_not_end() -> None:
    tiers = TierSet(window_days=30, kept_days=30, levels=(TierLevel("all", NAME, 0), TierLevel("gold", NAME, 500)))
    periods = derive_tiers(tiers, PARIS, [(BEGUN, 500)])
    assert [(period.tier, period.valid_until) for period in periods] == [
        ("gold", datetime(2025, 2, 9, 23, tzinfo=UTC)),
        ("all", None),
    ]


def test_a_higher_one_is_reached_at_once() -> None:
    assert held((0, 100), (10, 400), until_days=20) == [("silver", 0), ("gold", 10)]


def test_what_is_taken_back_lowers_the_window_and_not_the_tier_held() -> None:
    assert held((0, 100), (5, -100), until_days=100) == [("silver", 0)]
    assert held((0, 90), (5, -50), (6, 20), until_days=100) == []


@given(st.lists(st.tuples(st.integers(0, 1500), st.integers(-200, 600)), max_size=30), st.integers(0, 2000))
def test_a_tracker_fed_in_order_says_the_same_as_the_whole_derived(earnings: list[tuple[int, int]], asked: int) -> None:
    dated = sorted((BEGUN + timedelta(days=day), points) for day, points in earnings)
    moment = BEGUN + timedelta(days=asked, hours=1)
    tracker = TierTracker(TIERS, PARIS)
    for at, points in dated:
        if at <= moment:
            tracker.earn(at, points)
    periods = derive_tiers(TIERS, PARIS, dated)
    by_periods = next(
        (
            period.tier
            for period in periods
            if period.valid_from <= moment and (period.valid_until is None or moment < period.valid_until)
        ),
        "",
    )
    assert tracker.tier_at(moment) == by_periods


@given(st.lists(st.tuples(st.integers(0, 1500), st.integers(-200, 600)), max_size=30))
def test_periods_follow_each_other_without_gap_or_overlap(earnings: list[tuple[int, int]]) -> None:
    dated = [(BEGUN + timedelta(days=day), points) for day, points in earnings]
    periods = derive_tiers(TIERS, PARIS, dated)
    assert all(one.valid_until == two.valid_from for one, two in pairwise(periods))
    assert all(one.valid_from < (one.valid_until or BEGUN + timedelta(days=9999)) for one in periods)


def granted(tier: str, from_day: int, until_day: int | None, *earnings: tuple[int, int]) -> list[tuple[str, int]]:
    dated = [(BEGUN + timedelta(days=day), points) for day, points in earnings]
    until = None if until_day is None else BEGUN + timedelta(days=until_day)
    grants = [HeldTier(tier, BEGUN + timedelta(days=from_day), until)]
    return [(one.tier, (one.valid_from - BEGUN).days) for one in derive_tiers(TIERS, PARIS, dated, grants)]


def test_a_tier_that_was_granted_is_held_to_its_end_and_then_the_rules_decide() -> None:
    assert granted("gold", 10, 100) == [("gold", 10), ("", 100)]
    assert granted("gold", 10, 100, (50, 120)) == [("gold", 10), ("silver", 100), ("", 465)]
    assert granted("gold", 10, 100, (50, 500)) == [("gold", 10), ("", 465)]
    assert granted("gold", 10, None, (50, 120)) == [("gold", 10)]


def test_a_grant_below_what_is_earned_shows_only_where_that_ends_before_it() -> None:
    assert granted("silver", 10, 100, (0, 500)) == [("gold", 0), ("", 365)]
    assert granted("silver", 10, 700, (0, 500)) == [("gold", 0), ("silver", 365), ("", 700)]


def test_what_is_earned_under_a_grant_moves_up_at_once() -> None:
    assert granted("silver", 0, 100, (50, 500)) == [("silver", 0), ("gold", 50), ("", 415)]


def test_a_grant_of_a_tier_that_is_no_more_is_left_out() -> None:
    assert granted("platinum", 0, 100, (50, 100)) == [("silver", 50), ("", 415)]


@given(st.integers(0, 400), st.integers(1, 800), st.lists(st.tuples(st.integers(0, 900), st.integers(1, 600))))
def test_a_grant_never_lowers_what_is_held(begins: int, days: int, earnings: list[tuple[int, int]]) -> None:
    dated = [(BEGUN + timedelta(days=day), points) for day, points in earnings]
    grant = HeldTier("silver", BEGUN + timedelta(days=begins), BEGUN + timedelta(days=begins + days))
    with_grant = TierTracker(TIERS, PARIS, [grant])
    without = TierTracker(TIERS, PARIS)
    order = {"": 0, "silver": 1, "gold": 2}
    for day in range(0, 1000, 25):
        moment = BEGUN + timedelta(days=day, hours=1)
        for at, points in sorted(dated):
            if moment - timedelta(days=25) < at <= moment:
                with_grant.earn(at, points)
                without.earn(at, points)
        held_with = with_grant.tier_at(moment)
        assert order[held_with] >= order[without.tier_at(moment)]
        if grant.valid_from <= moment < (grant.valid_until or moment):
            assert order[held_with] >= 1


def held_with_returns(*earnings: tuple[int, int, int | None], on_return: str = "lower") -> list[tuple[str, int]]:
    """(day, points, the day that a return un-earns) given; (tier, day from which) held."""
    tiers = TierSet(365, 365, TIERS.levels, on_return)  # type: ignore[arg-type]
    dated = [
        (BEGUN + timedelta(days=day), points, None if of is None else BEGUN + timedelta(days=of))
        for day, points, of in earnings
    ]
    return [(period.tier, (period.valid_from - BEGUN).days) for period in derive_tiers(tiers, PARIS, dated)]


def test_a_tier_that_its_purchase_earned_ends_when_that_comes_back() -> None:
    assert held_with_returns((0, 100, None), (5, -100, 0)) == [("silver", 0), ("", 5)]
    assert held_with_returns((0, 100, None), (3, 400, None), (5, -400, 3)) == [
        ("silver", 0), ("gold", 3), ("silver", 5), ("", 365)
    ]  # fmt: skip


def test_it_falls_to_what_would_have_been_held_for_as_long_as_that_would_have_been_kept() -> None:
    dated = [(BEGUN, 100, None), (BEGUN + timedelta(days=100), 400, None), (BEGUN + timedelta(days=200), -400, None)]
    dated[2] = (dated[2][0], dated[2][1], dated[1][0])  # type: ignore[assignment]
    periods = derive_tiers(TIERS, PARIS, dated)
    # Silver was reached on 10 January 2025, and is kept to its end in Paris a year later, as if gold had never been.
    assert periods[2] == HeldTier("silver", dated[2][0], datetime(2026, 1, 10, 23, tzinfo=UTC))


def test_a_part_that_comes_back_ends_it_only_when_the_rest_would_not_have_reached_it() -> None:
    assert held_with_returns((0, 120, None), (5, -20, 0)) == [("silver", 0), ("", 365)]
    assert held_with_returns((0, 120, None), (5, -20, 0), (6, -1, 0)) == [("silver", 0), ("", 6)]


def test_what_comes_back_of_a_purchase_out_of_the_window_changes_nothing_of_today() -> None:
    assert held_with_returns((0, 100, None), (400, 100, None), (401, -100, 0))[-2:] == [("silver", 400), ("", 765)]


def test_a_programme_may_keep_what_it_has_announced() -> None:
    assert held_with_returns((0, 100, None), (5, -100, 0), on_return="keep") == [("silver", 0), ("", 365)]


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 600), st.integers(0, 300), st.booleans()), max_size=12),
    st.randoms(use_true_random=False),
)
def test_it_does_not_matter_in_which_order_things_became_known(
    bought: list[tuple[int, int, int, bool]], draw: random.Random
) -> None:
    earnings: list[tuple[datetime, int, datetime | None]] = []
    for day, points, after, comes_back in bought:
        at = BEGUN + timedelta(days=day)
        earnings.append((at, points, None))
        if comes_back:
            earnings.append((at + timedelta(days=after), -points, at))
    known_late = list(earnings)
    draw.shuffle(known_late)
    assert derive_tiers(TIERS, PARIS, known_late) == derive_tiers(TIERS, PARIS, earnings)
