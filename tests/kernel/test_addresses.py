"""Addresses and numbers: the short way for the plain ones gives what the parsers give."""

from __future__ import annotations

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from fidelia.kernel import addresses

LABELS = st.from_regex(r"[a-z0-9]{1,20}(-[a-z0-9]{1,5})?", fullmatch=True)
ENDS = st.sampled_from(["com", "fr", "net", "org", "uk", "de", "es", "it", "be", "ch", "eu", "lu"])


@given(st.from_regex(r"[A-Za-z0-9._+-]{1,66}", fullmatch=True), LABELS, LABELS, ENDS, st.booleans())
def test_plain_emails_are_as_the_validator_says(local: str, label: str, more: str, end: str, deep: bool) -> None:
    text = f"{local}@{label}.{more + '.' if deep else ''}{end}"
    try:
        expected = validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized.lower()
    except EmailNotValidError:
        with pytest.raises(addresses.MalformedEmail):
            addresses.normalise_email(text)
    else:
        assert addresses.normalise_email(f" {text} ") == expected


@given(st.from_regex(r"0[1-9]([ .-]?[0-9]{2}){4}", fullmatch=True))
def test_plain_french_numbers_are_as_the_parser_says(text: str) -> None:
    expected = phonenumbers.format_number(phonenumbers.parse(text, "FR"), phonenumbers.PhoneNumberFormat.E164)
    assert addresses.normalise_phone(text, country="FR") == expected
