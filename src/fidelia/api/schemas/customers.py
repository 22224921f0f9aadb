"""Customers, and what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.customers.models import Consent, Customer, TraitDefinition
from fidelia.customers.queries import CustomerCard, key_of, type_of

from .programme import TextOut
from .rewards import TextIn, text_out
from .types import (
    UPDATED_UNTIL,
    Day,
    Id,
    IdentityText,
    Input,
    Instant,
    Name40,
    Name200,
    Output,
    PageQuery,
    Since,
    Text20,
    Text40,
    Text100,
    Text150,
    Text200,
    Text254,
    Text300,
    Text2000,
    shown,
)

Kind = Literal["person", "company"]
Language = Literal["fr", "en"]
Country = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")]
FieldKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=32)]
FieldType = Literal["text", "number", "day", "flag", "list"]
Purpose = Literal["marketing", "profiling", "open_tracking", "tracking", "service"]
ConsentChannel = Literal["email", "sms", "phone", "post", "push", "web", "any"]

_FLORESTAN = {
    "kind": "person",
    "given_name": "Florestan",
    "family_name": "de Séville",
    "birth_on": "1980-12-16",
    "language": "fr",
    "country": "FR",
    "town": "Lyon",
    "postal_code": "69002",
}


CustomValue = bool | Annotated[int, Field(strict=True)] | Text200 | None
CustomValues = Annotated[
    dict[FieldKey, CustomValue],
    Field(
        max_length=60,
        description="Values of custom fields by key: a text, a whole number, a day (1990-12-31), true or false; null "
        "empties one. What is left out stays as it is.",
    ),
]


class CustomerIn(Input):
    """A new customer. One of a name, an identity and an address is needed."""

    model_config = shown(
        {
            **_FLORESTAN,
            "home_store": "lyon-01",
            "identities": ["card:2990000000017"],
            "email": "florestan@example.org",
            "source": "till",
            "custom": {"skin_type": "dry", "shoe_size": 42},
        }
    )
    kind: Kind = "person"
    given_name: Text150 = ""
    family_name: Text150 = ""
    company_name: Text200 = ""
    registration_number: Text40 = Field("", description="Of a company: SIREN or SIRET in France, checked.")
    vat_number: Text40 = Field("", description="With its prefix, checked: FR40303265045.")
    role: Text100 = Field("", description="What the person does in the company.")
    birth_on: Day | None = None
    language: Language = "fr"
    country: Country = Field("", description="ISO 3166-1, two capitals; empty when unknown.")
    town: Text150 = ""
    postal_code: Text20 = ""
    acquired_at: Instant | None = Field(None, description="When the customer came to be one; without it, now.")
    home_store: Name40 | None = Field(None, description="The code of the store.")
    identities: list[IdentityText] = Field([], max_length=10, description="What names it alone, scheme:value.")
    email: Text254 = ""
    phone: Text40 = ""
    source: Name40 = "api"
    custom: CustomValues = Field({})


class CustomerChange(Input):
    """The facts to change; what is left out stays as it is."""

    model_config = shown({"town": "Paris", "postal_code": "75011"})
    kind: Kind = "person"
    given_name: Text150 = ""
    family_name: Text150 = ""
    company_name: Text200 = ""
    registration_number: Text40 = Field("", description="Of a company: SIREN or SIRET in France, checked.")
    vat_number: Text40 = Field("", description="With its prefix, checked: FR40303265045.")
    role: Text100 = Field("", description="What the person does in the company.")
    birth_on: Day | None = None
    language: Language = "fr"
    country: Country = ""
    town: Text150 = ""
    postal_code: Text20 = ""
    home_store: Name40 | None = None
    source: Name40 = "api"
    custom: CustomValues = Field({})


class CustomerQuery(PageQuery):
    """Which customers."""

    identity: IdentityText | None = Field(None, description="Whom this identity names, such as card:2990000000017.")
    text: Text200 | None = Field(None, description="A card number, an address, or beginnings of names.")
    updated_since: Since | None = Field(
        None, description="An instant, or the `updated_until` of an answer. Changed at this instant or after."
    )


class IdentityOut(Output):
    """What names the customer alone."""

    scheme: str
    value: str
    since: datetime


class ContactPointOut(Output):
    """Where the customer is reached."""

    channel: Literal["email", "phone", "post"]
    value: str
    status: Literal["active", "bounced", "retired"]
    verified_at: datetime | None


class MergeIn(Input):
    """The person whose this record turned out to be, and why one is sure."""

    model_config = shown({"into": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10", "reason": "Same e-mail, same birthday"})
    into: Id
    reason: Text300 = ""


class MergeOut(Output):
    """Who is one from now on."""

    model_config = shown(
        {
            "customer_id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10",
            "merged_id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d11",
        }
    )
    customer_id: UUID
    merged_id: UUID


_CUSTOMER = {
    "id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10",
    **_FLORESTAN,
    "company_name": "",
    "registration_number": "",
    "vat_number": "",
    "role": "",
    "source": "till",
    "acquired_at": "2026-03-02T09:30:00Z",
    "partner_id": "019a5c1e-0001-7000-8000-000000000001",
    "home_store_id": "019a5c1e-0002-7000-8000-000000000001",
    "merged_into": None,
    "erased_at": None,
    "recorded_at": "2026-03-02T09:30:00Z",
    "updated_at": "2026-03-02T09:30:00Z",
    "custom": {"skin_type": "dry", "shoe_size": 42},
}


class CustomerRow(Output):
    """A customer as lists give it."""

    model_config = shown(_CUSTOMER)
    id: UUID
    kind: Kind
    given_name: str
    family_name: str
    company_name: str
    registration_number: str
    vat_number: str
    role: str
    birth_on: date | None
    language: Language
    country: str
    town: str
    postal_code: str
    source: str
    acquired_at: datetime
    partner_id: UUID | None
    home_store_id: UUID | None
    merged_into: UUID | None = Field(description="The customer into whom this one was merged.")
    erased_at: datetime | None
    recorded_at: datetime
    updated_at: datetime
    custom: dict[str, bool | int | str] = Field(description="Custom fields that are filled in, by key; days as texts.")


class CustomerOut(CustomerRow):
    """A customer with what names it and, for those who may see addresses, where it is reached."""

    model_config = shown(
        {
            **_CUSTOMER,
            "identities": [{"scheme": "card", "value": "2990000000017", "since": "2026-03-02T09:30:00Z"}],
            "contact_points": [
                {"channel": "email", "value": "florestan@example.org", "status": "active", "verified_at": None}
            ],
        }
    )
    identities: list[IdentityOut]
    contact_points: list[ContactPointOut] | None = Field(description="Null without the right customer.see_contacts.")


class CustomerPage(Output):
    """Customers in order of name."""

    model_config = shown({"data": [_CUSTOMER], "next": None, "updated_until": None})
    data: list[CustomerRow]
    next: str | None
    updated_until: str | None = Field(None, description=UPDATED_UNTIL)


class ProofIn(Input):
    """How we know: where it was said, which words were agreed to, and their version."""

    place: Name200
    wording: Text2000 = ""
    wording_version: Text40 = ""
    confirmed_at: Instant | None = Field(None, description="When a double opt-in was confirmed.")


class ConsentIn(Input):
    """One word of a customer: yes or no, to a purpose, on a channel."""

    model_config = shown(
        {
            "purpose": "marketing",
            "channel": "email",
            "given": True,
            "occurred_at": "2026-03-02T10:15:00+01:00",
            "proof": {"place": "till 3", "wording": "J’accepte vos offres.", "wording_version": "2"},
        }
    )
    purpose: Purpose
    channel: ConsentChannel
    given: bool
    occurred_at: Instant | None = None
    proof: ProofIn


_CONSENT = {
    "id": "1",
    "customer_id": _CUSTOMER["id"],
    "purpose": "marketing",
    "channel": "email",
    "given": True,
    "occurred_at": "2026-03-02T09:15:00Z",
    "recorded_at": "2026-03-02T09:30:00Z",
    "proof": {"place": "till 3", "recorded_by": "Lyon tills"},
}


class ConsentOut(Output):
    """One word of a customer, with its proof."""

    model_config = shown(_CONSENT)
    id: str
    customer_id: UUID
    purpose: Purpose
    channel: ConsentChannel
    given: bool
    occurred_at: datetime
    recorded_at: datetime
    proof: dict[str, Any]


class ConsentPage(Output):
    """All that a customer said about consent, the newest first. The first of a purpose and channel holds."""

    model_config = shown({"data": [_CONSENT], "next": None})
    data: list[ConsentOut]
    next: str | None


def customer_row(customer: Customer, custom: Mapping[str, Any]) -> CustomerRow:
    return CustomerRow(**_facts(customer, custom))


def customer_out(card: CustomerCard, custom: Mapping[str, Any]) -> CustomerOut:
    points = card.contact_points
    return CustomerOut(
        **_facts(card.customer, custom),
        identities=[IdentityOut(scheme=one.scheme, value=one.value, since=one.since) for one in card.identities],
        contact_points=None
        if points is None
        else [
            ContactPointOut.model_validate(
                {"channel": one.channel, "value": one.value, "status": one.status, "verified_at": one.verified_at}
            )
            for one in points
        ],
    )


def _facts(customer: Customer, custom: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name in CustomerRow.model_fields if name not in ("merged_into", "custom")]
    held = {key: value.isoformat() if isinstance(value, date) else value for key, value in custom.items()}
    return {
        **{name: getattr(customer, name) for name in names}, "merged_into": customer.merged_into_id, "custom": held
    }  # fmt: skip


class CustomFieldIn(Input):
    """A fact that the house keeps of its customers."""

    model_config = shown(
        {"type": "list", "label": {"en": "Skin type", "fr": "Type de peau"}, "choices": ["dry", "oily", "mixed"]}
    )
    type: FieldType
    label: TextIn
    choices: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = Field(
        [], max_length=100, description="Of a list, what a value may be."
    )
    retired: bool = Field(False, description="A field that is retired keeps its values and is offered nowhere.")


_FIELD = {
    "key": "skin_type",
    "type": "list",
    "label": {"en": "Skin type", "fr": "Type de peau"},
    "choices": ["dry", "oily", "mixed"],
    "retired": False,
}


class CustomFieldOut(Output):
    """A custom field; rules read it as `custom.<key>`."""

    model_config = shown(_FIELD)
    key: str
    type: FieldType
    label: TextOut
    choices: list[str]
    retired: bool


class CustomFieldPage(Output):
    """The custom fields in the order of their keys."""

    model_config = shown({"data": [_FIELD], "next": None})
    data: list[CustomFieldOut]
    next: str | None


def custom_field_out(field: TraitDefinition) -> CustomFieldOut:
    return CustomFieldOut(
        key=key_of(field), type=type_of(field), label=text_out(field.label),  # type: ignore[arg-type] # one of its types
        choices=list(field.choices), retired=field.retired_at is not None,
    )  # fmt: skip


def consent_out(consent: Consent) -> ConsentOut:
    names = [name for name in ConsentOut.model_fields if name != "id"]
    return ConsentOut(id=str(consent.pk), **{name: getattr(consent, name) for name in names})
