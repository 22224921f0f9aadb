"""E-mail addresses and telephone numbers, in the one form in which they are kept, compared and sent to.

No DNS is asked: an address is judged by its writing alone, so that a till without a network can enrol a member.
"""

from __future__ import annotations

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from .errors import Invalid

EMAIL_LENGTH_MAX = 254
# What nine addresses of ten look like needs no parser: by it a file of a million customers took minutes. The tests hold
# both ways to the same answers.
_PLAIN_EMAIL = re.compile(
    r"(?=.{6,254}\Z)(?=[^@]{1,64}@)[a-z0-9]+(?:[._+-][a-z0-9]+)*"
    r"@[a-z0-9]{1,20}(?:-[a-z0-9]{1,20})?(?:\.[a-z0-9]{1,20})?\.(?:com|fr|net|org|uk|de|es|it|be|ch|eu|lu)"
)
_PLAIN_FRENCH_PHONE = re.compile(r"0([1-79])([0-9]{8})")


class MalformedEmail(Invalid):
    """The text is not an e-mail address."""

    default_code = "malformed_email"


class MalformedPhone(Invalid):
    """The text is not a telephone number that could be dialed."""

    default_code = "malformed_phone"


def normalise_email(text: str, *, pointer: str | None = None) -> str:
    """Return the address in lower case, its domain as people write it. Raises MalformedEmail.

    The part before the @ could in theory tell capitals apart; no mail system that members use does, and two spellings
    of one address would be two people. Accents before the @ are refused: far more often a slip than an address.
    """
    plain = text.strip().lower()
    if _PLAIN_EMAIL.fullmatch(plain):
        return plain
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as reason:
        raise MalformedEmail(f"“{text}” is not an e-mail address. {reason}", pointer=pointer) from None
    return found.normalized.lower()


def normalise_phone(text: str, *, country: str = "FR", pointer: str | None = None) -> str:
    """Return the number in E.164 (+33612345678); without a + as dialed in `country`. Raises MalformedPhone."""
    plain = _PLAIN_FRENCH_PHONE.fullmatch(re.sub(r"[ .-]", "", text)) if country in ("FR", "") else None
    if plain is not None:
        return f"+33{plain[1]}{plain[2]}"
    try:
        number = phonenumbers.parse(text.strip(), country.strip().upper() or "FR")
    except phonenumbers.NumberParseException:
        raise MalformedPhone(f"“{text}” is not a telephone number.", pointer=pointer) from None
    if not phonenumbers.is_possible_number(number):
        raise MalformedPhone(f"“{text}” has too few or too many digits for a telephone number.", pointer=pointer)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def network_address(remote: str, forwarded: str, proxies: int) -> str:
    """Return the address of the network that a request comes from, behind so many proxies of our own.

    `forwarded` is the X-Forwarded-For header, to whose end each proxy adds whom it was asked by; what stands before
    those is the asker's own word, and never believed.
    """
    told = [part.strip() for part in forwarded.split(",") if part.strip()]
    return told[-proxies] if 0 < proxies <= len(told) else remote


def country_of_phone(number: str) -> str:
    """Return the country of a number in E.164 as ISO 3166-1; empty where it is of none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def is_landline(number: str) -> bool:
    """Tell whether a number in E.164 is surely no mobile one; countries where both look alike have no sure ones."""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return True
    return kind not in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.UNKNOWN,
    )


def readable_phone(number: str) -> str:
    """Return a kept number as people read it: +33 6 12 34 56 78; what is no number as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number
