"""Launching: arms drawn once, the offer published for the treated, all or nothing; then stopped or ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, transaction

from fidelia.access.errors import ApprovalMissing
from fidelia.access.models import Audit
from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.campaigns.errors import (
    AudienceTooSmall,
    CampaignNotOver,
    CampaignNotRunning,
    CampaignNotWaiting,
    CampaignOver,
    LaterVersionScheduled,
    NoVersionInForce,
)
from fidelia.campaigns.models import Arm, Campaign, CampaignMember, State
from fidelia.campaigns.operations import (
    ask_approval_of_campaign,
    end_campaign,
    end_due_campaigns,
    launch_campaign,
    stop_campaign,
)
from fidelia.campaigns.privacy import collect, erase
from fidelia.campaigns.queries import arms_of, is_offer_in_force, list_members
from fidelia.customers.models import Segment
from fidelia.customers.operations import change_segment, define_segment
from fidelia.customers.queries import segments_at, traits_at
from fidelia.kernel.actor import Grant
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.programme.errors import UnknownProgramme
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import create_programme, draft_version, publish_version, withdraw_version
from fidelia.programme.queries import version_in_force
from tests.campaigns.conftest import OFFER, Stage
from tests.cast import AT, SYSTEM

pytestmark = pytest.mark.django_db
SOON = AT + timedelta(hours=1)


def launched(stage: Stage, **changes: Any) -> Campaign:
    return launch_campaign(by=stage.leonore, at=AT, campaign_id=stage.approved(**changes).id)


def arm(campaign: Campaign, which: Arm) -> list[UUID]:
    return list(campaign.members.filter(arm=which).order_by("customer_id").values_list("customer_id", flat=True))


def buy(person: UUID, cents: int, occurred_at: datetime) -> Purchase:
    key = str(new_id())
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=occurred_at, currency="EUR",
        lines=(LineRequest(product_code="COFFEE", quantity=1000, net=cents),), customer_id=person,
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=occurred_at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def test_it_draws_the_members_of_the_segment_into_two_arms(stage: Stage) -> None:
    campaign = launched(stage)
    assert (campaign.state, campaign.launched_at, campaign.counted_from) == (State.RUNNING, AT, AT)
    assert campaign.audience == {
        "in_segment": 21, "not_members": 1, "in_other_campaign": 0, "control": 4, "treated": 16, "in_global_control": 0,
    }  # fmt: skip
    drawn = arm(campaign, Arm.TREATED) + arm(campaign, Arm.CONTROL)
    assert sorted(drawn) == sorted(stage.people[:20])
    assert list_members(by=stage.leonore, campaign=campaign, arm=Arm.CONTROL) == arm(campaign, Arm.CONTROL)


def test_the_arm_is_a_dated_trait_and_the_treated_are_a_segment(stage: Stage) -> None:
    campaign = launched(stage)
    treated, control = arm(campaign, Arm.TREATED)[0], arm(campaign, Arm.CONTROL)[0]
    assert traits_at(treated, SOON) == {"campaign_coffee": "treated"}
    assert traits_at(control, SOON) == {"campaign_coffee": "control"}
    assert traits_at(treated, AT - timedelta(seconds=1)) == {}
    assert segments_at(treated, SOON) == {"everybody", "campaign_coffee"}
    assert segments_at(control, SOON) == {"everybody"}
    assert [(found.key, which) for found, which in arms_of([treated])] == [("coffee", "treated")]


def test_the_next_purchase_of_the_treated_is_rewarded_by_it(stage: Stage) -> None:
    campaign = launched(stage)
    treated, control = arm(campaign, Arm.TREATED)[0], arm(campaign, Arm.CONTROL)[0]
    assert buy(treated, 3_000, SOON).points == 30 + 50
    assert buy(control, 3_000, SOON).points == 30
    assert buy(treated, 2_999, SOON).points == 29
    assert buy(treated, 3_000, campaign.ends_at).points == 30


def test_an_offer_without_condition_serves_every_purchase_of_the_treated(stage: Stage) -> None:
    campaign = launched(stage, offer={"points": "7"})
    assert buy(arm(campaign, Arm.TREATED)[0], 100, SOON).points == 1 + 7
    assert buy(arm(campaign, Arm.CONTROL)[0], 100, SOON).points == 1


def test_a_condition_with_an_or_stays_inside_the_offer(stage: Stage) -> None:
    offer = {"points": "7", "when": "purchase.total >= 1000 || purchase.total >= 1"}
    campaign = launched(stage, offer=offer)
    assert buy(arm(campaign, Arm.CONTROL)[0], 100, SOON).points == 1


def test_the_rule_begins_when_the_campaign_starts(stage: Stage) -> None:
    starts_at = AT + timedelta(days=7)
    campaign = launched(stage, starts_at=starts_at)
    assert campaign.counted_from == starts_at
    assert buy(arm(campaign, Arm.TREATED)[0], 3_000, SOON).points == 30
    assert buy(arm(campaign, Arm.TREATED)[0], 3_000, starts_at).points == 80


def test_it_announces_and_audits_without_naming_anybody(stage: Stage) -> None:
    campaign = launched(stage)
    event = OutboxEvent.objects.get(name="campaign.launched")
    programme_id = str(stage.programme.id)
    assert event.payload == {
        "campaign_id": str(campaign.id), "programme_id": programme_id, "treated": 16, "control": 4,
    }  # fmt: skip
    assert Audit.objects.get(verb="campaign.launch").after["version"] == 2
    version = version_in_force(stage.programme, AT)
    assert version is not None
    assert (version.author_label, version.publisher_label) == ("Campaign coffee", "Leonore")


def nothing_happened(campaign: Campaign) -> bool:
    unmarked = not CampaignMember.objects.exists() and not Segment.objects.filter(key="campaign_coffee").exists()
    return unmarked and ProgrammeVersion.objects.count() == 1 and Campaign.objects.get().launched_at is None


def test_it_is_not_launched_without_the_approval_of_another_person(stage: Stage) -> None:
    campaign = stage.draft()
    with pytest.raises(CampaignNotWaiting):
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    ask_approval_of_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    with pytest.raises(ApprovalMissing):
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    assert nothing_happened(campaign)


def test_an_approval_of_another_content_is_none(stage: Stage) -> None:
    campaign = stage.approved()
    Campaign.objects.filter(id=campaign.id).update(offer={**OFFER, "points": "5000"})
    with pytest.raises(ApprovalMissing):
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    assert nothing_happened(campaign)


def test_it_is_launched_once(stage: Stage) -> None:
    campaign = launched(stage)
    before = arm(campaign, Arm.TREATED)
    with pytest.raises(CampaignNotWaiting):
        launch_campaign(by=stage.leonore, at=SOON, campaign_id=campaign.id)
    assert arm(campaign, Arm.TREATED) == before


def test_a_segment_of_nobody_is_refused(stage: Stage) -> None:
    name = LocalizedText(en="Companies", fr="Entreprises")
    define_segment(by=SYSTEM, at=AT, key="companies", name=name, condition='customer.kind == "company"')
    campaign = stage.approved(segment_key="companies")
    with pytest.raises(AudienceTooSmall):
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    assert nothing_happened(campaign)


def test_people_of_a_running_campaign_are_not_drawn_into_another(stage: Stage) -> None:
    launched(stage)
    other = stage.approved("tea")
    with pytest.raises(AudienceTooSmall) as refused:
        launch_campaign(by=stage.leonore, at=SOON, campaign_id=other.id)
    assert refused.value.details == {
        "in_segment": 21, "not_members": 1, "in_other_campaign": 20, "in_global_control": 0,
    }  # fmt: skip
    stop_campaign(by=stage.leonore, at=SOON, campaign_id=Campaign.objects.get(key="coffee").id)
    assert launch_campaign(by=stage.leonore, at=SOON, campaign_id=other.id).state == State.RUNNING


def test_the_segment_is_looked_at_anew(stage: Stage) -> None:
    campaign = stage.approved()
    segment = Segment.objects.get(key="everybody")
    change_segment(by=SYSTEM, at=AT, segment_id=segment.id, condition='customer.kind == "company"')
    with pytest.raises(AudienceTooSmall):
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)


def test_too_late_is_refused(stage: Stage) -> None:
    campaign = stage.approved()
    with pytest.raises(CampaignOver):
        launch_campaign(by=stage.leonore, at=campaign.ends_at, campaign_id=campaign.id)
    assert nothing_happened(campaign)


def test_a_version_that_begins_later_is_in_the_way(stage: Stage) -> None:
    campaign = stage.approved()
    rules = version_in_force(stage.programme, AT)
    assert rules is not None
    later = draft_version(by=SYSTEM, at=AT, programme=stage.programme, document=rules.document)
    publish_version(by=SYSTEM, at=AT, version=later, in_force_from=AT + timedelta(days=3))
    with pytest.raises(LaterVersionScheduled):
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    assert not CampaignMember.objects.exists()
    withdraw_version(by=SYSTEM, at=AT, version=later)
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)


def test_a_programme_without_rules_is_refused(stage: Stage) -> None:
    only = version_in_force(stage.programme, AT)
    assert only is not None
    campaign = stage.approved()
    withdraw_version(by=SYSTEM, at=AT, version=only)
    with pytest.raises(NoVersionInForce):
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    assert nothing_happened(campaign)


@pytest.mark.parametrize("missing", ["campaign.launch", "programme.publish"])
def test_both_rights_are_asked_for(stage: Stage, missing: str) -> None:
    campaign = stage.approved()
    given = {"campaign.launch", "programme.publish"} - {missing}
    by = replace(stage.leonore, grants=tuple(Grant(right) for right in given))
    with pytest.raises(Denied):
        launch_campaign(by=by, at=AT, campaign_id=campaign.id)
    assert nothing_happened(campaign)


def test_stopping_takes_the_offer_out_at_once(stage: Stage) -> None:
    campaign = launched(stage)
    treated = arm(campaign, Arm.TREATED)[0]
    stopped = stop_campaign(by=stage.leonore, at=SOON, campaign_id=campaign.id, reason="wrong price")
    assert (stopped.state, stopped.finished_at) == (State.STOPPED, SOON)
    assert buy(treated, 3_000, SOON).points == 30
    assert buy(treated, 3_000, SOON - timedelta(minutes=1)).points == 80  # it happened while the offer stood
    assert traits_at(treated, SOON) == {}
    assert segments_at(treated, SOON) == {"everybody"}
    assert campaign.members.count() == 20
    version = version_in_force(stage.programme, SOON)
    assert version is not None
    assert [rule["key"] for rule in version.document["rules"]] == ["one-per-euro"]
    assert OutboxEvent.objects.get(name="campaign.ended").payload["was_stopped"] is True
    with pytest.raises(CampaignNotRunning):
        stop_campaign(by=stage.leonore, at=SOON, campaign_id=campaign.id)


def test_it_can_be_stopped_in_a_programme_whose_versions_were_all_withdrawn(stage: Stage) -> None:
    campaign = launched(stage)
    for version in stage.programme.versions.filter(state=ProgrammeVersion.State.PUBLISHED):
        withdraw_version(by=SYSTEM, at=SOON, version=version)
    stopped = stop_campaign(by=stage.leonore, at=SOON, campaign_id=campaign.id)
    assert stopped.state == State.STOPPED
    assert version_in_force(stage.programme, SOON) is None


def test_what_others_published_meanwhile_stays(stage: Stage) -> None:
    campaign = launched(stage)
    current = version_in_force(stage.programme, AT)
    assert current is not None
    more = {"key": "welcome", "name": {"en": "Welcome", "fr": "Bienvenue"}, "points": "5"}
    document = current.document | {"rules": [more, *current.document["rules"]]}
    assert is_offer_in_force(campaign, AT)
    version = draft_version(by=SYSTEM, at=AT, programme=stage.programme, document=document)
    publish_version(by=SYSTEM, at=SOON, version=version)
    stop_campaign(by=stage.leonore, at=SOON + timedelta(hours=1), campaign_id=campaign.id)
    after = version_in_force(stage.programme, SOON + timedelta(hours=1))
    assert after is not None
    assert [rule["key"] for rule in after.document["rules"]] == ["welcome", "one-per-euro"]
    assert not is_offer_in_force(campaign, SOON + timedelta(hours=1))


def test_it_ends_when_its_end_has_come(stage: Stage) -> None:
    campaign = launched(stage)
    with pytest.raises(CampaignNotOver):
        end_campaign(by=stage.leonore, at=campaign.ends_at - timedelta(seconds=1), campaign_id=campaign.id)
    assert end_due_campaigns(by=SYSTEM, at=campaign.ends_at - timedelta(seconds=1)) == 0
    assert end_due_campaigns(by=SYSTEM, at=campaign.ends_at) == 1
    campaign.refresh_from_db()
    assert (campaign.state, campaign.finished_at) == (State.ENDED, campaign.ends_at)
    assert OutboxEvent.objects.get(name="campaign.ended").payload["was_stopped"] is False


def test_one_that_cannot_be_ended_holds_up_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    first = launched(stage)
    second = Campaign.objects.get(id=first.id)
    second.id, second.key, second.ends_at = new_id(), "tea", first.ends_at + timedelta(minutes=1)
    second.save(force_insert=True)
    Campaign.objects.filter(id=first.id).update(programme_id=new_id())  # as if its programme had gone
    with pytest.raises(UnknownProgramme):
        end_due_campaigns(by=SYSTEM, at=second.ends_at)
    assert Campaign.objects.get(id=first.id).state == State.RUNNING
    assert Campaign.objects.get(id=second.id).state == State.ENDED


def test_a_person_can_see_and_erase_what_is_kept(stage: Stage) -> None:
    launched(stage)
    person = stage.people[0]
    (row,) = collect([person])["campaigns"]
    assert row["campaign__key"] == "coffee"
    with transaction.atomic():
        assert erase([person], at=SOON) == {"campaigns_member": 1}
    assert collect([person]) == {"campaigns": []}


def test_campaigns_of_two_programmes_do_not_touch(stage: Stage) -> None:
    launched(stage)
    other = create_programme(
        by=SYSTEM, at=AT, slug="pro", name=LocalizedText(en="Pro", fr="Pro"), currency="EUR", time_zone="Europe/Paris",
        points_code="PRO", points_name=LocalizedText(en="points", fr="points"),
    )  # fmt: skip
    campaign = replace(stage, programme=other).approved("tea", control_share=Fraction(1, 2))
    with pytest.raises(AudienceTooSmall) as refused:
        launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    assert refused.value.details["not_members"] == 21


def test_the_database_moves_nobody_from_arm_to_arm(stage: Stage) -> None:
    campaign = launched(stage)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        campaign.members.update(arm=Arm.CONTROL)
