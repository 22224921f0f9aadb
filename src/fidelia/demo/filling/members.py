"""The customer file: people, what they agreed to, and who joined the circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from fidelia.customers.operations import NewConsent, NewCustomer, add_customers_in_bulk, record_consents_in_bulk
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.programme.models import Programme
from fidelia.programme.operations import NewMember, enrol_in_bulk

from ..simulation.people import Agreement, Person
from .network import COUNTRY, Network

TOGETHER = 5_000
NUMBER_SCHEME, CARD_SCHEME = "external", "card"
WORDINGS = {
    ("marketing", "email", "fr"): "Je souhaite recevoir par e-mail les nouveautés et les offres de Maison Éléonore.",
    ("marketing", "email", "en"): "I would like Maison Éléonore’s news and offers by e-mail.",
    ("marketing", "sms", "fr"): "Je souhaite recevoir par SMS les offres de Maison Éléonore.",
    ("marketing", "sms", "en"): "I would like Maison Éléonore’s offers by text message.",
    ("profiling", "any", "fr"): "J’accepte que mes achats servent à me proposer ce qui me ressemble.",
    ("profiling", "any", "en"): "My purchases may be used to suggest what suits me.",
}
WORDING_VERSION = "2024-09"


def add_people(
    *,
    by: Actor,
    at: datetime,
    people: Sequence[Person],
    network: Network,
    programme: Programme,
    joined_late: Mapping[UUID, datetime],
) -> tuple[int, int]:
    """Add everybody, record what they agreed to, enrol the members; return how many consents and members."""
    consents = members = 0
    for start in range(0, len(people), TOGETHER):
        some = people[start : start + TOGETHER]
        with transaction_of_use_case():
            add_customers_in_bulk(by=by, at=at, rows=[_row(person, network) for person in some])
            consents += record_consents_in_bulk(by=by, at=at, rows=list(_consents(some)))
            joining = [_member(person, network, joined_late) for person in some if person.is_member]
            members += len(enrol_in_bulk(by=by, at=at, programme=programme, members=joining, source="till"))
    return consents, members


def _row(person: Person, network: Network) -> NewCustomer:
    identities = [(NUMBER_SCHEME, person.number)]
    if person.is_member:
        identities.append((CARD_SCHEME, person.card))
    return NewCustomer(
        id=person.id,
        source=person.source,
        kind=person.kind,
        given_name=person.given_name,
        family_name=person.family_name,
        company_name=person.company_name,
        birth_on=person.birth_on,
        language=person.language,
        country=COUNTRY,
        town=person.town,
        postal_code=person.postal_code,
        acquired_at=person.acquired_at,
        partner_id=network.partner_id,
        home_store_id=network.store_ids[person.home_store],
        identities=tuple(identities),
        email=person.email,
        phone=person.phone,
    )


def _consents(people: Sequence[Person]) -> Iterator[NewConsent]:
    for person in people:
        for said in person.agreements:
            yield NewConsent(
                customer_id=person.id,
                purpose=said.purpose,
                channel=said.channel,
                given=said.given,
                occurred_at=said.occurred_at,
                proof=_proof(said, person.language),
            )


def _proof(said: Agreement, language: str) -> dict[str, str]:
    wording = WORDINGS[said.purpose, said.channel, language]
    return {"form": said.form, "wording": wording, "wording_version": WORDING_VERSION, "language": language}


def _member(person: Person, network: Network, joined_late: Mapping[UUID, datetime]) -> NewMember:
    return NewMember(
        person.id,
        joined_late.get(person.id, person.acquired_at),
        network.store_ids[person.home_store],
        network.partner_id,
    )
