"""Consent: the last word holds, at the moment it is asked about, under every id of the person; no word is no."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from fidelia.customers.errors import InTheFuture, UnknownChoice, UnknownCustomer
from fidelia.customers.models import Consent, Customer
from fidelia.customers.operations import NewConsent, record_consent, record_consents_in_bulk
from fidelia.customers.queries import consent_at, objects_at
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.kernel.models import OutboxEvent
from tests.cast import PIZARRO, SYSTEM

from .people import DAY, added

pytestmark = pytest.mark.django_db(transaction=True)
PROOF = {"source": "web form", "wording": "Je souhaite recevoir vos offres par e-mail.", "version": 3}


def say(customer: Customer, given: bool, days: int = 0, **said: Any) -> Consent:
    known: dict[str, Any] = {"purpose": "marketing", "channel": "email", "proof": PROOF}
    return record_consent(by=SYSTEM, at=DAY + timedelta(days), customer_id=customer.id, given=given, **(known | said))


def test_no_word_is_no() -> None:
    assert consent_at(added().id, "marketing", "email", DAY) is False


def test_the_last_word_holds_from_its_moment_on() -> None:
    customer = added()
    say(customer, True)
    say(customer, False, days=10)
    days = {day: consent_at(customer.id, "marketing", "email", DAY + timedelta(day)) for day in (-1, 0, 9, 10)}
    assert days == {-1: False, 0: True, 9: True, 10: False}
    assert consent_at(customer.id, "marketing", "sms", DAY) is False
    assert consent_at(customer.id, "profiling", "email", DAY) is False


def test_a_word_about_any_channel_is_about_each() -> None:
    customer = added()
    say(customer, True)
    say(customer, False, days=1, channel="any")
    assert consent_at(customer.id, "marketing", "email", DAY + timedelta(1)) is False


def test_an_objection_is_a_word_not_silence() -> None:
    customer = added()
    assert objects_at(customer.id, "service", "email", DAY) is False
    say(customer, False, purpose="service")
    assert objects_at(customer.id, "service", "email", DAY) is True


def test_a_word_said_before_a_merge_still_holds() -> None:
    survivor, merged = added(), added(identities=())
    say(survivor, True)
    say(merged, False, days=1)
    Customer.objects.filter(id=merged.id).update(merged_into=survivor)
    assert consent_at(survivor.id, "marketing", "email", DAY + timedelta(1)) is False


def test_it_keeps_the_proof_and_who_recorded_it() -> None:
    customer = added()
    consent = say(customer, True)
    assert consent.proof == {**PROOF, "recorded_by": "tests"}
    event = OutboxEvent.objects.get(name="consent.given")
    assert event.payload == {"consent_id": consent.pk, "purpose": "marketing", "channel": "email"}
    say(customer, False)
    assert OutboxEvent.objects.filter(name="consent.withdrawn").count() == 1


def test_in_bulk_it_records_and_announces_nothing() -> None:
    customer = added()
    row = NewConsent(customer_id=customer.id, purpose="marketing", channel="email", given=True, occurred_at=DAY)
    with transaction.atomic():
        assert record_consents_in_bulk(by=SYSTEM, at=DAY, rows=[row, row]) == 2
    assert consent_at(customer.id, "marketing", "email", DAY) is True
    assert not OutboxEvent.objects.filter(name="consent.given").exists()


def test_it_refuses_clearly() -> None:
    customer = added()
    with pytest.raises(UnknownChoice) as refusal:
        say(customer, True, purpose="spam")
    assert refusal.value.pointer == "/purpose"
    with pytest.raises(InTheFuture):
        say(customer, True, occurred_at=DAY + timedelta(hours=1))
    with pytest.raises(UnknownCustomer):
        record_consent(
            by=SYSTEM, at=DAY, customer_id=new_id(), purpose="marketing", channel="email", given=True, proof={}
        )
    with pytest.raises(Denied):
        record_consent(
            by=PIZARRO, at=DAY, customer_id=customer.id, purpose="marketing", channel="email", given=True, proof={}
        )
    assert Consent.objects.count() == 0


@pytest.mark.parametrize("verb", ["update customers_consent set given = true", "delete from customers_consent"])
def test_the_application_cannot_rewrite_it(verb: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(verb)
