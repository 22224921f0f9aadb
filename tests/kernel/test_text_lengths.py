"""Text messages are counted as networks bill them: alphabets, parts, and signs that no part cuts in two."""

from __future__ import annotations

import pytest

from fidelia.kernel.sms import Parts, count_parts, plain_marks
from fidelia.kernel.sms.parts import BASIC, EXTENSION


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Parts("gsm7", 0, 1)),
        ("a" * 160, Parts("gsm7", 160, 1)),
        ("a" * 161, Parts("gsm7", 161, 2)),
        ("a" * 306, Parts("gsm7", 306, 2)),
        ("a" * 307, Parts("gsm7", 307, 3)),
        ("é" * 160, Parts("gsm7", 160, 1)),
        ("€" * 80, Parts("gsm7", 160, 1)),
        ("a" * 152 + "€" * 5, Parts("gsm7", 162, 2)),
        ("a" * 152 + "€" + "a" * 151, Parts("gsm7", 305, 2)),
        # The escape of a € would be the 153rd septet: it goes to the next part whole, and 152 + 153 + 1 are three.
        ("a" * 152 + "€" + "a" * 152, Parts("gsm7", 306, 3)),
        ("ê" + "a" * 69, Parts("ucs2", 70, 1)),
        ("ê" + "a" * 70, Parts("ucs2", 71, 2)),
        ("ê" * 134, Parts("ucs2", 134, 2)),
        ("ê" * 135, Parts("ucs2", 135, 3)),
        ("🎁" * 35, Parts("ucs2", 70, 1)),
        ("🎁" * 36, Parts("ucs2", 72, 2)),
        # 67 units are 33 gifts and a half: 34 of them would need 68.
        ("🎁" * 66, Parts("ucs2", 132, 2)),
        ("🎁" * 67, Parts("ucs2", 134, 3)),
    ],
)
def test_a_text_is_as_many_parts_as_a_network_bills(text: str, expected: Parts) -> None:
    assert count_parts(text) == expected


def test_the_alphabet_is_the_standards() -> None:
    assert len(BASIC) == 127  # 128 positions, one of which is the escape
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION
    assert {"ç", "ê", "’", "\u00a0"}.isdisjoint(BASIC | EXTENSION)


def test_typographic_marks_become_typewriter_marks_and_accents_stay() -> None:
    assert plain_marks("L’« offre »\u00a0: 5\u202f€… – œuvre à l’été") == "L'\" offre \" : 5 €... - oeuvre à l'été"
    assert count_parts(plain_marks("C’est à vous…")).alphabet == "gsm7"
