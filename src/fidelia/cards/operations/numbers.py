"""Numbers of cards: drawn or running, with their check digit. Pure: no database."""

from __future__ import annotations

import re

from fidelia.kernel.errors import Invalid
from fidelia.rewards.operations.patterns import PLACE, check_pattern, draw_codes
from fidelia.ui.codes import ean13_check_digit, is_ean13

from ..errors import CardNumbersExhausted, MalformedCardNumber, MalformedCardSeries
from ..models import CardSeries
from ..queries.usable import normalise_number

DIGITS = "0123456789"
DIGITS_BEFORE_CHECK = 12
FILLED_MAX = 2  # of what can be drawn at most one number in so many exists: a draw is seldom repeated
_PREFIX = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Z]{4,64}", re.ASCII)


def check_series(series: CardSeries) -> None:
    """Raise MalformedCardSeries unless the series can make numbers."""
    if series.kind == CardSeries.Kind.EAN13:
        if not _PREFIX.fullmatch(series.prefix):
            raise MalformedCardSeries("An EAN-13 begins with 1 to 9 digits of your own.", pointer="/prefix")
    elif series.kind == CardSeries.Kind.PATTERN:
        if series.is_running:
            raise MalformedCardSeries("The letters of a pattern are drawn; only EAN-13 run.", pointer="/is_running")
        if PLACE not in series.pattern:
            raise MalformedCardSeries("A pattern has # for each letter drawn.", pointer="/pattern")
        try:
            check_pattern(series.pattern, series.alphabet)
        except Invalid as refusal:
            raise MalformedCardSeries(refusal.message, pointer=refusal.pointer) from None
    else:
        raise MalformedCardSeries("A series is of EAN-13 numbers or of a pattern.", pointer="/kind")


def room_of(series: CardSeries) -> int:
    """Return how many different numbers the series can make in all."""
    if series.kind == CardSeries.Kind.EAN13:
        return int(10 ** (DIGITS_BEFORE_CHECK - len(series.prefix)))
    return int(len(series.alphabet) ** series.pattern.count(PLACE))


def check_room(series: CardSeries, wanted: int, made: int) -> None:
    """Raise CardNumbersExhausted when so many more would not fit; of drawn numbers half stay free."""
    room, taken = room_of(series), series.next_number if series.is_running else made
    if taken + wanted > (room if series.is_running else room // FILLED_MAX):
        raise CardNumbersExhausted(
            "This series has too few numbers left for so many cards.", left=max(0, room - taken), can_make=room
        )


def numbers_of(series: CardSeries, count: int) -> list[str]:
    """Return so many numbers to try; drawn ones may be taken, or come twice, as chance will have it."""
    if series.kind == CardSeries.Kind.PATTERN:
        return list(draw_codes(series.pattern, series.alphabet, count))
    width = DIGITS_BEFORE_CHECK - len(series.prefix)
    if series.is_running:
        first = series.next_number
        bodies = [f"{series.prefix}{number:0{width}d}" for number in range(first, first + count)]
    else:
        bodies = [f"{series.prefix}{drawn}" for drawn in draw_codes(PLACE * width, DIGITS, count)]
    return [f"{body}{ean13_check_digit(body)}" for body in bodies]


def read_number(text: str, series: CardSeries | None = None, *, pointer: str | None = None) -> str:
    """Return a card number as it is kept. Raises MalformedCardNumber (of an EAN-13 series: not its kind of number)."""
    number = normalise_number(text)
    if not _NUMBER.fullmatch(number):
        raise MalformedCardNumber(
            f"A card number is 4 to 64 letters and digits; “{text[:80]}” is none.", pointer=pointer
        )
    if series is not None and series.kind == CardSeries.Kind.EAN13 and not is_ean13(number):
        raise MalformedCardNumber(
            f"“{text[:80]}” is not an EAN-13: thirteen digits, the last of which checks the others.", pointer=pointer
        )
    return number
