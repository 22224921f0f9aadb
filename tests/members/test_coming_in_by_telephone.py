"""Codes by text message: alike for everybody, fewer than by e-mail, and a number that opens pages is proven first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.access.errors import RateLimited
from fidelia.customers.models import ContactPoint, Customer
from fidelia.customers.operations import add_contact_point
from fidelia.kernel.addresses import MalformedEmail, MalformedPhone
from fidelia.kernel.outbox import Announced, Origin
from fidelia.members.errors import TextsClosed, WrongCode
from fidelia.members.models import Code
from fidelia.members.operations import ask_address_code, ask_code, confirm_address, enter_code, open_session
from fidelia.members.reactions import send_codes
from fidelia.messaging.jobs import deliver_due_messages, deliver_due_texts
from fidelia.messaging.models import Message
from fidelia.organisation.operations import set_up_operator
from tests.cast import AT, SYSTEM
from tests.messaging.conftest import texts
from tests.messaging.text_provider import TextProvider
from tests.programme.cast import programme

from .company import HOME, digits_for, member, open_portal, person

__all__ = ["texts"]
pytestmark = pytest.mark.django_db(transaction=True)
PHONE = "+33612345678"


@pytest.fixture(autouse=True)
def portal() -> None:
    set_up_operator(
        by=SYSTEM, at=AT, name="Rocco", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    programme()
    open_portal()


def reach(customer: Customer, number: str = PHONE) -> Customer:
    add_contact_point(by=SYSTEM, at=AT, customer_id=customer.id, channel="phone", value=number, source="till")
    return customer


def ask(address: str, network: str = HOME, at: Any = AT) -> str:
    return ask_code(at=at, address=address, network=network, language="fr").token


def serve() -> None:
    events = [
        Announced(number, "member_code.asked", 1, Origin.LIVE, None, {"code_id": str(code.id)}, AT, AT)
        for number, code in enumerate(Code.objects.order_by("asked_at"), start=1)
    ]
    with transaction.atomic():
        send_codes(events, by=SYSTEM, at=AT)


def test_a_member_comes_in_by_the_digits_of_the_text(texts: TextProvider) -> None:
    florestan = reach(member("florestan@example.com"))
    token = ask("06.12.34.56.78")
    serve()
    assert deliver_due_texts(by=SYSTEM, clock=lambda: AT).outcomes == {"sent": 1}
    digits = digits_for(token)
    (taken,) = texts.taken
    assert taken["to"] == PHONE
    assert taken["text"] == (
        f"{digits[:3]} {digits[3:]} est votre code Maison Éléonore. Il vaut 10 minutes. Ne le donnez à personne."
    )
    message = Message.objects.get()
    assert (message.channel, message.sealed, message.parts, digits in str(message.variables)) == ("sms", "", 1, False)
    assert enter_code(at=AT, token=token, digits=digits, network=HOME) == (florestan.id,)
    assert open_session(at=AT, token=token, customer_id=florestan.id, device="").session.customer_id == florestan.id


def test_a_number_that_no_member_has_is_answered_alike_and_gets_nothing(texts: TextProvider) -> None:
    reach(person("marzelline@example.com", "Marzelline"))
    token = ask(PHONE)
    ask("+33611111111")
    serve()
    assert Message.objects.count() == 0
    with pytest.raises(WrongCode):
        enter_code(at=AT, token=token, digits=digits_for(token), network=HOME)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", MalformedEmail),
        ("camille", MalformedEmail),
        ("06 12", MalformedPhone),
        ("01 42 34 56 78", MalformedPhone),
        ("+1 900 555 0100", MalformedPhone),
        ("06 12 34 56 78 poste 3", MalformedEmail),
    ],
)
def test_what_is_neither_an_address_nor_a_mobile_number_is_refused(
    texts: TextProvider, typed: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        ask(typed)
    assert Code.objects.count() == 0


def test_numbers_of_countries_that_are_not_paid_for_are_refused(texts: TextProvider, settings: Any) -> None:
    settings.SMS_COUNTRIES = ["FR", "BE"]
    ask("+32470123456")
    with pytest.raises(MalformedPhone):
        ask("+447700900123")


def test_without_a_gateway_a_number_is_refused_in_words(settings: Any) -> None:
    settings.SMS_GATEWAY = ""
    with pytest.raises(TextsClosed):
        ask(PHONE)


def test_a_number_gets_five_an_hour_and_a_network_twenty(texts: TextProvider) -> None:
    for _time in range(5):
        ask(PHONE)
    with pytest.raises(RateLimited):
        ask(PHONE, network="198.51.100.9")
    for number in range(15):
        ask(f"+336110000{number:02}")
    with pytest.raises(RateLimited):
        ask("+33611000099")
    ask("florestan@example.com")
    ask("+33611000099", at=AT + timedelta(hours=1))


def test_everybody_together_gets_no_more_than_is_paid_for(texts: TextProvider, settings: Any) -> None:
    settings.SMS_CODES_AN_HOUR_MAX = 3
    for number in range(3):
        ask(f"+336220000{number:02}", network=f"203.0.113.{number}")
    with pytest.raises(RateLimited):
        ask(PHONE)
    ask("florestan@example.com")


def test_a_new_number_is_proven_before_it_opens_the_pages(texts: TextProvider) -> None:
    florestan = reach(member("florestan@example.com"), "+33699999999")
    asked = ask_address_code(
        by=SYSTEM, at=AT, customer_id=florestan.id, address=PHONE, network=HOME, language="fr"
    )  # fmt: skip
    serve()
    assert Message.objects.get().channel == "sms"
    assert deliver_due_messages(by=SYSTEM, clock=lambda: AT).outcomes == {}
    confirm_address(
        by=SYSTEM, at=AT, customer_id=florestan.id, token=asked.token, digits=digits_for(asked.token), network=HOME
    )  # fmt: skip
    kept = {one.value: one.status for one in ContactPoint.objects.filter(customer=florestan)}
    assert kept == {"florestan@example.com": "active", "+33699999999": "retired", PHONE: "active"}
