"""A small shop for the pages that steer: a programme with members, their purchases, a segment, and who acts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fidelia.access.models import User
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer, define_segment, refresh_segment
from fidelia.kernel import clock
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.operations import set_up_operator
from fidelia.programme.models import Programme
from fidelia.programme.operations import enrol
from tests.cast import SYSTEM, fernando, leonore
from tests.programme.cast import programme


class Shop:
    """Who is there, and how to come in as one of them."""

    def __init__(self) -> None:
        self.at = clock.now()
        set_up_operator(
            by=SYSTEM, at=self.at, name="Maison Éléonore", country="FR", currency="EUR", language="fr",
            time_zone="Europe/Paris",
        )  # fmt: skip
        self.programme: Programme = programme()
        self.leonore, self.fernando = leonore(), fernando()
        self.people: list[Customer] = []

    def client(self, user: User, language: str = "fr") -> Client:
        User.objects.filter(id=user.id).update(language=language)
        client = Client()
        client.force_login(User.objects.get(id=user.id))
        return client

    def members(self, count: int) -> list[Customer]:
        for number in range(count):
            new = NewCustomer(source="till", given_name="Florestan", family_name=f"Numéro {number}", country="FR")
            one = add_customer(by=SYSTEM, at=self.at - timedelta(days=200), customer=new)
            enrol(by=SYSTEM, at=self.at - timedelta(days=199), programme=self.programme, customer_id=one.id)
            self.people.append(one)
        return self.people

    def buy(
        self, customer: Customer | None, net: int, days_ago: float, code: str = "mug", store: str | None = None
    ) -> None:
        at = self.at - timedelta(days=days_ago)
        key = f"{customer.id if customer else 'nobody'}-{days_ago}"
        request = PurchaseRequest(
            idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR", programme="cercle",
            lines=(LineRequest(product_code=code, quantity=1000, net=net),),
            customer_id=customer.id if customer else None, store=store,
        )  # fmt: skip
        record_purchase(by=SYSTEM, at=at, request=request, source="till")

    def segment(self, key: str = "everybody", condition: str = 'customer.kind == "person"') -> None:
        name = LocalizedText(en="Everybody", fr="Tout le monde")
        made = define_segment(by=SYSTEM, at=self.at, key=key, name=name, condition=condition)
        refresh_segment(by=SYSTEM, at=self.at, segment_id=made.id)


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Shop:
    settings.FACTS_ROOT = tmp_path / "facts"
    return Shop()
