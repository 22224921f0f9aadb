"""The page of budgets: what is left by rule and campaign, what nears its end, the periods before, and vouchers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client

from fidelia.kernel import clock
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme
from fidelia.rewards.models import Voucher
from tests.cast import leonore
from tests.programme.cast import DOCUMENT, programme

from .test_customers import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

NAME = {"en": "Sale", "fr": "Soldes"}
RULES = [
    *DOCUMENT["rules"],
    {
        "key": "sale", "name": NAME, "percent_off": 10, "campaign": "spring",
        "limits": [
            {"of": "money", "at_most": 100, "period": "month"},
            {"of": "uses", "at_most": 2, "per": "member"},
            {"of": "money", "at_most": 50, "period": {"rolling_days": 7}},
        ],
    },
]  # fmt: skip
SOLD = {**DOCUMENT, "rules": RULES, "campaigns": [{"key": "spring", "limits": [{"of": "uses", "at_most": 10}]}]}
NEVER = date.min


def count(of: Programme, subject: str, taken: int, capacity: int, **more: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into rewards_counter (programme_id, scope_id, subject, starts_on, ends_on, taken, capacity)"
            " values (%s, %s, %s, %s, null, %s, %s)",
            [of.id, more.get("scope", "00000000-0000-0000-0000-000000000000"), f"limit:{subject}",
             more.get("on", NEVER), taken, capacity],
        )  # fmt: skip


@pytest.fixture
def selling(db: None) -> Programme:
    return programme(SOLD)


@pytest.fixture
def office(selling: Programme) -> Client:
    return signed_in(leonore())


def test_it_says_what_is_left_by_rule_and_campaign_and_what_nears_its_end(office: Client, selling: Programme) -> None:
    month = clock.now().date().replace(day=1)
    count(selling, "sale/0", 8_500, 10_000, on=month)
    count(selling, "sale/0", 10_000, 10_000, on=(month - timedelta(days=1)).replace(day=1))
    count(selling, "campaign:spring/0", 10, 10)
    page = office.get("/console/budgets/").content.decode()
    rows = [row for row in page[page.index("<h1") :].split("<tr>") if "f-second" in row]
    assert ["spring" in rows[0], "nothing left" in rows[0], "10 of 10" in rows[0]] == [True] * 3
    sale = page[page.index("€85.00 of €100.00") :].split("over 7 days")[0]  # with the table of its periods before
    assert ["nearly used up" in sale, "€15.00" in sale] == [True] * 2
    assert "€100.00 of €100.00" in page  # the month before
    assert "2 near their end" in page
    assert f'/console/programmes/{selling.slug}/versions/1/rules/sale/"' in rows[1]


def test_a_limit_of_each_member_says_how_many_have_nothing_left(office: Client, selling: Programme) -> None:
    for taken in (1, 2, 2):
        count(selling, "sale/1", taken, 2, scope=uuid4())
    assert "3 have used it, 2 have nothing left" in office.get("/console/budgets/").content.decode()


def test_rolling_days_are_summed_as_the_checkout_sums_them(office: Client, selling: Programme) -> None:
    today = clock.now().astimezone(ZoneInfo("Europe/Paris")).date()  # the shop's day may have begun before that of UTC
    for days, taken in ((0, 1_000), (6, 500), (8, 4_000)):
        count(selling, "sale/2", taken, 5_000, on=today - timedelta(days=days))
    assert "€15.00 of €50.00" in office.get("/console/budgets/").content.decode()


def test_vouchers_are_summed_by_what_became_of_them(office: Client, selling: Programme) -> None:
    now = clock.now()
    for code, worth, until in (("A", 500, None), ("B", 700, None), ("C", 900, now - timedelta(days=1))):
        Voucher.objects.create(
            programme=selling, code=code, name=LocalizedText(en="V", fr="B"), amount=worth, currency="EUR",
            valid_from=now - timedelta(days=9), valid_until=until, issued_at=now - timedelta(days=9),
            is_divisible=True,
        )  # fmt: skip
    used = Voucher.objects.get(code="B")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into rewards_counter (programme_id, scope_id, subject, starts_on, taken, capacity)"
            " values (%s, '00000000-0000-0000-0000-000000000000', %s, '0001-01-01', 200, 700)",
            [selling.id, f"voucher:{used.id}"],
        )
    page = office.get("/console/budgets/").content.decode()
    told = page[page.index("Vouchers issued") :]
    assert ["€12.00" in told, "€2.00" in told, "€10.00" in told, "€9.00" in told] == [True] * 4


def test_without_limits_it_says_so_and_without_the_right_it_is_not_there(db: None) -> None:
    programme(DOCUMENT)
    assert "No limits in the version in force" in signed_in(leonore()).get("/console/budgets/").content.decode()
