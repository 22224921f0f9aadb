"""Letters of tiers: one that is reached, one that is about to end, as they are sent, in both languages."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction

from fidelia.customers.models import Customer
from fidelia.customers.operations import add_contact_point
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.messaging.reactions import tell_of_tiers
from fidelia.programme.models import Enrolment
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.programme.test_nightly import DOCUMENT, derive, night
from tests.programme.test_pools import buy

from .letters import run_worker
from .post_office import PostOffice, parts_of

pytestmark = pytest.mark.django_db(transaction=True)
BENEFIT = {"en": "Delivery is free.", "fr": "La livraison est offerte."}
LEVELS = [
    {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "100"},
    {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "300", "benefits": [BENEFIT]},
]
SETS = {"levels": LEVELS, "window": "year", "kept": {"periods": 1}, "notice_days": 30}
ENDING = datetime.fromisoformat("2027-12-05T02:00+01:00")


def reachable(language: str, **changes: object) -> Enrolment:
    """A member who reaches Gold on 2 March 2026, and keeps it to the end of 2027."""
    install_default_templates(by=SYSTEM, at=AT)
    tiers = {**SETS, **changes}
    enrolment = member(programme({"rules": DOCUMENT["rules"][:1], "points": {}, "tiers": tiers}))
    Customer.objects.filter(id=enrolment.customer_id).update(language=language)
    add_contact_point(
        by=SYSTEM, at=AT, customer_id=enrolment.customer_id, channel="email", value="f@exemple.fr", source="till"
    )
    buy(enrolment, 320, "f1")
    derive(enrolment)
    return enrolment


def react(name: str, at: datetime, origin: Origin = Origin.LIVE) -> None:
    events = [
        Announced(
            row.event_id, row.name, row.schema_version, origin, row.customer_id, row.payload, row.occurred_at,
            row.recorded_at,
        )
        for row in OutboxEvent.objects.filter(name=name).order_by("event_id")
    ]  # fmt: skip
    with transaction.atomic():
        tell_of_tiers(events, by=SYSTEM, at=at)


def letter(post_office: PostOffice, at: datetime) -> tuple[str, str]:
    """Return the subject and the words of the one letter that has been sent."""
    run_worker(at)
    (mail,) = post_office.taken
    return str(mail["Subject"]).replace("\u00a0", " "), " ".join(parts_of(mail)[0].replace("\u00a0", " ").split())


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("fr", "Vous êtes Or", ["31 décembre 2027", "La livraison est offerte.", "« Cercle »"]),
        ("en", "You are Gold", ["You are Gold now.", "up to and including 31 December 2027", "Delivery is free."]),
    ],
)
def test_a_tier_that_is_reached_is_told_with_its_end_and_what_it_gives(
    post_office: PostOffice, language: str, subject: str, said: list[str]
) -> None:
    reachable(language)
    for _twice in range(2):
        react("tier.changed", AT)
    told, words = letter(post_office, AT)
    assert told == subject
    for each in said:
        assert each in words


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        (
            "fr", "Votre statut Or se termine le 31 décembre 2027",
            ["Encore 300 points d’ici là, et vous le gardez.", "Sans rien de plus, vous serez Argent."],
        ),
        (
            "en", "Your tier Gold ends on 31 December 2027",
            ["300 points", "you will be Silver"],
        ),
    ],
)  # fmt: skip
def test_a_tier_about_to_be_lost_is_told_with_what_keeps_it_and_what_follows(
    post_office: PostOffice, language: str, subject: str, said: list[str]
) -> None:
    reachable(language, falls="one_step")
    night(ENDING)
    for _twice in range(2):
        react("tier.ending", ENDING)
    told, words = letter(post_office, ENDING)
    assert told == subject
    for each in said:
        assert each in words


def test_a_tier_that_was_lost_is_no_news_to_celebrate() -> None:
    reachable("fr", falls="one_step")
    night(datetime.fromisoformat("2028-01-02T02:00+01:00"))
    assert [row.payload["to_tier"] for row in OutboxEvent.objects.filter(name="tier.changed").order_by("event_id")] == [
        "gold", "silver",
    ]  # fmt: skip
    react("tier.changed", datetime.fromisoformat("2028-01-02T02:00+01:00"))
    assert [one.version.template.key for one in Message.objects.select_related("version__template")] == ["tier_reached"]
