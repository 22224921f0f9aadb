"""Numbers by which the law knows companies, in the one form in which they are kept: SIREN, SIRET, VAT numbers.

A number whose country checks it by arithmetic is checked so; of the others the form is, and what is in no known form is
kept as it is written: registers of the world are many.
"""

from __future__ import annotations

import re

from .errors import Invalid

LENGTH_MAX = 40
# Its establishments are so many that La Poste's SIRETs go by the sum of their digits (INSEE).
LA_POSTE = "356000000"
_SEPARATORS = re.compile(r"[\s.\-/\u00a0\u202f]+")
_PLAIN = re.compile(r"[0-9A-Z][0-9A-Z&*+_]*")
# Forms of VAT numbers by their prefix, as VIES takes them.
_VAT_FORMS = {
    "AT": r"U[0-9]{8}", "BE": r"[01][0-9]{9}", "BG": r"[0-9]{9,10}", "CY": r"[0-9]{8}[A-Z]", "CZ": r"[0-9]{8,10}",
    "DE": r"[0-9]{9}", "DK": r"[0-9]{8}", "EE": r"[0-9]{9}", "EL": r"[0-9]{9}", "ES": r"[0-9A-Z][0-9]{7}[0-9A-Z]",
    "FI": r"[0-9]{8}", "FR": r"[0-9A-HJ-NP-Z]{2}[0-9]{9}", "GB": r"([0-9]{9}|[0-9]{12}|GD[0-9]{3}|HA[0-9]{3})",
    "HR": r"[0-9]{11}", "HU": r"[0-9]{8}", "IE": r"[0-9][0-9A-Z+*][0-9]{5}[A-Z]{1,2}", "IT": r"[0-9]{11}",
    "LT": r"([0-9]{9}|[0-9]{12})", "LU": r"[0-9]{8}", "LV": r"[0-9]{11}", "MT": r"[0-9]{8}",
    "NL": r"[0-9A-Z+*]{10}[0-9]{2}", "PL": r"[0-9]{10}", "PT": r"[0-9]{9}", "RO": r"[0-9]{2,10}", "SE": r"[0-9]{12}",
    "SI": r"[0-9]{8}", "SK": r"[0-9]{10}", "XI": r"([0-9]{9}|[0-9]{12})", "CHE": r"[0-9]{9}(TVA|MWST|IVA)?",
    "NO": r"[0-9]{9}(MVA)?",
}  # fmt: skip
_PREFIXES = {"GR": "EL", "MC": "FR", "CH": "CHE"}


class MalformedRegistration(Invalid):
    """A company's number whose digits do not add up, or that is not in the form of its country."""

    default_code = "malformed_registration"


def normalise_registration(text: str, *, country: str = "", pointer: str | None = None) -> str:
    """Return a registration number without separators. Raises MalformedRegistration.

    Nine or fourteen digits of a company in France, or of one whose country is not told, are a SIREN or a SIRET, whose
    digits are checked (Luhn).
    """
    clean = _SEPARATORS.sub("", text).upper()
    if not clean:
        return ""
    if len(clean) > LENGTH_MAX or not _PLAIN.fullmatch(clean):
        raise MalformedRegistration(f"“{text}” is not the number of a company.", pointer=pointer)
    is_french = country in ("", "FR", "MC") and clean.isascii() and clean.isdigit() and len(clean) in (9, 14)
    if is_french and not _adds_up(clean):
        name = "SIREN" if len(clean) == 9 else "SIRET"
        raise MalformedRegistration(f"The digits of the {name} “{text}” do not add up.", pointer=pointer)
    return clean


def normalise_vat(text: str, *, country: str = "", pointer: str | None = None) -> str:
    """Return a VAT number with its prefix, without separators. Raises MalformedRegistration.

    Without a prefix that of the country is put before it. French, Belgian, German and Italian ones are checked by their
    key, the others of the Union, of Great Britain, Switzerland and Norway by their form.
    """
    clean = _SEPARATORS.sub("", text).upper()
    if not clean:
        return ""
    prefix, number = _split(clean, country)
    form = _VAT_FORMS.get(prefix)
    is_known = form is not None and re.fullmatch(form, number) is not None and _vat_adds_up(prefix, number)
    if not is_known and (form is not None or len(clean) > LENGTH_MAX or not _PLAIN.fullmatch(clean)):
        raise MalformedRegistration(f"“{text}” is not a VAT number.", pointer=pointer)
    return prefix + number


def _split(clean: str, country: str) -> tuple[str, str]:
    for length in (3, 2):
        if clean[:length] in _VAT_FORMS:
            return clean[:length], clean[length:]
    if clean[:2] == "GR":
        return "EL", clean[2:]
    prefix = _PREFIXES.get(country, country)
    return (prefix, clean) if prefix in _VAT_FORMS else ("", clean)


def _adds_up(digits: str) -> bool:
    if len(digits) == 14 and digits.startswith(LA_POSTE):
        return sum(map(int, digits)) % 5 == 0 or luhn(digits)
    return luhn(digits) and (len(digits) == 9 or luhn(digits[:9]))


def luhn(digits: str) -> bool:
    """Tell whether the digits add up: from the right every second one counts double, less nine beyond nine."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        double = int(digit) * (1 + place % 2)
        total += double - 9 if double > 9 else double
    return total % 10 == 0


def _vat_adds_up(prefix: str, number: str) -> bool:
    if prefix == "FR":
        key, siren = number[:2], number[2:]
        if not luhn(siren):
            return False
        return not key.isdigit() or int(key) == (12 + 3 * (int(siren) % 97)) % 97
    if prefix == "BE":
        return 97 - int(number[:8]) % 97 == int(number[8:])
    if prefix == "DE":
        return _iso_7064(number)
    return prefix != "IT" or luhn(number)


def _iso_7064(digits: str) -> bool:
    """MOD 11,10, as German tax offices make it."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])
