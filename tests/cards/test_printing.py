"""A card is printed in the look of its programme; a logo that cannot be set is left out, the card is printed."""

from __future__ import annotations

import pytest

from fidelia.cards.operations.printing import Print, draw_pdf
from tests.ui.test_pictures import PNG, png

NUMBER = "2990441788200"


@pytest.mark.parametrize("asked", [
    Print("Cercle Éléonore", "fr", is_sheet=False),
    Print("Ægidius & fils, “cercle” \\ #des $amateurs de café*", "fr", is_sheet=False, ground="#FFCC00"),
    Print("Circle", "en", is_sheet=True, logo=png(40, 30), logo_type="image/png"),
])  # fmt: skip
def test_a_card_is_set_in_its_programmes_look(asked: Print) -> None:
    assert draw_pdf([NUMBER, "AB-1234-XYZ"], asked).startswith(b"%PDF")


def test_a_logo_that_cannot_be_set_is_left_out() -> None:
    broken = PNG.replace(b"IDAT", b"JDAT")
    asked = Print("Circle", "en", is_sheet=False, logo=broken, logo_type="image/png")
    assert draw_pdf([NUMBER], asked).startswith(b"%PDF")
