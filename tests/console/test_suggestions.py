"""What a refused cell was probably meant to be: only what then reads well, nothing where one would have to guess."""

from __future__ import annotations

import pytest

from fidelia.console.imports.suggestions import suggest
from fidelia.intake.reading import DateOrder, Reading

FRENCH = Reading(decimal=",", date_order=DateOrder.DAY_FIRST)
ENGLISH = Reading(decimal=".", thousands=",", date_order=DateOrder.YEAR_FIRST)


@pytest.mark.parametrize(
    ("code", "text", "reading", "meant"),
    [
        ("impossible_date", "31/02/2025", FRENCH, "28/02/2025"),
        ("impossible_date", "31/02/2024", FRENCH, "29/02/2024"),
        ("impossible_date", "31/04/2025 14:05", FRENCH, "30/04/2025 14:05"),
        ("impossible_date", "2025-02-30", ENGLISH, "2025-02-28"),
        ("impossible_date", "02/25/2025", FRENCH, "25/02/2025"),
        ("impossible_date", "00/13/0000", FRENCH, ""),
        ("not_a_number", "1O,00", FRENCH, "10,00"),
        ("not_a_number", "l2.50", ENGLISH, "12.50"),
        ("not_a_number", "12,50 pcs", FRENCH, "12,50"),
        ("not_a_number", "12.50", FRENCH, "12,50"),
        ("not_a_number", "douze", FRENCH, ""),
        ("not_an_email", "helene marchand@mel.example", FRENCH, "helenemarchand@mel.example"),
        ("not_an_email", "helene@@mel.example", FRENCH, "helene@mel.example"),
        ("not_an_email", "helene(at)mel,example", FRENCH, "helene@mel.example"),
        ("not_an_email", "helene", FRENCH, ""),
        ("two_customers", "7", FRENCH, ""),
    ],
)
def test_it_is_suggested(code: str, text: str, reading: Reading, meant: str) -> None:
    assert suggest(code, text, reading) == meant
