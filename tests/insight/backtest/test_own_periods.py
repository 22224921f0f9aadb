"""Limits of a member's own periods, payments with points, levels of two measures: a backtest counts them as it was."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.insight.operations.backtesting import backtest_document
from fidelia.insight.operations.grounds import Asked
from fidelia.programme.queries import parse_document
from fidelia.programme.queries.tier_facts import derive_held
from tests.cast import actor_with
from tests.insight.shop import open_shop
from tests.programme.schemes.telling import Life, said

from .history import FIRST, Shop

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
LATER = datetime(2027, 6, 1, tzinfo=UTC)
BASE = {"key": "base", "points_per": {"amount": "1", "points": "1"}}
OFF = {"key": "off", "amount_off": {"amount": "10", "of": "order"}}


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def tried(of: Life, document: dict[str, Any] | None) -> dict[str, Any]:
    asked = Asked(of.enrolment.programme, document)
    return backtest_document(by=ANALYST, at=LATER, asked=asked)


def life(document: dict[str, Any], *days: dict[str, Any], joined: str = "2020-01-01") -> Life:
    lived = Life({"document": document}, joined=joined)
    for one in days:
        lived.live(one)
    return lived


def limited(period: Any) -> dict[str, Any]:
    return {**OFF, "limits": [{"of": "uses", "at_most": 1, "per": "member", "period": period}]}


def named(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "rules": [{"name": said(rule["key"]), **rule} for rule in document["rules"]]}


def test_a_limit_of_a_year_since_joining_is_counted_from_the_day_of_joining() -> None:
    """Once in each year from 10 June: by years of the calendar the second would go, and the third would be there."""
    document = {"rules": [BASE, limited("anniversary")]}
    days = (("2026-05-01", 2000), ("2026-06-01", 3000), ("2026-06-11", 2000), ("2027-03-01", 3000))
    lived = life(document, *({"day": day, "buys": "30.00", "due": due} for day, due in days), joined="2025-06-10")
    found = tried(lived, None)
    assert found["proof"]["discount"] == [2_000, 2_000]
    assert (found["proof"]["changed"], found["approximate"]) == (0, 0)
    by_calendar = tried(lived, named({"rules": [BASE, limited("year")]}))
    assert (by_calendar["discount"], by_calendar["changed"]) == ([2_000, 2_000], 2)  # May 2026 and March 2027


def test_a_limit_of_a_paid_period_is_counted_from_its_day_and_gives_nothing_without_one() -> None:
    plans = [{"key": "plus", "price": "9.90", "period": "month", "renewal": "by_hand", "grace_days": 0}]
    document = {"rules": [BASE, limited({"plan": "plus"})], "plans": plans}
    lived = life(
        document,
        {"day": "2026-01-20", "buys": "30.00", "due": 3000},
        {"day": "2026-01-25", "subscribes": "plus", "paid": "9.90"},
        {"day": "2026-01-26", "buys": "30.00", "due": 2000, "as": "first"},
        {"day": "2026-02-02", "buys": "30.00", "due": 3000},
        {"day": "2026-02-03", "returns": "first"},
        {"day": "2026-02-04", "buys": "30.00", "due": 2000},
        {"day": "2026-03-05", "hour": 3, "night": True},
        {"day": "2026-03-06", "subscribes": "plus", "paid": "9.90"},
        {"day": "2026-03-06", "hour": 14, "buys": "30.00", "due": 2000},
    )
    found = tried(lived, None)
    assert found["proof"]["discount"] == [2_000, 2_000]  # three times ten, and one given back
    assert (found["proof"]["changed"], found["approximate"]) == (0, 0)


def test_points_that_pay_are_counted_over_the_checkouts_of_a_day() -> None:
    """What points pay earns none. With 300 a day the second 200 would be 100: one euro more is paid, and earns one."""
    plain = {"rules": [BASE], "checkout": {"earning": {"paid_by_points": False}}}
    free = {**plain, "points": {"pays": {"points": "100", "money": "1.00"}}}
    capped = {**plain, "points": {"pays": {"points": "100", "money": "1.00", "at_most": "300", "per": "day"}}}
    lived = life(
        free,
        {"day": "2026-01-20", "buys": "1000.00"},
        {"day": "2026-01-21", "buys": "10.00", "pays": "200"},
        {"day": "2026-01-21", "hour": 14, "buys": "10.00", "pays": "200"},
        {"day": "2026-01-22", "buys": "10.00", "pays": "200"},
    )
    trial = tried(lived, named(capped))
    assert (trial["points"], trial["changed"], trial["doubts"]) == ([1_024, 1_025], 1, [])
    assert trial["proof"]["changed"] == 0


def test_tiers_of_a_trial_ask_for_both_measures() -> None:
    shop = Shop(11)
    shop.live(7)
    document = deepcopy(FIRST)
    document["tiers"]["levels"][0]["threshold"], document["tiers"]["levels"][1]["threshold"] = "1", "2"
    by_one = backtest_document(by=ANALYST, at=LATER, asked=Asked(shop.programme, deepcopy(document)))
    document["tiers"]["together"] = [{"metric": "purchases", "thresholds": {"grand_cru": "6"}}]
    found = backtest_document(by=ANALYST, at=LATER, asked=Asked(shop.programme, document))
    terms = parse_document(shop.programme, document, version_id=UUID(int=0))
    assert terms.tiers is not None
    held = derive_held(terms.tiers, shop.programme, shop.members, terms.zone)
    high = sum(any(period.tier == "grand_cru" for period in each) for each in held.values())

    def at_the_top(result: dict[str, Any]) -> int:
        return sum(row[2] for row in result["tiers"] if row[1] == "grand_cru")

    assert 0 < high < at_the_top(by_one)
    assert at_the_top(found) == high
