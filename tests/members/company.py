"""Members of the tests: who shares an address, who was merged, who is no member."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.kernel.localized import LocalizedText
from fidelia.members.models import Code
from fidelia.members.queries import digits_of, hash_of
from fidelia.messaging.operations import install_default_templates
from fidelia.organisation.operations import PortalLook, set_portal
from fidelia.programme.operations import enrol
from fidelia.programme.queries import get_programme
from tests.cast import AT, SYSTEM

LOOK = PortalLook(
    name="Maison Éléonore",
    brand_color="#1F3D36",
    accent_color="#A0521F",
    paper_color="#FBF6EE",
    welcome=LocalizedText(en="Your points and your card.", fr="Vos points et votre carte."),
)
HOME = "192.0.2.7"


def open_portal(at: datetime = AT, *, is_open: bool = True) -> None:
    install_default_templates(by=SYSTEM, at=at)
    set_portal(by=SYSTEM, at=at, look=LOOK, is_open=is_open)


def person(email: str | None, name: str = "Florestan", *, at: datetime = AT, language: str = "fr") -> Customer:
    new = NewCustomer(source="till", given_name=name, family_name="Rey", email=email, language=language)
    return add_customer(by=SYSTEM, at=at - timedelta(days=9), customer=new)


def member(email: str | None, name: str = "Florestan", *, at: datetime = AT, language: str = "fr") -> Customer:
    found = person(email, name, at=at, language=language)
    enrol(by=SYSTEM, at=at - timedelta(days=9), programme=get_programme("cercle"), customer_id=found.id, source="till")
    return found


def merge(away: UUID, into: UUID) -> None:
    Customer.objects.filter(id=away).update(merged_into_id=into)


def digits_for(token: str) -> str:
    """What the letter says."""
    return digits_of(Code.objects.get(token_hash=hash_of(token)))
