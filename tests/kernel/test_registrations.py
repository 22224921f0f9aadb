"""Numbers of companies: known ones are kept in one form, mistyped ones refused."""

from __future__ import annotations

import pytest

from fidelia.kernel.registrations import MalformedRegistration, normalise_registration, normalise_vat


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("732 829 320", "FR", "732829320"),  # the example of INSEE
        ("732 829 320 00074", "", "73282932000074"),
        ("356 000 000 00048", "FR", "35600000000048"),  # La Poste, by Luhn
        ("35600000049837", "FR", "35600000049837"),  # La Poste, by the sum of digits alone
        ("HRB 12345", "DE", "HRB12345"),
        ("123456789", "DE", "123456789"),  # no SIREN: nothing is known of its arithmetic
        ("", "FR", ""),
    ],
)
def test_a_registration_is_kept_without_its_spaces(text: str, country: str, kept: str) -> None:
    assert normalise_registration(text, country=country) == kept


@pytest.mark.parametrize(
    ("text", "country"), [("732829321", "FR"), ("73282932000075", ""), ("no, really", "FR"), ("1" * 41, "DE")]
)
def test_one_that_does_not_add_up_is_refused(text: str, country: str) -> None:
    with pytest.raises(MalformedRegistration):
        normalise_registration(text, country=country)


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("FR 40 303 265 045", "", "FR40303265045"),
        ("40303265045", "FR", "FR40303265045"),
        ("BE 0403.019.261", "BE", "BE0403019261"),
        ("DE136695976", "", "DE136695976"),
        ("IT00743110157", "", "IT00743110157"),
        ("GR094259216", "", "EL094259216"),
        ("CHE-116.281.710 TVA", "CH", "CHE116281710TVA"),
        ("99-1234567", "US", "991234567"),
    ],
)
def test_a_vat_number_has_its_prefix(text: str, country: str, kept: str) -> None:
    assert normalise_vat(text, country=country) == kept


@pytest.mark.parametrize(
    "text", ["FR41303265045", "FR40303265046", "BE0403019262", "DE136695978", "IT00743110158", "FR123", "ATU123"]
)
def test_a_mistyped_vat_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedRegistration):
        normalise_vat(text)
