"""How long points live and tiers are kept: offsets from the original anchor, clamped at month ends, by local days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.rules.points_terms import PointsPolicy, parse_points_policy
from fidelia.rules.reading import MalformedTerms
from fidelia.rules.spans import Span, anniversary_before, first_of_period, last_of_period

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("begun", "span", "last"),
    [
        (date(2026, 1, 25), Span(months=1), date(2026, 2, 25)),
        (date(2026, 1, 31), Span(months=1), date(2026, 2, 28)),
        (date(2024, 1, 31), Span(months=1), date(2024, 2, 29)),
        (date(2026, 1, 25), Span(), date(2026, 1, 25)),
        (date(2023, 7, 5), Span(months=36, ends=((9, 30),)), date(2026, 9, 30)),
        (date(2019, 1, 15), Span(months=36, ends=((9, 30),)), date(2022, 9, 30)),
        (date(2023, 10, 1), Span(months=36, ends=((9, 30),)), date(2027, 9, 30)),
        (date(2016, 12, 12), Span(months=36, ends="quarter"), date(2019, 12, 31)),
        (date(2025, 2, 10), Span(months=36, ends="quarter"), date(2028, 3, 31)),
        (date(2026, 3, 10), Span(ends="month"), date(2026, 3, 31)),
        (date(2026, 3, 10), Span(months=1, ends="month"), date(2026, 4, 30)),
        (date(2026, 7, 1), Span(ends="half_year"), date(2026, 12, 31)),
        (date(2026, 6, 30), Span(ends="half_year"), date(2026, 6, 30)),
        (date(2026, 3, 1), Span(ends=((2, 29), (8, 31))), date(2026, 8, 31)),
        (date(2026, 9, 1), Span(ends=((2, 29),)), date(2027, 2, 28)),
        (date(2027, 9, 1), Span(ends=((2, 29),)), date(2028, 2, 29)),
        (date(2026, 3, 1), Span(days=90), date(2026, 5, 30)),
    ],
)
def test_the_last_day_is_as_published(begun: date, span: Span, last: date) -> None:
    assert span.last_day(begun) == last


def test_points_die_as_their_last_local_day_ends() -> None:
    earned = datetime(2026, 1, 24, 23, 30, tzinfo=UTC)  # 25 January, 0:30 in Paris
    assert PointsPolicy(1, "day").expires_at(earned, PARIS) == datetime(2026, 2, 25, 23, tzinfo=UTC)
    # The clocks go forward on 29 March: the day ends at 22:00 UTC.
    assert PointsPolicy(2, "day").expires_at(datetime(2026, 1, 29, 12, tzinfo=UTC), PARIS) == datetime(
        2026, 3, 29, 22, tzinfo=UTC
    )
    assert PointsPolicy(0, "day").expires_at(earned, PARIS) == datetime(2026, 1, 25, 23, tzinfo=UTC)


def test_points_of_no_policy_are_there_at_once_and_never_die() -> None:
    policy = parse_points_policy(None)
    assert policy.expires_at(datetime(2026, 1, 1, tzinfo=UTC), PARIS) is None
    assert policy.pending is None
    assert policy.renewed_until("earn", datetime(2026, 1, 1, tzinfo=UTC), PARIS) is None


def test_points_live_on_with_what_renews_them() -> None:
    policy = parse_points_policy(
        {"validity_months": 12, "ends": "day", "counts_from": "activity", "renewed_by": ["earn"]}
    )
    bought = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert policy.renewed_until("earn", bought, PARIS) == datetime(2027, 3, 10, 23, tzinfo=UTC)
    assert policy.renewed_until("redeem", bought, PARIS) is None


def test_pending_points_wait_for_days_a_day_or_an_event() -> None:
    earned = datetime(2026, 3, 28, 12, tzinfo=UTC)
    after_days = parse_points_policy({"pending": {"days": 14}})
    assert after_days.activates_at(earned, PARIS) == datetime(2026, 4, 10, 22, tzinfo=UTC)
    on_a_day = parse_points_policy({"pending": {"until": "2026-05-01"}})
    assert on_a_day.activates_at(earned, PARIS) == datetime(2026, 4, 30, 22, tzinfo=UTC)
    of_event = parse_points_policy({"pending": {"event": "delivered", "cancelled_after_days": 30}})
    assert of_event.pending is not None
    assert of_event.activates_at(earned, PARIS) is None
    assert of_event.pending.cancelled_at(earned, PARIS) == datetime(2026, 4, 27, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"validity_months": -1}, "/points/validity_months"),
        ({"validity_days": 4000}, "/points/validity_days"),
        ({"ends": "weekend"}, "/points/ends"),
        ({"ends": []}, "/points/ends"),
        ({"ends": ["13-01"]}, "/points/ends/0"),
        ({"counts_from": "activity"}, "/points/counts_from"),
        ({"validity_months": 1, "renewed_by": []}, "/points/renewed_by"),
        ({"pending": {"days": 1, "event": "delivered"}}, "/points/pending"),
        ({"pending": {"days": 1, "cancelled_after_days": 3}}, "/points/pending"),
        ({"pending": {"event": "two words"}}, "/points/pending/event"),
        ({"notice_days": [0]}, "/points/notice_days/0"),
        ({"reinstatement_days": 400}, "/points/reinstatement_days"),
        ({"transfers": "burn"}, "/points/transfers"),
        ({"pays": {"points": "100"}}, "/points/pays/money"),
        ({"pays": {"points": "100", "money": "1", "share": 0}}, "/points/pays/share"),
        ({"pays": {"points": "300", "money": "1", "step": "100.5"}}, "/points/pays/step"),
        ({"approval_above": "-5"}, "/points/approval_above"),
        ({"unknown": 1}, "/points/unknown"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(document: dict[str, object], pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refusal:
        parse_points_policy(document)
    assert refusal.value.pointer == pointer


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(["month", "quarter", "half_year", "year"]))
def test_a_day_lies_in_its_period(day: date, period: str) -> None:
    first, last = first_of_period(day, period), last_of_period(day, period)
    assert first <= day <= last
    assert first_of_period(last, period) == first


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 4000))
def test_an_anniversary_is_at_most_a_year_past(anchor: date, days: int) -> None:
    day = date.fromordinal(anchor.toordinal() + days)
    found = anniversary_before(anchor, day)
    assert found <= day
    assert (day - found).days <= 366
    assert (found.month, found.day) == (anchor.month, anchor.day) or (anchor.month, anchor.day) == (2, 29)
