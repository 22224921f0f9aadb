"""A purchase moves the referral by the map, and both sides are told."""

from __future__ import annotations

import pytest
from django.db import transaction

from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.messaging.reactions import tell_of_referrals
from fidelia.referral.reactions import follow_friends
from tests.cast import SYSTEM
from tests.programme.cast import AT

from .cast import bring, buy, newcomer, old_member, points, running

pytestmark = pytest.mark.django_db


def announced(name: str) -> list[Announced]:
    return [
        Announced(
            row.event_id, row.name, row.schema_version, Origin.LIVE, row.customer_id, row.payload, row.occurred_at,
            row.recorded_at,
        )
        for row in OutboxEvent.objects.filter(name=name).order_by("event_id")
    ]  # fmt: skip


def test_a_purchase_rewards_both_and_both_are_told_once() -> None:
    install_default_templates(by=SYSTEM, at=AT)
    of = running(purchases=1, wait_days=0)
    leonore, friend = old_member(of, email="l@fidelio.example"), newcomer(of, email="f@fidelio.example")
    brought = bring(leonore, friend)
    buy(friend, 30, AT)
    for _again in range(2):
        with transaction.atomic():
            follow_friends(announced("purchase.recorded"), by=SYSTEM, at=AT)
    brought.refresh_from_db()
    assert (brought.state, points(leonore, AT)) == ("rewarded", 500)
    for _again in range(2):
        with transaction.atomic():
            tell_of_referrals(announced("referral.changed"), by=SYSTEM, at=AT)
    told = Message.objects.filter(idempotency_key__contains="tell_of_referrals").order_by("id")
    per_person = {one.customer_id: 0 for one in told}
    for one in told:
        per_person[one.customer_id] += 1
    # Recorded, qualified, rewarded: three letters to each of the two, however often the reaction runs.
    assert per_person == {leonore.customer_id: 3, friend.customer_id: 3}
