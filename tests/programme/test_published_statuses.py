"""Statuses of hotels, airlines and shops, as documents: reached by whichever measure comes first, kept, and lost;
points that do not end while one is held.

The thresholds are those that the schemes are commonly known to have had in 2025 and 2026 (Hilton Honors, Beauty
Insider, Miles & More, Starbucks); their terms were not opened for this.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.kernel.errors import Invalid
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import list_lots
from fidelia.programme.operations import preview_tiers, rederive_tiers
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.queries import parse_document, tier_at, tier_standing
from fidelia.programme.queries.foresight import foresee
from fidelia.programme.queries.terms_in_words import keep_words
from fidelia.programme.reactions import keep_points
from tests.cast import SYSTEM

from .test_pools import announced
from .test_published_cases import BASE, Shop, day

pytestmark = pytest.mark.django_db
PER_EURO = {**BASE, "points_per": {"amount": "1", "points": "1"}}


def level(key: str, threshold: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": {"en": key, "fr": key}, "threshold": threshold, **more}


def year(*levels: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A calendar year, and the whole of the next one."""
    return {"metric": "spent", "window": "year", "kept": {"periods": 1}, "levels": list(levels), **more}


HILTON = year(
    level("silver", "4"), level("gold", "15"), level("diamond", "25"), metric="purchases",
    also=[{"metric": "spent", "thresholds": {"gold": "6000", "diamond": "11500"}}],
)  # fmt: skip
SEPHORA = year(level("vib", "350"), level("rouge", "1000"))
SENATOR = {"metric": "earned", "window": "year", "kept": {"periods": 1},
           "levels": [level("traveller", "650"), level("senator", "2000")]}  # fmt: skip


def shop_of(tiers: dict[str, Any], **points: Any) -> Shop:
    return Shop({"rules": [PER_EURO], "tiers": tiers, "points": points})


def buys(shop: Shop, on: str, euros: int) -> None:
    shop.buy(f"n{len(shop.sales)}", (1, euros * 100), at=day(on))
    derive(shop, day(on) + timedelta(seconds=1))


def derive(shop: Shop, at: datetime) -> None:
    rederive_tiers(at=at, enrolment_ids=[shop.enrolment.id])


def tier(shop: Shop, on: str) -> str:
    held = tier_at(shop.enrolment.id, day(on))
    return held.tier if held is not None else ""


def night(shop: Shop, on: str) -> None:
    at = day(on, hour=3)
    job = Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip
    run_night(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))


def test_hilton_spend_gives_gold_long_before_the_stays_do() -> None:
    shop = shop_of(HILTON)
    buys(shop, "2026-03-01", 5_999)
    assert tier(shop, "2026-03-02") == ""
    buys(shop, "2026-04-01", 1)
    assert (tier(shop, "2026-03-31"), tier(shop, "2026-04-02"), tier(shop, "2027-12-31")) == ("", "gold", "gold")
    assert tier(shop, "2028-01-01") == ""


def test_hilton_stays_give_silver_and_then_gold_without_the_spend() -> None:
    shop = shop_of(HILTON)
    for number in range(15):
        buys(shop, f"2026-05-{number + 1:02}", 10)
    assert (tier(shop, "2026-05-03"), tier(shop, "2026-05-05"), tier(shop, "2026-05-16")) == ("", "silver", "gold")
    assert tier(shop, "2027-12-31") == "gold"


def test_what_both_measures_give_is_the_higher_and_one_outlasts_the_other() -> None:
    shop = shop_of(HILTON)
    for number in range(4):
        buys(shop, f"2027-05-0{number + 1}", 10)
    buys(shop, "2026-06-01", 11_500)  # told late: Diamond by spend, to the end of 2027; Silver by stays, a year longer
    assert (tier(shop, "2027-04-30"), tier(shop, "2027-12-31")) == ("diamond", "diamond")
    assert (tier(shop, "2028-01-01"), tier(shop, "2028-12-31"), tier(shop, "2029-01-01")) == ("silver", "silver", "")


def test_a_return_takes_what_only_the_money_had_given() -> None:
    shop = shop_of(HILTON)
    buys(shop, "2026-03-01", 6_000)
    assert tier(shop, "2026-03-10") == "gold"
    shop.give_back("n0", day("2026-03-11"), (1, 1))
    derive(shop, day("2026-03-12"))
    assert tier(shop, "2026-03-12") == ""


def test_another_measure_is_told_in_words_and_counted_in_a_preview() -> None:
    shop = shop_of(HILTON)
    buys(shop, "2026-03-01", 6_000)
    programme = shop.enrolment.programme
    version = programme.versions.get()
    terms = parse_document(programme, version.document, version_id=version.id)
    assert terms.tiers is not None
    said = [each.replace("\u00a0", " ") for each in keep_words(terms.tiers, programme, "fr")]
    assert said == ["Ou gold par : 6 000,00 €.", "Ou diamond par : 11 500,00 €."]
    standing = tier_standing(shop.enrolment, day("2026-03-02"))
    assert standing is not None
    assert standing.held is not None
    assert standing.held.key == "gold"
    assert not preview_tiers(by=SYSTEM, at=day("2026-03-02"), version=version).moves


def test_beauty_insider_status_lasts_through_the_year_after_the_one_in_which_it_was_reached() -> None:
    shop = shop_of(SEPHORA)
    buys(shop, "2026-02-01", 349)
    buys(shop, "2026-11-30", 1)
    assert (tier(shop, "2026-11-29"), tier(shop, "2026-12-01"), tier(shop, "2027-12-31")) == ("", "vib", "vib")
    buys(shop, "2027-06-01", 1_000)
    assert (tier(shop, "2027-06-02"), tier(shop, "2028-12-31"), tier(shop, "2029-01-01")) == ("rouge", "rouge", "")


def test_miles_and_more_miles_do_not_end_while_the_status_is_held() -> None:
    """36 months to the end of the quarter, unless one is a Frequent Traveller or more."""
    shop = shop_of(SENATOR, validity_months=36, ends="quarter", kept_with=["traveller", "senator"], notice_days=[90])
    buys(shop, "2024-01-10", 100)
    buys(shop, "2026-12-01", 650)
    night(shop, "2027-02-01")
    night(shop, "2027-03-31")
    assert shop.has(day("2027-03-31")) == 750
    assert (shop.has(day("2027-12-31")), shop.has(day("2028-01-01"))) == (750, 650)  # the status has ended
    night(shop, "2028-01-02")
    assert shop.has(day("2028-01-02")) == 650


def test_without_the_status_miles_end_as_they_do() -> None:
    shop = shop_of(SENATOR, validity_months=36, ends="quarter", kept_with=["senator"])
    buys(shop, "2024-01-10", 100)
    buys(shop, "2026-12-01", 650)
    night(shop, "2027-02-01")
    assert (shop.has(day("2027-03-31")), shop.has(day("2027-04-01"))) == (750, 650)


def test_what_is_earned_meanwhile_is_kept_too_and_a_second_night_keeps_nothing_more() -> None:
    """Starbucks Reserve: stars of six months do not end while it is held."""
    shop = shop_of(SENATOR, validity_months=6, ends="month", kept_with=["senator"])
    buys(shop, "2026-03-01", 2_000)
    night(shop, "2026-03-02")
    buys(shop, "2026-04-01", 10)
    night(shop, "2026-04-02")
    before = [(lot.amount, lot.expires_at) for lot in lots(shop)]
    night(shop, "2026-04-03")
    assert [(lot.amount, lot.expires_at) for lot in lots(shop)] == before
    assert shop.has(day("2027-12-31")) == 2_010
    assert shop.has(day("2028-01-01")) == 0


def test_a_status_reached_on_the_last_day_of_the_miles_keeps_them_past_its_midnight() -> None:
    """Reached at noon, between the last night and the midnight at which they end: the next night would be too late."""
    shop = shop_of(SENATOR, validity_months=36, ends="quarter", kept_with=["traveller"])
    buys(shop, "2024-01-10", 100)
    night(shop, "2027-03-31")
    buys(shop, "2027-03-31", 650)
    assert shop.has(day("2027-04-01", hour=1)) == 650, "nobody has told yet"
    tell(shop, day("2027-03-31") + timedelta(minutes=1))
    assert shop.has(day("2027-04-01", hour=1)) == 750
    night(shop, "2027-04-01")
    assert (shop.has(day("2028-12-31")), shop.has(day("2029-01-01"))) == (750, 650)
    tell(shop, day("2029-01-01"))  # told again: what is dead stays so
    assert shop.has(day("2029-01-01")) == 650


def tell(shop: Shop, at: datetime) -> None:
    events = [announced(row) for row in OutboxEvent.objects.filter(name="tier.changed").order_by("event_id")]
    assert events
    with transaction.atomic():
        keep_points(events, by=SYSTEM, at=at)


def test_a_status_that_begins_at_the_very_midnight_at_which_miles_end_keeps_them() -> None:
    """Reached in 2026, it begins with 2027: the night before sees it come."""
    shop = shop_of(
        year(level("gold", "100"), begins="next_period"), validity_months=12, ends="year", kept_with=["gold"]
    )
    buys(shop, "2025-03-01", 50)
    buys(shop, "2026-03-01", 100)
    assert (tier(shop, "2026-12-31"), tier(shop, "2027-01-01")) == ("", "gold")
    night(shop, "2026-12-30")
    assert shop.has(day("2027-01-01", hour=1)) == 100
    assert foresee(shop.enrolment, at=day("2026-12-30"), on=date(2027, 1, 2)).available == 150
    night(shop, "2026-12-31")
    assert shop.has(day("2027-01-01", hour=1)) == 150


def lots(shop: Shop) -> list[Any]:
    return list_lots(account_id=shop.enrolment.account_id, currency="PTS")


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"points": {"kept_with": ["gold"]}}, "/points/kept_with/0"),
        ({"tiers": SEPHORA, "points": {"kept_with": "vib"}}, "/points/kept_with"),
        ({"tiers": {**SEPHORA, "also": []}}, "/tiers/also"),
        ({"tiers": {**SEPHORA, "also": [{"metric": "purchases", "thresholds": {"black": "1"}}]}},
         "/tiers/also/0/thresholds"),
        ({"tiers": {**SEPHORA, "also": [{"metric": "purchases", "thresholds": {"vib": "2", "rouge": "1"}}]}},
         "/tiers/also/0/thresholds"),
        ({"tiers": {**SEPHORA, "also": [{"metric": "balance", "thresholds": {"vib": "2"}}]}}, "/tiers/also/0/metric"),
        ({"tiers": {**SEPHORA, "also": [{"thresholds": {"vib": "many"}}]}}, "/tiers/also/0/thresholds/vib"),
    ],
)  # fmt: skip
def test_a_mistake_in_them_is_said_at_its_place(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        Shop({"rules": [PER_EURO], **document})
    assert refused.value.pointer == pointer
