"""Drafting a campaign: what it says is checked before anything is kept, and a second person approves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from fidelia.access.errors import AnotherPersonDecides
from fidelia.access.models import Audit
from fidelia.campaigns.errors import (
    CampaignKeyTaken,
    CampaignNotDraft,
    CampaignNotWaiting,
    CampaignOver,
    ControlShareOutOfBounds,
    MalformedCampaign,
    MalformedOffer,
    UnknownCampaign,
)
from fidelia.campaigns.models import Campaign, State
from fidelia.campaigns.operations import (
    approve_campaign,
    ask_approval_of_campaign,
    change_campaign,
    draft_campaign,
    refuse_campaign,
)
from fidelia.campaigns.queries import get_campaign, list_campaigns
from fidelia.customers.errors import UnknownSegment
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.ids import new_id
from tests.campaigns.conftest import NAME, OFFER, Stage, plan
from tests.cast import AT, PIZARRO, actor_with

pytestmark = pytest.mark.django_db


def test_it_keeps_what_was_written(stage: Stage) -> None:
    stage.draft()
    campaign = get_campaign(by=stage.leonore, key="coffee")
    assert (campaign.state, campaign.name, campaign.offer) == ("draft", NAME, OFFER)
    assert (campaign.control_share, campaign.mark, campaign.seed) == (
        Fraction(1, 5),
        "campaign_coffee",
        str(campaign.id),
    )
    audit = Audit.objects.get(verb="campaign.draft")
    assert (audit.by_label, audit.after["offer"]) == ("Leonore", OFFER)
    assert list_campaigns(by=stage.leonore) == [campaign]


@pytest.mark.parametrize(
    ("wrong", "error", "pointer"),
    [
        ({"control_share": Fraction(1, 21)}, ControlShareOutOfBounds, "/control_share"),
        ({"control_share": Fraction(51, 100)}, ControlShareOutOfBounds, "/control_share"),
        ({"control_share": Fraction(333, 1001)}, ControlShareOutOfBounds, "/control_share"),
        ({"ends_at": AT}, MalformedCampaign, "/ends_at"),
        ({"starts_at": AT - timedelta(days=9), "ends_at": AT - timedelta(days=1)}, MalformedCampaign, "/ends_at"),
        ({"segment_key": "nobody"}, UnknownSegment, None),
        ({"offer": {**OFFER, "key": "mine"}}, MalformedOffer, "/offer"),
        ({"offer": {**OFFER, "valid_until": "2027-01-01T00:00:00Z"}}, MalformedOffer, "/offer"),
        ({"offer": []}, MalformedOffer, "/offer"),
        ({"offer": {"when": "purchase.total >= 30"}}, FideliaError, "/offer"),
        ({"offer": {"points": "50", "when": "purchase.totl >= 30"}}, FideliaError, "/offer/when"),
    ],
)
def test_it_refuses_and_says_where(
    stage: Stage, wrong: dict[str, Any], error: type[FideliaError], pointer: str | None
) -> None:
    with pytest.raises(error) as refused:
        stage.draft(**wrong)
    assert (refused.value.pointer or "").startswith(pointer or "")
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("key", ["", "Coffee", "1coffee", "café", "a" * 31, "two words", 'x"y'])
def test_it_refuses_a_key_that_is_none(stage: Stage, key: str) -> None:
    with pytest.raises(MalformedCampaign):
        stage.draft(key)


def test_a_key_is_taken_once(stage: Stage) -> None:
    stage.draft()
    with pytest.raises(CampaignKeyTaken):
        stage.draft()
    assert Campaign.objects.count() == 1


def test_only_a_draft_changes(stage: Stage) -> None:
    campaign = stage.draft()
    changed = change_campaign(
        by=stage.fernando, at=AT, campaign_id=campaign.id, plan=plan(control_share=Fraction(1, 2))
    )
    assert (changed.control_share, changed.author_label) == (Fraction(1, 2), "Fernando")
    ask_approval_of_campaign(by=stage.fernando, at=AT, campaign_id=campaign.id)
    with pytest.raises(CampaignNotDraft):
        change_campaign(by=stage.fernando, at=AT, campaign_id=campaign.id, plan=plan())
    with pytest.raises(CampaignNotDraft):
        ask_approval_of_campaign(by=stage.fernando, at=AT, campaign_id=campaign.id)


def test_the_person_who_asked_does_not_approve(stage: Stage) -> None:
    campaign = stage.draft()
    with pytest.raises(CampaignNotWaiting):
        approve_campaign(by=stage.fernando, at=AT, campaign_id=campaign.id)
    ask_approval_of_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    with pytest.raises(AnotherPersonDecides):
        approve_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    approve_campaign(by=stage.fernando, at=AT, campaign_id=campaign.id)


def test_a_refused_campaign_is_a_draft_again(stage: Stage) -> None:
    campaign = stage.draft()
    ask_approval_of_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    refused = refuse_campaign(by=stage.fernando, at=AT, campaign_id=campaign.id, note="too generous")
    assert (refused.state, refused.approval_id) == (State.DRAFT, None)
    ask_approval_of_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)


def test_what_would_have_ended_is_not_put_forward(stage: Stage) -> None:
    campaign = stage.draft()
    with pytest.raises(CampaignOver):
        ask_approval_of_campaign(by=stage.leonore, at=AT + timedelta(days=60), campaign_id=campaign.id)


def test_rights_are_asked_for(stage: Stage) -> None:
    with pytest.raises(Denied):
        draft_campaign(by=PIZARRO, at=AT, programme=stage.programme, key="coffee", plan=plan())
    campaign = stage.draft()
    only_drafts = replace(actor_with("campaign.draft"), id=new_id())
    for verb in (approve_campaign, refuse_campaign):
        with pytest.raises(Denied):
            verb(by=only_drafts, at=AT, campaign_id=campaign.id)
    for forbidden in (ask_approval_of_campaign,):
        with pytest.raises(Denied):
            forbidden(by=PIZARRO, at=AT, campaign_id=campaign.id)
    with pytest.raises(Denied):
        list_campaigns(by=PIZARRO)
    with pytest.raises(Denied):
        get_campaign(by=PIZARRO, key="coffee")
    with pytest.raises(UnknownCampaign):
        get_campaign(by=stage.leonore, key="tea")
    with pytest.raises(UnknownCampaign):
        approve_campaign(by=stage.fernando, at=AT, campaign_id=new_id())
