"""Hard files of the corpus of header rows, imported with no mapping written by hand: their totals hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake.corpus import entries, rows_of

from .test_importing_exports import recorded, sums

pytestmark = pytest.mark.django_db(transaction=True)
# The file and what its rows hold of the amount paid: before or after discounts.
HARD = {"X5 Retail Hero": "t", "Manzana cheque items": "y", "Bakery sales (French)": "t"}


@pytest.mark.parametrize("of", HARD)
def test_its_total_is_that_of_its_rows(tmp_path: Path, of: str) -> None:
    entry = next(entry for entry in entries() if entry.of == of)
    wanted = sum(round(row[HARD[of]] * 100) for row in rows_of(comma=False))
    assert sums(recorded(entry.write(tmp_path / "file.csv")))[:2] == (len(rows_of(comma=False)), wanted)
