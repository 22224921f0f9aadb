"""Text messages: consent of their own, delivered once, reported, and stopped by one word from the telephone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from fidelia.customers.models import Consent, ContactPoint, Customer
from fidelia.customers.operations import record_consent
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.sms import Inbound, Receipt
from fidelia.messaging.errors import MalformedTemplate, UnknownPurpose
from fidelia.messaging.jobs import DeliveryRun, deliver_due_texts
from fidelia.messaging.models import Message
from fidelia.messaging.operations import take_receipt, take_text, write_template
from fidelia.messaging.queries import TemplateTexts
from fidelia.organisation.operations import set_up_operator
from tests.cast import SYSTEM
from tests.members.company import open_portal
from tests.programme.cast import programme

from .letters import DAY, someone, write_to
from .text_provider import TextProvider

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = "+33612345678"


@pytest.fixture(autouse=True)
def shop() -> None:
    set_up_operator(
        by=SYSTEM, at=DAY, name="Rocco", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    programme()
    write_short("{{ customer.given_name }}, il vous reste {{ points }} points — à bientôt !")


def write_short(said: str) -> None:
    text, short = LocalizedText(en="x", fr="x"), LocalizedText(en=said, fr=said)
    page = LocalizedText(en="<mjml><mj-body></mj-body></mjml>", fr="<mjml><mj-body></mj-body></mjml>")
    write_template(
        by=SYSTEM, at=DAY, key="news", name=text, texts=TemplateTexts(text, page, text, short),
        variables={"points": {"doc": "Points.", "example": "12"}},
    )  # fmt: skip


def text_to(customer: Customer, **facts: Any) -> Message:
    known: dict[str, Any] = {"template": "news", "channel": "sms", "variables": {"points": "12"}}
    return write_to(customer.id, **(known | facts))


def run(at: Any = DAY) -> DeliveryRun:
    return deliver_due_texts(by=SYSTEM, clock=lambda: at)


def agree(customer: Customer, purpose: str = "marketing", *, given: bool = True, channel: str = "sms") -> None:
    record_consent(
        by=SYSTEM, at=DAY, customer_id=customer.id, purpose=purpose, channel=channel, given=given, proof={"source": "x"}
    )


def test_a_text_goes_out_in_plain_marks_with_its_parts_counted(texts: TextProvider) -> None:
    message = text_to(someone(phone="06 12 34 56 78"))
    assert run().outcomes == {"sent": 1}
    (taken,) = texts.taken
    assert (taken["to"], taken["text"]) == (PHONE, "Léonore, il vous reste 12 points - à bientôt !")
    message.refresh_from_db()
    assert (message.state, message.sent_to, message.provider_message_id, message.parts) == ("sent", PHONE, "p-1", 1)
    assert run().outcomes == {}, "once"


def test_offers_by_text_need_their_own_consent_and_say_how_to_stop(texts: TextProvider) -> None:
    customer = someone(phone=PHONE)
    agree(customer, channel="email")
    assert text_to(customer, purpose="marketing").reason == "no_consent"
    agree(customer)
    text_to(customer, purpose="marketing", idempotency_key="second")
    run()
    assert texts.taken[0]["text"].endswith("à bientôt !\nSTOP au 36111")


def test_an_objection_between_queue_and_delivery_is_heard(texts: TextProvider) -> None:
    customer = someone(phone=PHONE)
    message = text_to(customer)
    agree(customer, "service", given=False)
    assert run().outcomes == {"suppressed": 1}
    message.refresh_from_db()
    assert (message.reason, texts.taken) == ("objection", [])


@pytest.mark.parametrize(("phone", "reason"), [("01 42 34 56 78", "no_mobile"), ("", "no_address")])
def test_a_landline_or_no_number_gets_nothing(texts: TextProvider, phone: str, reason: str) -> None:
    message = text_to(someone(phone=phone))
    run()
    message.refresh_from_db()
    assert (message.state, message.reason, texts.taken) == ("suppressed", reason, [])


def test_a_country_that_is_not_paid_for_gets_nothing(texts: TextProvider, settings: Any) -> None:
    settings.SMS_COUNTRIES = ["FR"]
    message = text_to(someone(phone="+4915112345678"))
    run()
    message.refresh_from_db()
    assert (message.state, message.reason, texts.taken) == ("suppressed", "no_mobile", [])


def test_a_template_that_says_nothing_in_short_goes_by_no_text(texts: TextProvider) -> None:
    with pytest.raises(MalformedTemplate):
        write_to(someone(phone=PHONE).id, channel="sms")
    with pytest.raises(UnknownPurpose):
        write_to(someone(phone=PHONE).id, channel="pigeon")
    assert Message.objects.count() == 0


@pytest.mark.parametrize("said", ["a" * 919, "", "{% if %}"])
def test_a_short_text_that_cannot_be_sent_is_refused_when_it_is_written(said: str) -> None:
    with pytest.raises(MalformedTemplate):
        write_short(said)


def test_a_number_that_is_dead_is_not_texted_again_and_a_provider_that_is_down_is_waited_for(
    texts: TextProvider,
) -> None:
    customer = someone(phone=PHONE)
    texts.answers[PHONE] = (503, "")
    message = text_to(customer)
    assert run().server_is_down
    message.refresh_from_db()
    assert (message.state, message.reason, message.next_attempt_at) == (
        "queued", "sms_http_503", DAY + timedelta(minutes=1),
    )  # fmt: skip
    texts.answers[PHONE] = (422, {"error": {"code": "unknown_number"}})
    assert run(DAY + timedelta(minutes=1)).outcomes == {"failed": 1}
    assert ContactPoint.objects.get(channel="phone").status == "bounced"
    assert text_to(customer, idempotency_key="again").reason == "no_address"


def test_each_attempt_bears_the_same_reference(texts: TextProvider) -> None:
    texts.answers[PHONE] = (429, "")
    message = text_to(someone(phone=PHONE))
    run()
    del texts.answers[PHONE]
    run(DAY + timedelta(minutes=1))
    assert [one["options"]["reference"] for one in texts.taken] == [str(message.id)] * 2


def test_two_workers_hand_each_text_over_once(texts: TextProvider) -> None:
    for number in range(12):
        text_to(someone(phone=f"+3361234567{number % 10}"), idempotency_key=f"text-{number}")

    def work(_number: int) -> int:
        try:
            return run().outcomes["sent"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(work, range(4))) == 12
    assert len({one["options"]["reference"] for one in texts.taken}) == len(texts.taken) == 12


def test_without_a_gateway_nothing_is_claimed(settings: Any) -> None:
    settings.SMS_GATEWAY = ""
    message = text_to(someone(phone=PHONE))
    assert run().outcomes == {}
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("queued", 0)


def test_a_report_is_noted_once_and_a_failure_is_one(texts: TextProvider) -> None:
    first, second = text_to(someone(phone=PHONE)), text_to(someone(phone=PHONE), idempotency_key="b")
    run()
    later = DAY + timedelta(seconds=9)

    def told(name: str, is_delivered: bool | None) -> bool:
        return take_receipt(by=SYSTEM, at=later, receipt=Receipt(name, is_delivered, "absent"))

    assert not told("p-1", None)
    assert [told("p-1", True), told("p-1", True), told("p-1", False)] == [True, False, False]
    assert [told(str(second.id), False), told("p-2", True), told("nobody", True)] == [True, False, False]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.delivered_at) == ("sent", later)
    assert (second.state, second.reason, second.detail) == ("failed", "sms_undelivered", "absent")


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        ("33612345678", "STOP"),
        ("0033612345678", " stop."),
        ("06 12 34 56 78", "Stop SVP"),
        (PHONE, "ARRÊT"),
        (PHONE, "Désabonnement"),
        (PHONE, "STOP 36111"),
    ],
)
def test_stop_ends_offers_and_news_for_everybody_at_the_telephone(said: str, sender: str) -> None:
    people = [someone(phone=PHONE), someone(phone=PHONE, given_name="Rocco")]
    agree(people[0])
    assert take_text(at=DAY, inbound=Inbound(sender, said)) == 4
    for each in people:
        assert text_to(each, purpose="marketing", idempotency_key=f"m{each.id}").reason == "no_consent"
        assert text_to(each, idempotency_key=f"s{each.id}").reason == "objection"
    assert take_text(at=DAY, inbound=Inbound(sender, said)) == 0
    assert Consent.objects.filter(given=False, proof__source="sms").count() == 4


def test_anything_else_changes_nothing() -> None:
    someone(phone=PHONE)
    for said in ("", "OUI", "je ne veux pas de stop", "stopover", "don't stop", "STOP it or I come over"):
        assert take_text(at=DAY, inbound=Inbound(PHONE, said)) == 0
    assert take_text(at=DAY, inbound=Inbound("36111", "STOP")) == 0
    assert take_text(at=DAY, inbound=Inbound("+33699999999", "STOP")) == 0
    assert Consent.objects.count() == 0


def test_the_provider_calls_back_at_an_address_that_nobody_else_knows(texts: TextProvider, settings: Any) -> None:
    open_portal(DAY)
    someone(phone=PHONE)
    client = Client(enforce_csrf_checks=True)
    said = {"msisdn": "33612345678", "message": "STOP"}
    assert client.post("/sms/guessed/inbound/", said).status_code == 404
    assert Consent.objects.count() == 0
    assert client.post("/sms/calls-back/inbound/", said, content_type="application/json").status_code == 204
    assert Consent.objects.count() == 2
    assert client.post("/sms/calls-back/inbound/", b"{", content_type="application/json").status_code == 204
    assert client.get("/sms/calls-back/inbound/", said).status_code == 204
    message = text_to(someone(phone="+33612345679"))
    run()
    assert client.post("/sms/calls-back/receipts/", {"id": "p-1", "status": "DELIVRD"}).status_code == 204
    message.refresh_from_db()
    assert message.delivered_at is not None
    settings.SMS_CALLBACK_SECRET = ""
    assert client.post("/sms//receipts/", {}).status_code == 404
