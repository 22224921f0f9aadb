"""Informing of points: a live purchase of a member is followed by one e-mail; history is followed by none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.activity.events import PurchaseRecorded
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.customers.models import Customer
from fidelia.customers.operations import add_contact_point
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.messaging.reactions import inform_of_points
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme

from .letters import run_worker
from .post_office import PostOffice, parts_of

pytestmark = pytest.mark.django_db(transaction=True)
CARD = "2990441788200"


@pytest.fixture(autouse=True)
def templates() -> None:
    install_default_templates(by=SYSTEM, at=AT)


def buy(total: int, key: str = "k1", card: str = CARD) -> None:
    record_purchase(
        by=SYSTEM,
        at=AT,
        request=PurchaseRequest(
            idempotency_key=key,
            receipt_number=key,
            occurred_at=AT,
            currency="EUR",
            lines=(LineRequest("moka", 1000, total),),
            identity=("card", card),
        ),
        source="till",
    )


def announced(origin: Origin = Origin.LIVE) -> list[Announced]:
    rows = OutboxEvent.objects.filter(name=PurchaseRecorded.name).order_by("event_id")
    return [
        Announced(
            row.event_id, row.name, row.schema_version, origin, row.customer_id, row.payload, row.occurred_at,
            row.recorded_at,
        )
        for row in rows
    ]  # fmt: skip


def react(events: Sequence[Announced]) -> None:
    with transaction.atomic():
        inform_of_points(events, by=SYSTEM, at=AT)


def reachable_member(card: str = CARD, language: str = "fr") -> Customer:
    customer_id = member(programme() if card == CARD else get_programme("cercle"), card).customer_id
    Customer.objects.filter(id=customer_id).update(language=language)
    add_contact_point(
        by=SYSTEM, at=AT, customer_id=customer_id, channel="email", value=f"{card}@exemple.fr", source="till"
    )
    return Customer.objects.get(id=customer_id)


def test_it_tells_points_balance_and_why(post_office: PostOffice) -> None:
    reachable_member()
    buy(123_450)
    react(announced())
    run_worker(AT)
    (mail,) = post_office.taken
    text = parts_of(mail)[0].replace("\u00a0", " ")
    assert mail["Subject"].replace("\u00a0", " ") == "Vous avez gagné 1 284 points"
    assert "Merci pour votre achat du 2 mars 2026 (1 234,50 €)." in text
    assert "Votre solde est maintenant de 1 284 points." in text
    assert "Un point par euro" in text
    assert "Bienvenue" in text
    assert "café" not in text


def test_it_tells_it_in_english_too(post_office: PostOffice) -> None:
    reachable_member(language="en")
    buy(123_450)
    react(announced())
    run_worker(AT)
    text = parts_of(post_office.taken[0])[0].replace("\u00a0", " ")
    assert "Thank you for your purchase of 2 March 2026 (€1,234.50)." in text
    assert "One point per euro" in text


def test_it_tells_it_once_however_often_the_batch_is_served() -> None:
    reachable_member()
    buy(5000)
    react(announced())
    react(announced())
    message = Message.objects.get()
    assert message.cause_event_id == OutboxEvent.objects.get(name=PurchaseRecorded.name).event_id
    assert message.idempotency_key == f"messaging.inform_of_points:{message.cause_event_id}"


@pytest.mark.parametrize("origin", [Origin.BACKFILL, Origin.LATE, Origin.SIMULATION])
def test_history_sends_nothing(origin: Origin) -> None:
    reachable_member()
    buy(5000)
    react(announced(origin))
    assert Message.objects.count() == 0


def test_a_purchase_without_points_sends_nothing() -> None:
    reachable_member()
    buy(50)
    react(announced())
    assert Message.objects.count() == 0


def test_a_member_without_address_is_on_record() -> None:
    member(programme())
    buy(5000)
    react(announced())
    assert Message.objects.values_list("state", "reason").get() == ("suppressed", "no_address")


def test_a_batch_takes_the_same_few_statements() -> None:
    reachable_member()
    buy(5000)
    one = statements(announced())
    for number in range(12):
        reachable_member(card=f"29904417{number:05}")
        buy(5000, key=f"n{number}", card=f"29904417{number:05}")
    Message.objects.all().delete()
    assert statements(announced()) == one
    assert Message.objects.count() == 13


def statements(events: list[Announced]) -> int:
    with CaptureQueriesContext(connection) as queries:
        react(events)
    return len(queries)
