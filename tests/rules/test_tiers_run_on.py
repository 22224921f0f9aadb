"""Periods that begin on dates of the year, and tiers that run on after they were missed: what is said and refused.

The lives themselves, of airlines, hotels and casinos, are in tests/programme/schemes/statuses.yaml.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fidelia.programme.queries.terms_in_words import describe_tiers
from fidelia.rules.reading import MalformedTerms
from fidelia.rules.tier_deriving import derive_tiers
from fidelia.rules.tier_sets import TierSet
from fidelia.rules.tier_terms import parse_tier_set
from fidelia.rules.tiers import TierTracker

PARIS = ZoneInfo("Europe/Paris")
APRIL = {"window": ["04-01"], "kept": {"periods": 1}, "runs_on": {"months": 1, "ends": "month"}}


def tiers(**members: Any) -> TierSet:
    levels = [
        {"key": key, "name": {"en": key, "fr": key}, "threshold": threshold}
        for key, threshold in (("bronze", "300"), ("silver", "600"))
    ]
    made = parse_tier_set({"levels": levels, **members}, 0)
    assert made is not None
    return made


def on(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=PARIS)


def held(found: TierSet, *earned: tuple[str, int]) -> list[tuple[str, str]]:
    periods = derive_tiers(found, PARIS, [(on(day), points) for day, points in earned])
    return [(one.tier, f"{one.valid_from.astimezone(PARIS):%Y-%m-%d}") for one in periods]


def test_it_is_said_in_both_languages() -> None:
    english, french = describe_tiers(tiers(**APRIL), "en"), describe_tiers(tiers(**APRIL), "fr")
    assert english[0] == "Points earned of the period that began on 1 April count."
    assert french[0] == "Les points gagnés de la période commencée le 1ᵉʳ avril comptent."
    assert [each.replace("\u00a0", " ") for each in english[3:4]] == [
        "Who misses it holds it for 1 month more, to the end of that month, before the tier that follows begins."
    ]
    assert [each.replace("\u00a0", " ") for each in french[3:4]] == [
        "Qui le manque le garde encore 1 mois, jusqu’à la fin de ce mois, avant que commence le statut suivant."
    ]


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({**APRIL, "grace": {"months": 1}}, "/tiers/runs_on"),
        ({"metric": "balance", "kept_days": 30, "runs_on": {"months": 1}}, "/tiers/runs_on"),
        ({**APRIL, "window": ["13-01"]}, "/tiers/window/0"),
        ({**APRIL, "window": []}, "/tiers/window"),
        ({**APRIL, "window_days": 10}, "/tiers/window"),
        ({**APRIL, "runs_on": {"weeks": 1}}, "/tiers/runs_on/weeks"),
    ],
)
def test_it_is_refused_where_it_stands(members: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refused:
        tiers(**members)
    assert refused.value.pointer == pointer


def test_who_misses_it_twice_falls_twice_and_each_tier_runs_on() -> None:
    assert held(tiers(**APRIL), ("2025-06-01", 600), ("2026-06-01", 300)) == [
        ("silver", "2025-06-01"), ("bronze", "2027-05-01"), ("", "2028-05-01"),
    ]  # fmt: skip


def test_the_level_above_is_reached_while_the_one_below_waits() -> None:
    """600 in April, while Silver of the last year still runs on: it begins anew, and no Bronze between."""
    assert held(tiers(**APRIL), ("2025-06-01", 600), ("2026-06-01", 300), ("2027-04-10", 600)) == [
        ("silver", "2025-06-01"), ("", "2029-05-01"),
    ]  # fmt: skip


def test_one_step_at_most() -> None:
    assert held(tiers(**APRIL, falls="one_step"), ("2025-06-01", 600)) == [
        ("silver", "2025-06-01"), ("bronze", "2027-05-01"), ("", "2028-05-01"),
    ]  # fmt: skip


def test_a_return_known_while_it_runs_on_takes_what_it_had_given() -> None:
    found = tiers(**APRIL)
    bought, back = on("2026-06-01"), on("2027-04-10")
    periods = derive_tiers(found, PARIS, [(on("2025-06-01"), 600), (bought, 300), (back, -300, bought)])
    assert [(one.tier, f"{one.valid_from.astimezone(PARIS):%Y-%m-%d}") for one in periods] == [
        ("silver", "2025-06-01"), ("", "2027-05-01"),
    ]  # fmt: skip


def test_what_is_missing_is_told_by_the_end_of_the_period() -> None:
    tracker = TierTracker(tiers(**APRIL), PARIS)
    tracker.earn(on("2025-06-01"), 600)
    tracker.earn(on("2026-06-01"), 450)
    missing, by = tracker.missing_to_keep()
    assert (missing, by) == (150, on("2027-04-01", hour=0))


def test_half_years_from_february_and_august() -> None:
    found = tiers(window=["02-01", "08-01"], kept={"periods": 0})
    assert held(found, ("2025-07-31", 200), ("2025-08-01", 100), ("2026-01-31", 200)) == [
        ("bronze", "2026-01-31"), ("", "2026-02-01"),
    ]  # fmt: skip
