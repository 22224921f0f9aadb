"""A purchase reads as little of a large table as of a small one, though its plans were made while it was small."""

from __future__ import annotations

import pytest
from django.db import connection

from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.kernel.ids import new_id
from tests.cast import AT, SYSTEM
from tests.insight.shop import buy, customers, purchase
from tests.programme.cast import member, programme

pytestmark = pytest.mark.django_db
REGULAR, NEW = "2990441788200", "2990441788217"
MANY = 2_000
PLANS_KEPT_AFTER = 10  # PostgreSQL plans the first five executions anew
_READ = """
select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = 'activity_purchase'
"""


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        return int(cursor.fetchone()[0])


def sell(card: str) -> Purchase:
    key = str(new_id())
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=AT, currency="EUR",
        lines=(LineRequest("moka", 1_000, 1_000),), identity=("card", card),
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=AT, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def learn_that_the_table_is_small() -> None:
    """As autovacuum does after the first purchases; the application itself may not."""
    with connection.cursor() as cursor:
        cursor.execute("reset role")
        cursor.execute("analyze activity_purchase")
        cursor.execute("set role fidelia_app")


def test_the_purchases_of_others_are_not_read() -> None:
    circle = programme()
    member(circle, REGULAR)
    member(circle, NEW)
    (other,) = customers(1)
    buy([purchase(other, 1_000, AT) for _purchase in range(60)])
    learn_that_the_table_is_small()
    for _purchase in range(PLANS_KEPT_AFTER):
        sell(REGULAR)
    buy([purchase(other, 1_000, AT) for _purchase in range(MANY)])
    before = rows_read()
    sell(NEW)
    assert rows_read() - before < 50
