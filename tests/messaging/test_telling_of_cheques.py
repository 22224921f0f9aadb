"""Letters of chèques fidélité: one when it is issued, one before it ends, in both languages; none once it is used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from fidelia.customers.models import Customer
from fidelia.customers.operations import add_contact_point
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.messaging.reactions import tell_of_cheques
from fidelia.programme.models import Enrolment
from fidelia.rewards.models import Voucher
from tests.cast import SYSTEM
from tests.programme.cast import AT
from tests.programme.test_pools import buy
from tests.rewards.test_cheques import night, shop, use, vouchers

from .letters import run_worker
from .post_office import PostOffice, parts_of

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def reachable(language: str) -> Enrolment:
    install_default_templates(by=SYSTEM, at=AT)
    enrolment = shop(validity={"days": 20, "ends": "day"}, minimum_basket="30", notice_days=[14])
    Customer.objects.filter(id=enrolment.customer_id).update(language=language)
    add_contact_point(
        by=SYSTEM, at=AT, customer_id=enrolment.customer_id, channel="email", value="f@exemple.fr", source="till"
    )
    buy(enrolment, 230, "f1")
    night(AT)
    return enrolment


def react(name: str, at: object) -> None:
    events = [
        Announced(
            row.event_id, row.name, row.schema_version, Origin.LIVE, row.customer_id, row.payload, row.occurred_at,
            row.recorded_at,
        )
        for row in OutboxEvent.objects.filter(name=name).order_by("event_id")
    ]  # fmt: skip
    with transaction.atomic():
        tell_of_cheques(events, by=SYSTEM, at=at)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ["Votre chèque fidélité de 10,00 €", "22 mars 2026 inclus", "d’au moins 30,00 €"]),
        ("en", ["Your loyalty cheque of €10.00", "up to and including 22 March 2026", "of €30.00 or more"]),
    ],
)
def test_a_cheque_is_told_with_its_code_its_end_and_the_basket_it_wants(
    post_office: PostOffice, language: str, said: list[str]
) -> None:
    reachable(language)
    for _twice in range(2):
        react("cheque.issued", AT)
    assert Message.objects.count() == 1
    run_worker(AT)
    (mail,) = post_office.taken
    text = " ".join(parts_of(mail)[0].replace("\u00a0", " ").split())
    code = Voucher.objects.get().code
    for each in (*said[1:], f"{code[:4]}-{code[4:8]}-{code[8:]}"):
        assert each in text
    assert str(mail["Subject"]).replace("\u00a0", " ") == said[0]


def test_who_has_not_used_it_is_told_before_it_ends_and_nobody_else(post_office: PostOffice) -> None:
    enrolment = reachable("fr")
    night(AT + 10 * DAY)
    react("voucher.ending", AT + 10 * DAY)
    assert Message.objects.get().version.template.key == "cheque_ending"
    Message.objects.all().delete()
    use(vouchers(enrolment)[0], AT + 10 * DAY)
    react("voucher.ending", AT + 11 * DAY)
    react("cheque.issued", AT + 11 * DAY)
    assert not Message.objects.exists()
