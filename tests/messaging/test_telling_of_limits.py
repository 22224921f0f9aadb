"""A budget near its end is told to those who may publish its programme: once for limit, period and share."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from fidelia.access.models import User
from fidelia.access.operations import change_preferences
from fidelia.access.queries import actor_of
from fidelia.flow import REACTIONS
from fidelia.kernel.actor import Scope
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.messaging.facts import MESSAGES
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.messaging.reactions import tell_of_limits
from tests.activity.checkouts.cast import MOKA, MUG, basket, close
from tests.activity.checkouts.rules import document
from tests.activity.network import stores
from tests.cast import SYSTEM, person
from tests.programme.cast import AT, member, programme

from .letters import run_worker
from .post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(minutes=5)


def off(*limits: dict[str, object]) -> dict[str, object]:
    return {
        "key": "five", "name": {"en": "Five off", "fr": "Cinq euros de moins"}, "amount_off": 5, "limits": [*limits],
    }  # fmt: skip


IN_ALL = {"of": "money", "at_most": 25, "period": "month"}


def served() -> list[Announced]:
    """Serve what was announced of limits, twice; return it."""
    events = [
        Announced(
            row.event_id, row.name, row.schema_version, Origin.LIVE, row.customer_id, row.payload, row.occurred_at,
            row.recorded_at,
        )
        for row in OutboxEvent.objects.filter(name="limit.neared").order_by("event_id")
    ]  # fmt: skip
    for _twice in range(2):
        with transaction.atomic():
            tell_of_limits(events, by=SYSTEM, at=LATER)
    return events


def shop(*limits: dict[str, object]) -> None:
    install_default_templates(by=SYSTEM, at=AT)
    member(programme(document(off(*limits))))


def test_who_may_publish_is_written_to_in_their_language_at_each_share(post_office: PostOffice) -> None:
    shop(IN_ALL)
    french, english = person("Leonore", "loyalty_manager"), person("Rocco", "loyalty_manager")
    User.objects.filter(id=english.id).update(language="en")
    person("Marzelline", "cashier")
    User.objects.filter(id=person("Jaquino", "loyalty_manager").id).update(is_active=False)
    for number in range(5):
        close(f"C-{number}", basket=basket(MOKA))
        served()
    run_worker(LATER)
    subjects = [(letter["To"], letter["Subject"].replace("\u00a0", " ")) for letter in post_office.taken]
    assert sorted(subjects) == sorted([
        (french.email, "Cinq euros de moins : 80 % consommés"),
        (french.email, "Cinq euros de moins : tout est consommé"),
        (english.email, "Five off: 80 % is used"), (english.email, "Five off: nothing is left"),
    ])  # fmt: skip
    first = next(letter for letter in post_office.taken if letter["To"] == french.email)
    text = first.get_body(("plain",)).get_content().replace("\u00a0", " ")
    assert "20,00 € consommés, pour une limite de" in text.replace("20 €", "20,00 €").replace("*", "")
    assert "/console/budgets/" in text
    assert first["List-Unsubscribe"] is None
    assert not OutboxEvent.objects.filter(name="message.sent").exists()


def test_five_hundred_stores_are_one_letter_with_the_first_of_them() -> None:
    shop({"of": "uses", "at_most": 1, "per": "store"})
    person("Leonore", "loyalty_manager")
    places = stores()
    for place in places[:2]:
        close(f"C-{place.code}", basket=basket(MUG, store=place.code))
    assert [event.payload["share"] for event in served()] == [100, 100]
    (letter,) = Message.objects.all()
    assert (letter.variables["store"], letter.variables["taken"], letter.language) == (places[0].name, "1", "fr")


def test_what_each_member_has_is_nobodys_budget() -> None:
    shop({"of": "uses", "at_most": 1, "per": "member"})
    person("Leonore", "loyalty_manager")
    close("C-1", basket=basket(MUG))
    served()
    assert not Message.objects.exists()


def test_who_turned_it_off_or_has_gone_is_not_written_to(post_office: PostOffice) -> None:
    shop({"of": "uses", "at_most": 1})
    quiet, gone = person("Leonore", "loyalty_manager"), person("Rocco", "loyalty_manager")
    change_preferences(by=actor_of(quiet), at=AT, hears_limits=False)
    close("C-1", basket=basket(MUG))
    served()
    (letter,) = Message.objects.all()
    User.objects.filter(id=gone.id).update(is_active=False)
    run_worker(LATER)
    letter.refresh_from_db()
    assert (letter.customer_id, letter.state, letter.reason) == (gone.id, "suppressed", "user_gone")
    assert post_office.taken == []


def test_a_partners_publisher_hears_of_its_own_programmes_only() -> None:
    shop({"of": "uses", "at_most": 1})
    person("Leonore", "loyalty_manager", scope=Scope(uuid4()))
    close("C-1", basket=basket(MUG))
    served()
    assert not Message.objects.exists()


def test_the_map_has_it_and_analytics_do_not() -> None:
    assert tell_of_limits in [reaction.function for reaction in REACTIONS]
    assert "house" in MESSAGES.sql
