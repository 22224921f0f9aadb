"""Cases that other makers and schemes have published, as nothing but configuration and dates.

Each names its source in the facts of the field: points that expire oldest first, lives of points rounded to the ends of
periods, transfers, points that wait, returns of a part, tiers that end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from fidelia.activity.models import Purchase
from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    ReturnedLine,
    ReturnRequest,
    record_purchase,
    record_return,
)
from fidelia.ledger.operations import activate_due, expire_due, redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.operations.points import give_points, grant_points, reinstate_points
from fidelia.programme.queries import terms_in_force, tier_at
from tests.cast import SYSTEM

from .cast import member, programme
from .test_pools import LEONORE

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
BASE = {"key": "base", "name": {"en": "Base", "fr": "Base"}}


def day(text: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(text).replace(hour=hour, tzinfo=PARIS).astimezone(UTC)


def end_of(text: str) -> datetime:
    """The last minute of a day in Paris."""
    return datetime.fromisoformat(text).replace(hour=23, minute=59, tzinfo=PARIS).astimezone(UTC)


@dataclass
class Shop:
    """One member of a programme made of a document, and what happens there."""

    document: dict[str, Any]
    enrolment: Enrolment = field(init=False)
    sales: dict[str, Purchase] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.enrolment = member(programme(self.document))

    def grant(self, amount: int, at: datetime) -> None:
        grant_points(
            by=SYSTEM, at=at, enrolment=self.enrolment, amount=amount, reason="case", key=f"g{at}{amount}",
            occurred_at=at,
        )  # fmt: skip

    def buy(self, key: str, *units: tuple[int, int], at: datetime) -> Purchase:
        lines = tuple(LineRequest("mug", 1_000 * quantity, quantity * price) for quantity, price in units)
        request = PurchaseRequest(
            idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR", lines=lines,
            customer_id=self.enrolment.customer_id,
        )  # fmt: skip
        recorded = record_purchase(by=SYSTEM, at=at, request=request, source="till")
        self.sales[key] = Purchase.objects.get(purchase_id=recorded.purchase_id)
        return self.sales[key]

    def give_back(self, key: str, at: datetime, *lines: tuple[int, int]) -> None:
        request = ReturnRequest(
            idempotency_key=f"r{key}{at}", receipt_number=f"r{key}{at}", occurred_at=at,
            purchase_id=self.sales[key].purchase_id,
            lines=tuple(ReturnedLine(number, quantity * 1_000) for number, quantity in lines),
        )  # fmt: skip
        record_return(by=SYSTEM, at=at, request=request, source="till")

    def spend(self, amount: int, at: datetime) -> None:
        with transaction.atomic():
            redeem(
                by=SYSTEM, at=at, account_id=self.enrolment.account_id, currency="PTS", amount=amount, key=f"s{at}",
                occurred_at=at,
            )  # fmt: skip

    def spend_by_terms(self, amount: int, at: datetime) -> None:
        """As who spends by the terms does: an activity that may let the others live on."""
        terms = terms_in_force(self.enrolment, at)
        assert terms is not None
        with transaction.atomic():
            redeem(
                by=SYSTEM, at=at, account_id=self.enrolment.account_id, currency="PTS", amount=amount, key=f"t{at}",
                occurred_at=at, lives_until=terms.points.renewed_until("redeem", at, terms.zone),
            )  # fmt: skip

    def night(self, at: datetime) -> None:
        with transaction.atomic():
            activate_due(by=SYSTEM, at=at)
            expire_due(by=SYSTEM, at=at)

    def has(self, at: datetime) -> int:
        assert find_broken_invariants() == []
        return get_balance(account_id=self.enrolment.account_id, currency="PTS", at=at).available


def points(**life: Any) -> dict[str, Any]:
    return {"rules": [{**BASE, "points_per": {"amount": "1", "points": "1"}}], "points": life}


def test_odoo_o9_to_o11_a_reward_takes_from_the_oldest_lot_first_and_what_is_left_dies_after_its_days() -> None:
    document = points(validity_days=90, ends="day")
    document["rules"] = [{**BASE, "points_per": {"amount": "1", "points": "5"}}]
    shop = Shop(document)
    first, second = day("2026-03-02"), day("2026-03-12")
    shop.buy("o9", (1, 115_00), at=first)
    shop.spend(500, first)
    assert shop.has(first) == 75
    shop.buy("o10", (1, 161_00), at=second)
    shop.spend(500, second)
    assert shop.has(second) == 380
    assert shop.has(first + timedelta(days=91)) == 380  # all 75 of the oldest lot are spent, the others live
    assert shop.has(second + timedelta(days=91)) == 0


def test_odoo_o5_one_of_two_units_given_back_takes_half() -> None:
    shop = Shop(points())
    shop.buy("o5", (2, 50_00), at=day("2026-03-02"))
    assert shop.has(day("2026-03-02")) == 100
    shop.give_back("o5", day("2026-03-03"), (1, 1))
    assert shop.has(day("2026-03-03")) == 50
    shop.give_back("o5", day("2026-03-04"), (1, 1))
    assert shop.has(day("2026-03-04")) == 0


@pytest.mark.parametrize(
    ("life", "earned", "last"),
    [
        ({"validity_months": 1, "ends": "day"}, "2026-01-25", "2026-02-25"),
        ({"validity_months": 1, "ends": "day"}, "2026-01-31", "2026-02-28"),
        ({"validity_months": 1, "ends": "day"}, "2024-01-31", "2024-02-29"),
        ({"validity_months": 0, "ends": "day"}, "2026-01-25", "2026-01-25"),
        ({"validity_months": 36, "ends": ["09-30"]}, "2025-07-05", "2028-09-30"),
        ({"validity_months": 36, "ends": ["09-30"]}, "2024-01-15", "2027-09-30"),
        ({"validity_months": 36, "ends": "quarter"}, "2024-12-12", "2027-12-31"),
        ({"validity_months": 36, "ends": "quarter"}, "2025-02-10", "2028-03-31"),
        ({"validity_months": 12, "ends": "half_year"}, "2025-03-29", "2026-06-30"),
        ({"validity_months": 12, "ends": "year"}, "2025-10-26", "2026-12-31"),
    ],
)
def test_voucherify_and_airlines_f8_g2_g3_points_live_to_the_end_of_their_last_day(
    life: dict[str, Any], earned: str, last: str
) -> None:
    shop = Shop(points(**life))
    shop.grant(100, day(earned))
    after = end_of(last) + timedelta(minutes=2)
    assert (shop.has(end_of(last)), shop.has(after)) == (100, 0)
    shop.night(after)
    assert shop.has(after) == 0


@pytest.mark.parametrize(("transfers", "last"), [("restart", "2026-02-25"), ("keep", "2026-02-10")])
def test_voucherify_f9_a_transfer_keeps_the_end_or_begins_a_new_life(transfers: str, last: str) -> None:
    shop = Shop(points(validity_months=1, ends="day", transfers=transfers))
    to = member(shop.enrolment.programme, LEONORE)
    shop.grant(100, day("2026-01-10"))
    give_points(by=SYSTEM, at=day("2026-01-25"), enrolment=shop.enrolment, to=to, amount=100, reason="x", key="t")
    shop.enrolment = to
    assert (shop.has(end_of(last)), shop.has(end_of(last) + timedelta(minutes=2))) == (100, 0)


def test_voucherify_f10_the_life_of_points_that_wait_begins_when_they_come_to_life() -> None:
    shop = Shop(points(validity_months=1, ends="day", pending={"days": 10}))
    shop.grant(100, day("2026-01-15"))
    assert shop.has(day("2026-01-24")) == 0
    shop.night(day("2026-01-25"))
    assert shop.has(day("2026-01-25")) == 100
    assert shop.has(end_of("2026-02-25")) == 100
    assert shop.has(day("2026-02-26")) == 0


def test_g4_what_expired_within_ten_days_comes_back_and_nothing_older() -> None:
    shop = Shop(points(validity_days=1, ends="day", reinstatement_days=10))
    shop.grant(40, day("2026-01-02"))  # ended before the 5th
    shop.grant(60, day("2026-01-06"))
    shop.night(day("2026-01-14"))
    reinstate_points(by=SYSTEM, at=day("2026-01-15"), enrolment=shop.enrolment, reason="sorry", key="r")
    assert shop.has(day("2026-01-15")) == 60


@pytest.mark.parametrize(
    ("kept", "held", "lost"),
    [
        ({"days": 0, "ends": "month"}, "2026-03-31", "2026-04-01"),
        ({"months": 1, "ends": "month"}, "2026-04-30", "2026-05-01"),
    ],
)
def test_voucherify_f12_a_tier_reached_on_10_march_is_kept_to_the_end_of_a_month(
    kept: dict[str, Any], held: str, lost: str
) -> None:
    document = points()
    document["tiers"] = {
        "window_days": 15, "kept": kept,
        "levels": [{"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "100"}],
    }  # fmt: skip
    shop = Shop(document)
    shop.buy("f12", (1, 120_00), at=day("2026-03-10"))
    with transaction.atomic():
        rederive_tiers(at=day("2026-03-10"), enrolment_ids=[shop.enrolment.id])
    found = [tier_at(shop.enrolment.id, at) for at in (end_of(held), day(lost, hour=1))]
    assert [one.tier if one else "" for one in found] == ["silver", ""]
