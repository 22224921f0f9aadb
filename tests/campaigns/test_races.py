"""Two launches at once draw nobody twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from fidelia.campaigns.errors import AudienceTooSmall
from fidelia.campaigns.models import Campaign, CampaignMember, State
from fidelia.campaigns.operations import launch_campaign, launching
from fidelia.customers.models import Segment
from fidelia.customers.operations import refresh_segment
from tests.campaigns.conftest import Stage
from tests.cast import AT, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def launch_both(stage: Stage) -> Counter[str]:
    """Launch two approved campaigns for the same people at the same moment; return what became of each."""
    outcomes: Counter[str] = Counter()
    barrier = threading.Barrier(2)

    def launch(campaign: Campaign) -> None:
        barrier.wait(timeout=30)
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
        thread.join(timeout=60)
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
        barrier.wait(timeout=30)
        return found

    return look_then_wait
