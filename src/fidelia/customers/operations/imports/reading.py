"""Understand one row of a file of customers: who is named, what is said of them, and what is proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from fidelia.intake.models import Import
from fidelia.intake.staged import OpenRow, RowReader, bad
from fidelia.intake.targets import Target
from fidelia.intake.values import BadCell, read_country, read_day, read_email, read_language, read_phone
from fidelia.kernel.errors import Invalid
from fidelia.kernel.money import exponent_of
from fidelia.kernel.registrations import MalformedRegistration

from ...errors import InTheFuture, MalformedDate, MalformedIdentity, NamelessCustomer, WrongFieldValue
from ...models import TraitDefinition, TraitType
from ...queries.custom_fields import list_custom_fields
from ...queries.identities import normalise_identity
from ..custom_fields import check_custom_value
from ..new_customer import CheckedCustomer, NewCustomer, check_new_customer
from ..traits import TraitValue
from .target import CONSENT_CHANNELS, CONSENTS_OF_FILE

COST_MAX = 10**12
POST_LENGTH_MAX = 500
TEXTS = {
    "title": 20, "given_name": 150, "family_name": 150, "company_name": 200, "role": 100, "town": 150,
    "postal_code": 20,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SaidConsent:
    """A yes or a no to marketing by one channel, with its proof."""

    channel: str
    given: bool
    occurred_at: datetime
    proof: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A row understood. `given` names the facts that the row itself says, by which a known customer may change.

    `unproved` counts consents that the file says and does not prove.
    """

    number: int
    checked: CheckedCustomer
    given: tuple[str, ...]
    cost: int | None = None
    currency: str = ""
    consents: tuple[SaidConsent, ...] = ()
    unproved: int = 0
    custom: Mapping[str, TraitValue] = field(default_factory=dict)


@dataclass(slots=True)
class CustomerReader:
    """Reads rows of one import; `at` is when it is read: nothing may be dated after."""

    found: Import
    target: Target
    at: datetime
    rows: RowReader = field(init=False)
    _keyed_by_contact: bool = field(init=False)
    _custom: tuple[TraitDefinition, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = RowReader(self.found, self.target)
        self._keyed_by_contact = not {"external_id", "card"} & set(self.rows.places)
        self._custom = tuple(one for one in list_custom_fields(retired=True) if one.name in self.rows.places)

    def read(self, row: OpenRow) -> CustomerRow:
        """Raises BadCell with the reason."""
        facts = {name: row.text(name, most) for name, most in TEXTS.items()}
        facts["registration_number"], facts["vat_number"] = row.text("registration", 40), row.text("vat_number", 40)
        birth_on = row.day("birth_on")
        country, language = self._country(row), self._language(row)
        email, phone = self._email(row), self._phone(row, country)
        new = NewCustomer(
            source=row.text("source", 40) or str(self.rows.options.get("source") or "import"),
            kind=kind_of(facts),
            birth_on=birth_on,
            language=language or str(self.rows.options["language"]),
            country=country or str(self.rows.options["country"] or ""),
            acquired_at=self._acquired(row),
            identities=self._identities(row, email, phone),
            email=email,
            phone=phone,
            **facts,  # type: ignore[arg-type] # these are the texts of NewCustomer
        )
        checked = self._with_address(check_row(new, self.at), row)
        for name in ("registration_number", "vat_number"):
            facts[name] = getattr(checked.row, name)
        said = {**facts, "birth_on": birth_on, "country": country, "language": language}
        if said["company_name"]:
            said["kind"] = new.kind
        consents, unproved = self._consents(row)
        return CustomerRow(
            number=row.number,
            checked=checked,
            given=tuple(name for name, value in said.items() if value),
            cost=self._cost(row),
            currency=str(self.rows.options.get("currency") or ""),
            consents=consents,
            unproved=unproved,
            custom=self._own(row),
        )

    def _own(self, row: OpenRow) -> dict[str, TraitValue]:
        """What the row says in the custom fields of the house; an empty cell says nothing."""
        read = ((one.name, read_custom_cell(row, one)) for one in self._custom if row.cell(one.name))
        return {name: value for name, value in read if value is not None}

    def _country(self, row: OpenRow) -> str:
        text = row.cell("country")
        return read_country(text) if text else ""

    def _language(self, row: OpenRow) -> str:
        text = row.cell("language")
        return read_language(text) if text else ""

    def _email(self, row: OpenRow) -> str:
        text = row.cell("email")
        return read_email(text) if text else ""

    def _phone(self, row: OpenRow, country: str) -> str:
        text = row.cell("phone")
        return read_phone(text, country or str(self.rows.options["country"] or "FR")) if text else ""

    def _identities(self, row: OpenRow, email: str, phone: str) -> tuple[tuple[str, str], ...]:
        named = [
            (str(self.rows.options["external_scheme"]), row.cell("external_id")),
            ("card", row.cell("card")),
        ]
        if self._keyed_by_contact:
            named += [("email", email)] if email else [("phone", phone)]
        pairs = tuple((scheme, value) for scheme, value in named if value)
        if not pairs:
            raise bad("no_identity")
        return pairs

    def _acquired(self, row: OpenRow) -> datetime:
        return at_noon(row.day("acquired_on"), self.at) or self.at

    def _cost(self, row: OpenRow) -> int | None:
        currency = str(self.rows.options.get("currency") or "")
        if "acquisition_cost" not in self.rows.places:
            return None
        cost = row.money("acquisition_cost", currency)
        if cost is None:
            return None
        if cost < 0:
            raise bad("negative", text=row.cell("acquisition_cost"))
        return row.exact("acquisition_cost", cost, exponent_of(currency), COST_MAX)

    def _with_address(self, checked: CheckedCustomer, row: OpenRow) -> CheckedCustomer:
        street = row.text("address")
        if not street:
            return checked
        town = f"{checked.row.postal_code} {checked.row.town}".strip()
        lines = [street, row.text("address_more"), town, checked.row.country]
        address = "\n".join(line for line in lines if line)[:POST_LENGTH_MAX]
        return CheckedCustomer(checked.row, checked.identities, (*checked.contact_points, ("post", address)))

    def _consents(self, row: OpenRow) -> tuple[tuple[SaidConsent, ...], int]:
        if self.rows.options["consents"] != CONSENTS_OF_FILE:
            return (), 0
        said = {channel: row.flag(f"consent_{channel}") for channel in CONSENT_CHANNELS}
        options = self.rows.options
        day = row.day("consent_on") or _day_of(options.get("consent_on"), self.rows)
        proof = {
            "import_id": str(self.found.id), "row": row.number,
            "source": row.text("consent_source", 120) or str(options.get("consent_source") or ""),
            "text": row.text("consent_text", 120) or str(options.get("consent_text") or ""),
        }  # fmt: skip
        is_proved = day is not None and bool(proof["source"]) and bool(proof["text"])
        moment = at_noon(day, self.at) or self.at
        kept, unproved = [], 0
        for channel, given in said.items():
            if given is None or (given and not is_proved):
                unproved += given is True
            else:
                kept.append(SaidConsent(channel, given, moment, proof))
        return tuple(kept), unproved


def read_custom_cell(row: OpenRow, one: TraitDefinition) -> TraitValue | None:
    """Read a cell as a value of a custom field; None for the day that is none. Raises BadCell."""
    value: Any
    if one.choices:
        value = row.text(one.name)
    elif one.type == TraitType.NUMBER:
        number = row.decimal(one.name)
        if number is None or number != number.to_integral_value():
            raise bad("not_whole", text=row.cell(one.name), column=row.header(one.name))
        value = int(number)
    elif one.type == TraitType.FLAG:
        value = row.flag(one.name)
    else:
        value = row.day(one.name) if one.type == TraitType.DAY else row.text(one.name)
    try:
        return check_custom_value(one, value)
    except WrongFieldValue:
        named = {"text": row.cell(one.name), "column": row.header(one.name)}
        raise bad("not_a_choice" if one.choices else "not_of_field", **named) from None


def kind_of(facts: Mapping[str, str]) -> str:
    """Return what a row describes: a company where it names one and no person in it."""
    return "company" if facts["company_name"] and not facts["family_name"] else "person"


def check_row(new: NewCustomer, at: datetime) -> CheckedCustomer:
    """Check a row as a form is checked. Raises BadCell."""
    try:
        return check_new_customer(new, at=at)
    except MalformedIdentity:
        raise bad("not_an_identity", text=_first_wrong(new)) from None
    except MalformedDate:
        raise bad("not_born", text=str(new.birth_on)) from None
    except MalformedRegistration as refusal:
        is_vat = refusal.pointer == "/vat_number"
        named = new.vat_number if is_vat else new.registration_number
        raise bad("not_a_vat" if is_vat else "not_a_registration", text=named) from None
    except NamelessCustomer:
        raise bad("nameless") from None
    except InTheFuture:
        raise bad("in_the_future", text=str((new.acquired_at or at).date())) from None
    except Invalid as refusal:
        raise BadCell(str(refusal).removesuffix(".")) from None


def at_noon(day: date | None, at: datetime) -> datetime | None:
    """Return a moment of a day of which the hour is not known, not after now: noon is that day in every zone of Europe.

    Raises BadCell for a day to come.
    """
    if day is None:
        return None
    if day > at.date():
        raise bad("in_the_future", text=day.isoformat())
    return min(datetime.combine(day, time(12), UTC), at)


def _day_of(option: object, rows: RowReader) -> date | None:
    return read_day(str(option), rows.reading) if option else None


def _first_wrong(new: NewCustomer) -> str:
    for scheme, value in new.identities:
        try:
            normalise_identity(scheme, value, country=new.country)
        except Invalid:
            return value
    return ""
