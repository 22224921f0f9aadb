"""Lives of points as makers of engines and schemes publish them: first in first out, activity, cycles, late returns.

Restated as configuration and dates; each row is somebody's published example or rule.
"""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.ledger.errors import InsufficientPoints

from .test_published_cases import Shop, day, end_of, points

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("life", "earned", "last"),
    [
        ({"validity_months": 24, "ends": "month"}, "2025-02-14", "2027-02-28"),  # "points of February 2025, 24 months"
        ({"validity_months": 24, "ends": "year"}, "2024-06-15", "2026-12-31"),  # "each 1 January, two years at least"
        ({"validity_months": 12, "ends": ["06-30", "12-31"]}, "2025-03-10", "2026-06-30"),  # two cycles a year
        ({"validity_months": 12, "ends": ["06-30", "12-31"]}, "2025-07-01", "2026-12-31"),
        ({"validity_days": 365, "ends": "day"}, "2025-03-01", "2026-03-01"),
        ({"validity_days": 365, "ends": "day"}, "2024-02-29", "2025-02-28"),
        ({"validity_months": 12, "ends": "day"}, "2024-02-29", "2025-02-28"),
        ({"validity_months": 18, "ends": "quarter"}, "2024-11-30", "2026-06-30"),
    ],
)
def test_points_live_to_the_end_of_the_day_that_the_terms_name(life: dict[str, Any], earned: str, last: str) -> None:
    shop = Shop(points(**life))
    shop.grant(100, day(earned))
    assert (shop.has(end_of(last)), shop.has(day(last).replace(year=int(last[:4]) + 1))) == (100, 0)


def test_the_oldest_are_used_first_and_only_what_is_left_of_each_ends() -> None:
    shop = Shop(points(validity_months=2, ends="day"))
    shop.grant(100, day("2025-01-10"))
    shop.grant(50, day("2025-02-10"))
    shop.grant(70, day("2025-03-01"))
    shop.spend(120, day("2025-03-05"))  # all of January, 20 of February
    assert shop.has(end_of("2025-03-10")) == 100
    shop.night(day("2025-03-11"))
    assert shop.has(day("2025-03-11")) == 100
    assert shop.has(day("2025-04-11")) == 70
    shop.night(day("2025-04-11"))
    shop.spend(70, day("2025-04-12"))
    shop.night(day("2025-05-02"))
    assert shop.has(day("2025-05-02")) == 0


def test_what_ended_is_not_spent_also_before_anybody_has_written_it_down() -> None:
    shop = Shop(points(validity_months=1, ends="day"))
    shop.grant(100, day("2025-01-10"))
    shop.grant(30, day("2025-02-05"))
    assert shop.has(day("2025-02-11")) == 30
    with pytest.raises(InsufficientPoints):
        shop.spend(31, day("2025-02-11"))
    shop.spend(30, day("2025-02-11"))
    shop.night(day("2025-02-12"))
    shop.night(day("2025-02-12"))
    assert shop.has(day("2025-02-12")) == 0


def test_goods_that_come_back_after_their_points_ended_take_no_others() -> None:
    shop = Shop(points(validity_months=1, ends="day"))
    shop.buy("old", (1, 100_00), at=day("2025-01-10"))
    shop.buy("new", (1, 40_00), at=day("2025-02-01"))
    shop.night(day("2025-02-11"))
    assert shop.has(day("2025-02-11")) == 40
    shop.give_back("old", day("2025-02-12"), (1, 1))
    assert shop.has(day("2025-02-12")) == 40


def test_goods_that_come_back_after_a_part_of_their_points_was_used_take_what_is_left_of_them_first() -> None:
    shop = Shop(points(validity_months=3, ends="day"))
    shop.buy("a", (2, 50_00), at=day("2025-01-10"))
    shop.spend(60, day("2025-01-20"))
    shop.buy("b", (1, 30_00), at=day("2025-02-01"))
    shop.give_back("a", day("2025-02-05"), (1, 1))  # 50 of 100, of which 40 are there: the others give ten
    assert shop.has(day("2025-02-05")) == 20
    shop.give_back("b", day("2025-02-06"), (1, 1))
    assert shop.has(day("2025-02-06")) == 0


@pytest.mark.parametrize(
    ("renewed_by", "spent_on", "last"),
    [
        (["earn", "redeem"], "2025-12-20", "2026-12-20"),  # any activity lets the whole balance live on
        (["earn"], "2025-12-20", "2026-01-10"),  # earning alone does
        (["redeem"], "2025-12-20", "2026-12-20"),
        (["earn", "redeem"], None, "2026-01-10"),
    ],
)
def test_a_balance_lives_on_with_activity(renewed_by: list[str], spent_on: str | None, last: str) -> None:
    shop = Shop(points(validity_months=12, ends="day", counts_from="activity", renewed_by=renewed_by))
    shop.buy("first", (1, 100_00), at=day("2025-01-10"))
    if spent_on:
        shop.spend_by_terms(40, day(spent_on))
    left = 60 if spent_on else 100
    assert (shop.has(end_of(last)), shop.has(day(last).replace(hour=23) + (day("2025-01-02") - day("2025-01-01")))) == (
        left, 0,
    )  # fmt: skip


def test_a_purchase_lets_older_points_live_on_and_its_return_does_not_kill_them() -> None:
    shop = Shop(points(validity_months=12, ends="day", counts_from="activity"))
    shop.buy("first", (1, 100_00), at=day("2025-01-10"))
    shop.buy("second", (1, 10_00), at=day("2025-12-01"))
    assert shop.has(end_of("2026-12-01")) == 110
    shop.give_back("second", day("2025-12-05"), (1, 1))
    assert shop.has(end_of("2026-01-10")) == 100
    assert shop.has(day("2026-12-03")) == 0
