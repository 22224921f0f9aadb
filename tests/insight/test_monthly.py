"""The monthly report: once a month to each reader, in his language, not to who may not see it any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.access.models import User
from fidelia.access.queries import actor_of
from fidelia.insight.errors import MailNotSent, NoMailServer
from fidelia.insight.models import MonthlyReader
from fidelia.insight.operations import (
    add_monthly_reader,
    refresh,
    remove_monthly_reader,
    send_monthly_reports,
    write_chapters,
)
from fidelia.jobs.operations import get_kind
from fidelia.kernel.errors import Denied
from tests.cast import AT, SYSTEM, fernando, leonore, person
from tests.insight.shop import buy, customers, open_shop, purchase
from tests.messaging.post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


@pytest.fixture
def post_office(settings: Any) -> Iterator[PostOffice]:
    with PostOffice() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        yield office


@pytest.fixture
def manager() -> User:
    """Léonore, to whom the chapters of a small shop may be sent."""
    open_shop()
    buy([purchase(one, 2_000, AT - timedelta(days=day)) for one in customers(3) for day in (2, 40)])
    write_chapters(by=SYSTEM, at=AT, refresh=refresh(by=SYSTEM, at=AT))
    return leonore()


def send(at: datetime = AT) -> int:
    return send_monthly_reports(by=SYSTEM, at=at)


def test_it_goes_out_once_a_month_in_the_readers_language(manager: User, post_office: PostOffice) -> None:
    User.objects.filter(id=manager.id).update(language="fr")
    add_monthly_reader(by=actor_of(manager), at=AT, user_id=manager.id)
    add_monthly_reader(by=actor_of(manager), at=AT, user_id=manager.id)
    assert [send(), send(AT + timedelta(hours=3))] == [1, 0]
    (mail,) = post_office.taken
    assert mail["To"] == manager.email
    assert mail["Subject"].strip().startswith("Maison Éléonore : clients et fidélité, jusqu’au")
    (paper,) = mail.iter_attachments()
    assert (paper.get_content_type(), paper.get_content()[:4]) == ("application/pdf", b"%PDF")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "/console/insight/" in body.get_content()
    assert send(AT + timedelta(days=32)) == 1


def test_the_month_is_that_of_the_operators_zone(manager: User, post_office: PostOffice) -> None:
    """At 23:30 UTC of 31 October it is November in Paris; the clocks went back on the 25th."""
    add_monthly_reader(by=actor_of(manager), at=AT, user_id=manager.id)
    sent = [send(datetime(2026, 10, 31, hour, 30, tzinfo=UTC)) for hour in (22, 23)]
    assert sent == [1, 1]
    assert MonthlyReader.objects.get().sent_month.isoformat() == "2026-11-01"  # type: ignore[union-attr]


def test_who_stopped_was_deactivated_or_lost_the_right_gets_none(manager: User, post_office: PostOffice) -> None:
    by = actor_of(manager)
    add_monthly_reader(by=by, at=AT, user_id=manager.id)
    remove_monthly_reader(by=by, at=AT, user_id=manager.id)
    remove_monthly_reader(by=by, at=AT, user_id=manager.id)
    assert send() == 0
    add_monthly_reader(by=by, at=AT, user_id=manager.id)
    User.objects.filter(id=manager.id).update(is_active=False)
    assert send() == 0
    User.objects.filter(id=manager.id).update(is_active=True)
    manager.role_grants.all().delete()
    assert send() == 0
    assert not post_office.taken


def test_a_server_that_was_down_is_asked_again(manager: User, post_office: PostOffice) -> None:
    add_monthly_reader(by=actor_of(manager), at=AT, user_id=manager.id)
    post_office.refusals[manager.email] = "451 later"
    with pytest.raises(MailNotSent, match="0 of 1"):
        send()
    assert MonthlyReader.objects.get().sent_month is None
    post_office.refusals.clear()
    assert send(AT + timedelta(days=1)) == 1


def test_one_that_is_refused_keeps_no_other_from_hers(manager: User, post_office: PostOffice) -> None:
    other = person("Rosina", "loyalty_manager")
    for one in (manager, other):
        add_monthly_reader(by=actor_of(manager), at=AT, user_id=one.id)
    post_office.refusals[manager.email] = "550 no"
    with pytest.raises(MailNotSent, match="1 of 2"):
        send()
    assert post_office.recipients == [other.email]


def test_without_a_server_or_before_the_first_refresh_nothing_is_marked_sent(settings: Any) -> None:
    open_shop()
    manager = leonore()
    add_monthly_reader(by=actor_of(manager), at=AT, user_id=manager.id)
    settings.EMAIL_HOST = ""
    with pytest.raises(NoMailServer):
        send()
    settings.EMAIL_HOST = "127.0.0.1"
    assert send() == 0
    assert MonthlyReader.objects.get().sent_month is None


def test_one_may_ask_for_oneself_and_only_who_refreshes_for_others(manager: User) -> None:
    agent = person("Jaquino")
    with pytest.raises(Denied):
        add_monthly_reader(by=actor_of(agent), at=AT, user_id=agent.id)
    with pytest.raises(Denied):  # who may not see insight gets none, whoever asks
        add_monthly_reader(by=actor_of(manager), at=AT, user_id=agent.id)
    with pytest.raises(Denied):
        remove_monthly_reader(by=actor_of(agent), at=AT, user_id=manager.id)
    with pytest.raises(Denied):
        send_monthly_reports(by=actor_of(agent), at=AT)
    assert not MonthlyReader.objects.exists()
    assert fernando().is_active


def test_the_clock_asks_each_morning() -> None:
    assert get_kind("insight.monthly").cron == "0 6 * * *"
