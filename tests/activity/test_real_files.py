"""Real files, with the control totals of those who published them (see the READMEs of ../shared/data)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from fidelia.activity.operations.imports import import_purchases, parse_mapping
from fidelia.intake.operations import Unwatched, check_now, open_import, record_now
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants
from fidelia.worker.importing import mapping_as_proposed
from tests.cast import SYSTEM
from tests.programme.cast import AT, DOCUMENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(1800)]

ONLINE_RETAIL = {
    "source": "online-retail",
    "currency": "GBP",
    "time_zone": "Europe/London",
    "language": "en",
    "channel": "web",
    "columns": {
        "receipt": "InvoiceNo",
        "occurred_at": "InvoiceDate",
        "product": "StockCode",
        "description": "Description",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "customer": "CustomerID",
        "country": "Country",
    },
    "not_products": ["POST", "D", "DOT", "M", "m", "S", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "B"],
}
CDNOW = {
    "source": "cdnow",
    "currency": "USD",
    "time_zone": "America/New_York",
    "language": "en",
    "channel": "web",
    "default_product": "CD",
    "columns": {"occurred_at": "date", "net": "amount", "customer": "customer_id"},
}
ONE_PER_UNIT = {"rules": DOCUMENT["rules"][:1]}


def one(sql: str, *parameters: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def begin_programme(currency: str, *, may_go_negative: bool) -> None:
    from datetime import UTC, datetime

    from fidelia.kernel.localized import LocalizedText
    from fidelia.programme.operations import create_programme, draft_version, publish_version

    made = create_programme(
        by=SYSTEM,
        at=AT,
        slug="real",
        name=LocalizedText(en="Real", fr="Réel"),
        currency=currency,
        time_zone="UTC",
        points_code="PTS",
        points_name=LocalizedText(en="points", fr="points"),
        may_go_negative=may_go_negative,
    )
    version = draft_version(by=SYSTEM, at=AT, programme=made, document=ONE_PER_UNIT)
    publish_version(by=SYSTEM, at=AT, version=version, in_force_from=datetime(1990, 1, 1, tzinfo=UTC))


def test_online_retail_whole(shared_data: Path, tmp_path: Path) -> None:
    """541,909 lines: 9,747,747.93 in all; 8,911,407.90 of sales and −611,342.09 of cancellations with a customer."""
    begin_programme("GBP", may_go_negative=True)
    path = shared_data / "online_retail" / "online_retail.parquet"
    mapping = parse_mapping(ONLINE_RETAIL)
    result = import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=tmp_path / "rejects.csv")
    assert (result.rows, result.recorded_rows, result.rejected_rows) == (541_909, 541_909, 0)
    assert (result.duplicate_rows, result.double_rows) == (5_268, 0)
    assert result.points == 8_278_113
    assert result.sales + result.returns == 25_900
    assert result.net == result.file_net == 974_774_793
    of_customers = "from activity_line line join activity_purchase using (purchase_id) where customer_id is not null"
    assert one(f"select count(*), sum(net), count(distinct customer_id) {of_customers}") == (
        406_829,
        830_006_581,
        4_372,
    )
    sold = f"{of_customers} and quantity > 0 and unit_price > 0"
    assert one(f"select count(*), sum(net), count(distinct customer_id), count(distinct receipt_number) {sold}") == (
        397_884,
        891_140_790,
        4_338,
        18_532,
    )
    assert one(f"select count(*), sum(net) {of_customers} and kind = 'return'") == (8_905, -61_134_209)
    assert one("select count(*) from activity_line line join activity_purchase using (purchase_id) "
               "where customer_id is null") == (135_080,)  # fmt: skip
    assert one("select count(distinct product_code), count(distinct receipt_number) from activity_line "
               "join activity_purchase using (purchase_id)") == (4_070, 25_900)  # fmt: skip

    # Points by another road: the whole pounds of products on each sale, less the share of what the lines had earned of
    # which some came back (halves up), less the whole pounds of what came back alone.
    (by_sql,) = one(
        """
        with sales as (
            select purchase_id, floor(greatest(0, sum(net) filter (where is_product)) / 100.0)::bigint as points
            from activity_line join activity_purchase using (purchase_id)
            where kind = 'sale' and account_id is not null group by purchase_id
        ), alone as (
            select purchase_id,
                   floor(greatest(0, -coalesce(sum(net) filter (where is_product), 0)) / 100.0)::bigint as points
            from activity_line join activity_purchase using (purchase_id)
            where kind = 'return' and account_id is not null and activity_line.returns_purchase_id is null
            group by purchase_id
        ), back as (
            select returns_purchase_id as purchase_id, returns_line_number as line_number, -sum(quantity) as quantity
            from activity_line where returns_purchase_id is not null group by 1, 2
        ), matched as (
            select sum(div(2 * sold.points * back.quantity + sold.quantity, 2 * sold.quantity))::bigint as points
            from back join activity_line sold using (purchase_id, line_number)
        )
        select (select sum(points) from sales) - (select sum(points) from alone) - (select points from matched)
        """
    )
    assert by_sql == result.points == one("select sum(amount) from ledger_entry where code = 'member'")[0]
    assert find_broken_invariants() == []

    again = import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=tmp_path / "rejects.csv")
    assert (again.recorded_rows, again.known_rows, again.points) == (0, 541_909, 0)
    assert OutboxEvent.objects.filter(name="purchase.recorded").count() == 0


def test_complete_journey_with_no_mapping_written_by_hand(shared_data: Path) -> None:
    """75,000 rows of 47,243 baskets and 2,377 households, 233,935.24 dollars; 416 rows of nothing, 1,135 coupons."""
    begin_programme("USD", may_go_negative=True)
    path = shared_data / "complete_journey_sample" / "transactions_sample.parquet"
    target, document = mapping_as_proposed(path, None)
    opened = open_import(by=SYSTEM, at=AT, target=target, path=path, name=path.name, document=document)
    checked = check_now(by=SYSTEM, at=AT, import_id=opened.id, path=path, progress=Unwatched())
    names = ("rows", "ready_rows", "receipts", "customers", "products", "rows_of_nothing", "coupon_rows")
    assert [checked.check_report[name] for name in names] == [75_000, 75_000, 47_243, 2_377, 20_902, 416, 1_135]
    assert (checked.check_report["file_coupon"], checked.check_report["file_discount"]) == (135_671, 4_018_091)
    done = record_now(by=SYSTEM, at=AT, import_id=opened.id, progress=Unwatched())
    totals = done.totals
    assert (target, totals["recorded_rows"], totals["sales"], totals["net"]) == (
        "purchases",
        75_000,
        47_243,
        23_393_524,
    )
    (by_sql,) = one(
        """
        select sum(floor(greatest(0, total) / 100.0))::bigint from activity_purchase where account_id is not null
        """
    )
    assert by_sql == totals["points"] == one("select sum(amount) from ledger_entry where code = 'member'")[0]
    assert find_broken_invariants() == []


def test_cdnow_whole(shared_data: Path, tmp_path: Path) -> None:
    """69,659 rows of 23,570 customers, 2,500,315.63 dollars; 255 rows repeat another exactly and count all the same."""
    begin_programme("USD", may_go_negative=False)
    path = shared_data / "cdnow" / "cdnow_full.csv.gz"
    mapping = parse_mapping(CDNOW)
    result = import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=tmp_path / "rejects.csv")
    assert (result.rows, result.recorded_rows, result.rejected_rows, result.sales) == (69_659, 69_659, 0, 69_659)
    assert result.net == 250_031_563
    assert one("select count(distinct customer_id), count(distinct account_id) from activity_purchase") == (23_570,) * 2
    assert one("select count(*) from activity_purchase where total = 0") == (80,)
    (by_sql,) = one("select sum(floor(total / 100.0))::bigint from activity_purchase")
    assert by_sql == result.points == one("select sum(amount) from ledger_entry where code = 'member'")[0]
    assert find_broken_invariants() == []
