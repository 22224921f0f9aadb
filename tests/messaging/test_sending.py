"""Sending: both languages, both parts, the headers, and consent asked before the queue and before the server."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from fidelia.customers.models import Customer
from fidelia.customers.operations import record_consent
from fidelia.customers.queries import consent_at
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.kernel.models import OutboxEvent
from fidelia.messaging.errors import MalformedToken, MissingVariables, UnknownPurpose, UnknownTemplate
from fidelia.messaging.models import Message
from fidelia.messaging.operations import MessageRequest, Outcome, send_message, unsubscribe
from tests.cast import PIZARRO, SYSTEM

from .letters import DAY, FILLED, run_worker, someone, write_to
from .post_office import PostOffice, parts_of

pytestmark = pytest.mark.django_db(transaction=True)


def consent(customer: Customer, given: bool, purpose: str = "marketing") -> None:
    record_consent(by=SYSTEM, at=DAY, customer_id=customer.id, purpose=purpose, channel="email", given=given, proof={})


def test_it_writes_in_french(post_office: PostOffice) -> None:
    message = write_to(someone().id)
    assert run_worker().outcomes == {Outcome.SENT: 1}
    (mail,) = post_office.taken
    text, page = parts_of(mail)
    assert mail["Subject"] == "Vous avez gagné 12 points"
    assert post_office.recipients == ["leo@exemple.fr"]
    assert "Bonjour Léonore Müller," in text
    assert "Votre solde est maintenant de 1 234 points" in text.replace("\u00a0", " ")
    assert "«\u00a0Chez Rocco & Fils\u00a0»" in text
    assert "1 point par euro, arrondi à l’euro inférieur." in text
    assert "Chez Rocco &amp; Fils" in page
    sent = Message.objects.get(id=message.id)
    assert (sent.state, sent.sent_at, sent.sent_to, sent.attempts) == ("sent", DAY, "leo@exemple.fr", 1)
    assert OutboxEvent.objects.get(name="message.sent").payload == {"message_id": str(message.id)}


def test_it_writes_in_english(post_office: PostOffice) -> None:
    write_to(someone(language="en").id)
    run_worker()
    (mail,) = post_office.taken
    text, page = parts_of(mail)
    assert (mail["Subject"], mail["Content-Language"]) == ("You earned 12 points", "en")
    assert "Hello Léonore Müller," in text
    assert 'lang="en"' in page


def test_it_bears_the_headers_of_a_service_message(post_office: PostOffice) -> None:
    message = write_to(someone().id)
    run_worker()
    (mail,) = post_office.taken
    assert mail["From"] == "Fidelio <bonjour@fidelio.example>"
    assert mail["Message-ID"] == message.message_id == f"<{message.id}@fidelio.example>"
    assert parsedate_to_datetime(mail["Date"]) == DAY
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["List-Unsubscribe"] is None


def test_it_survives_long_names_and_marks(post_office: PostOffice) -> None:
    name = "Ĳsbrand‑Œdipe <b>&\"'{{ points }} " + "é" * 110
    write_to(someone(given_name=name, family_name="Ø" * 150).id)
    run_worker()
    text, page = parts_of(post_office.taken[0])
    assert "Ĳsbrand‑Œdipe <b>&\"'{{ points }} ééé" in text
    assert "<b>&" not in page
    assert "Ø" * 150 in "".join(text.split("\n"))


def test_nothing_in_it_points_outside(post_office: PostOffice) -> None:
    write_to(someone().id)
    run_worker()
    page = parts_of(post_office.taken[0])[1]
    page = re.sub(r"http://localhost:8000/unsubscribe/[^\"]+", "", page)
    assert "https:" not in page
    assert set(re.findall(r"http:[^\"']*", page)) <= {"http://www.w3.org/1999/xhtml"}


def test_marketing_needs_consent_and_its_absence_is_a_row(post_office: PostOffice) -> None:
    message = write_to(someone().id, purpose="marketing")
    assert (message.state, message.reason) == ("suppressed", "no_consent")
    assert run_worker().outcomes == {}
    assert post_office.taken == []


def test_marketing_says_how_to_refuse_more(post_office: PostOffice, settings: Any) -> None:
    settings.BASE_URL = "https://fidelio.example"
    customer = someone()
    consent(customer, True)
    write_to(customer.id, purpose="marketing")
    run_worker()
    (mail,) = post_office.taken
    link = mail["List-Unsubscribe"].strip().strip("<>")
    assert link.startswith("https://fidelio.example/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = link.rpartition("/")[2]
    assert unsubscribe(at=DAY, token=token, source="one click") is True
    assert consent_at(customer.id, "marketing", "email", DAY) is False
    assert unsubscribe(at=DAY, token=token, source="one click") is False
    with pytest.raises(MalformedToken):
        unsubscribe(at=DAY, token=token[:-1], source="one click")


def test_a_service_message_heeds_an_objection_and_needs_an_address(post_office: PostOffice) -> None:
    objector, unreachable = someone(), someone(email="")
    consent(objector, False, "service")
    assert write_to(objector.id).reason == "objection"
    assert write_to(unreachable.id).reason == "no_address"
    assert write_to(new_id()).reason == "customer_gone"


def test_consent_withdrawn_while_it_waits_is_heeded(post_office: PostOffice) -> None:
    customer = someone()
    consent(customer, True)
    message = write_to(customer.id, purpose="marketing")
    consent(customer, False)
    assert run_worker().outcomes == {Outcome.SUPPRESSED: 1}
    assert Message.objects.get(id=message.id).reason == "no_consent"
    assert post_office.taken == []


def test_the_same_cause_sends_once(post_office: PostOffice) -> None:
    customer = someone()
    assert write_to(customer.id).id == write_to(customer.id).id
    run_worker()
    run_worker()
    assert len(post_office.taken) == 1


def test_a_merged_customer_is_written_to_as_the_survivor(post_office: PostOffice) -> None:
    survivor, merged = someone(), someone(email="autre@exemple.fr")
    Customer.objects.filter(id=merged.id).update(merged_into=survivor)
    assert write_to(merged.id).customer_id == survivor.id


def test_what_waited_too_long_is_not_sent(post_office: PostOffice) -> None:
    write_to(someone().id)
    assert run_worker(DAY + timedelta(days=3)).outcomes == {Outcome.FAILED: 1}
    assert Message.objects.get().reason == "expired"


def test_without_a_server_everything_waits(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    write_to(someone().id)
    assert run_worker().outcomes == {}
    assert Message.objects.get().state == "queued"


def test_it_refuses_clearly() -> None:
    customer = someone()
    with pytest.raises(UnknownTemplate):
        write_to(customer.id, template="nothing")
    with pytest.raises(UnknownPurpose):
        write_to(customer.id, purpose="spam")
    with pytest.raises(MissingVariables) as refusal:
        write_to(customer.id, variables={key: value for key, value in FILLED.items() if key != "balance"})
    assert refusal.value.pointer == "/variables/balance"
    with pytest.raises(Denied):
        send_message(
            by=PIZARRO,
            at=DAY,
            request=MessageRequest(customer_id=customer.id, template="x", purpose="service", idempotency_key="k"),
        )
    assert Message.objects.count() == 0
