"""A coupon given to a segment is told in each member's language to those who agreed to offers, where that is wanted."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.customers.models import Customer
from fidelia.customers.operations import add_contact_point, record_consent
from fidelia.intake.operations.speaking import Unwatched
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.messaging.reactions import tell_of_coupons
from fidelia.rewards.models import CouponCode
from fidelia.rewards.operations import give_segment
from tests.cast import SYSTEM
from tests.programme.cast import AT
from tests.rewards.test_coupons_for_a_segment import Shop

pytestmark = pytest.mark.django_db
PROOF = {"source": "till", "wording": "Oui", "wording_version": "1", "language": "fr"}


def agree(customer_id: UUID, language: str, *, given: bool) -> None:
    Customer.objects.filter(id=customer_id).update(language=language)
    add_contact_point(
        by=SYSTEM, at=AT, customer_id=customer_id, channel="email", value=f"{customer_id}@exemple.fr", source="till"
    )
    record_consent(
        by=SYSTEM, at=AT, customer_id=customer_id, purpose="marketing", channel="email", given=given, proof=PROOF
    )


def give(shop: Shop, *, is_told: bool) -> None:
    at = AT + timedelta(minutes=1)
    give_segment(
        by=SYSTEM, at=at, series_id=shop.series.id, segment_id=shop.segment_id, moment=at, progress=Unwatched(),
        is_told=is_told,
    )  # fmt: skip


def tell() -> None:
    """Serve what was announced, twice."""
    events = [
        Announced(
            row.event_id, row.name, row.schema_version, Origin.LIVE, row.customer_id, row.payload, row.occurred_at,
            row.recorded_at,
        )
        for row in OutboxEvent.objects.filter(name="coupon.assigned").order_by("event_id")
    ]  # fmt: skip
    for _twice in range(2):
        with transaction.atomic():
            tell_of_coupons(events, by=SYSTEM, at=AT + timedelta(minutes=1))


def test_who_agreed_is_told_in_her_language_and_who_did_not_is_a_row_that_says_so() -> None:
    install_default_templates(by=SYSTEM, at=AT)
    shop = Shop()
    french, english, refusing = (each.customer_id for each in shop.members[:3])
    agree(french, "fr", given=True)
    agree(english, "en", given=True)
    agree(refusing, "fr", given=False)
    give(shop, is_told=True)
    tell()
    states = dict(Message.objects.values_list("customer_id", "state"))
    assert (states[french], states[english], states[refusing]) == ("queued", "queued", "suppressed")
    assert len(states) == len(shop.members), "one row for each, however often the event is served"
    letter = Message.objects.get(customer_id=english)
    assert (letter.language, letter.purpose, letter.programme_id) == ("en", "marketing", shop.of.id)
    assert letter.variables["coupon"] == shop.series.name.en
    own = CouponCode.objects.get(customer_id=english).code
    assert letter.variables["code"].replace("-", "").endswith(own)
    assert Message.objects.get(customer_id=refusing).reason == "no_consent"


def test_nothing_is_told_where_nobody_asked_for_it() -> None:
    install_default_templates(by=SYSTEM, at=AT)
    shop = Shop()
    agree(shop.members[0].customer_id, "fr", given=True)
    give(shop, is_told=False)
    tell()
    assert Message.objects.count() == 0
    assert len(shop.owners()) == 4


def test_a_code_that_was_revoked_meanwhile_is_not_told() -> None:
    install_default_templates(by=SYSTEM, at=AT)
    shop = Shop()
    agree(shop.members[0].customer_id, "fr", given=True)
    give(shop, is_told=True)
    CouponCode.objects.filter(series=shop.series).update(revoked_at=AT)
    tell()
    assert Message.objects.count() == 0
