"""Read the text of a cell as a number, an amount, a moment…; say what is wrong with it otherwise. Knows no Django.

What a text means is a table, `tests/intake/cases`: the check of an import, which is SQL, is held to the same one.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.kernel.addresses import MalformedEmail, MalformedPhone, normalise_email, normalise_phone
from fidelia.kernel.folding import fold
from fidelia.kernel.money import EXPONENTS, TWO_DECIMALS

from .countries import country_names
from .dates import COMPACT, COUNTED_FORMS, NotInCalendar, match_day, match_time, moment_of_count
from .reading import DateOrder, Reading
from .wording import say

DIGITS_MAX = 30
YEARS_OF_COUNTS = range(1974, 2100)  # a smaller number is no day but an amount or a quantity
_WHOLE = re.compile(r"[-+]?[0-9]{1,15}\.0")
YEARS_OF_COMPACT = frozenset((*range(1900, 2100), 9999))
PLAIN = Reading()
EXAMPLES = {
    DateOrder.YEAR_FIRST: "2026-11-22 or 2026-11-22 14:05:00",
    DateOrder.DAY_FIRST: "22/11/2026 or 22/11/2026 14:05",
    DateOrder.MONTH_FIRST: "11/22/2026 or 11/22/2026 14:05",
}
_NO_DAY = re.compile(r"0{1,4}([-/. ])0{1,2}\1 ?0{1,4}([T ]00?:00(:00)?(\.0+)?)?")
# Never a zero, a minus before one, or part of a number.
_NOTHING = re.compile(
    r"[-–—]{1,3}|\(?null\)?|none|nil|\\n|#?n[./]?[adcr]\.?|#n/?a!?|<na>|undefined|sans|vide", re.IGNORECASE
)
NOTHING_LENGTH_MAX = 12
BLANKS_AROUND = " \t\u00a0\u202f"
TRUE = frozenset({"1", "yes", "y", "true", "t", "x", "on", "ok", "oui", "o", "vrai", "v", "si", "sim", "ja", "j"})
FALSE = frozenset({"", "0", "no", "n", "false", "f", "off", "non", "faux", "-", "nao", "nein", "nee"})
# Mailing programs say whether somebody may be written to by words of their own; what is not confirmed yet is a no. Only
# where a yes or a no is expected: elsewhere “pending” is a word like others.
AGREED = frozenset(("subscribed", "opted in", "opt in", "inscrit", "inscrite", "abonne", "abonnee"))
NOT_AGREED = frozenset(
    (
        *("unsubscribed", "not subscribed", "never subscribed", "opted out", "opt out", "pending", "cleaned"),
        *("non inscrit", "desinscrit", "desinscrite", "desabonne", "desabonnee", "non abonne"),
    )
)
LANGUAGES = {
    **dict.fromkeys(("fr", "fra", "fre", "french", "francais"), "fr"),
    **dict.fromkeys(("en", "eng", "english", "anglais"), "en"),
}
SYMBOLS = {
    "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "CHF": ("CHF",), "Fr.": ("CHF",), "zł": ("PLN",),
    "kr": ("SEK", "NOK", "DKK", "ISK"), "kr.": ("DKK",), "₹": ("INR",), "₺": ("TRY",), "US$": ("USD",),
    "CA$": ("CAD",), "C$": ("CAD",), "A$": ("AUD",), "AU$": ("AUD",),
    "$US": ("USD",), "R$": ("BRL",), "Rs.": ("INR",), "Rs": ("INR",), "DH": ("MAD",), "FCFA": ("XOF", "XAF"),
    "euro": ("EUR",), "euros": ("EUR",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
}  # fmt: skip
_MARK = r"(?P<{0}>[€£¥₹₺]|(?:US|CA|C|AU|A|R)?\$|\$US|Fr\.|Rs\.?|zł|kr\.?|DH|FCFA|euros?|[A-Z]{{3}})?"
# 12.– and 12,- are written for 12.00.
_NO_CENTS = re.compile(r"(?<=[0-9])[.,][-–—]{1,2}$")
_MONEY = re.compile(
    rf"(?P<sign>[-+−(]?)\s*{_MARK.format('before')}\s*(?P<number>.*?)\s*{_MARK.format('after')}(?P<end>\)?)"
)
_COUNTED = re.compile(
    r"[x×*]?\s*(?P<number>[-+−]?[0-9][0-9.,'’ \u00a0\u202f]*?)\s*"
    r"(?:x|×|pcs?|pces?|pc\(s\)|pi[eè]ces?|u|un|unit(?:é|e)?s?|units?|ea|each|st|stk|stück|szt|kg|g|l|ml|cl|m)?\.?",
    re.IGNORECASE,
)
_SPACES = "[ \u00a0\u202f\u2009]"
_GROUPS = {"": "", " ": "", "'": "['’]", ",": ",", ".": r"\."}


class BadCell(Exception):
    """A cell does not hold what its column should; the message is the reason a person reads."""

    def __init__(self, message: str, code: str = "", **values: Any) -> None:
        super().__init__(message)
        self.code = code
        self.values = values

    @classmethod
    def because(cls, code: str, **values: Any) -> BadCell:
        """Make one for a reason of the table REASONS."""
        return cls(say(code, **values), code, **values)

    def reason(self, language: str) -> str:
        """Return the reason in a language of the product."""
        return say(self.code, language, **self.values) if self.code else str(self)


@lru_cache(maxsize=200_000)
def read_decimal(text: str, reading: Reading = PLAIN) -> Decimal:
    """Read a number such as "-12.50", "1e3", "1 234,56", "12,50-", "(12.50)" or "12.50 CR" as the file writes them.
    Raises BadCell.

    CR (credit) behind a number takes it off, DR (debit) does not. Blanks between groups of three are understood in any
    file, other signs only where the reading names them.
    """
    text, side = _without_side(text.strip())
    if reading.decimal == "," and _WHOLE.fullmatch(text):  # 2.0 is what programs make of 2: no group has one digit
        text = text[:-2]
    found = _number_pattern(reading.decimal, reading.thousands).fullmatch(text)
    signs = [mark for mark in (found["sign"], found["after"], found["open"], side) if mark] if found is not None else []
    if found is None or (found["open"] and not found["close"]) or len(signs) > 1:
        raise BadCell.because("not_a_number", text=text)
    whole = re.sub(r"[^0-9]", "", found["whole"] or "0")
    written = f"{whole}.{found['part'] or '0'}{found['power'] or ''}"
    try:
        number = Decimal(written if found["part"] else f"{whole}{found['power'] or ''}")
    except InvalidOperation:
        raise BadCell.because("not_a_number", text=text) from None
    is_negative = found["open"] or side == "CR" or found["sign"] in ("-", "−") or found["after"] in ("-", "−")
    return -number if is_negative else number


def _without_side(text: str) -> tuple[str, str]:
    """Return a number without the side of the ledger that is written behind it, and that: CR, DR or nothing."""
    side = text[-2:]
    return (text[:-2].rstrip(BLANKS_AROUND), side) if side in ("CR", "DR") else (text, "")


@lru_cache(maxsize=50)
def _number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    groups = [rf"[0-9]{{1,3}}(?:{_SPACES}[0-9]{{3}})+"]
    if _GROUPS.get(thousands):
        groups.append(rf"[0-9]{{1,3}}(?:{_GROUPS[thousands]}[0-9]{{3}})+")
    whole = "|".join([*groups, "[0-9]+"])
    return re.compile(
        rf"(?P<open>\()?(?P<sign>[-+−]?)\s*(?=[0-9]|{re.escape(decimal)}[0-9])"
        rf"(?P<whole>{whole})?(?:{re.escape(decimal)}(?P<part>[0-9]+))?(?P<power>[eE][-+]?[0-9]{{1,2}})?"
        rf"\s*(?P<after>[-−]?)(?P<close>(?(open)\)|))"
    )


def read_money(text: str, reading: Reading = PLAIN, currency: str | None = None) -> Decimal:
    """Read an amount, with or without its currency's sign or code. Raises BadCell, for another currency too."""
    number, marks = split_currency(text)
    number = _NO_CENTS.sub("", number)
    if marks and currency is not None and currency not in marks:
        raise BadCell.because("other_currency", text=text, currency=currency)
    try:
        return read_decimal(number, reading)
    except BadCell:
        raise BadCell.because("not_a_number", text=text) from None


def split_currency(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the number without its currency, and the codes that the sign may mean (none where there is no sign)."""
    found = _MONEY.fullmatch(text.strip())
    mark = (found["before"] or found["after"]) if found is not None else None
    if found is None or mark is None or not (mark in SYMBOLS or mark in TWO_DECIMALS or mark in EXPONENTS):
        return text, ()
    return f"{found['sign']}{found['number']}{found['end']}", SYMBOLS.get(mark, (mark,))


def read_percent(text: str, reading: Reading = PLAIN) -> Decimal:
    """Read "5,5 %" or "5.5" as 5.5 per cent. Raises BadCell."""
    try:
        return read_decimal(re.sub(rf"{_SPACES}*%$", "", text.strip()), reading)
    except BadCell:
        raise BadCell.because("not_a_percentage", text=text) from None


def read_quantity(text: str, reading: Reading = PLAIN) -> Decimal:
    """Read a quantity, with or without its unit: "2", "2 pcs", "x3", "0,250 kg". Raises BadCell."""
    try:
        return read_decimal(text, reading)
    except BadCell:
        found = _COUNTED.fullmatch(text.strip())
        if found is None:
            raise
    try:
        return read_decimal(found["number"], reading)
    except BadCell:
        raise BadCell.because("not_a_number", text=text) from None


def to_minor(number: Decimal, scale: int, most: int) -> int:
    """Round half away from zero to units of 10^-scale. Raises BadCell beyond `most` units."""
    if number.adjusted() >= DIGITS_MAX:  # such as 1e99, which quantize refuses in its own words
        raise BadCell.because("too_large")
    with localcontext() as context:
        context.prec = 2 * DIGITS_MAX
        minor = int((number.scaleb(scale)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if abs(minor) > most:
        raise BadCell.because("too_large")
    return minor


@lru_cache(maxsize=200_000)
def read_moment(text: str, zone: ZoneInfo, pattern: str | None = None, reading: Reading = PLAIN) -> datetime:
    """Read a local moment of the zone, or one with an offset, as UTC; a day alone is its midnight. Raises BadCell.

    `pattern` is a form as strptime knows it; without one, that of the reading. ISO is understood in every file.
    """
    parsed = _read_local(text, pattern or reading.date_format, reading.date_order)
    try:
        return (parsed if parsed.tzinfo else _in_zone(parsed, zone)).astimezone(UTC)
    except OverflowError:
        raise BadCell.because("impossible_date", text=text) from None


def read_moment_of_two(
    day: str, hour: str, zone: ZoneInfo, pattern: str | None = None, reading: Reading = PLAIN
) -> datetime:
    """Read a day and, in a column of its own, its hour (empty where there is none) as `read_moment` does.

    Raises BadCell.
    """
    if not hour or says_nothing(hour):
        return read_moment(day, zone, pattern, reading)
    with suppress(BadCell):
        return read_moment(join_moment(day, hour), zone, pattern, reading)
    # A day in a form that no hour may follow, such as 20240301.
    alone = _read_local(day, pattern or reading.date_format, reading.date_order)
    local = datetime.combine(alone, read_time(hour), tzinfo=alone.tzinfo)
    return (local if local.tzinfo else _in_zone(local, zone)).astimezone(UTC)


def _in_zone(local: datetime, zone: ZoneInfo) -> datetime:
    """As PostgreSQL does: of an hour that comes twice the second, for one that is skipped the offset of before."""
    if zone.key == "UTC":
        return local.replace(tzinfo=UTC)
    first, second = local.replace(tzinfo=zone), local.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None
    assert after is not None
    return second if before > after else first


def is_moment(text: str, reading: Reading = PLAIN) -> bool:
    """Say whether a text is written as a moment is; one out of the calendar is too."""
    try:
        found = _read_local(text, reading.date_format, reading.date_order)
    except BadCell as bad:
        return bad.code == "impossible_date" and reading.date_format not in COUNTED_FORMS
    if COMPACT.fullmatch(text.strip()) and found.year not in YEARS_OF_COMPACT:  # 50000101 numbers a document
        return False
    return found.year in YEARS_OF_COUNTS or reading.date_format not in COUNTED_FORMS


def read_day(text: str, reading: Reading = PLAIN) -> date:
    """Read a day of the calendar; an hour beside it is left out. Raises BadCell."""
    return _read_local(text, reading.date_format, reading.date_order).date()


def read_past_day(text: str, reading: Reading, last: date) -> date:
    """Read a day that never lies after `last`: a year in two digits is then of the century before. Raises BadCell."""
    found = read_day(text, reading)
    return found.replace(year=found.year - 100) if found > last and str(found.year) not in text else found


def is_no_day(text: str) -> bool:
    """Tell whether a cell holds the day that databases write for none: 00/00/0000, 0000-00-00 00:00:00."""
    return _NO_DAY.fullmatch(text.strip()) is not None


def says_nothing(text: str) -> bool:
    """Tell whether a cell of amounts, numbers or days holds a word for none: -, NULL, N/A, n/d, \\N, #N/A.

    In a column of names such words may be somebody's, so nobody asks there.
    """
    return len(text) <= NOTHING_LENGTH_MAX and _NOTHING.fullmatch(text.strip(BLANKS_AROUND)) is not None


def _read_local(text: str, pattern: str | None, order: DateOrder) -> datetime:
    cleaned = text.strip()
    if pattern in COUNTED_FORMS:
        return _read_counted(cleaned, pattern, order)
    if pattern is not None:
        try:
            return datetime.strptime(cleaned, pattern)  # noqa: DTZ007 - the zone follows
        except ValueError:
            raise BadCell.because("not_of_form", text=text, form=pattern) from None
    try:
        found = match_day(cleaned, order)
    except NotInCalendar:
        raise BadCell.because("impossible_date", text=text) from None
    if found is None:
        raise BadCell.because("not_a_date", text=text, example=EXAMPLES[order])
    return found


def _read_counted(text: str, form: str, order: DateOrder) -> datetime:
    """Read a moment that is written as a count of days or seconds; those that are written out are understood too."""
    number, _, hour = text.partition(" ")
    try:
        found = moment_of_count(number, form)
    except (ValueError, OverflowError):
        raise BadCell.because("impossible_date", text=text) from None
    if found is None:
        return _read_local(text, None, order)
    at = match_time(hour.strip()) if hour.strip() else None
    return found if at is None else datetime.combine(found, at)


def read_time(text: str) -> time:
    """Read a time of the day: 14:05, 14:05:33, 14h05, 2:05 PM, 1405, 14. Raises BadCell."""
    found = match_time(_of_a_clock(text))
    if found is None:
        raise BadCell.because("not_a_time", text=text)
    return found


def join_moment(day: str, hour: str) -> str:
    """Return a day and its hour, of two columns, as one text for `read_moment`."""
    alone = re.sub(r"[T ]00:00(:00)?$", "", day.strip())  # a spreadsheet writes a day as its midnight
    return f"{alone} {_of_a_clock(hour)}".strip()


def _of_a_clock(hour: str) -> str:
    """9 is nine o'clock; a number such as 930 has lost its zero."""
    told = hour.strip()
    if not (told.isascii() and told.isdecimal()):
        return told
    return f"{told}:00" if len(told) <= 2 else told.zfill(len(told) + len(told) % 2)


def read_flag(text: str) -> bool:
    """Read oui or non, yes or no, O or N, 1 or 0, x or nothing, subscribed or not. Raises BadCell."""
    folded = fold(text) or text.strip()
    if folded in TRUE or folded in AGREED:
        return True
    if folded in FALSE or folded in NOT_AGREED:
        return False
    raise BadCell.because("not_a_flag", text=text)


def read_country(text: str) -> str:
    """Return the ISO 3166 code of a country's code, or of its English or French name. Raises BadCell."""
    found = country_names().get(fold(text))
    if found is None:
        raise BadCell.because("not_a_country", text=text)
    return found


def read_language(text: str) -> str:
    """Return "fr" or "en" for a language's code or name; fr-CA is fr. Raises BadCell."""
    found = LANGUAGES.get(fold(text).split(" ")[0])
    if found is None:
        raise BadCell.because("not_a_language", text=text)
    return found


def read_email(text: str) -> str:
    """Return the address as it is kept. Raises BadCell."""
    try:
        return normalise_email(text)
    except MalformedEmail:
        raise BadCell.because("not_an_email", text=text) from None


def read_phone(text: str, country: str = "FR") -> str:
    """Return the number as it is kept (+33612345678). Raises BadCell."""
    try:
        return normalise_phone(text, country=country)
    except MalformedPhone:
        raise BadCell.because("not_a_phone", text=text) from None
