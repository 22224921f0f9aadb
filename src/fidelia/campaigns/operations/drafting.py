"""Draft a campaign, change it, put it forward, and have another person approve or refuse it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from fidelia.access.operations import approve, ask_approval, record_audit, reject
from fidelia.customers.queries import get_segment
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.messaging.queries import latest_versions
from fidelia.programme.models import Programme
from fidelia.programme.queries import get_programme_by_id

from ..errors import (
    CampaignKeyTaken,
    CampaignNotDraft,
    CampaignNotWaiting,
    CampaignOver,
    ControlShareOutOfBounds,
    MalformedCampaign,
    UnknownCampaign,
)
from ..models import Campaign, State
from .offers import check_offer

APPROVAL_RIGHT: Final = "campaign.approve"
CONTROL_SHARE_MIN: Final = Fraction(1, 20)
CONTROL_SHARE_MAX: Final = Fraction(1, 2)
DENOMINATOR_MAX: Final = 1_000
BUDGET_MAX: Final = 10**15
MESSAGE_VARIABLES: Final = frozenset({"campaign", "programme", "ends_on"})  # what a message of a campaign may say
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPlan:
    """What a person writes of a campaign. `control_share` is the part left alone, from 1/20 to 1/2.

    `offer` is an earning rule without key, name and dates: {"points_per": …, "when": …}. `template` is the key of a
    message to be sent at the launch to those of the treated who agreed to marketing; empty sends none. `budget` is how
    many points the offer may give, in minor units of the points currency; None: no limit.
    """

    name: LocalizedText
    segment_key: str
    control_share: Fraction
    starts_at: datetime
    ends_at: datetime
    offer: dict[str, Any]
    template: str = ""
    budget: int | None = None


def draft_campaign(*, by: Actor, at: datetime, programme: Programme, key: str, plan: CampaignPlan) -> Campaign:
    """Write a new draft. The key (a-z, 0-9, _; at most 30) names its trait, its segment and its rule for ever.

    Raises Denied (campaign.draft, segment.see), MalformedCampaign, ControlShareOutOfBounds, UnknownSegment,
    MalformedOffer and every refusal of the rule language, CampaignKeyTaken.
    """
    by.require("campaign.draft", Scope(programme.partner_id))
    if not _KEY.fullmatch(key):
        raise MalformedCampaign("A key is a-z, 0-9 and _, begins with a letter, 30 at most.", pointer="/key")
    campaign_id = new_id()
    campaign = Campaign(
        id=campaign_id, key=key, programme_id=programme.id, partner_id=programme.partner_id, seed=str(campaign_id),
        author_id=by.id, author_label=by.label, created_at=at, changed_at=at,
    )  # fmt: skip
    _take_over(plan, campaign, by=by, at=at, programme=programme)
    with transaction_of_use_case():
        if Campaign.objects.bulk_create([campaign], ignore_conflicts=True) and not _is_written(campaign):
            raise CampaignKeyTaken(f"Another campaign is called “{key}”.", pointer="/key")
        audit(by, at, "campaign.draft", campaign, after=content_of(campaign))
    return campaign


def change_campaign(*, by: Actor, at: datetime, campaign_id: UUID, plan: CampaignPlan) -> Campaign:
    """Replace what a draft says; its author becomes who changed it.

    Raises Denied, UnknownCampaign, CampaignNotDraft, and what `draft_campaign` raises.
    """
    by.require("campaign.draft", find_campaign(campaign_id).scope)
    with transaction_of_use_case():
        campaign = lock_campaign(campaign_id)
        if campaign.state != State.DRAFT:
            raise CampaignNotDraft(f"“{campaign.key}” is no longer a draft.")
        before = content_of(campaign)
        _take_over(plan, campaign, by=by, at=at, programme=get_programme_by_id(campaign.programme_id))
        campaign.author_id, campaign.author_label, campaign.changed_at = by.id, by.label, at
        campaign.save()
        audit(by, at, "campaign.draft", campaign, before=before, after=content_of(campaign))
    return campaign


def _take_over(plan: CampaignPlan, campaign: Campaign, *, by: Actor, at: datetime, programme: Programme) -> None:
    share = plan.control_share
    if not CONTROL_SHARE_MIN <= share <= CONTROL_SHARE_MAX or share.denominator > DENOMINATOR_MAX:
        raise ControlShareOutOfBounds("Leave alone between 5% and 50% of the people.", pointer="/control_share")
    if plan.ends_at <= plan.starts_at or plan.ends_at <= at:
        raise MalformedCampaign("A campaign ends after it starts, and not in the past.", pointer="/ends_at")
    if plan.budget is not None and not 1 <= plan.budget <= BUDGET_MAX:
        raise MalformedCampaign("A budget is a number of points above zero.", pointer="/budget")
    segment = get_segment(by=by, key=plan.segment_key)
    _check_template(plan.template)
    campaign.name, campaign.offer, campaign.template = plan.name, plan.offer, plan.template
    campaign.budget = plan.budget
    campaign.segment_id, campaign.segment_key = segment.id, segment.key
    campaign.control_numerator, campaign.control_denominator = share.numerator, share.denominator
    campaign.starts_at, campaign.ends_at = plan.starts_at, plan.ends_at
    check_offer(programme, campaign, at)


def _check_template(key: str) -> None:
    if not key:
        return
    version = latest_versions([key]).get(key)
    if version is None:
        raise MalformedCampaign(f"There is no template “{key}”.", pointer="/template")
    unknown = sorted(set(version.variables) - MESSAGE_VARIABLES)
    if unknown:
        raise MalformedCampaign(f"A campaign cannot fill in “{unknown[0]}” of this template.", pointer="/template")


def _is_written(campaign: Campaign) -> bool:
    # Two people may choose the same key in the same second: the constraint decides, and the second is told.
    return Campaign.objects.filter(id=campaign.id).exists()


def ask_approval_of_campaign(*, by: Actor, at: datetime, campaign_id: UUID, note: str = "") -> Campaign:
    """Put a draft forward: another person who holds campaign.approve decides about it as it now stands.

    Raises Denied (campaign.draft), UnknownCampaign, CampaignNotDraft, CampaignOver.
    """
    by.require("campaign.draft", find_campaign(campaign_id).scope)
    with transaction_of_use_case():
        campaign = lock_campaign(campaign_id)
        if campaign.state != State.DRAFT:
            raise CampaignNotDraft(f"“{campaign.key}” is no longer a draft.")
        if campaign.ends_at <= at:
            raise CampaignOver(f"“{campaign.key}” would have ended already: change its dates.")
        approval = ask_approval(
            by=by, at=at, right=APPROVAL_RIGHT, object_type="campaign", object_id=campaign.id,
            content_hash=content_hash_of(campaign), scope=campaign.scope, note=note,
        )  # fmt: skip
        campaign.state, campaign.approval_id = State.AWAITING_APPROVAL, approval.id
        campaign.save(update_fields=["state", "approval_id"])
    return campaign


def approve_campaign(*, by: Actor, at: datetime, campaign_id: UUID, note: str = "") -> Campaign:
    """Approve a campaign that another person drafted; it may then be launched.

    Raises Denied (campaign.approve), UnknownCampaign, CampaignNotWaiting, AnotherPersonDecides,
    ApprovalAlreadyDecided.
    """
    by.require("campaign.approve", find_campaign(campaign_id).scope)
    with transaction_of_use_case():
        campaign = _lock_waiting(campaign_id)
        approve(by=by, at=at, approval_id=_approval_of(campaign), note=note)
    return campaign


def refuse_campaign(*, by: Actor, at: datetime, campaign_id: UUID, note: str = "") -> Campaign:
    """Refuse a campaign that another person drafted: it is a draft again. Raises what `approve_campaign` raises."""
    by.require("campaign.approve", find_campaign(campaign_id).scope)
    with transaction_of_use_case():
        campaign = _lock_waiting(campaign_id)
        reject(by=by, at=at, approval_id=_approval_of(campaign), note=note)
        campaign.state, campaign.approval_id = State.DRAFT, None
        campaign.save(update_fields=["state", "approval_id"])
    return campaign


def _lock_waiting(campaign_id: UUID) -> Campaign:
    campaign = lock_campaign(campaign_id)
    if campaign.state != State.AWAITING_APPROVAL:
        raise CampaignNotWaiting(f"“{campaign.key}” does not wait for an approval.")
    return campaign


def _approval_of(campaign: Campaign) -> UUID:
    assert campaign.approval_id is not None, "a campaign that waits knows what for"
    return campaign.approval_id


# Building blocks that the other verbs share.


def find_campaign(campaign_id: UUID) -> Campaign:
    """Return a campaign. Raises UnknownCampaign."""
    try:
        return Campaign.objects.get(id=campaign_id)
    except Campaign.DoesNotExist:
        raise UnknownCampaign("There is no such campaign.") from None


def lock_campaign(campaign_id: UUID) -> Campaign:
    """Return a campaign, locked until the caller's transaction ends. Raises UnknownCampaign."""
    try:
        return Campaign.objects.select_for_update().get(id=campaign_id)
    except Campaign.DoesNotExist:
        raise UnknownCampaign("There is no such campaign.") from None


def content_of(campaign: Campaign) -> dict[str, Any]:
    """Return all that a person decides about when approving a campaign."""
    return {
        "key": campaign.key,
        "name": campaign.name.as_mapping(),
        "programme_id": str(campaign.programme_id),
        "segment": campaign.segment_key,
        "control_share": str(campaign.control_share),
        "starts_at": campaign.starts_at.isoformat(),
        "ends_at": campaign.ends_at.isoformat(),
        "offer": campaign.offer,
        "template": campaign.template,
        "author": campaign.author_label,
    } | ({} if campaign.budget is None else {"budget": campaign.budget})


def content_hash_of(campaign: Campaign) -> str:
    """Return the SHA-256 of the content, by which an approval knows what it approved."""
    return hashlib.sha256(json.dumps(content_of(campaign), sort_keys=True).encode()).hexdigest()


def audit(
    by: Actor,
    at: datetime,
    verb: str,
    campaign: Campaign,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Record a verb on a campaign."""
    record_audit(
        by=by, at=at, verb=verb, object_type="campaign", object_id=campaign.id, before=before, after=after,
        scope=campaign.scope,
    )  # fmt: skip
