"""A member with something on every page, one who has just joined, and how to come in as either."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.test import Client

from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.kernel.clock import now
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.members.models import MemberSession
from fidelia.members.operations import ask_code, enter_code, open_session
from fidelia.programme.queries import get_programme
from fidelia.rewards.operations import NewVoucher, issue_voucher
from tests.cast import SYSTEM
from tests.console.boutique import Shop, join, open_shop
from tests.members.company import digits_for, open_portal

EMAIL = "leonore@example.com"
COOKIE = "fidelia_member"


def open_doors() -> Shop:
    """Léonore Müller, who bought and gave back, with a voucher, and the portal open."""
    shop = open_shop()
    open_portal(now())
    today = date.today()  # noqa: DTZ011 - a voucher of these days
    issue_voucher(
        by=SYSTEM, at=now(), programme=get_programme("cercle"),
        voucher=NewVoucher(
            amount=Money(10_00, "EUR"), name=LocalizedText(en="Loyalty cheque", fr="Chèque fidélité"),
            valid_from=today - timedelta(days=1), valid_until=today + timedelta(days=60), customer_id=shop.customer_id,
            minimum_basket=30_00,
        ),
    )  # fmt: skip
    return shop


def newcomer(shop: Shop, email: str = "new@example.com", *, language: str = "fr", name: str = "Zoé") -> UUID:
    """Somebody who joined today and has no card, no point, no anything."""
    new = NewCustomer(source="till", given_name=name, family_name="", email=email, language=language)
    person = add_customer(by=SYSTEM, at=shop.today, customer=new)
    join(person.id, shop.today, shop.lyon)
    return person.id


def session_of(customer_id: UUID, email: str) -> str:
    """What a device of a member holds who came in by a code."""
    asked = ask_code(at=now(), address=email, network="192.0.2.1", language="fr")
    enter_code(at=now(), token=asked.token, digits=digits_for(asked.token), network="192.0.2.1")
    return open_session(at=now(), token=asked.token, customer_id=customer_id, device="Chrome, Android").token


def by_link(customer_id: UUID) -> Client:
    """A client that opened the link of a letter: it proved no address."""
    client = inside(customer_id)
    assert MemberSession.objects.filter(customer_id=customer_id).update(how="link")
    return client


def inside(customer_id: UUID, email: str = EMAIL, **options: Any) -> Client:
    """A client of a member's device."""
    client = Client(**options)
    client.cookies[COOKIE] = session_of(customer_id, email)
    return client
