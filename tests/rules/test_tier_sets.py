"""Tiers of every kind: windows of the calendar and of anniversaries, kept to the end of a period, grace, one step."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.rules.reading import MalformedTerms
from fidelia.rules.tier_deriving import derive_tiers
from fidelia.rules.tier_terms import parse_tier_set, parse_tier_sets
from fidelia.rules.tiers import Earning, TierSet

PARIS = ZoneInfo("Europe/Paris")
LEVELS = [
    {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "100"},
    {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "500"},
]


def tiers(**parts: Any) -> TierSet:
    found = parse_tier_set({"levels": LEVELS, **parts}, 0)
    assert found is not None
    return found


def held(tier_set: TierSet, *facts: tuple[str, int], joined: str | None = None) -> list[tuple[str, str, str]]:
    """(local day, amount) given; (tier, first local day, last local day or nothing) held."""
    joined_at = None if joined is None else on(joined)
    periods = derive_tiers(tier_set, PARIS, [(on(day), amount) for day, amount in facts], joined_at=joined_at)
    return [(each.tier, day_of(each.valid_from), day_of(each.valid_until, last=True)) for each in periods]


def on(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=PARIS).astimezone(UTC)


def day_of(at: datetime | None, *, last: bool = False) -> str:
    if at is None:
        return ""
    local = at.astimezone(PARIS)
    return str(local.date() if not last else local.date().fromordinal(local.date().toordinal() - 1))


def test_reached_on_10_march_and_kept_to_the_end_of_the_month() -> None:
    assert held(tiers(window="month", kept={"ends": "month"}), ("2026-03-10", 100)) == [
        ("silver", "2026-03-10", "2026-03-31"),
        ("", "2026-04-01", ""),
    ]
    assert held(tiers(window="month", kept={"months": 1, "ends": "month"}), ("2026-03-10", 100))[0] == (
        "silver", "2026-03-10", "2026-04-30"
    )  # fmt: skip


def test_a_calendar_year_begins_anew_and_the_tier_is_kept_through_the_next() -> None:
    of_year = tiers(window="year", kept={"periods": 1})
    assert held(of_year, ("2026-11-20", 60), ("2026-12-30", 60)) == [
        ("silver", "2026-12-30", "2027-12-31"),
        ("", "2028-01-01", ""),
    ]
    # 60 of one year and 60 of the next are not 100 of either.
    assert held(of_year, ("2026-12-30", 60), ("2027-01-02", 60)) == []
    # Reached again in 2027, it is kept through 2028, as one period.
    assert held(of_year, ("2026-12-30", 100), ("2027-06-01", 100)) == [
        ("silver", "2026-12-30", "2028-12-31"),
        ("", "2029-01-01", ""),
    ]
    assert held(of_year, ("2026-12-30", 500), ("2027-06-01", 100)) == [
        ("gold", "2026-12-30", "2027-12-31"),
        ("silver", "2028-01-01", "2028-12-31"),
        ("", "2029-01-01", ""),
    ]


def test_twelve_months_to_the_end_of_the_year_is_the_same_as_one_more_period() -> None:
    facts = (("2026-03-10", 500), ("2027-06-01", 100), ("2029-02-28", 100))
    spans = tiers(window="year", kept={"months": 12, "ends": "year"})
    assert held(spans, *facts) == held(tiers(window="year", kept={"periods": 1}), *facts)


def test_a_miss_costs_one_step_at_most() -> None:
    one_step = tiers(window="year", kept={"periods": 1}, falls="one_step")
    assert held(one_step, ("2026-05-01", 500)) == [
        ("gold", "2026-05-01", "2027-12-31"),
        ("silver", "2028-01-01", "2028-12-31"),
        ("", "2029-01-01", ""),
    ]


def test_a_tier_may_begin_with_the_next_period() -> None:
    later = tiers(window="month", kept={"months": 1, "ends": "month"}, begins="next_period")
    assert held(later, ("2026-03-10", 100)) == [("silver", "2026-04-01", "2026-05-31"), ("", "2026-06-01", "")]
    # What is earned on takes it further before it has begun.
    assert held(later, ("2026-03-10", 100), ("2026-03-20", 400))[0] == ("gold", "2026-04-01", "2026-05-31")


def test_a_tier_that_was_reached_again_goes_on_without_a_gap_when_it_begins_with_the_period() -> None:
    later = tiers(window="month", kept={"ends": "month"}, begins="next_period")
    assert held(later, ("2026-03-10", 100), ("2026-04-10", 100)) == [
        ("silver", "2026-04-01", "2026-05-31"),
        ("", "2026-06-01", ""),
    ]


def test_grace_keeps_a_tier_while_it_can_still_be_reached() -> None:
    graced = tiers(window="year", kept={"periods": 0}, grace={"months": 1, "ends": "month"})
    assert held(graced, ("2026-05-01", 100)) == [("silver", "2026-05-01", "2027-01-31"), ("", "2027-02-01", "")]
    assert held(graced, ("2026-05-01", 100), ("2027-01-20", 100)) == [
        ("silver", "2026-05-01", "2028-01-31"),
        ("", "2028-02-01", ""),
    ]


def test_years_are_counted_from_joining() -> None:
    own_year = tiers(window="anniversary", kept={"periods": 0})
    assert held(own_year, ("2026-03-01", 60), ("2026-03-20", 60), joined="2024-03-15") == []
    assert held(own_year, ("2026-03-16", 60), ("2027-03-14", 60), joined="2024-03-15") == [
        ("silver", "2027-03-14", "2027-03-14"),
        ("", "2027-03-15", ""),
    ]
    # Joined on 29 February: the year begins on the 28th where there is none.
    assert held(own_year, ("2025-02-28", 100), joined="2024-02-29")[0] == ("silver", "2025-02-28", "2026-02-27")


def test_years_are_counted_from_the_beginning_of_the_tier() -> None:
    from_tier = tiers(window="tier", kept={"periods": 0})
    assert held(from_tier, ("2026-05-10", 100), joined="2026-01-01") == [
        ("silver", "2026-05-10", "2027-05-09"),
        ("", "2027-05-10", ""),
    ]


def test_a_tier_of_a_balance_is_kept_for_a_time_from_when_the_balance_falls() -> None:
    by_balance = tiers(metric="balance", kept={"ends": "month"})
    assert held(by_balance, ("2026-03-10", 120)) == [("silver", "2026-03-10", "")]
    assert held(by_balance, ("2026-03-10", 120), ("2026-05-10", -50)) == [
        ("silver", "2026-03-10", "2026-05-31"),
        ("", "2026-06-01", ""),
    ]
    assert held(by_balance, ("2026-03-10", 120), ("2026-05-10", -50), ("2026-05-20", 30)) == [
        ("silver", "2026-03-10", "")
    ]


def test_a_return_un_earns_what_its_purchase_reached() -> None:
    of_year = tiers(window="year", kept={"periods": 1})
    facts: list[Earning] = [
        (on("2026-03-10"), 100), (on("2026-04-01"), 400), (on("2026-04-20"), -400, on("2026-04-01"))
    ]  # fmt: skip
    periods = derive_tiers(of_year, PARIS, facts)
    assert [(each.tier, day_of(each.valid_from)) for each in periods] == [
        ("silver", "2026-03-10"), ("gold", "2026-04-01"), ("silver", "2026-04-20"), ("", "2028-01-01")
    ]  # fmt: skip


def test_a_tier_that_was_to_begin_is_called_off_by_a_return() -> None:
    later = tiers(window="month", kept={"ends": "month"}, begins="next_period")
    facts: list[Earning] = [(on("2026-03-10"), 100), (on("2026-03-20"), -100, on("2026-03-10"))]
    assert derive_tiers(later, PARIS, facts) == []


KINDS = [
    {"window": "year", "kept": {"periods": 1}, "falls": "one_step"},
    {"window": "month", "kept": {"ends": "month"}, "begins": "next_period"},
    {"window": "quarter", "kept": {"periods": 0}, "grace": {"days": 20}},
    {"window": "anniversary", "kept": {"months": 12}},
    {"window": "tier", "kept": {"periods": 0}, "grace": {"months": 1, "ends": "month"}},
    {"metric": "balance", "kept_days": 30},
    {"window_days": 90, "kept_days": 60, "grace": {"days": 10}, "falls": "one_step"},
]


@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.integers(0, 1200), st.integers(-200, 400)), max_size=25),
)
def test_periods_follow_one_another_and_end(kind: dict[str, Any], facts: list[tuple[int, int]]) -> None:
    dated = [(datetime.fromtimestamp(1_740_000_000 + day * 86_400, UTC), amount) for day, amount in facts]
    periods = derive_tiers(tiers(**kind), PARIS, dated)
    for one, two in pairwise(periods):
        assert one.valid_until == two.valid_from
        assert one.tier != two.tier
    assert not periods or periods[-1].valid_until is None


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"window_days": 365}, "/tiers/kept_days"),
        ({"kept_days": 365}, "/tiers/window_days"),
        ({"window": "year", "window_days": 365, "kept_days": 1}, "/tiers/window_days"),
        ({"window": "week", "kept_days": 1}, "/tiers/window"),
        ({"window_days": 30, "kept": {"periods": 1}}, "/tiers/kept/periods"),
        ({"metric": "balance", "window": "year", "kept_days": 1}, "/tiers/metric"),
        ({"metric": "visits", "window_days": 1, "kept_days": 1}, "/tiers/metric"),
        ({"window_days": 1, "kept_days": 1, "falls": "down"}, "/tiers/falls"),
        ({"window_days": 1, "kept_days": 1, "begins": "soon"}, "/tiers/begins"),
        ({"window_days": 1, "kept_days": 1, "key": "a b"}, "/tiers/key"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(parts: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refusal:
        tiers(**parts)
    assert refusal.value.pointer == pointer


def test_several_sets_have_keys_of_their_own() -> None:
    main = {"window_days": 365, "kept_days": 365, "levels": LEVELS}
    spent = [{"key": "plus", "name": {"en": "Plus", "fr": "Plus"}, "threshold": "99.50", "entitlements": ["lounge"],
              "benefits": [{"en": "A lounge", "fr": "Un salon"}]}]  # fmt: skip
    sets = parse_tier_sets([main, {"key": "spend", "metric": "spent", "window": "year", "kept": {"periods": 1},
                                   "levels": spent}], 0)  # fmt: skip
    assert [each.key for each in sets] == ["", "spend"]
    assert sets[1].levels[0].threshold == 9950
    assert sets[1].levels[0].entitlements == ("lounge",)
    with pytest.raises(MalformedTerms):
        parse_tier_sets([main, main], 0)
