"""A small shop for tests of the pages of customers: two stores of one partner, a member who bought and gave back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from fidelia.activity.models import Purchase
from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    ReturnedLine,
    ReturnRequest,
    record_purchase,
    record_return,
)
from fidelia.customers.operations import NewCustomer, add_customer, record_consent
from fidelia.kernel.clock import now
from fidelia.organisation.models import Banner, Store
from fidelia.organisation.operations import add_banner, add_partner, add_store, set_up_operator
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import enrol
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM
from tests.programme.cast import programme

MOKA = LineRequest("moka", 2000, 3490, category="coffee", description="Moka Sidamo 250 g")
MUG = LineRequest("mug", 1000, 1450, description="Tasse en grès")
CARD = "2990441788200"


@dataclass
class Shop:
    """What the tests name: the stores, the member, her purchases."""

    banner: Banner
    lyon: Store
    lille: Store
    today: datetime
    member: Enrolment
    sale: Purchase
    back: Purchase

    @property
    def customer_id(self) -> UUID:
        return self.member.customer_id


def open_shop() -> Shop:
    """Léonore Müller of Lyon bought 49.40 € a month ago, then gave a mug back; she takes e-mail and no SMS."""
    today = now()
    banner, lyon, lille = open_stores(today)
    programme()
    begun = today - timedelta(days=400)
    person = add_customer(
        by=SYSTEM,
        at=begun,
        customer=NewCustomer(
            source="till", given_name="Léonore", family_name="Müller", town="Lyon", postal_code="69002", country="FR",
            identities=(("card", CARD),), email="leonore@example.com", phone="+33639984127",
            partner_id=lyon.partner_id, home_store_id=lyon.id,
        ),
    )  # fmt: skip
    member = join(person.id, begun, lyon)
    for channel, given in (("email", True), ("sms", True), ("sms", False)):
        record_consent(
            by=SYSTEM, at=begun, customer_id=person.id, purpose="marketing", channel=channel, given=given,
            proof={"source": "till"},
        )  # fmt: skip
    sale = buy(person.id, today - timedelta(days=30), lyon, "R-1", MOKA, MUG)
    back = give_back(sale, today - timedelta(days=20))
    return Shop(banner, lyon, lille, today, member, sale, back)


def open_stores(today: datetime) -> tuple[Banner, Store, Store]:
    set_up_operator(
        by=SYSTEM, at=today, name="Maison Éléonore", country="FR", currency="EUR", language="fr",
        time_zone="Europe/Paris",
    )  # fmt: skip
    return add_two_stores(today)


def add_two_stores(today: datetime) -> tuple[Banner, Store, Store]:
    partner = add_partner(by=SYSTEM, at=today, code="eleonore", name="Éléonore SAS", country="FR", currency="EUR")
    banner = add_banner(by=SYSTEM, at=today, partner_id=partner.id, code="maison", name="Maison Éléonore")
    lyon, lille = (
        add_store(
            by=SYSTEM, at=today, banner_id=banner.id, code=code, name=name, channel="store", country="FR",
            currency="EUR", time_zone="Europe/Paris", opened_on=date(2020, 1, 2),
        )
        for code, name in (("lyon", "Lyon – Presqu’île"), ("lille", "Lille – Vieux-Lille"))
    )  # fmt: skip
    return banner, lyon, lille


def join(customer_id: UUID, at: datetime, store: Store) -> Enrolment:
    return enrol(
        by=SYSTEM, at=at, programme=get_programme("cercle"), customer_id=customer_id, source="till",
        store_id=store.id, partner_id=store.partner_id,
    )  # fmt: skip


def buy(customer_id: UUID, at: datetime, store: Store, receipt: str, *lines: LineRequest) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=receipt, receipt_number=receipt, occurred_at=at, currency="EUR", lines=lines,
        customer_id=customer_id, store=store.code,
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back(sale: Purchase, at: datetime) -> Purchase:
    """The second line of a sale comes back."""
    request = ReturnRequest(
        idempotency_key=f"{sale.receipt_number}-B", receipt_number=f"{sale.receipt_number}-B", occurred_at=at,
        purchase_id=sale.purchase_id, lines=(ReturnedLine(2),),
    )  # fmt: skip
    recorded = record_return(by=SYSTEM, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)
