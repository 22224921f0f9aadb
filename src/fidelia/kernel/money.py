"""Money is a whole number of minor units and an ISO 4217 code; decimals exist only at the edges.

DuckDB divides decimals as doubles and floats lose cents, so no amount is ever a float or a Decimal inside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .errors import Invalid

# Minor-unit exponents of ISO 4217, where they are not 2 (maintained list of the currencies we meet).
EXPONENTS: dict[str, int] = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
# One string, cut into codes: a list of quoted codes would be a page long.
_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON "
    "RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
    "TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG "
)
TWO_DECIMALS = frozenset(_TWO_DECIMALS.split())
MINOR_MAX = 2**63 - 1
FORMATTED_KEPT = 20_000  # decimals once written: the answer to a till has hundreds, and the same come again
PARSED_KEPT = 20_000  # and once read
DIGITS_KEPT_MAX = 24  # nobody fills the memory with long ones
_DECIMAL = re.compile(r"(?P<sign>[-+]?)(?P<whole>[0-9]{1,19})(?:\.(?P<part>[0-9]{1,9}))?")


class UnknownCurrency(Invalid):
    """The currency is not one of ISO 4217 that Fidelia knows."""

    default_code = "unknown_currency"


class MalformedAmount(Invalid):
    """The text is not a plain decimal amount, or has more decimals than its unit allows."""

    default_code = "malformed_amount"


def exponent_of(currency: str) -> int:
    """Return the number of decimals of an ISO 4217 code. Raises UnknownCurrency."""
    if currency in TWO_DECIMALS:
        return 2
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(f"“{currency}” is not a currency code of ISO 4217.") from None


def parse_scaled(text: str, scale: int) -> int:
    """Read a plain decimal such as "-12.30" as a whole number of units of 10^-scale. Raises MalformedAmount."""
    if isinstance(text, str) and len(text) <= DIGITS_KEPT_MAX:
        return _parse_kept(text, scale)
    return _parse(text, scale)


def _parse(text: str, scale: int) -> int:
    found = _DECIMAL.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise MalformedAmount(f"“{text}” is not a decimal number such as 12.30.")
    part = found["part"] or ""
    if len(part.rstrip("0")) > scale:
        raise MalformedAmount(f"“{text}” has more than {scale} decimals.")
    number: int = int(found["whole"]) * 10**scale + int(part[:scale].ljust(scale, "0") or "0")
    if number > MINOR_MAX:
        raise MalformedAmount(f"“{text}” is too large.")
    return -number if found["sign"] == "-" else number


_parse_kept = lru_cache(maxsize=PARSED_KEPT)(_parse)


@lru_cache(maxsize=FORMATTED_KEPT)
def format_scaled(number: int, scale: int) -> str:
    """Write a whole number of units of 10^-scale as a plain decimal; the inverse of `parse_scaled`."""
    sign = "-" if number < 0 else ""
    digits = str(abs(number)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, in its minor units. Adding two currencies is our own mistake: an assertion."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read "12.30" in the given currency. Raises MalformedAmount, UnknownCurrency."""
        return cls(parse_scaled(text, exponent_of(currency)), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    def text(self) -> str:
        """Return the plain decimal, such as "12.30"."""
        return format_scaled(self.minor, exponent_of(self.currency))

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, "amounts of two currencies are never added"
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + (-other)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.text()} {self.currency}"


def split_by_largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to non-negative `weights`, exactly: the parts sum to `total`.

    Units left over go to the largest remainders, ties to the earlier weight (the caller's declared order).
    All weights zero means equal weights. An empty list of weights asks for total 0.
    """
    if not weights:
        assert total == 0, "something must be given to nobody"
        return []
    assert min(weights) >= 0, "weights are never negative"
    if len(weights) == 1 or total == 0:
        return [total, *[0] * (len(weights) - 1)]
    whole = sum(weights)
    if whole == 0:
        weights = [1] * len(weights)
        whole = len(weights)
    size = abs(total)
    parts = [size * weight // whole for weight in weights]
    over = size - sum(parts)
    if over:
        rests = [size * weight % whole for weight in weights]
        # A reversed sort keeps the order of what is equal: ties stay with the earlier.
        for i in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:over]:
            parts[i] += 1
    return parts if total > 0 else [-part for part in parts]
