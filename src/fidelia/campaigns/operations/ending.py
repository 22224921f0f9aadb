"""End: take the offer out of the programme and the marks off the people. The members stay, so the result does."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from fidelia.customers.operations import place_members, set_traits
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.outbox import announce
from fidelia.messaging.operations import withdraw_messages
from fidelia.programme.queries import get_programme_by_id

from ..errors import CampaignNotOver, CampaignNotRunning
from ..events import CampaignEnded
from ..models import Campaign, CampaignMember, State
from .drafting import audit, find_campaign, lock_campaign
from .offers import withdraw_offer
from .watching import watched_of

HARM: Final = "harm"  # why the night stopped a campaign, in the audit
BUDGET: Final = "budget"


def stop_campaign(*, by: Actor, at: datetime, campaign_id: UUID, reason: str = "") -> Campaign:
    """Stop a running campaign at once: the offer leaves the programme in a new version, by one person alone, and what
    waits to be sent is not sent.

    Points already granted stay. Raises Denied (campaign.stop), UnknownCampaign, CampaignNotRunning.
    """
    by.require("campaign.stop", find_campaign(campaign_id).scope)
    with transaction_of_use_case():
        campaign = _lock_running(campaign_id)
        _finish(by, at, campaign, State.STOPPED)
        audit(by, at, "campaign.stop", campaign, after={"reason": reason})
    return campaign


def stop_if_harmful(*, by: Actor, at: datetime, campaign_id: UUID) -> bool:
    """Stop a running campaign whose treated surely buy less, or less often, than those left alone; tell whether.

    "Surely" is an interval that may be looked at every day (see `watched_of`) and lies below zero: of campaigns without
    any effect one in twenty is stopped by mistake at most, in all of its nights together, for buyers and for spending
    each. Raises Denied (campaign.stop), UnknownCampaign.
    """
    campaign = find_campaign(campaign_id)
    by.require("campaign.stop", campaign.scope)
    result = campaign.results.order_by("-measured_at", "-id").first()
    if campaign.state != State.RUNNING or not watched_of(campaign, result).harms:
        return False
    try:
        stop_campaign(by=by, at=at, campaign_id=campaign_id, reason=HARM)
    except CampaignNotRunning:  # somebody stopped it in this moment
        return False
    return True


def stop_if_spent(*, by: Actor, at: datetime, campaign_id: UUID) -> bool:
    """Stop a running campaign whose offer has given all the points of its budget; tell whether.

    Counted is what the last measurement found, so what the offer gives until the next night may go past it. Raises
    Denied (campaign.stop), UnknownCampaign.
    """
    campaign = find_campaign(campaign_id)
    by.require("campaign.stop", campaign.scope)
    result = campaign.results.order_by("-measured_at", "-id").first()
    given = 0 if result is None else int(result.given.get("points", 0))
    if campaign.state != State.RUNNING or campaign.budget is None or given < campaign.budget:
        return False
    try:
        stop_campaign(by=by, at=at, campaign_id=campaign_id, reason=BUDGET)
    except CampaignNotRunning:  # somebody stopped it in this moment
        return False
    return True


def end_campaign(*, by: Actor, at: datetime, campaign_id: UUID) -> Campaign:
    """End a campaign whose end has come. Its rule has stopped by its own dates; this tidies up.

    Raises Denied (campaign.stop), UnknownCampaign, CampaignNotRunning, CampaignNotOver.
    """
    by.require("campaign.stop", find_campaign(campaign_id).scope)
    with transaction_of_use_case():
        campaign = _lock_running(campaign_id)
        if at < campaign.ends_at:
            raise CampaignNotOver(f"“{campaign.key}” runs until {campaign.ends_at.isoformat()}: stop it instead.")
        _finish(by, at, campaign, State.ENDED)
        audit(by, at, "campaign.end", campaign)
    return campaign


def end_due_campaigns(*, by: Actor, at: datetime) -> int:
    """End every running campaign whose end has come, each in its own transaction; return how many.

    One that cannot be ended holds up no other; its refusal is raised when all have been gone through. Raises Denied.
    """
    by.require("campaign.stop")
    due = Campaign.objects.filter(state=State.RUNNING, ends_at__lte=at).order_by("ends_at", "id")
    ended, refused = 0, None
    for campaign_id in list(due.values_list("id", flat=True)):
        try:
            end_campaign(by=by, at=at, campaign_id=campaign_id)
            ended += 1
        except CampaignNotRunning:
            continue  # somebody stopped it in this moment
        except FideliaError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return ended


def message_keys(campaign: Campaign) -> str:
    """Return how the keys of the campaign's messages begin."""
    return f"campaigns.tell_treated:{campaign.id}:"


def _lock_running(campaign_id: UUID) -> Campaign:
    campaign = lock_campaign(campaign_id)
    if campaign.state != State.RUNNING:
        raise CampaignNotRunning(f"“{campaign.key}” does not run.")
    return campaign


def _finish(by: Actor, at: datetime, campaign: Campaign, state: State) -> None:
    programme = get_programme_by_id(campaign.programme_id)
    withdraw_offer(by=by, at=at, programme=programme, campaign=campaign)
    people = list(CampaignMember.objects.filter(campaign=campaign).values_list("customer_id", flat=True))
    rows = [(customer_id, campaign.mark, None) for customer_id in people]
    set_traits(by=by.lent("customer.set_traits"), at=at, rows=rows, source="campaigns")
    if campaign.treated_segment_id is not None:
        place_members(by=by, at=at, segment_id=campaign.treated_segment_id)
    withdraw_messages(by=by.lent("message.send"), at=at, key_prefix=message_keys(campaign), reason="campaign_over")
    campaign.state, campaign.finished_at = state, at
    campaign.save(update_fields=["state", "finished_at"])
    announce(
        CampaignEnded(
            occurred_at=at, campaign_id=campaign.id, programme_id=programme.id, was_stopped=state == State.STOPPED
        )
    )
