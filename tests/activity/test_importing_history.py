"""Importing the past: every row counts once, at its own date; what cannot be understood comes back with its reason."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from fidelia.activity.errors import ImportRunning, WrongCurrency
from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations.imports import ImportResult, import_purchases, parse_mapping
from fidelia.activity.operations.imports.mapping import MalformedImportMapping
from fidelia.activity.queries import find_broken_chain
from fidelia.customers.models import Customer
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from tests.cast import PIZARRO, SYSTEM
from tests.conftest import address_of
from tests.programme.cast import AT, BEGUN, programme

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "ticket,date,article,libellé,quantité,prix,client,pays"
COLUMNS = {
    "receipt": "ticket",
    "occurred_at": "date",
    "product": "article",
    "description": "libellé",
    "quantity": "quantité",
    "unit_price": "prix",
    "customer": "client",
    "country": "pays",
}
MAPPING: dict[str, object] = {
    "source": "old-till",
    "currency": "EUR",
    "time_zone": "Europe/Paris",
    "columns": COLUMNS,
    "not_products": ["POST"],
}
SALE = [
    "T1,2025-03-01 10:00:00,moka,Moka Sidamo,2,17.45,C1,France",
    "T1,2025-03-01 10:00:00,mug,Mug grès bleu,1,14.50,C1,France",
    "T1,2025-03-01 10:00:00,POST,Frais de port,1,4.90,C1,France",
]


def bring_in(folder: Path, *rows: str, mapping: dict[str, object] = MAPPING, at: datetime = AT) -> ImportResult:
    path = folder / "achats.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return import_purchases(
        by=SYSTEM, at=at, path=path, mapping=parse_mapping(mapping), rejects_path=folder / "rejects.csv"
    )


def balance_of(result: ImportResult) -> int:
    programme_points = Enrolment.objects.select_related("programme").get()
    found = get_balance(
        account_id=programme_points.account_id, currency=programme_points.programme.points_currency_id, at=AT
    )
    return found.available


def test_a_purchase_earns_at_its_own_date_by_the_rules_of_then(tmp_path: Path) -> None:
    programme()
    result = bring_in(tmp_path, *SALE)
    assert (result.rows, result.recorded_rows, result.rejected_rows, result.sales) == (3, 3, 0, 1)
    purchase = Purchase.objects.get()
    # Postage counts in the total and earns nothing: 49 for 49.40 €, and 50 for a first purchase above 20 €.
    assert (purchase.total, purchase.product_total, purchase.points) == (5430, 4940, 99)
    assert purchase.occurred_at == datetime(2025, 3, 1, 9, tzinfo=UTC)
    assert balance_of(result) == 99
    assert find_broken_invariants() == []


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    programme()
    bring_in(tmp_path, *SALE)
    events = OutboxEvent.objects.count()
    again = bring_in(tmp_path, *SALE, at=AT + timedelta(days=1))
    assert (again.recorded_rows, again.known_rows, again.points) == (0, 3, 0)
    assert (Purchase.objects.count(), Customer.objects.count()) == (1, 1)
    assert OutboxEvent.objects.exclude(name="products.changed").count() <= events
    assert balance_of(again) == 99


def test_a_later_file_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    programme()
    bring_in(tmp_path, *SALE)
    bring_in(tmp_path, *SALE, "T2,2025-04-01 10:00:00,mug,Mug,1,14.50,C1,France")
    second = Purchase.objects.get(receipt_number="T2")
    assert second.points == 14  # the welcome is for the first purchase only, and that was in the first file
    enrolment = Enrolment.objects.get()
    assert find_broken_chain(enrolment.account_id) is None


def test_a_return_takes_back_what_the_line_it_fits_had_earned(tmp_path: Path) -> None:
    programme()
    result = bring_in(tmp_path, *SALE, "C1,2025-03-09 10:00:00,mug,Mug,-1,14.50,C1,France")
    returned = PurchaseLine.objects.get(purchase__kind="return")
    sold = PurchaseLine.objects.get(purchase__kind="sale", product_code="mug")
    assert (returned.returns_purchase_id, returned.returns_line_number) == (sold.purchase_id, sold.line_number)
    assert (returned.points, result.matched_lines) == (-sold.points, 1)
    assert balance_of(result) == 99 - sold.points
    assert find_broken_invariants() == []


def test_a_return_that_fits_no_line_stands_alone_at_its_own_date(tmp_path: Path) -> None:
    programme(may_go_negative=True)
    result = bring_in(tmp_path, *SALE, "C1,2025-03-09 10:00:00,mug,Mug,-3,14.50,C1,France")
    assert Purchase.objects.get(kind="return").points == -43
    assert (result.matched_lines, balance_of(result)) == (0, 56)


def test_where_a_balance_may_not_go_below_zero_what_is_left_is_taken(tmp_path: Path) -> None:
    programme()
    result = bring_in(tmp_path, *SALE, "C9,2025-03-09 10:00:00,sofa,Canapé,-1,900.00,C1,France")
    assert balance_of(result) == 0
    assert find_broken_invariants() == []


def test_rows_that_cannot_be_understood_come_back_with_the_reason_last(tmp_path: Path) -> None:
    programme()
    bad = [
        "T2,2025-13-01,mug,Mug,1,14.50,C1,France",
        "T3,2025-03-01,mug,Mug,un,14.50,C1,France",
        "T4,2025-03-01,mug,Mug,0,14.50,C1,France",
        "T5,2999-03-01,mug,Mug,1,14.50,C1,France",
        ",2025-03-01,mug,Mug,1,14.50,C1,France",
        "T6,2025-03-01,mug,Mug,1,,C1,France",
        "T7,2025-03-01,mug,Mug,1,14.50,C1,France,too,many",
        "T8,2025-03-01,mug,Mug,1,14.50,C1,France",
        "T8,2025-03-01,mug,Mug,1,14.50,C2,France",
    ]
    result = bring_in(tmp_path, *SALE, *bad)
    assert (result.rows, result.recorded_rows, result.rejected_rows) == (12, 3, 9)
    with (tmp_path / "rejects.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][-1] == "fidelia_reason"
    assert [row[-1] for row in rows[1:]] == [
        "“2025-13-01” is not a date such as 2026-11-22 or 2026-11-22 14:05:00.",
        "“un” is not a number.",
        "the quantity is zero.",
        "the date is in the future.",
        "the receipt number is missing.",
        "the amount is missing.",
        "the row has 10 cells, the header 8.",
        "The receipt names two customers.",
        "The receipt names two customers.",
    ]


def test_without_receipt_numbers_exact_duplicates_of_one_file_all_count(tmp_path: Path) -> None:
    programme()
    mapping = {**MAPPING, "columns": {known: name for known, name in COLUMNS.items() if known != "receipt"}}
    row = ",2025-03-01,mug,Mug,1,14.50,C1,France"
    result = bring_in(tmp_path, row, row, mapping=mapping)
    assert (result.recorded_rows, result.duplicate_rows, result.sales) == (2, 1, 2)
    again = bring_in(tmp_path, row, row, mapping=mapping)
    assert (again.recorded_rows, again.known_rows) == (0, 2)


def test_it_informs_nobody(tmp_path: Path) -> None:
    programme()
    bring_in(tmp_path, *SALE)
    imported = OutboxEvent.objects.exclude(name__in=["version.published", "programme.created"])
    assert set(imported.values_list("origin", flat=True)) == {"backfill"}
    assert OutboxEvent.objects.filter(name="purchase.recorded").count() == 0


def test_purchases_before_the_first_version_earn_nothing(tmp_path: Path) -> None:
    programme()
    early = (BEGUN - timedelta(days=10)).strftime("%Y-%m-%d %H:%M:%S")
    bring_in(tmp_path, f"T0,{early},mug,Mug,1,14.50,C1,France")
    assert Purchase.objects.get().points == 0


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {"occurred_at": "date"}},
        {"columns": {"receipt": "ticket", "occurred_at": "date", "unit_price": "prix"}},
        {"columns": {**COLUMNS, "colour": "prix"}},
        {"columns": {**COLUMNS, "customer": "nobody"}},
        {"channel": "pigeon"},
        {"surprise": 1},
        {"source": ""},
        {"source": 2024},
        {"source": "s" * 61},
        {"time_zone": 2},
        {"enrol": "no"},
    ],
)
def test_a_mapping_that_cannot_be_is_refused_before_anything_is_read(tmp_path: Path, change: dict[str, object]) -> None:
    programme()
    with pytest.raises(MalformedImportMapping):
        bring_in(tmp_path, *SALE, mapping={**MAPPING, **change})
    assert Purchase.objects.count() == 0


def test_another_currency_is_refused(tmp_path: Path) -> None:
    programme()
    with pytest.raises(WrongCurrency):
        bring_in(tmp_path, *SALE, mapping={**MAPPING, "currency": "GBP"})


def test_without_the_right_nothing_is_imported(tmp_path: Path) -> None:
    programme()
    path = tmp_path / "achats.csv"
    path.write_text("\n".join([HEADER, *SALE]), encoding="utf-8")
    with pytest.raises(Denied):
        import_purchases(
            by=PIZARRO, at=AT, path=path, mapping=parse_mapping(MAPPING), rejects_path=tmp_path / "rejects.csv"
        )


def test_two_imports_of_one_source_do_not_run_at_once(tmp_path: Path) -> None:
    programme()
    with psycopg.connect(address_of(str(connection.settings_dict["NAME"]))) as other:
        other.execute("select pg_advisory_lock(hashtextextended('import old-till', 0))")
        with pytest.raises(ImportRunning):
            bring_in(tmp_path, *SALE)
    assert Purchase.objects.count() == 0
