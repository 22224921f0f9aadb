"""Two launches at once draw nobody twice; a launch and a publication at once take nothing from each other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from fidelia.campaigns.errors import AudienceTooSmall
from fidelia.campaigns.models import Campaign, CampaignMember, State
from fidelia.campaigns.operations import launch_campaign, launching, offers
from fidelia.customers.models import Segment
from fidelia.customers.operations import refresh_segment
from fidelia.programme.errors import ChangesWouldBeLost
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import draft_version, publish_version, versions
from fidelia.programme.queries import version_in_force
from tests.campaigns.conftest import Stage
from tests.cast import AT, SYSTEM
from tests.waiting import PATIENCE_SECONDS, WAITING, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def launch_both(stage: Stage) -> Counter[str]:
    """Launch two approved campaigns for the same people at the same moment; return what became of each."""
    outcomes: Counter[str] = Counter()
    barrier = threading.Barrier(2)

    def launch(campaign: Campaign) -> None:
        barrier.wait(timeout=PATIENCE_SECONDS)
        try:
            launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
            outcomes["launched"] += 1
        except AudienceTooSmall:
            outcomes["nobody left"] += 1
        finally:
            connection.close()

    campaigns = [stage.approved("coffee"), stage.approved("tea")]
    threads = [threading.Thread(target=launch, args=[campaign]) for campaign in campaigns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    return outcomes


def drawn_twice() -> int:
    times = Counter(CampaignMember.objects.values_list("customer_id", flat=True))
    return sum(count > 1 for count in times.values())


def test_without_the_guard_people_are_drawn_twice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is real: with the lock off, and both held where each looks for who is free, all are drawn by both."""
    monkeypatch.setattr(launching, "_launch_one_at_a_time", lambda: None)
    monkeypatch.setattr(launching, "place_members", lambda **named: None)  # the segment's own lock would hide the race
    fill_segment()
    barrier = threading.Barrier(2)
    monkeypatch.setattr(launching, "_drawn_elsewhere", held(launching._drawn_elsewhere, barrier))
    launch_both(stage)
    assert drawn_twice() == 20


def test_with_it_one_launch_finds_nobody_left(stage: Stage) -> None:
    assert launch_both(stage) == {"launched": 1, "nobody left": 1}
    assert drawn_twice() == 0
    assert Campaign.objects.filter(state=State.RUNNING).count() == 1


def fill_segment() -> None:
    """Put everybody into the segment now, since the launches of that test do not refresh it."""
    refresh_segment(by=SYSTEM, at=AT, segment_id=Segment.objects.get(key="everybody").id)


def held(step: Callable[..., set[object]], barrier: threading.Barrier) -> Callable[..., set[object]]:
    """Return the step, after which both launches wait for each other."""

    def look_then_wait(campaign: Campaign) -> set[object]:
        found = step(campaign)
        barrier.wait(timeout=PATIENCE_SECONDS)
        return found

    return look_then_wait


def launch_while_another_publishes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Publish a rule in the very moment in which a launch has read the version in force; return what became of both."""
    outcomes: Counter[str] = Counter()
    has_read, published = threading.Event(), threading.Event()
    campaign = stage.approved("coffee")
    current = version_in_force(stage.programme, AT)
    assert current is not None
    more = {"key": "welcome", "name": {"en": "Welcome", "fr": "Bienvenue"}, "points": "5"}
    document = current.document | {"rules": [*current.document["rules"], more]}
    draft = draft_version(by=SYSTEM, at=AT - timedelta(hours=1), programme=stage.programme, document=document)

    def read_then_wait(programme: Programme, at: datetime) -> ProgrammeVersion | None:
        found = version_in_force(programme, at)
        has_read.set()
        with connection.cursor() as cursor:  # with the guard the other can only wait for this launch to end
            wait_for(lambda: published.is_set() or count_of(cursor))
        return found

    def count_of(cursor: Any) -> int:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])

    def launch() -> None:
        try:
            launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
            outcomes["launched"] += 1
        finally:
            connection.close()

    monkeypatch.setattr(offers, "version_in_force", read_then_wait)
    thread = threading.Thread(target=launch)
    thread.start()
    assert has_read.wait(timeout=PATIENCE_SECONDS)
    try:
        publish_version(by=SYSTEM, at=AT, version=draft)
        outcomes["published"] += 1
    except ChangesWouldBeLost:
        outcomes["told"] += 1
    published.set()
    thread.join(timeout=PATIENCE_SECONDS)
    return outcomes


def rules_in_force(stage: Stage) -> set[str]:
    version = version_in_force(stage.programme, AT + timedelta(days=1))
    assert version is not None
    return {rule["key"] for rule in version.document["rules"]}


def test_without_the_guard_a_launch_takes_back_what_was_published_in_its_midst(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (offers, versions):
        monkeypatch.setattr(module, "lock_programme", lambda programme, at: at)
    assert launch_while_another_publishes(stage, monkeypatch) == {"launched": 1, "published": 1}
    assert rules_in_force(stage) != {"one-per-euro", "welcome", "campaign_coffee"}


def test_with_it_who_publishes_is_told_that_the_draft_lacks_the_offer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert launch_while_another_publishes(stage, monkeypatch) == {"launched": 1, "told": 1}
    assert rules_in_force(stage) == {"one-per-euro", "campaign_coffee"}
