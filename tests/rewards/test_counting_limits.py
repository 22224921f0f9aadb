"""From limits of a rule document to counters and back, in the zone of the programme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from fidelia.programme.models import Programme
from fidelia.rewards.operations import left_of_limits, limit_items
from fidelia.rewards.operations.limits import Period, period_of
from fidelia.rewards.queries import list_limits, read_for_rules
from tests.cast import SYSTEM
from tests.programme.cast import programme

from .scarce import FLORESTAN, close

PARIS = ZoneInfo("Europe/Paris")
STORE = UUID(int=77)


@dataclass(frozen=True)
class Declared:
    key: str
    at_most: int
    per: str = "all"
    period: str = "ever"
    rolling_days: int = 0
    alerts: tuple[int, ...] = (80, 100)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("ever", Period(None, None)),
        ("day", Period(date(2026, 3, 1), date(2026, 3, 2))),
        ("week", Period(date(2026, 2, 23), date(2026, 3, 2))),
        ("month", Period(date(2026, 3, 1), date(2026, 4, 1))),
        ("quarter", Period(date(2026, 1, 1), date(2026, 4, 1))),
        ("year", Period(date(2026, 1, 1), date(2027, 1, 1))),
        ("rolling", Period(date(2026, 3, 1), date(2026, 3, 31), date(2026, 1, 31))),
    ],
)
def test_a_period_is_of_the_programmes_own_days(period: str, expected: Period) -> None:
    late_in_february_by_utc = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    limit = Declared("a/0", 1, period=period, rolling_days=30)
    assert period_of(limit, late_in_february_by_utc, PARIS) == expected


def test_a_quarter_begins_with_its_first_month() -> None:
    for month, first in ((1, 1), (3, 1), (4, 4), (8, 7), (12, 10)):
        found = period_of(Declared("a/0", 1, period="quarter"), datetime(2026, month, 15, tzinfo=UTC), PARIS)
        assert found.starts_on == date(2026, first, 1)


@pytest.mark.django_db
def test_what_was_counted_is_what_is_no_longer_left() -> None:
    circle: Programme = programme()
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    limits = (
        Declared("budget/0", 10_000),
        Declared("budget/1", 500, per="member", period="month"),
        Declared("budget/2", 3, per="store", period="day"),
        Declared("budget/3", 700, per="member", period="rolling", rolling_days=7),
        Declared("unused/0", 9),
    )
    known = {"customer_id": FLORESTAN, "store_id": STORE}
    consumed = {"budget/0": 400, "budget/1": 400, "budget/2": 1, "budget/3": 400, "unused/0": 0}
    items = limit_items(limits, consumed, at=at, zone=PARIS, **known)
    assert [one.subject for one in items] == ["budget/0", "budget/1", "budget/2", "budget/3"]
    close(circle, limits=items, **known)

    def left(moment: datetime, **who: UUID | None) -> list[int]:
        counted = read_for_rules(programme_id=circle.id, at=moment, **who)["limits"]
        found = left_of_limits(limits, counted, at=moment, zone=PARIS, **{**dict.fromkeys(known), **who})
        return [found[one.key] for one in limits]

    assert left(at, **known) == [9_600, 100, 2, 300, 9]
    assert left(datetime(2026, 3, 3, 9, tzinfo=UTC), **known) == [9_600, 100, 3, 300, 9]
    assert left(datetime(2026, 4, 1, 9, tzinfo=UTC), **known) == [9_600, 500, 3, 700, 9]
    assert left(at, customer_id=UUID(int=5), store_id=UUID(int=6)) == [9_600, 500, 3, 700, 9]
    assert [(one.limit, one.taken, one.capacity) for one in list_limits(by=SYSTEM, programme_id=circle.id)] == [
        ("budget/0", 400, 10_000)
    ]


def test_a_limit_for_each_member_counts_nothing_of_nobody() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    limits = (Declared("a/0", 5, per="member"), Declared("a/1", 5, per="store"), Declared("a/2", 5))
    items = limit_items(limits, {one.key: 1 for one in limits}, customer_id=None, store_id=None, at=at, zone=PARIS)
    assert [one.subject for one in items] == ["a/2"]
