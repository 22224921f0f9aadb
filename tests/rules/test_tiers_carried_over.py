"""What a year brings beyond its tier counts in the next, and what all years bring makes a tier one's own for life.

Cases that hotels and airlines have published, restated as configuration and dates:

    nights of a hotel   10, 40 and 60 nights of a calendar year; those beyond the tier roll over, once and again
    miles of an airline 125,000 of a calendar year; 250,000 bring the tier twice
    steps of an airline 100, then 180 more, then 300 more, in a year from each step; the surplus is kept, 300 at most
    million miles       a tier for life at one million, a better one at two
"""

from __future__ import annotations

import pytest

from fidelia.rules.reading import MalformedTerms
from fidelia.rules.tier_deriving import derive_tiers
from fidelia.rules.tier_terms import parse_tier_set
from fidelia.rules.tiers import TierSet, TierTracker

from .test_tier_sets import PARIS, day_of, held, on

SILVER, GOLD, TOP = ({"key": key, "name": {"en": key, "fr": key}} for key in ("silver", "gold", "top"))
YEAR = {"window": "year", "kept": {"periods": 1}, "carries": "excess"}
STEPS = {"window": "tier", "kept": {"periods": 0}, "carries": "excess", "falls": "one_step"}


def tiers(*thresholds: int, **parts: object) -> TierSet:
    levels = [{**level, "threshold": str(n)} for level, n in zip((SILVER, GOLD, TOP), thresholds, strict=False)]
    found = parse_tier_set({"levels": levels, **parts}, 0)
    assert found is not None
    return found


def counted(tier_set: TierSet, *facts: tuple[str, int], at: str) -> int:
    """What counts towards the next tier on a day."""
    tracker = TierTracker(tier_set, PARIS, (), on("2020-01-01"))
    for day, amount in facts:
        tracker.earn(on(day), amount)
    return tracker.earned_at(on(at))


@pytest.mark.parametrize(
    ("nights", "rolled"),
    [
        ([("2024-05-01", 30)], 20),  # silver at 10: twenty are more than it takes
        ([("2024-05-01", 9)], 0),  # no tier, nothing beyond it
        ([("2024-05-01", 10)], 0),
        ([("2024-05-01", 40)], 0),
        ([("2024-05-01", 90)], 30),
        ([("2024-05-01", 100)], 40),
    ],
)
def test_nights_beyond_the_tier_roll_over(nights: list[tuple[str, int]], rolled: int) -> None:
    assert counted(tiers(10, 40, 60, **YEAR), *nights, at="2025-01-01") == rolled
    assert counted(tiers(10, 40, 60, **YEAR), *nights, at="2024-12-31") == nights[0][1]


def test_nights_that_rolled_over_help_to_roll_over_more() -> None:
    hotel = tiers(10, 40, 60, **YEAR)
    stays = [("2021-03-01", 90), ("2022-06-01", 50), ("2023-06-01", 45)]
    assert [counted(hotel, *stays[:n], at=f"{2021 + n}-01-01") for n in (1, 2, 3)] == [30, 20, 5]
    assert held(hotel, *stays) == [("top", "2021-03-01", "2024-12-31"), ("", "2025-01-01", "")]
    without = tiers(10, 40, 60, **{**YEAR, "carries": None})
    assert held(without, *stays) == [
        ("top", "2021-03-01", "2022-12-31"), ("gold", "2023-01-01", "2024-12-31"), ("", "2025-01-01", "")
    ]  # fmt: skip


def test_twice_the_miles_of_a_tier_bring_it_for_two_years() -> None:
    airline = tiers(25_000, 125_000, **YEAR)
    assert held(airline, ("2024-02-01", 250_000)) == [("gold", "2024-02-01", "2026-12-31"), ("", "2027-01-01", "")]
    assert counted(airline, ("2024-02-01", 250_000), at="2025-01-01") == 125_000


def test_each_step_takes_its_points_and_the_rest_counts_for_the_next() -> None:
    steps = tiers(100, 180, 300, **STEPS)
    assert held(steps, ("2024-03-01", 99))[:1] == []
    assert held(steps, ("2024-03-01", 100))[0] == ("silver", "2024-03-01", "2025-02-28")
    assert counted(steps, ("2024-03-01", 130), at="2024-03-02") == 30
    climbed = [("2024-03-01", 130), ("2024-06-10", 150), ("2024-09-01", 310)]
    assert [period[:2] for period in held(steps, *climbed)[:3]] == [
        ("silver", "2024-03-01"), ("gold", "2024-06-10"), ("top", "2024-09-01")
    ]  # fmt: skip
    assert counted(steps, *climbed, at="2024-09-02") == 10
    assert held(steps, ("2024-03-01", 580))[0][:2] == ("top", "2024-03-01")  # 100 + 180 + 300 at once


def test_the_surplus_of_a_year_helps_to_keep_the_tier_of_the_next() -> None:
    steps = tiers(100, 180, 300, **STEPS)
    gold = [("2024-03-01", 280)]
    assert counted(steps, *gold, ("2025-01-10", 250), at="2025-03-01") == 70
    kept = held(steps, *gold, ("2025-01-10", 250), ("2026-01-10", 110))
    assert kept[0] == ("gold", "2024-03-01", "2027-02-28")  # 70 and 110 are 180: kept a third year
    missed = held(steps, *gold, ("2025-01-10", 250), ("2026-01-10", 109))
    assert [period[:2] for period in missed] == [("gold", "2024-03-01"), ("silver", "2026-03-01"), ("", "2027-03-01")]


@pytest.mark.parametrize(("brought", "carried"), [(600, 300), (650, 300), (450, 150), (300, 0)])
def test_the_surplus_is_capped(brought: int, carried: int) -> None:
    steps = tiers(100, 180, 300, **STEPS, carries_max="300")
    assert counted(steps, ("2024-03-01", 580), ("2025-01-10", brought), at="2025-03-01") == carried


def test_a_tier_for_life_is_held_when_the_years_no_longer_give_it() -> None:
    levels = [
        {**SILVER, "threshold": "25000", "lifetime": "1000000"}, {**GOLD, "threshold": "50000", "lifetime": "2000000"},
        {**TOP, "threshold": "100000"},
    ]  # fmt: skip
    airline = parse_tier_set({"levels": levels, "window": "year", "kept": {"periods": 1}}, 0)
    assert airline is not None
    years = [(f"{2011 + n}-07-01", 100_000) for n in range(10)]
    assert held(airline, *years) == [("top", "2011-07-01", "2021-12-31"), ("silver", "2022-01-01", "")]
    assert held(airline, *years[:9])[-1] == ("", "2021-01-01", "")
    more = [(f"{2021 + n}-07-01", 100_000) for n in range(10)]
    assert held(airline, *years, *more) == [("top", "2011-07-01", "2031-12-31"), ("gold", "2032-01-01", "")]
    quiet = [(f"{2000 + n}-07-01", 10_000) for n in range(100)]  # no year alone ever gives a tier
    assert held(airline, *quiet) == [("silver", "2099-07-01", "")]


def test_a_return_takes_a_tier_for_life_and_what_was_carried_with_it() -> None:
    levels = [{**SILVER, "threshold": "100", "lifetime": "1000"}]
    life = parse_tier_set({"levels": levels, **YEAR}, 0)
    assert life is not None
    sale, back = on("2024-05-01"), on("2024-06-01")
    found = derive_tiers(life, PARIS, [(sale, 1_050), (back, -100, sale)])
    assert (found[0].tier, day_of(found[0].valid_from)) == ("silver", "2024-05-01")
    assert found[-1].tier == ""  # 950 are not a thousand: it ends with the years that 950 bring
    assert derive_tiers(life, PARIS, [(sale, 1_050)])[-1].valid_until is None
    hotel = tiers(10, 40, 60, **YEAR)
    tracker = TierTracker(hotel, PARIS, (), sale)
    tracker.earn(sale, 90)
    tracker.un_earn(back, [(25, sale)])
    assert tracker.earned_at(on("2025-01-01")) == 5


def test_carrying_over_does_not_depend_on_when_one_asks() -> None:
    hotel = tiers(10, 40, 60, **YEAR)
    tracker = TierTracker(hotel, PARIS, (), on("2021-01-01"))
    stays = {"2021-03-01": 90, "2022-06-01": 50, "2023-06-01": 45}
    for year in (2021, 2022, 2023):
        for month in range(1, 13):
            day = f"{year}-{month:02}-01"
            tracker.tier_at(on(day))
            tracker.earned_at(on(day))
            if day in stays:
                tracker.earn(on(day), stays[day])
    tracker.let_all_time_pass()
    found = derive_tiers(hotel, PARIS, [(on(day), n) for day, n in stays.items()], joined_at=on("2021-01-01"))
    assert tracker.periods == found


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"window_days": 365, "carries": "excess"}, "/tiers/carries"),
        ({"window": "year", "carries": "all"}, "/tiers/carries"),
        ({"window": "year", "carries_max": "3"}, "/tiers/carries_max"),
        ({"window": "year", "carries": "excess", "carries_max": "-1"}, "/tiers/carries_max"),
        ({"window": "tier", "carries": "excess", "begins": "next_period"}, "/tiers/begins"),
        ({"window": "year", "levels": [{**SILVER, "threshold": "1", "lifetime": "x"}]}, "/tiers/levels/0/lifetime"),
    ],
)
def test_what_cannot_be_carried_is_refused(parts: dict[str, object], pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refused:
        parse_tier_set({"levels": [{**SILVER, "threshold": "1"}], "kept": {"days": 1}, **parts}, 0)
    assert refused.value.pointer == pointer
