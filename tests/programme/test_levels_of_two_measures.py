"""Levels that ask for two measures at once: what is missing, what will be, and what ends, by both of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fidelia.kernel.models import OutboxEvent
from fidelia.programme.queries import Foresight, TierStanding, tier_standing
from fidelia.programme.queries.foresight import foresee
from fidelia.programme.queries.words import keep_words, next_words
from fidelia.rules.standing import Standing

from .test_published_cases import Shop, day
from .test_published_statuses import buys, level, night, shop_of, tier, year

pytestmark = pytest.mark.django_db
BOTH = year(
    level("silver", "2"), level("gold", "4"), metric="purchases", notice_days=60,
    together=[{"metric": "spent", "thresholds": {"gold": "1000"}}],
)  # fmt: skip


def standing(shop: Shop, on: str) -> TierStanding:
    found = tier_standing(shop.enrolment, day(on))
    assert found is not None
    return found


def said(words: Any, ahead: Standing, shop: Shop, language: str) -> str:
    return str(words(ahead, shop.enrolment.programme, language)).replace("\u00a0", " ").replace("\u202f", " ")


def foreseen(shop: Shop, at: str, on: str) -> Foresight:
    return foresee(shop.enrolment, at=day(at), on=date.fromisoformat(on))


def test_what_is_missing_is_told_of_both_measures() -> None:
    shop = shop_of(BOTH)
    buys(shop, "2026-02-01", 100)
    buys(shop, "2026-02-02", 100)
    first = standing(shop, "2026-02-03")
    assert (first.next and first.next.key, first.ahead.next_missing) == ("gold", 2)
    assert [(one.measure.metric, one.next_missing) for one in first.ahead.besides] == [("spent", 80_000)]
    assert said(next_words, first.ahead, shop, "en") == "2 purchases and €800.00"
    assert said(next_words, first.ahead, shop, "fr") == "2 achats et 800,00 €"
    for number in range(3, 6):
        buys(shop, f"2026-02-0{number}", 100)
    by_number = standing(shop, "2026-02-06")  # by the purchases alone this would be gold
    assert (by_number.held and by_number.held.key, by_number.ahead.held and by_number.ahead.held.key) == (
        "silver", "silver",
    )  # fmt: skip
    assert (by_number.ahead.next and by_number.ahead.next.key, by_number.ahead.next_missing) == ("gold", 0)
    assert said(next_words, by_number.ahead, shop, "fr") == "500,00 €"
    assert foreseen(shop, "2026-02-06", "2026-12-31").tiers == {"": "silver"}
    buys(shop, "2026-03-01", 500)
    whole = standing(shop, "2026-03-02")
    assert (whole.ahead.held and whole.ahead.held.key, whole.ahead.next) == ("gold", None)
    assert said(next_words, whole.ahead, shop, "fr") == ""


def test_an_end_by_the_other_measure_is_foreseen_and_announced() -> None:
    """Gold to the end of 2026; four purchases of that year would keep it, their 400 € do not."""
    shop = shop_of(BOTH)
    for number in range(1, 5):
        buys(shop, f"2025-02-0{number}", 250)
    for number in range(1, 5):
        buys(shop, f"2026-02-0{number}", 100)
    assert (tier(shop, "2026-12-31"), tier(shop, "2027-01-01")) == ("gold", "silver")
    ahead = standing(shop, "2026-12-01").ahead
    assert (ahead.held and ahead.held.key, ahead.falls_to and ahead.falls_to.key) == ("gold", "silver")
    assert ahead.falls_on == ahead.held_until == ahead.keep_by == day("2027-01-01", hour=0)
    assert (ahead.keep_missing, said(keep_words, ahead, shop, "fr")) == (0, "600,00 €")
    assert foreseen(shop, "2026-12-01", "2027-01-02").tiers == {"": "silver"}
    night(shop, "2026-12-02")
    (told,) = [row.payload for row in OutboxEvent.objects.filter(name="tier.ending")]
    assert (told["tier"], told["to_tier"], told["missing"]) == ("gold", "silver", 0)


def test_of_keeping_nothing_is_promised_where_the_measures_disagree() -> None:
    """Held is silver, which the purchases alone would not lose: how many would keep it is not the question."""
    shop = shop_of(BOTH)
    for number in range(1, 5):
        buys(shop, f"2026-02-0{number}", 10)
    ahead = standing(shop, "2026-12-01").ahead
    assert (ahead.held and ahead.held.key, ahead.keep_missing, ahead.keep_by) == ("silver", 0, None)
    assert said(keep_words, ahead, shop, "en") == ""
