"""Codes for tills: sizes and guards of the standards, numbers that do not check, drawings without inline styles."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from fidelia.ui.codes import (
    MalformedNumber,
    TooLong,
    ean13_bars,
    ean13_check_digit,
    ean13_svg,
    is_ean13,
    qr_matrix,
    qr_svg,
)

CARD = "2990441788200"
BARS = "10100010110001011010011100111010100011011001101010100010010010001001000110110011100101110010101"


FINDER = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]


@pytest.mark.parametrize(("text", "size"), [(CARD, 21), ("https://exemple.fr/é", 25), ("é" * 40, 37)])
def test_a_text_is_a_full_qr_code_in_the_smallest_size_that_holds_it(text: str, size: int) -> None:
    matrix = qr_matrix(text)
    assert (len(matrix), {len(row) for row in matrix}) == (size, {size})
    assert ["".join(map(str, row[:7])) for row in matrix[:7]] == FINDER
    assert ["".join(map(str, row[-7:])) for row in matrix[:7]] == FINDER, "a Micro QR has one finder only"


@pytest.mark.parametrize("text", ["x" * 214, "é" * 107, "x" * 5_000])
def test_a_text_that_phones_could_not_read_is_refused(text: str) -> None:
    assert qr_matrix("x" * 213)
    with pytest.raises(TooLong):
        qr_matrix(text)


def test_an_ean_is_the_bars_of_the_standard() -> None:
    assert ean13_bars(CARD) == BARS
    assert ean13_check_digit("400638133393") == 1
    assert is_ean13("4006381333931")


@pytest.mark.parametrize("number", ["2990441788201", "299044178820", "29904417882000", "299044178820O", "", "٢" * 13])
def test_a_number_that_does_not_check_is_no_ean(number: str) -> None:
    assert not is_ean13(number)
    with pytest.raises(MalformedNumber):
        ean13_bars(number)


def test_drawings_are_xml_with_a_name_for_those_who_do_not_see() -> None:
    for drawing in (qr_svg(CARD, label="Carte « Éléonore » <1>"), ean13_svg(CARD, label="Carte « Éléonore » <1>")):
        assert ElementTree.fromstring(drawing).get("aria-label") == "Carte « Éléonore » <1>"
    assert ElementTree.fromstring(qr_svg(CARD)).get("aria-hidden") == "true"
    assert ElementTree.fromstring(qr_svg(CARD)).get("viewBox") == "0 0 29 29"
    assert ElementTree.fromstring(ean13_svg(CARD)).get("viewBox") == "0 0 113 60"
