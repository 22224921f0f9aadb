"""What the shop does with what it knows: segments, a campaign that is over, one that runs, one that is a draft."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from fidelia.campaigns.models import Arm, Campaign, CampaignMember
from fidelia.campaigns.operations import (
    approve_campaign,
    ask_approval_of_campaign,
    draft_campaign,
    end_campaign,
    launch_campaign,
    learn_from_campaigns,
    measure_campaign,
)
from fidelia.campaigns.operations.drafting import CampaignPlan
from fidelia.customers.operations import define_segment, refresh_segment
from fidelia.customers.queries import get_segment
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme

SEGMENTS = (
    (
        "acheteurs-reguliers",
        LocalizedText(en="Regular buyers", fr="Acheteurs réguliers"),
        'customer.kind == "person" && has(trait.rfm_sales) && trait.rfm_sales >= 2',
    ),
    (
        "meilleurs-clients",
        LocalizedText(en="Best customers", fr="Meilleurs clients"),
        "has(trait.rfm_amount) && trait.rfm_amount == 5 && has(trait.rfm_recency) && trait.rfm_recency >= 4",
    ),
    (
        "a-reconquerir",
        LocalizedText(en="To win back", fr="À reconquérir"),
        'has(trait.rfm_segment) && trait.rfm_segment in ["at_risk", "cannot_lose"]',
    ),
    (
        "une-premiere-fois",
        LocalizedText(en="First purchase, lately", fr="Un premier achat, il y a peu"),
        'has(trait.rfm_segment) && trait.rfm_segment in ["new", "promising"]',
    ),
)
OVER, RUNNING, DRAFTED = "revenez_nous", "cafe_automne", "retour_hiver"
KNOWN_THEN = "clients-connus"
KNOWN_BEFORE, DRAFTED_BEFORE = timedelta(days=7), timedelta(days=6)
RUNS_FOR = timedelta(days=49)
CONTROL_SHARE = Fraction(3, 10)


def define_segments(*, by: Actor, at: datetime) -> dict[str, int]:
    """Define the segments and find out who is in them; return how many, by key."""
    counts = {}
    for key, name, condition in SEGMENTS:
        segment = define_segment(by=by, at=at, key=key, name=name, condition=condition)
        counts[key] = refresh_segment(by=by, at=at, segment_id=segment.id).count
    return counts


def refresh_segments(*, by: Actor, at: datetime) -> None:
    """Find out anew who is in the segments."""
    for key, _name, _condition in SEGMENTS:
        refresh_segment(by=by, at=at, segment_id=get_segment(by=by, key=key).id)


def run_campaign(*, author: Actor, approver: Actor, at: datetime, programme: Programme) -> tuple[Campaign, set[UUID]]:
    """Launch the autumn campaign at a past moment; return it with the customers whom it treats.

    It has no message: the invented members of a history are written to by nobody.
    """
    plan = CampaignPlan(
        name=LocalizedText(en="Coffee autumn: double points", fr="L’automne du café : points doubles"),
        segment_key=SEGMENTS[0][0],
        control_share=CONTROL_SHARE,
        starts_at=at,
        ends_at=at + RUNS_FOR,
        offer={"lines": 'line.category.startsWith("Café/")', "multiply_points": {"by": 2}},
    )
    return _launch(author, approver, at, programme, RUNNING, plan, note="Relance de la rentrée")


def run_past_campaign(
    *, author: Actor, approver: Actor, at: datetime, until: datetime, programme: Programme
) -> tuple[Campaign, set[UUID]]:
    """Launch the campaign that is over by now, for whoever was a customer; return it with those whom it treats."""
    known = f'customer.kind == "person" && customer.acquired_on < date("{at:%Y-%m-%d}")'
    drafted_at = at - DRAFTED_BEFORE
    segment = define_segment(
        by=author, at=drafted_at, key=KNOWN_THEN, condition=known,
        name=LocalizedText(en="Customers before “Come and see us again”", fr="Clients d’avant « Revenez nous voir »"),
    )  # fmt: skip
    refresh_segment(by=author, at=drafted_at, segment_id=segment.id)
    plan = CampaignPlan(
        name=LocalizedText(en="Come and see us again: 60 points", fr="Revenez nous voir : 60 points"),
        segment_key=KNOWN_THEN,
        control_share=CONTROL_SHARE,
        starts_at=at,
        ends_at=until,
        offer={"when": "purchase.total >= 15", "points": "60"},
    )
    return _launch(author, approver, at, programme, OVER, plan, note="Une seconde visite")


def end(*, by: Actor, at: datetime, campaign: Campaign) -> None:
    """End the campaign that is over by now, at its own end."""
    end_campaign(by=by, at=at, campaign_id=campaign.id)


def measure(*, by: Actor, at: datetime, campaigns: Sequence[Campaign]) -> int:
    """Measure the campaigns on the newest facts, and learn from the one that is over; return how many it scores."""
    for campaign in campaigns:
        measure_campaign(by=by, at=at, campaign_id=campaign.id)
    return learn_from_campaigns(by=by, at=at)["uplift"]


def _launch(  # noqa: PLR0917
    author: Actor, approver: Actor, at: datetime, programme: Programme, key: str, plan: CampaignPlan, *, note: str
) -> tuple[Campaign, set[UUID]]:
    drafted_at = at - DRAFTED_BEFORE
    campaign = draft_campaign(by=author, at=drafted_at, programme=programme, key=key, plan=plan)
    ask_approval_of_campaign(by=author, at=drafted_at, campaign_id=campaign.id, note=note)
    approve_campaign(by=approver, at=at - timedelta(days=1), campaign_id=campaign.id, note="Budget validé")
    campaign = launch_campaign(by=author, at=at, campaign_id=campaign.id)
    treated = CampaignMember.objects.filter(campaign=campaign, arm=Arm.TREATED).values_list("customer_id", flat=True)
    return campaign, set(treated)


def draft_next_campaign(*, by: Actor, at: datetime, programme: Programme) -> None:
    """Draft a campaign that nobody has approved yet."""
    plan = CampaignPlan(
        name=LocalizedText(en="See you again this winter", fr="Retrouvons-nous cet hiver"),
        # Not whom the running campaign has taken: of those hardly anybody would be left.
        segment_key="une-premiere-fois",
        control_share=Fraction(1, 5),
        starts_at=at + timedelta(days=7),
        ends_at=at + timedelta(days=35),
        offer={"when": "purchase.total >= 25", "points": "100"},
        template="campaign_offer",
    )
    draft_campaign(by=by, at=at, programme=programme, key=DRAFTED, plan=plan)
