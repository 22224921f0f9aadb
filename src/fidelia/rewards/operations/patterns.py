"""Codes as people type them, and codes that nobody guesses. Pure: no database."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator

from ..errors import CodesExhausted, MalformedCode, MalformedSeries

# Without what people confuse: 0 and O, 1 and I and L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PLACE = "#"
GUESSES_PER_HIT = 10**6  # whoever guesses tries a million codes for each that exists
LENGTH_MIN, LENGTH_MAX = 4, 64
_IGNORED = re.compile(r"[\s\-‐‑–—_.]+")
_CODE = re.compile(rf"[0-9A-Z]{{{LENGTH_MIN},{LENGTH_MAX}}}")
_PATTERN = re.compile(r"[0-9A-Z#-]{1,64}")


def normalise_code(text: str) -> str:
    """Return a code as codes are compared: capitals and digits, without the spaces and hyphens people type.

    What no code can be, such as a text too long, comes out as a text that no code is.
    """
    plain = _IGNORED.sub("", unicodedata.normalize("NFKC", text[:200])).upper()
    return plain if len(plain) <= LENGTH_MAX else ""


def read_code(text: str, *, pointer: str | None = None) -> str:
    """Return a code to be kept. Raises MalformedCode."""
    code = normalise_code(text)
    if not _CODE.fullmatch(code):
        raise MalformedCode(
            f"A code is {LENGTH_MIN} to {LENGTH_MAX} letters A to Z and digits; “{text[:80]}” is none.", pointer=pointer
        )
    return code


def show_code(pattern: str, code: str) -> str:
    """Return a code as it is printed: with the hyphens of its pattern, if it was made by it."""
    places = [place for place in pattern if place != "-"]
    made_by_it = len(places) == len(code) and all(
        place in (PLACE, letter) for place, letter in zip(places, code, strict=True)
    )
    if not made_by_it:
        return code
    letters = iter(code)
    return "".join("-" if place == "-" else next(letters) for place in pattern)


def check_pattern(pattern: str, alphabet: str) -> None:
    """Raise MalformedSeries unless the pattern can make codes from the alphabet."""
    if not _PATTERN.fullmatch(pattern) or not _CODE.fullmatch(pattern.replace("-", "").replace(PLACE, "X")):
        raise MalformedSeries(
            f"A pattern is {LENGTH_MIN} to {LENGTH_MAX} capitals, digits, hyphens and # for each letter drawn.",
            pointer="/pattern",
        )
    if not re.fullmatch(r"[0-9A-Z]{10,36}", alphabet) or len(set(alphabet)) != len(alphabet):
        raise MalformedSeries("An alphabet is 10 or more different capitals and digits.", pointer="/alphabet")


def check_room(pattern: str, alphabet: str, count: int) -> None:
    """Raise CodesExhausted when so many codes would fill more than a millionth of what the pattern can make."""
    can_make = len(alphabet) ** pattern.count(PLACE)
    if can_make < count * GUESSES_PER_HIT:
        raise CodesExhausted(
            "This pattern makes too few codes for so many that nobody can guess: add # to it.", can_make=can_make
        )


def draw_codes(pattern: str, alphabet: str, count: int) -> Iterator[str]:
    """Draw codes by the operating system's own chance; two may be equal, as chance will have it."""
    places = [place for place in pattern if place != "-"]
    drawn = places.count(PLACE)
    letters = _draw_letters(alphabet, drawn * count)
    shape = "".join("%s" if place == PLACE else place for place in places)
    if shape == "%s" * drawn:
        return (letters[start : start + drawn] for start in range(0, drawn * count, drawn))
    return (shape % tuple(letters[start : start + drawn]) for start in range(0, drawn * count, drawn))


def _draw_letters(alphabet: str, count: int) -> str:
    """Translate random bytes into letters, dropping the bytes that would favour some: a million codes in 0.2 s."""
    fair = 256 - 256 % len(alphabet)
    table = bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))
    unfair = bytes(range(fair, 256))
    letters = b""
    while len(letters) < count:
        missing = count - len(letters)
        letters += secrets.token_bytes(missing * 256 // fair + 64).translate(table, unfair)
    return letters[:count].decode("ascii")
