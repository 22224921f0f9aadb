"""Files of lines without receipt numbers: what one customer took at one moment is one purchase."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.operations.imports import ImportResult, parse_mapping
from fidelia.activity.operations.imports.mapping import MalformedImportMapping
from fidelia.activity.targets import PURCHASES
from fidelia.insight.report.loading import open_purchases
from fidelia.intake.proposing import propose
from fidelia.intake.tables import Table
from fidelia.ledger.queries import find_broken_invariants
from tests.insight.report.files import NOW
from tests.programme.cast import programme

from .test_importing_history import COLUMNS, MAPPING, bring_in
from .test_importing_odd_files import reasons

BY_CUSTOMER: dict[str, Any] = {
    **MAPPING,
    "columns": {name: header for name, header in COLUMNS.items() if name != "receipt"},
    "receipt_by": "customer",
}
MOKA, MUG = ",2025-03-01,moka,Moka,1,20.00,C1,France", ",2025-03-01,mug,Mug,2,14.50,C1,France"
LATER = ",2025-03-01 18:30:00,moka,Moka,1,20.00,C1,France"
OTHER = ",2025-03-01,moka,Moka,1,20.00,C2,France"
NOBODY = ",2025-03-01,moka,Moka,1,20.00,,France"


def brought(folder: Path, *rows: str) -> ImportResult:
    return bring_in(folder, *rows, mapping=BY_CUSTOMER)


@pytest.mark.django_db(transaction=True)
def test_rows_of_one_customer_at_one_moment_are_one_purchase(tmp_path: Path) -> None:
    programme()
    result = brought(tmp_path, MOKA, OTHER, MUG, LATER, NOBODY, NOBODY)
    assert (result.recorded_rows, result.rejected_rows) == (6, 0)
    named = Purchase.objects.filter(customer_id__isnull=False).order_by("receipt_number")
    assert [(one.receipt_number, one.total) for one in named] == [
        ("C1/2025-03-01", 4900),
        ("C1/2025-03-01 18:30:00", 2000),
        ("C2/2025-03-01", 2000),
    ]
    assert [one.total for one in Purchase.objects.filter(customer_id=None)] == [2000, 2000]
    assert find_broken_invariants() == []
    again = brought(tmp_path, NOBODY, MUG, MOKA, LATER, NOBODY, OTHER)
    assert (again.recorded_rows, again.known_rows) == (0, 6)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_cannot_be_read_keeps_back_what_was_bought_with_it(tmp_path: Path) -> None:
    programme()
    wrong = MUG.replace(",2,", ",deux,")
    first = brought(tmp_path, MOKA, wrong, OTHER)
    assert (first.recorded_rows, first.rejected_rows) == (1, 2)
    assert reasons(tmp_path) == ["Another row of the receipt came back.", "“deux” is not a number."]
    second = brought(tmp_path, MOKA, MUG, OTHER)
    assert (second.recorded_rows, second.known_rows, second.net) == (2, 1, 4900)


@pytest.mark.django_db(transaction=True)
def test_a_customer_with_a_long_name_has_a_number_that_fits(tmp_path: Path) -> None:
    programme()
    long = MOKA.replace("C1", "c" * 100)
    result = brought(tmp_path, long, MUG.replace("C1", "c" * 100), long.replace("c,", "d,"))
    assert (result.recorded_rows, result.rejected_rows) == (3, 0)
    assert sorted(Purchase.objects.values_list("total", flat=True)) == [2000, 4900]


@pytest.mark.django_db(transaction=True)
def test_a_store_with_a_long_name_has_a_number_that_fits_too(tmp_path: Path) -> None:
    programme()
    columns = {**BY_CUSTOMER["columns"], "store": "ticket"}
    rows = [f"{'Évry, centre commercial ' * 2}{line}".replace("C1", "c" * 50) for line in (MOKA, MUG)]
    rows = [f'"{row[: row.index(",2025")]}"{row[row.index(",2025") :]}' for row in rows]
    result = bring_in(tmp_path, *rows, mapping={**BY_CUSTOMER, "columns": columns})
    assert (result.recorded_rows, result.rejected_rows) == (2, 0)
    purchase = Purchase.objects.get()
    assert (purchase.total, len(purchase.receipt_number)) == (4900, 32)


@pytest.mark.parametrize(
    "columns",
    [COLUMNS, {name: header for name, header in COLUMNS.items() if name not in ("receipt", "customer")}],
    ids=["a number too", "no customer"],
)
def test_it_takes_a_customer_and_no_number(columns: dict[str, str]) -> None:
    with pytest.raises(MalformedImportMapping) as refused:
        parse_mapping({**BY_CUSTOMER, "columns": columns})
    assert refused.value.pointer == "/receipt_by"


def written(folder: Path, header: str, goods: str) -> Path:
    path = folder / "lines.csv"
    days = "".join(f"2024-03-{1 + day // 3:02},K{day // 6},{goods.format(day)}{day}.50\n" for day in range(60))
    path.write_text(f"{header}\n{days}", encoding="utf-8")
    return path


def test_it_is_proposed_for_lines_of_goods_and_counted_by_the_report(tmp_path: Path) -> None:
    path = written(tmp_path, "date,customer_id,product_code,amount", "P{0},")
    found = propose(Table(path), PURCHASES)
    assert found.mapping.options["receipt_by"] == "customer"
    assert [doubt.about for doubt in found.doubts if doubt.about in ("receipt", "receipt_by")] == ["receipt_by"]
    with open_purchases(path, language="en", now=NOW, currency="EUR") as facts:
        assert len(facts.rows(facts.purchases)) == 20


def test_a_list_of_payments_keeps_each_of_its_rows(tmp_path: Path) -> None:
    """As in CDNOW, whose customers bought twice on one day: 69,659 purchases (Fader and Hardie)."""
    found = propose(Table(written(tmp_path, "date,customer_id,amount", "")), PURCHASES)
    assert "receipt_by" not in found.mapping.options
    assert [doubt.about for doubt in found.doubts if doubt.about in ("receipt", "receipt_by")] == ["receipt"]
