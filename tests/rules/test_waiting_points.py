"""When points that wait come to life: after so long, when a period is over, or on dates of the year."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fidelia.rules.points_terms import parse_points_policy
from fidelia.rules.reading import MalformedTerms

PARIS = ZoneInfo("Europe/Paris")
SANTIAGO = ZoneInfo("America/Santiago")


def there_from(pending: dict[str, Any], earned: str, zone: ZoneInfo = PARIS) -> str:
    at = datetime.fromisoformat(f"{earned}T15:00").replace(tzinfo=zone).astimezone(UTC)
    found = parse_points_policy({"pending": pending}).activates_at(at, zone)
    assert found is not None
    return f"{found.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("pending", "earned", "there"),
    [
        ({"days": 14}, "2026-03-20", "2026-04-03 00:00"),
        ({"days": 0}, "2026-03-20", "2026-03-20 00:00"),
        ({"months": 1}, "2026-01-31", "2026-02-28 00:00"),
        ({"months": 12}, "2024-02-29", "2025-02-28 00:00"),
        ({"ends": "month"}, "2026-03-10", "2026-04-01 00:00"),
        ({"ends": "month"}, "2028-02-29", "2028-03-01 00:00"),
        ({"months": 1, "ends": "month"}, "2026-01-31", "2026-03-01 00:00"),
        ({"days": 14, "ends": "quarter"}, "2026-03-20", "2026-07-01 00:00"),
        ({"ends": "week"}, "2026-03-25", "2026-03-30 00:00"),  # a Wednesday, the Monday after the clocks change
        ({"ends": "week"}, "2026-03-29", "2026-03-30 00:00"),  # the Sunday itself
        ({"dates": ["01-01", "07-01"]}, "2026-06-30", "2026-07-01 00:00"),
        ({"dates": ["01-01", "07-01"]}, "2026-07-01", "2027-01-01 00:00"),  # the first of them after that day
        ({"dates": ["02-29"]}, "2027-02-01", "2027-02-28 00:00"),
        ({"dates": ["02-29"]}, "2027-02-28", "2028-02-29 00:00"),
    ],
)
def test_points_are_there_as_the_local_day_begins(pending: dict[str, Any], earned: str, there: str) -> None:
    assert there_from(pending, earned) == there


def test_a_day_that_begins_at_one_begins_then() -> None:
    """On 5 September 2027 the clocks of Santiago go from midnight to one."""
    assert there_from({"dates": ["09-05"]}, "2027-09-01", SANTIAGO) == "2027-09-05 01:00"


@pytest.mark.parametrize(
    ("pending", "pointer"),
    [
        ({}, "/points/pending"),
        ({"days": 3, "dates": ["01-01"]}, "/points/pending"),
        ({"ends": "month", "event": "delivered"}, "/points/pending"),
        ({"dates": []}, "/points/pending/dates"),
        ({"dates": ["13-01"]}, "/points/pending/dates/0"),
        ({"ends": "decade"}, "/points/pending/ends"),
        ({"months": 25}, "/points/pending/months"),
        ({"days": 3, "cancelled_after_days": 9}, "/points/pending"),
    ],
)
def test_what_cannot_be_is_refused(pending: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refusal:
        parse_points_policy({"pending": pending})
    assert refusal.value.pointer == pointer
