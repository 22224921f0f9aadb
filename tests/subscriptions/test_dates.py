"""Ends of periods at the ends of months, on leap days and when the clocks change; shares of a period."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from fidelia.kernel.localized import LocalizedText
from fidelia.rules.plan_dates import PaidPeriod, due_for_change, end_of_grace, end_of_period, refund_of, share_left
from fidelia.rules.plan_terms import Plan, parse_plans
from fidelia.rules.reading import MalformedTerms

from .shop import MONTHLY, PARIS, PLUS, when

NAME = LocalizedText(en="x", fr="x")


def plan(**more: Any) -> Plan:
    return Plan(key="x", name=NAME, **{"price": 1000, "period": "month", **more})


def local(moment: datetime | None) -> str:
    assert moment is not None
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("terms", "begun", "ends"),
    [
        ({}, "2026-01-31", ["2026-02-28 00:00", "2026-03-31 00:00", "2026-04-30 00:00"]),
        ({"last_day": "same"}, "2026-01-31", ["2026-03-01 00:00", "2026-04-01 00:00", "2026-05-01 00:00"]),
        ({"last_day": "instant"}, "2026-01-31", ["2026-02-28 12:00", "2026-03-31 12:00"]),
        ({"period": "year"}, "2028-02-29", ["2029-02-28 00:00", "2030-02-28 00:00", "2031-02-28 00:00"]),
        ({"period": "year", "every": 4}, "2028-02-29", ["2032-02-29 00:00"]),
        ({"period": "year", "last_day": "same"}, "2027-02-28", ["2028-02-29 00:00", "2029-03-01 00:00"]),
        ({"period": "day", "every": 30}, "2028-02-15", ["2028-03-16 00:00"]),
        ({"period": "month", "every": 3}, "2027-11-30", ["2028-02-29 00:00", "2028-05-30 00:00"]),
    ],
)  # fmt: skip
def test_every_end_is_reckoned_from_the_first_day(terms: dict[str, Any], begun: str, ends: list[str]) -> None:
    of = plan(**terms)
    assert [local(end_of_period(of, when(begun), n, PARIS)) for n in range(1, len(ends) + 1)] == ends


def test_the_same_hour_stays_the_same_hour_when_clocks_change_and_one_that_is_left_out_comes_after() -> None:
    of = plan(last_day="instant")
    assert local(end_of_period(of, when("2026-02-28", "02:30"), 1, PARIS)) == "2026-03-28 02:30"
    assert local(end_of_period(of, when("2026-03-28", "12:00"), 1, PARIS)) == "2026-04-28 12:00"
    daily = plan(period="day", last_day="instant")
    skipped = end_of_period(daily, when("2026-03-28", "02:30"), 1, PARIS)  # 02:30 of 29 March is not
    assert local(skipped) == "2026-03-29 03:30"
    twice = end_of_period(daily, when("2026-10-24", "02:30"), 1, PARIS)  # 02:30 of 25 October is twice: the first
    assert twice == when("2026-10-25", "00:00") + timedelta(hours=2, minutes=30)
    assert local(end_of_grace(plan(grace_days=3), when("2026-03-28", "00:00"), PARIS)) == "2026-03-31 00:00"


def paid(begins: str, ends: str, amount: int = 1000) -> PaidPeriod:
    return PaidPeriod(when(begins, "00:00"), when(ends, "00:00"), amount)


@pytest.mark.parametrize(
    ("by", "period", "at", "left", "whole"),
    [
        ("day", paid("2026-04-01", "2026-05-01"), "2026-04-16", 15, 30),
        ("day", paid("2026-04-01", "2026-05-01"), "2026-04-01", 30, 30),
        ("day", paid("2026-04-01", "2026-05-01"), "2026-04-30", 1, 30),
        ("day", paid("2026-03-01", "2026-04-01"), "2026-03-30", 2, 31),  # the clock changed on the 29th
        ("day", paid("2028-02-01", "2028-03-01"), "2028-02-29", 1, 29),
        ("second", paid("2026-04-01", "2026-05-01"), "2026-04-16", 14 * 86_400 + 43_200, 30 * 86_400),
        ("second", paid("2026-03-01", "2026-04-01"), "2026-03-31", 43_200, 31 * 86_400 - 3_600),
        ("month", paid("2026-01-15", "2027-01-15"), "2026-04-15", 9, 12),
        ("month", paid("2026-01-15", "2027-01-15"), "2026-04-16", 8, 12),
        ("month", paid("2026-01-31", "2026-04-30"), "2026-02-28", 2, 3),
        ("none", paid("2026-04-01", "2026-05-01"), "2026-04-16", 0, 1),
    ],
)  # fmt: skip
def test_what_is_left_of_a_period(by: str, period: PaidPeriod, at: str, left: int, whole: int) -> None:
    found = share_left(by, period, when(at), PARIS)
    assert (found.left, found.whole) == (left, whole)


def test_before_and_after_a_period_all_or_nothing_of_it_is_left() -> None:
    of = paid("2026-04-01", "2026-05-01")
    assert share_left("day", of, when("2026-03-01"), PARIS).of(1000, "half_up") == 1000
    assert share_left("second", of, when("2026-06-01"), PARIS).of(1000, "half_up") == 0
    assert share_left("day", PaidPeriod(when("2026-04-01"), None, 10), when("2026-04-02"), PARIS).of(10, "half_up") == 0


@pytest.mark.parametrize(
    ("source", "old", "new", "terms", "period", "at", "due"),
    # Told as these billing systems are commonly described; their pages were not opened for this.
    [
        # Stripe, "Prorations": 10 to 20 a month, half way: 10 of credit and 20 of charge, each for half: +5.00
        ("stripe", 1000, 2000, {"change": "second"}, ("2026-04-01", "2026-05-01"), ("2026-04-16", "00:00"), 500),
        # Stripe, the same the other way: 5.00 of credit
        ("stripe", 2000, 1000, {"change": "second"}, ("2026-04-01", "2026-05-01"), ("2026-04-16", "00:00"), -500),
        # Chargebee, day-based: on day 11 of 30, 20 days are left of both: 30 to 60 is 20.00 more
        ("chargebee", 3000, 6000, {"change": "day"}, ("2026-06-01", "2026-07-01"), ("2026-06-11", "12:00"), 2000),
        # Recurly, "Subscription changes": 10 days used of 31 at 31.00: 21.00 of credit against 42.00 of 62.00
        ("recurly", 3100, 6200, {"change": "day"}, ("2026-01-01", "2026-02-01"), ("2026-01-11", "09:00"), 2100),
        # nothing is reckoned: the whole of the new one is due, and a period of its own begins
        ("none", 1000, 2000, {"change": "none"}, ("2026-04-01", "2026-05-01"), ("2026-04-16", "00:00"), 2000),
    ],
)  # fmt: skip
def test_changes_of_plan_as_billing_systems_reckon_them(
    source: str, old: int, new: int, terms: dict[str, str], period: tuple[str, str], at: tuple[str, str], due: int
) -> None:
    document = [
        {**MONTHLY, "key": "old", "price": f"{old // 100}.00", "change": {"share": terms["change"], "down": "now"}},
        {**MONTHLY, "key": "new", "price": f"{new // 100}.00"},
    ]
    was, to = parse_plans(document, 0, 2)
    assert due_for_change(was, to, paid(*period, old), when(*at), PARIS) == due, source


def test_a_year_for_a_month_is_charged_whole_less_what_is_left() -> None:
    was, to = parse_plans([{**MONTHLY, "change": {"share": "day"}}, PLUS], 0, 2)
    assert due_for_change(was, to, paid("2026-04-01", "2026-05-01"), when("2026-04-16"), PARIS) == 3600 - 500


@pytest.mark.parametrize(
    ("terms", "at", "back"),
    [
        # a scheme that refunds all for 14 days, then nothing (the EU right of withdrawal)
        ({"within_days": 14}, "2026-01-15", 4900),
        ({"within_days": 14}, "2026-01-16", 0),
        # a scheme that refunds whole unused months
        ({"within_days": 0, "then": "month"}, "2026-06-20", 2450),
        # day by day, 195 of 365
        ({"within_days": 0, "then": "day"}, "2026-06-20", 2618),
    ],
)
def test_published_refunds(terms: dict[str, Any], at: str, back: int) -> None:
    (of,) = parse_plans([{**PLUS, "price": "49.00", "refund": terms}], 0, 2)
    assert refund_of(of, paid("2026-01-01", "2027-01-01", 4900), when(at), PARIS) == back


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"price": "-1"}, "/plans/0/price"),
        ({"price": "1.001"}, "/plans/0/price"),
        ({"period": "week"}, "/plans/0/period"),
        ({"every": 0}, "/plans/0/every"),
        ({"tier": "gold"}, "/plans/0/tier"),
        ({"period": "lifetime", "renewal": "auto"}, "/plans/0/period"),
        ({"refund": {"then": "week"}}, "/plans/0/refund/then"),
        ({"notice_days": [0]}, "/plans/0/notice_days/0"),
        ({"name": {"en": "x"}}, "/plans/0/name"),
        ({"pirce": "1"}, "/plans/0/pirce"),
        ({"key": ""}, "/plans/0/key"),
    ],
)
def test_terms_that_are_none_are_refused_where_they_stand(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Exception) as refused:
        parse_plans([{**PLUS, **change}], 0, 2)
    assert getattr(refused.value, "pointer", "").startswith(pointer)


def test_two_plans_have_neither_one_key_nor_one_product() -> None:
    for other in ({**PLUS}, {**PLUS, "key": "other"}):
        with pytest.raises(MalformedTerms):
            parse_plans([PLUS, other], 0, 2)
