"""Tiers that are kept by less than it takes to reach them, never lost, kept by activity, or carry their excess once.

Rollover nights: a member of the Marriott Rewards Insiders community stated the formula with three sums (thread 46576,
"How many rollover nights will I get?"), and that who drops a level carries nothing. Balances that give and take a tier
at once: Voucherify's help, article 587. Tiers kept for so long from the last activity, permanent levels and none that
are lost: Voucherify's page on tier structures. Keeping for less than reaching, and the half-yearly case, are reckoned
here by hand.
"""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.rules.reading import MalformedTerms
from fidelia.rules.tier_deriving import derive_tiers
from fidelia.rules.tier_terms import parse_tier_set
from fidelia.rules.tiers import TierSet, TierTracker

from .test_tier_sets import PARIS, day_of, held, on
from .test_tiers_carried_over import GOLD, SILVER, TOP, counted, tiers

MARRIOTT = {"window": "year", "kept": {"periods": 1}, "carries": "excess_once", "carries_above": "held"}


def levels(*said: dict[str, Any], **parts: object) -> TierSet:
    named = [{**level, **one} for level, one in zip((SILVER, GOLD, TOP), said, strict=False)]
    found = parse_tier_set({"levels": named, **parts}, 0)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "nights", "rolled"),
    [(0, 94, 19), (10, 84, 9), (20, 74, 0)],  # 94 − 0 − 75; 94 − 10 − 75; 94 − 20 − 75 is below nothing
)
def test_marriott_nights_roll_over_once(before: int, nights: int, rolled: int) -> None:
    hotel = tiers(10, 50, 75, **MARRIOTT)
    stays = [("2014-05-01", 75 + before), ("2015-05-01", nights)]
    assert counted(hotel, *stays[:1], at="2015-01-01") == before
    assert counted(hotel, *stays, at="2015-12-31") == 94
    assert counted(hotel, *stays, at="2016-01-01") == rolled


def test_marriott_who_drops_a_level_carries_nothing() -> None:
    hotel = tiers(10, 50, 75, **MARRIOTT)
    stays = [("2014-05-01", 50), ("2015-05-01", 36)]  # gold through 2015; 36 nights are silver's
    assert counted(hotel, *stays, at="2016-01-01") == 0
    assert counted(tiers(10, 50, 75, **{**MARRIOTT, "carries_above": "reached"}), *stays, at="2016-01-01") == 26
    risen = [("2014-05-01", 30), ("2015-05-01", 46)]  # 20 of silver's 30 roll over: gold with 66, of which 46 are new
    assert counted(hotel, *risen, at="2016-01-01") == 0
    assert counted(hotel, ("2014-05-01", 30), ("2015-05-01", 60), at="2016-01-01") == 0  # platinum at 80: 60 − 75


def test_a_tier_is_kept_by_less_than_it_takes_to_reach_it() -> None:
    airline = levels(
        {"threshold": "35", "keep": "30"}, {"threshold": "100", "keep": "80"}, window="year", kept={"periods": 1}
    )
    assert held(airline, ("2024-05-01", 100), ("2025-05-01", 80)) == [
        ("gold", "2024-05-01", "2026-12-31"), ("", "2027-01-01", "")
    ]  # fmt: skip
    assert [one[:2] for one in held(airline, ("2024-05-01", 100), ("2025-05-01", 79))] == [
        ("gold", "2024-05-01"), ("silver", "2026-01-01"), ("", "2027-01-01")
    ]  # fmt: skip
    # Who was gold keeps silver by silver's lower count; who never was anything reaches it by 35 alone.
    assert [one[0] for one in held(airline, ("2024-05-01", 100), ("2025-05-01", 31))] == ["gold", "silver", ""]
    assert held(airline, ("2024-05-01", 31)) == []
    tracker = TierTracker(airline, PARIS, (), on("2020-01-01"))
    tracker.earn(on("2024-05-01"), 100)
    tracker.earn(on("2025-02-01"), 50)
    tracker.tier_at(on("2025-06-01"))
    assert (tracker.missing_to_keep()[0], day_of(tracker.missing_to_keep()[1])) == (
        30,
        "2026-01-01",
    )  # the instant after its last day


def test_nobody_falls_where_tiers_are_never_lost() -> None:
    shop = levels({"threshold": "10"}, {"threshold": "50"}, window_days=30, kept_days=30, falls="never")
    assert held(shop, ("2024-05-01", 12), ("2024-09-01", 60)) == [
        ("silver", "2024-05-01", "2024-08-31"), ("gold", "2024-09-01", "")
    ]  # fmt: skip


def test_who_reached_a_permanent_level_never_falls_below_it() -> None:
    shop = levels(
        {"threshold": "10", "permanent": True}, {"threshold": "50"}, {"threshold": "90"}, window="year",
        kept={"periods": 0},
    )  # fmt: skip
    assert held(shop, ("2024-05-01", 95)) == [("top", "2024-05-01", "2024-12-31"), ("silver", "2025-01-01", "")]
    assert held(shop, ("2024-05-01", 12)) == [("silver", "2024-05-01", "")]
    # What had made it so and came back takes it away again.
    gone = derive_tiers(shop, PARIS, [(on("2024-05-01"), 12), (on("2024-06-01"), -12, on("2024-05-01"))])
    assert [(one.tier, day_of(one.valid_from)) for one in gone] == [("silver", "2024-05-01"), ("", "2024-06-01")]


@pytest.mark.parametrize(("later", "until"), [([], "2025-05-01"), ([("2024-11-10", 1)], "2025-11-10")])
def test_each_activity_lets_a_tier_be_kept_from_then_on(later: list[tuple[str, int]], until: str) -> None:
    shop = levels({"threshold": "10"}, window_days=30, kept={"months": 12}, kept_from="activity")
    assert held(shop, ("2024-05-01", 12), *later)[0] == ("silver", "2024-05-01", until)


def test_voucherify_587_a_balance_gives_and_takes_a_tier_at_once() -> None:
    shop = levels(
        {"threshold": "100"}, {"threshold": "500"}, {"threshold": "1000"}, metric="balance", kept_days=0
    )  # fmt: skip
    found = derive_tiers(shop, PARIS, [(on("2023-01-10"), 100), (on("2023-02-15"), -50), (on("2023-02-25"), 500)])
    assert [(one.tier, day_of(one.valid_from)) for one in found] == [
        ("silver", "2023-01-10"), ("", "2023-02-15"), ("gold", "2023-02-25")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"window_days": 30, "kept_days": 0}, "/tiers/kept_days"),
        ({"window_days": 30, "kept_days": 9, "kept_from": "birth"}, "/tiers/kept_from"),
        ({"window": "year", "kept_days": 9, "carries_above": "all"}, "/tiers/carries_above"),
        ({"window_days": 30, "kept_days": 9, "falls": "up"}, "/tiers/falls"),
    ],
)
def test_what_cannot_be_is_refused(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refusal:
        parse_tier_set({**document, "levels": [{**SILVER, "threshold": "10"}]}, 0)
    assert refusal.value.pointer == pointer
    for wrong in ({"keep": "11"}, {"permanent": "yes"}):
        with pytest.raises(MalformedTerms):
            parse_tier_set({"window_days": 3, "kept_days": 3, "levels": [{**SILVER, "threshold": "10", **wrong}]}, 0)
