"""Codes for tills: module by module what two other makers of codes draw (they were compared when this was written)."""

from __future__ import annotations

import hashlib
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
DRAWN = """
#######..#.##.#######
#.....#.#.##..#.....#
#.###.#.....#.#.###.#
#.###.#...#.#.#.###.#
#.###.#.#..##.#.###.#
#.....#..#.#..#.....#
#######.#.#.#.#######
.....................
#.#.#.#..##.#...#..#.
..#....#.###.#.#.#..#
##.##.#....#.###..#..
###.....#..###.######
#..##.######.###.#..#
........#.....##.#...
#######..#..#...#.###
#.....#...#...##.##.#
#.###.#.#.#.#.#.##..#
#.###.#..#.#.#.#.#.#.
#.###.#.##.#.##.#...#
#.....#...####....#..
#######.##.#.###..#.#
"""
BARS = "10100010110001011010011100111010100011011001101010100010010010001001000110110011100101110010101"


def test_a_card_number_is_a_full_qr_code_and_never_a_micro_one() -> None:
    assert "\n".join("".join(".#"[module] for module in row) for row in qr_matrix(CARD)) == DRAWN.strip()


@pytest.mark.parametrize(
    ("text", "size", "fingerprint"),
    [
        (CARD, 21, "02cf5e22d5892337"),
        ("https://exemple.fr/é", 25, "8c0e37853e5db3d6"),
        ("A" * 106, 41, "7505126aeba70d09"),
    ],
)
def test_a_text_is_drawn_in_the_smallest_code_that_holds_it(text: str, size: int, fingerprint: str) -> None:
    matrix = qr_matrix(text)
    assert len(matrix) == size
    assert hashlib.sha256(repr(matrix).encode()).hexdigest()[:16] == fingerprint


@pytest.mark.parametrize("text", ["A" * 107, "é" * 54, "9" * 256, "x" * 5_000])
def test_a_text_that_does_not_fit_is_refused(text: str) -> None:
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
