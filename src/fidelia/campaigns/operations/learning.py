"""Learn from the campaigns that are over whom the next one should be for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from fidelia.insight.operations.campaign_scores import PastCampaign, learn_campaign_scores
from fidelia.insight.queries import get_cut_off
from fidelia.kernel.actor import Actor

from ..models import Campaign, State

LEARNT_FROM: Final = timedelta(days=730)  # older campaigns were for other people
CAMPAIGNS_MAX: Final = 50


def learn_from_campaigns(*, by: Actor, at: datetime) -> dict[str, int]:
    """Learn who answers a campaign and who buys because of one, from those of two years whose end the facts reach.

    See `learn_campaign_scores` for what is kept and returned. Raises Denied (campaign.measure), NoRefreshYet.
    """
    by.require("campaign.measure")
    past = past_campaigns(at)
    return learn_campaign_scores(by=by.lent("insight.refresh"), at=at, campaigns=past)


def past_campaigns(at: datetime) -> list[PastCampaign]:
    """Return the finished campaigns of two years whose end the last export of facts reaches, the newest fifty."""
    cut_off = get_cut_off()
    over = Campaign.objects.filter(state__in=[State.ENDED, State.STOPPED], counted_from__gte=at - LEARNT_FROM)
    return [
        PastCampaign(one.id, one.key, one.counted_from, one.counts_until)
        for one in over.order_by("-counted_from", "id")[:CAMPAIGNS_MAX]
        if one.counted_from is not None and cut_off is not None and one.counted_from < one.counts_until <= cut_off
    ]
