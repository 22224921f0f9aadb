"""The global control group: a stable share of members whom no campaign treats, changed with a date, and measured."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from fractions import Fraction
from threading import Barrier
from uuid import UUID, uuid5

import pytest
from django.db import connection

from fidelia.access.models import Audit
from fidelia.campaigns.errors import GlobalControlOutOfBounds, NoGlobalControl
from fidelia.campaigns.models import CampaignMember, GlobalControl
from fidelia.campaigns.operations import (
    change_global_control,
    launch_campaign,
    measure_global_control,
    place_new_members,
    preview_audience,
)
from fidelia.campaigns.operations.holding_out import current_control, is_held_out
from fidelia.campaigns.operations.measuring_all import watched_control
from fidelia.customers.models import Segment, Trait
from fidelia.customers.queries import member_ids_at
from fidelia.insight.errors import NoExport
from fidelia.insight.operations import refresh
from fidelia.kernel.errors import Denied
from tests.campaigns.conftest import Stage, enrol_all
from tests.cast import AT, PIZARRO, SYSTEM
from tests.insight.shop import buy, customers, purchase

pytestmark = pytest.mark.django_db(transaction=True)
TENTH = Fraction(1, 10)
LATER = AT + timedelta(days=61)


def arms() -> dict[UUID, str]:
    held = Trait.objects.filter(name="global_control", valid_until=None)
    return dict(held.values_list("customer_id", "text"))


def held() -> set[UUID]:
    return {one for one, arm in arms().items() if arm == "control"}


def test_a_place_is_chance_stable_and_a_larger_share_holds_the_smaller() -> None:
    people = [uuid5(UUID(int=7), str(n)) for n in range(20_000)]
    tenth = {one for one in people if is_held_out("salt", one, 100)}
    fifth = {one for one in people if is_held_out("salt", one, 200)}
    assert tenth < fifth
    assert abs(len(tenth) - 2_000) < 4 * 42.5, "four deviations of a binomial of 20,000 at a tenth"
    assert tenth != {one for one in people if is_held_out("pepper", one, 100)}
    assert tenth == {one for one in reversed(people) if is_held_out("salt", one, 100)}


def test_it_is_written_onto_members_as_a_dated_trait_and_a_segment(stage: Stage) -> None:
    enrol_all(stage.programme, customers(180))
    group = change_global_control(by=stage.leonore, at=AT, share=Fraction(1, 5))
    assert group is not None
    assert len(arms()) == 200
    assert held() == {one for one in arms() if is_held_out(group.salt, one, 200)}
    assert 20 <= len(held()) <= 60
    assert set(member_ids_at(Segment.objects.get(key="global_control").id, AT)) == held()
    assert Audit.objects.filter(verb="campaign.hold_out").count() == 1
    assert change_global_control(by=stage.leonore, at=AT, share=Fraction(1, 5)) == group
    assert Audit.objects.filter(verb="campaign.hold_out").count() == 1, "the same share again changes nothing"


def test_a_change_is_dated_keeps_the_smaller_group_and_nought_ends_it(stage: Stage) -> None:
    enrol_all(stage.programme, customers(180))
    change_global_control(by=stage.leonore, at=AT, share=TENTH)
    before = held()
    change_global_control(by=stage.leonore, at=LATER, share=Fraction(1, 5))
    assert before < held()
    assert list(GlobalControl.objects.order_by("begins_at").values_list("permille", "ended_at")) == [
        (100, LATER), (200, None),
    ]  # fmt: skip
    assert change_global_control(by=stage.leonore, at=LATER + timedelta(days=1), share=Fraction(0)) is None
    assert (arms(), current_control()) == ({}, None)
    change_global_control(by=stage.leonore, at=LATER + timedelta(days=2), share=TENTH)
    assert held() == before, "the salt stays"


def test_who_joins_later_is_placed_by_the_night(stage: Stage) -> None:
    change_global_control(by=stage.leonore, at=AT, share=Fraction(1, 5))
    assert place_new_members(by=stage.leonore, at=LATER) == 0
    enrol_all(stage.programme, customers(30))
    assert place_new_members(by=stage.leonore, at=LATER) == 30
    assert len(arms()) == 50


def test_no_campaign_draws_them(stage: Stage) -> None:
    enrol_all(stage.programme, customers(180))
    change_global_control(by=stage.leonore, at=AT, share=Fraction(1, 5))
    campaign = stage.approved()
    expected = preview_audience(by=stage.leonore, at=AT, campaign=campaign, programme=stage.programme)
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    campaign.refresh_from_db()
    drawn = set(CampaignMember.objects.values_list("customer_id", flat=True))
    assert not drawn & held()
    assert len(drawn) == 200 - len(held())
    assert campaign.audience["in_global_control"] == len(held())
    assert expected.in_global_control in (0, len(held())), "the segment is refreshed by the launch"


def test_members_are_measured_against_it_with_intervals_for_every_look(stage: Stage) -> None:
    enrol_all(stage.programme, customers(380))
    group = change_global_control(by=stage.leonore, at=AT, share=Fraction(1, 5))
    assert group is not None
    with pytest.raises(NoExport):
        measure_global_control(by=stage.leonore, at=AT)
    day, control = AT + timedelta(days=1), held()
    buy([purchase(one, 1_000 if one in control else 4_000, day, account_id=one) for one in arms()])
    refresh(by=SYSTEM, at=LATER)
    (result,) = measure_global_control(by=stage.leonore, at=LATER)
    assert result.tallies["control"]["people"] == len(control)
    assert result.tallies["control"]["spend"] == 1_000 * len(control)
    assert result.tallies["treated"]["spend"] == 4_000 * (400 - len(control))
    found = watched_control(result)
    assert found.spend is not None
    assert found.spend.difference == 3_000.0
    assert found.buyers is not None
    assert found.buyers.difference == 0.0


def test_it_is_changed_as_often_as_one_likes_in_one_instant(stage: Stage) -> None:
    for percent in (1, 2, 3, 0, 4):
        change_global_control(by=stage.leonore, at=AT, share=Fraction(percent, 100))
    assert GlobalControl.objects.filter(ended_at=AT).count() == 3
    assert current_control() == GlobalControl.objects.get(permille=40)


def test_what_cannot_be_asked_and_who_may_not(stage: Stage) -> None:
    for share in (Fraction(-1, 10), Fraction(1, 4), Fraction(1, 3_000)):
        with pytest.raises(GlobalControlOutOfBounds):
            change_global_control(by=stage.leonore, at=AT, share=share)
    with pytest.raises(Denied):
        change_global_control(by=PIZARRO, at=AT, share=TENTH)
    with pytest.raises(NoGlobalControl):
        measure_global_control(by=stage.leonore, at=AT)
    assert not GlobalControl.objects.exists()
    assert change_global_control(by=stage.leonore, at=AT, share=Fraction(0)) is None


def test_of_two_changes_at_once_one_group_runs(stage: Stage) -> None:
    barrier = Barrier(2)

    def change(share: Fraction) -> None:
        barrier.wait(30)
        try:
            change_global_control(by=stage.leonore, at=AT, share=share)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(change, share) for share in (TENTH, Fraction(1, 5))]:
            each.result()
    assert GlobalControl.objects.filter(ended_at=None).count() == 1
    assert GlobalControl.objects.count() == 2
