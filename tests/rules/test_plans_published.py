"""Lengths of paid memberships and what a change costs, as others publish them; configuration and dates alone.

Sources: pretix, `src/tests/base/test_memberships.py` (3 days from 10 April, a month from 1 and 28 February, a month and
two days); Stripe, "Prorations" (10 to 20 dollars half-way: 5 more); Autumn, "Proration" (20 to 50 dollars half-way:
15); Samsung, "Manage subscription plan", example 1 (30 dollars of September, changed on the 15th to 60 a month: 8 days
of the new plan, or 15 dollars more, or nothing until 1 October). Seasons are reckoned here by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fidelia.rules.plan_dates import PaidPeriod, due_for_change, end_for_rest, end_of_period
from fidelia.rules.plan_terms import Plan, parse_plans
from fidelia.rules.reading import MalformedTerms

BERLIN = ZoneInfo("Europe/Berlin")


def plan(**parts: Any) -> Plan:
    named = {"key": "pass", "name": {"en": "P", "fr": "P"}, "price": "23.00", **parts}
    return parse_plans([named], 0, 2)[0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def last(of: Plan, first: str, number: int = 1) -> str:
    """The last day of a period."""
    ends = end_of_period(of, at(f"{first}T11:00"), number, BERLIN)
    assert ends is not None
    assert ends.astimezone(BERLIN).time().isoformat() == "00:00:00"
    return str(ends.astimezone(BERLIN).date().fromordinal(ends.astimezone(BERLIN).toordinal() - 1))


@pytest.mark.parametrize(
    ("parts", "first", "ends"),
    [
        ({"period": "day", "every": 3}, "2021-04-10", "2021-04-12"),
        ({"period": "month"}, "2021-02-01", "2021-02-28"),
        ({"period": "month"}, "2021-02-28", "2021-03-27"),
        ({"period": "month", "plus_days": 2}, "2021-02-01", "2021-03-02"),
        ({"period": "month", "plus_days": 2}, "2021-02-28", "2021-03-29"),
        ({"period": "year"}, "2024-02-29", "2025-02-27"),
        ({"period": "season", "until": ["06-30"]}, "2025-09-15", "2026-06-30"),
        ({"period": "season", "until": ["06-30"]}, "2026-06-30", "2026-06-30"),
        ({"period": "season", "until": ["06-30"]}, "2026-07-01", "2027-06-30"),
        ({"period": "season", "until": ["02-29", "08-31"]}, "2027-12-01", "2028-02-29"),
        ({"period": "season", "until": ["02-29", "08-31"]}, "2026-12-01", "2027-02-28"),
    ],
)
def test_a_period_lasts_as_published(parts: dict[str, Any], first: str, ends: str) -> None:
    assert last(plan(**parts), first) == ends


def test_further_periods_are_reckoned_from_the_first_day() -> None:
    assert [last(plan(period="month"), "2024-01-31", n) for n in (1, 2, 3)] == [
        "2024-02-28",
        "2024-03-30",
        "2024-04-29",
    ]
    seasons = plan(period="season", until=["02-29", "08-31"])
    assert [last(seasons, "2027-10-05", n) for n in (1, 2, 3)] == ["2028-02-29", "2028-08-31", "2029-02-28"]
    assert last(plan(period="season", until=["06-30"], every=2), "2025-09-15") == "2027-06-30"


@pytest.mark.parametrize(
    ("was", "price", "to", "due"),
    [
        ("10.00", "2026-04-16T00:00", "20.00", 5_00),  # Stripe
        ("20.00", "2026-04-16T00:00", "50.00", 15_00),  # Autumn
        ("30.00", "2026-04-16T00:00", "60.00", 15_00),  # Samsung: the rest of September, 15 of 30 days
    ],
)
def test_a_dearer_plan_half_way_costs_half_the_difference(was: str, price: str, to: str, due: int) -> None:
    old, new = plan(price=was, period="month", change={"share": "second"}), plan(price=to, period="month")
    paid = PaidPeriod(at("2026-04-01T00:00"), at("2026-05-01T00:00"), old.price)
    assert due_for_change(old, new, paid, at(price), BERLIN) == due


@pytest.mark.parametrize("share", ["day", "second"])
def test_samsung_the_rest_becomes_days_of_the_dearer_plan(share: str) -> None:
    """Changed on the 15th, until the 23rd: 15.50 dollars are left to the second, 7.75 days, and the last one whole."""
    old = plan(price="30.00", period="month", change={"rest": "days", "share": share})
    paid = PaidPeriod(at("2026-09-01T00:00"), at("2026-10-01T00:00"), old.price)
    found = end_for_rest(old, plan(price="60.00", period="month"), paid, at("2026-09-15T12:00"), BERLIN)
    assert found == at("2026-09-23T00:00")


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"period": "season"}, "/plans/0/until"),
        ({"period": "year", "until": ["06-30"]}, "/plans/0/until"),
        ({"period": "season", "until": ["06-31"]}, "/plans/0/until/0"),
        ({"plus_days": -1}, "/plans/0/plus_days"),
        ({"change": {"rest": "hours"}}, "/plans/0/change/rest"),
    ],
)
def test_what_cannot_be_is_refused(parts: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MalformedTerms) as refusal:
        plan(**parts)
    assert refusal.value.pointer == pointer
