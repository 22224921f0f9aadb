"""What a refused cell was probably meant to be. Only what then reads well is suggested; a person decides."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping

from fidelia.intake.reading import Reading
from fidelia.intake.values import BadCell, read_day, read_decimal, read_email

CURRENCIES = {"EURO": "EUR", "EUROS": "EUR", "DOLLAR": "USD", "DOLLARS": "USD", "POUND": "GBP", "LIVRE": "GBP"}
LOOK_ALIKE = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "S": "5", "B": "8"})
DAY = re.compile(r"(\d{1,4})([/.\- ])(\d{1,2})\2(\d{1,4})(.*)", re.DOTALL)


def suggest(code: str, text: str, reading: Reading) -> str:
    """Return a better text for a cell that was refused for the reason of this code; empty when none is likely."""
    guess = GUESSES.get(code)
    return "" if guess is None else guess(text.strip(), reading)


def _day(text: str, reading: Reading) -> str:
    """The last day of the month for the 31 February, the other order for the 25th month."""
    found = DAY.fullmatch(text)
    if found is None:
        return ""
    first, mark, second, third, rest = found.groups()
    tries = [mark.join(_last_of_month(first, second, third)) + rest]
    if int(second) > 12:
        tries.append(mark.join((second, first, third)) + rest)
    return _first_read(tries, lambda one: read_day(one, reading))


def _last_of_month(first: str, second: str, third: str) -> tuple[str, str, str]:
    year, month, day = (first, second, third) if len(first) == 4 else (third, second, first)
    if not (1 <= int(month) <= 12 and len(year) == 4 and int(year) >= 1):
        return first, second, third
    last = min(int(day), calendar.monthrange(int(year), int(month))[1])
    kept = str(last).zfill(2)
    return (first, second, kept) if len(first) == 4 else (kept, second, third)


def _number(text: str, reading: Reading) -> str:
    """Letters that look like digits, words beside the number, the other decimal sign."""
    if not any(sign.isdigit() for sign in text):
        return ""
    bare = re.sub(r"[^0-9OolISB.,+\-() \u00a0\u202f]", "", text).strip().translate(LOOK_ALIKE)
    other = "," if reading.decimal == "." else "."
    tries = [bare, re.sub(r"[\s\u00a0\u202f]", "", bare), bare.replace(other, reading.decimal)]
    return _first_read(tries, lambda one: read_decimal(one, reading))


def _email(text: str, reading: Reading) -> str:
    tidy = re.sub(r"\s+", "", text).replace("(at)", "@").replace("[at]", "@").strip(".,;<>").replace(",", ".")
    return _first_read([tidy, re.sub("@{2,}", "@", tidy), re.sub(r"\.{2,}", ".", tidy)], read_email)


def _first_read(tries: list[str], read: Callable[[str], object]) -> str:
    for one in tries:
        try:
            read(one)
        except (BadCell, ValueError):
            continue
        return one
    return ""


def _currency(text: str, reading: Reading) -> str:
    return CURRENCIES.get(text.upper(), "")


GUESSES: Mapping[str, Callable[[str, Reading], str]] = {
    "impossible_date": _day,
    "not_a_date": _day,
    "not_a_number": _number,
    "not_an_email": _email,
    "unknown_currency": _currency,
}
