"""What a column that nothing known is could be kept as, where a house declares fields of its own. Knows no Django."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fidelia.kernel.folding import fold

from .reading import Reading
from .values import FALSE, TRUE, BadCell, is_moment, read_decimal

CHOICES_MAX = 30
CHOICE_LENGTH_MAX = 60
REPEATED = 3  # of a list each choice stands, on average, in so many rows
TEXT_LENGTH_MAX = 200
KEY_LENGTH_MAX = 32


def types_of(cells: Iterable[str], reading: Reading) -> list[str]:
    """Return as what the cells of a column can be kept, the likeliest first: flag, day, number, list, text.

    A column in which nothing stands, or longer texts than a field holds, can be kept as nothing.
    """
    texts = [text for cell in cells if (text := " ".join(cell.split()))]
    if not texts or any(len(text) > TEXT_LENGTH_MAX for text in texts):
        return []
    found = []
    if {fold(text) or text for text in texts} <= TRUE | FALSE and len(set(texts)) <= 6:
        found.append("flag")
    if all(is_moment(text, reading) for text in texts):
        found.append("day")
    if all(_is_whole(text, reading) for text in texts):
        found.append("number")
    if _is_list(texts):
        found.append("list")
    return [*found, "text"]


def choices_of(cells: Iterable[str]) -> list[str]:
    """Return the different texts of a column, in the spelling first met, in order."""
    met: dict[str, str] = {}
    for cell in cells:
        text = " ".join(cell.split())
        if text:
            met.setdefault(text.casefold(), text)
    return sorted(met.values(), key=fold)


def key_of_name(name: str) -> str:
    """Return a key that rules can read, from a name as people write it: Skin type → skin_type."""
    key = "_".join(re.findall(r"[a-z0-9]+", fold(name)))[:KEY_LENGTH_MAX].strip("_")
    return key if key[:1].isalpha() else f"f_{key}"[:KEY_LENGTH_MAX].strip("_")


def _is_whole(text: str, reading: Reading) -> bool:
    if text[:1] == "0" and len(text) > 1 and text.isdigit():  # 00412 is a code: its noughts would be lost
        return False
    try:
        number = read_decimal(text, reading)
    except BadCell:
        return False
    return number == number.to_integral_value() and abs(number) <= 10**12


def _is_list(texts: list[str]) -> bool:
    different = {text.casefold() for text in texts}
    is_short = len(different) <= CHOICES_MAX and all(len(text) <= CHOICE_LENGTH_MAX for text in different)
    return is_short and len(texts) >= REPEATED * len(different)
