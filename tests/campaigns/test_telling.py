"""Telling the treated: consent asked of each; who did not give it stays treated; the control group hears nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.campaigns.errors import MalformedCampaign
from fidelia.campaigns.models import Arm, Campaign
from fidelia.campaigns.operations import launch_campaign, stop_campaign
from fidelia.campaigns.reactions import tell_treated
from fidelia.customers.operations import NewConsent, record_consents_in_bulk
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.messaging.models import Message
from fidelia.messaging.operations import write_template
from fidelia.messaging.queries import TemplateTexts
from tests.campaigns.conftest import Stage
from tests.cast import AT, SYSTEM

pytestmark = pytest.mark.django_db
WORDS = "<mj-text>{{ campaign }}, {{ ends_on }}</mj-text>"
BODY = f"<mjml><mj-body><mj-section><mj-column>{WORDS}</mj-column></mj-section></mj-body></mjml>"


def write_letter(**variables: Any) -> None:
    documented = {
        "campaign": {"doc": "The campaign.", "example": "Café"},
        "ends_on": {"doc": "Until.", "example": "1 mai"},
    }
    write_template(
        by=SYSTEM, at=AT, key="offer", name=LocalizedText(en="Offer", fr="Offre"), variables=documented | variables,
        texts=TemplateTexts(subject=LocalizedText(en="{{ campaign }}", fr="{{ campaign }}"),
                            body=LocalizedText(en=BODY, fr=BODY)),
    )  # fmt: skip


def launched(stage: Stage) -> Campaign:
    write_letter()
    agreed = stage.people[:12]
    with transaction.atomic():
        record_consents_in_bulk(by=SYSTEM, at=AT, rows=[
            NewConsent(customer_id=person, purpose="marketing", channel="email", given=True, occurred_at=AT)
            for person in agreed
        ])  # fmt: skip
    return launch_campaign(by=stage.leonore, at=AT, campaign_id=stage.approved(template="offer").id)


def react() -> None:
    event = OutboxEvent.objects.get(name="campaign.launched")
    met = Announced(
        event.event_id, event.name, event.schema_version, Origin(event.origin), None, event.payload, event.occurred_at,
        event.recorded_at,
    )  # fmt: skip
    with transaction.atomic():
        tell_treated([met], by=SYSTEM, at=AT)


def test_those_treated_who_agreed_get_the_message(stage: Stage) -> None:
    campaign = launched(stage)
    react()
    treated = set(campaign.members.filter(arm=Arm.TREATED).values_list("customer_id", flat=True))
    queued = {message.customer_id for message in Message.objects.filter(state="queued")}
    refused = {message.customer_id for message in Message.objects.filter(state="suppressed")}
    assert queued == treated & set(stage.people[:12])
    assert refused == treated - queued
    assert campaign.members.filter(arm=Arm.TREATED).count() == 16  # nobody leaves the arm for want of consent
    message = Message.objects.filter(state="queued")[0]
    assert message.purpose == "marketing"
    assert message.variables == {"campaign": "Retour au café", "programme": "Club", "ends_on": "1ᵉʳ mai 2026"}


def test_a_second_serving_sends_nothing_more(stage: Stage) -> None:
    launched(stage)
    react()
    react()
    assert Message.objects.count() == 16


def test_a_campaign_stopped_before_tells_nobody(stage: Stage) -> None:
    campaign = launched(stage)
    stop_campaign(by=stage.leonore, at=AT + timedelta(minutes=1), campaign_id=campaign.id)
    react()
    assert not Message.objects.exists()


def test_a_campaign_without_a_template_tells_nobody(stage: Stage) -> None:
    launch_campaign(by=stage.leonore, at=AT, campaign_id=stage.approved().id)
    react()
    assert not Message.objects.exists()


def test_a_template_that_it_cannot_fill_in_is_refused(stage: Stage) -> None:
    with pytest.raises(MalformedCampaign) as refused:
        stage.draft(template="offer")
    assert refused.value.pointer == "/template"
    write_letter(balance={"doc": "The balance.", "example": "12"})
    with pytest.raises(MalformedCampaign):
        stage.draft(template="offer")
    assert not Campaign.objects.exists()


def test_a_message_leaves_when_the_campaign_starts_and_not_before(stage: Stage) -> None:
    write_letter()
    starts = AT + timedelta(days=5)
    with transaction.atomic():
        record_consents_in_bulk(by=SYSTEM, at=AT, rows=[
            NewConsent(customer_id=person, purpose="marketing", channel="email", given=True, occurred_at=AT)
            for person in stage.people
        ])  # fmt: skip
    launch_campaign(by=stage.leonore, at=AT, campaign_id=stage.approved(template="offer", starts_at=starts).id)
    react()
    due = Message.objects.filter(state="queued").values_list("next_attempt_at", "expires_at").distinct()
    assert list(due) == [(starts, starts + timedelta(days=3))]


def test_what_waits_when_a_campaign_is_stopped_is_not_sent(stage: Stage) -> None:
    campaign = launched(stage)
    react()
    sent = Message.objects.filter(state="queued")[0]
    Message.objects.filter(id=sent.id).update(state="sent", sent_at=AT)
    waiting = Message.objects.filter(state="queued").count()
    stop_campaign(by=stage.leonore, at=AT + timedelta(minutes=1), campaign_id=campaign.id)
    assert waiting > 1
    assert Message.objects.filter(state="suppressed", reason="campaign_over").count() == waiting
    assert Message.objects.get(id=sent.id).state == "sent"
