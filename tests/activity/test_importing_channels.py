"""Importing the past of shops and of the web from one file: a column says by which channel each purchase was made."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.operations.imports import ImportResult, import_purchases, parse_mapping
from tests.cast import SYSTEM
from tests.programme.cast import AT, programme

pytestmark = pytest.mark.django_db(transaction=True)
MAPPING = {
    "source": "all-tills",
    "currency": "EUR",
    "channel": "store",
    "columns": {"receipt": "ticket", "occurred_at": "date", "net": "montant", "channel": "canal"},
}


def bring_in(folder: Path, *rows: str) -> ImportResult:
    path = folder / "achats.csv"
    path.write_text("\n".join(["ticket,date,montant,canal", *rows]) + "\n", encoding="utf-8")
    return import_purchases(
        by=SYSTEM, at=AT, path=path, mapping=parse_mapping(MAPPING), rejects_path=folder / "rejects.csv"
    )


def test_each_purchase_has_the_channel_of_its_row_and_else_that_of_the_mapping(tmp_path: Path) -> None:
    programme()
    result = bring_in(tmp_path, "T1,2025-03-01,10.00,web", "T2,2025-03-01,10.00,")
    assert (result.recorded_rows, result.rejected_rows) == (2, 0)
    assert dict(Purchase.objects.values_list("receipt_number", "channel")) == {"T1": "web", "T2": "store"}


def test_a_channel_that_nobody_knows_is_rejected_with_the_reason(tmp_path: Path) -> None:
    programme()
    result = bring_in(tmp_path, "T1,2025-03-01,10.00,pigeon")
    assert (result.recorded_rows, result.rejected_rows) == (0, 1)
    with (tmp_path / "rejects.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file))[1][-1] == "“pigeon” is not one of store, web, phone, app, other."
