"""Preview: whom a draft would reach if it were launched now, and what its control group would show."""

from __future__ import annotations

from datetime import datetime

from fidelia.customers.queries import member_ids_at
from fidelia.kernel.actor import Actor
from fidelia.programme.models import Programme

from ..models import Campaign
from .drawing import control_count
from .launching import Audience, find_members


def preview_audience(*, by: Actor, at: datetime, campaign: Campaign, programme: Programme) -> Audience:
    """Count whom a launch at `at` would draw, by the segment as it was last refreshed; writes nothing.

    The launch itself refreshes the segment first, so its counts may differ. Raises Denied (campaign.see).
    """
    by.require("campaign.see", campaign.scope)
    found = member_ids_at(campaign.segment_id, at)
    members, elsewhere, held = find_members(campaign, found, programme)
    free = len(members) - len(elsewhere) - len(held)
    control = control_count(free, campaign.control_share)
    return Audience(len(found), len(found) - len(members), len(elsewhere), control, free - control, len(held))
