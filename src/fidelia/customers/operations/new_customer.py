"""A customer to be added: as it is given, checked, and as it is kept. One row of a file is checked as one form is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from babel import Locale

from fidelia.kernel.addresses import normalise_email, normalise_phone
from fidelia.kernel.folding import fold
from fidelia.kernel.ids import new_id
from fidelia.kernel.registrations import normalise_registration, normalise_vat

from ..errors import InTheFuture, MalformedCountry, MalformedDate, NamelessCustomer, TextTooLong, UnknownChoice
from ..models import Customer, Kind
from ..queries.identities import normalise_identity

BORN_SINCE = 1880
LANGUAGES = ("fr", "en")
IDENTITIES_MAX = 10
TEXT_LENGTHS_MAX = {
    "title": 20,
    "given_name": 150,
    "family_name": 150,
    "company_name": 200,
    "registration_number": 40,
    "vat_number": 40,
    "role": 100,
    "town": 150,
    "postal_code": 20,
    "source": 40,
}
TEXT_FACTS = tuple(name for name in TEXT_LENGTHS_MAX if name != "source")
NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A customer as a form, a till or a file gives it; `source` says which ("till", "web", "import", "contest"…).

    `birth_on` is a date or an ISO text. `identities` are (scheme, value) pairs that name this customer alone; `email`
    and `phone` are contact points, which a family may share. Without `acquired_at` the customer is acquired now.
    `custom` are values of custom fields by key, of a customer added alone.
    """

    source: str
    kind: str = "person"
    title: str = ""
    given_name: str = ""
    family_name: str = ""
    company_name: str = ""
    registration_number: str = ""
    vat_number: str = ""
    role: str = ""
    birth_on: date | str | None = None
    language: str = "fr"
    country: str = ""
    town: str = ""
    postal_code: str = ""
    acquired_at: datetime | None = None
    partner_id: UUID | None = None
    home_store_id: UUID | None = None
    identities: tuple[tuple[str, str], ...] = ()
    email: str = ""
    phone: str = ""
    custom: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class CheckedCustomer:
    """What will be written: the unsaved row, its identities (scheme, value) and its contact points (channel, value)."""

    row: Customer
    identities: tuple[tuple[str, str], ...]
    contact_points: tuple[tuple[str, str], ...]


def check_new_customer(new: NewCustomer, *, at: datetime, pointer: str = "") -> CheckedCustomer:
    """Return the customer as it will be kept. Raises the Invalid of the first thing wrong, with a pointer to it."""
    facts = {
        name: check_fact(name, getattr(new, name), at=at, pointer=f"{pointer}/{name}", country=new.country)
        for name in ("kind", "birth_on", "language", "country", *TEXT_FACTS)
    }
    source = _check_text("source", new.source, pointer=f"{pointer}/source")
    row = Customer(
        id=new.id, **facts, source=source, acquired_at=_check_past(new.acquired_at or at, at, f"{pointer}/acquired_at"),
        partner_id=new.partner_id, home_store_id=new.home_store_id, recorded_at=at, updated_at=at,
    )  # fmt: skip
    set_keys(row)
    checked = CheckedCustomer(row, _check_identities(new, pointer), _check_contact_points(new, pointer))
    _require_some_name(checked, pointer)
    return checked


def check_fact(name: str, value: Any, *, at: datetime, pointer: str, country: str = "") -> Any:
    """Return one fact of a customer as it is kept; numbers of companies are those of a country.

    Raises the Invalid of what is wrong with it.
    """
    checks: dict[str, Callable[[], Any]] = {
        "kind": lambda: _check_choice(value, Kind.values, pointer),
        "language": lambda: _check_choice(value, LANGUAGES, pointer),
        "country": lambda: _check_country(value, pointer),
        "birth_on": lambda: _check_birth(value, at, pointer),
        "registration_number": lambda: normalise_registration(value, country=country.upper(), pointer=pointer),
        "vat_number": lambda: normalise_vat(value, country=country.upper(), pointer=pointer),
    }
    return checks[name]() if name in checks else _check_text(name, value, pointer=pointer)


def set_keys(row: Customer) -> None:
    """Compute the keys by which the customer is searched and sorted, from its names."""
    row.search_key = fold(f"{row.given_name} {row.family_name} {row.company_name}")
    row.sort_key = fold(row.company_name if row.kind == Kind.COMPANY else f"{row.family_name} {row.given_name}")


def _check_text(name: str, value: str, *, pointer: str) -> str:
    clean = " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", value)).split())
    if len(clean) > TEXT_LENGTHS_MAX[name]:
        raise TextTooLong(
            f"This text has {len(clean)} characters; {TEXT_LENGTHS_MAX[name]} is the most.", pointer=pointer
        )
    return clean


def _check_choice(value: str, choices: list[str] | tuple[str, ...], pointer: str) -> str:
    if value not in choices:
        raise UnknownChoice(f"“{value}” is not one of {', '.join(choices)}.", pointer=pointer)
    return value


def _check_country(value: str, pointer: str) -> str:
    code = value.strip().upper()
    if code and code not in _country_codes():
        raise MalformedCountry(f"“{value}” is not a country code such as FR or GB.", pointer=pointer)
    return code


@cache
def _country_codes() -> frozenset[str]:
    codes = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - NO_COUNTRIES


def _check_birth(value: date | str | None, at: datetime, pointer: str) -> date | None:
    if value is None or value == "":
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise MalformedDate(f"“{value}” is not a day such as 1990-12-31.", pointer=pointer) from None
    if not date(BORN_SINCE, 1, 1) <= day <= at.date():
        raise MalformedDate(f"Nobody among customers was born on {day.isoformat()}.", pointer=pointer)
    return day


def _check_past(moment: datetime, at: datetime, pointer: str) -> datetime:
    if moment > at:
        raise InTheFuture("This is dated in the future.", pointer=pointer)
    return moment


def _check_identities(new: NewCustomer, pointer: str) -> tuple[tuple[str, str], ...]:
    if len(new.identities) > IDENTITIES_MAX:
        raise TextTooLong(
            f"A customer is added with at most {IDENTITIES_MAX} identities.", pointer=f"{pointer}/identities"
        )
    pairs = (
        (scheme, normalise_identity(scheme, value, country=new.country, pointer=f"{pointer}/identities/{i}"))
        for i, (scheme, value) in enumerate(new.identities)
    )
    return tuple(dict.fromkeys(pairs))


def _check_contact_points(new: NewCustomer, pointer: str) -> tuple[tuple[str, str], ...]:
    points = []
    if new.email:
        points.append(("email", normalise_email(new.email, pointer=f"{pointer}/email")))
    if new.phone:
        points.append(("phone", normalise_phone(new.phone, country=new.country, pointer=f"{pointer}/phone")))
    return tuple(points)


def _require_some_name(checked: CheckedCustomer, pointer: str) -> None:
    if checked.row.kind == Kind.COMPANY and not checked.row.company_name:
        raise NamelessCustomer("A company has a name.", pointer=f"{pointer}/company_name")
    if not (checked.row.search_key or checked.identities or checked.contact_points):
        raise NamelessCustomer("Give a name, an identity or an address.", pointer=pointer or None)
