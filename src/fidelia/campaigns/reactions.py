"""How campaigns react to what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.localized import LANGUAGES
from fidelia.kernel.outbox import Announced
from fidelia.messaging.operations import MessageRequest, queue_messages
from fidelia.programme.queries import get_programme_by_id
from fidelia.ui.formats import plain_date

from .models import Arm, Campaign, CampaignMember, State
from .operations.ending import message_keys

MESSAGES_AT_ONCE: Final = 5_000


def tell_treated(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Queue the campaign's message for everybody treated, to leave when the campaign starts; messaging asks each for
    consent to marketing.

    Who did not agree gets no message and stays treated: the offer is theirs at the till all the same, and the result
    compares the arms as they were drawn (intention to treat).
    """
    for event in events:
        campaign = Campaign.objects.filter(id=UUID(event.payload["campaign_id"]), state=State.RUNNING).first()
        if campaign is not None and campaign.template:
            _tell(campaign, event, by=by, at=at)


def _tell(campaign: Campaign, event: Announced, *, by: Actor, at: datetime) -> None:
    variables = _variables(campaign)
    members = CampaignMember.objects.filter(campaign=campaign, arm=Arm.TREATED).order_by("customer_id")
    treated = list(members.values_list("customer_id", flat=True))
    for start in range(0, len(treated), MESSAGES_AT_ONCE):
        requests = [
            MessageRequest(
                customer_id=customer_id,
                template=campaign.template,
                purpose="marketing",
                idempotency_key=f"{message_keys(campaign)}{customer_id}",
                variables=variables,
                by_language=True,
                cause_event_id=event.event_id,
                programme_id=campaign.programme_id,
                not_before=campaign.starts_at,
            )
            for customer_id in treated[start : start + MESSAGES_AT_ONCE]
        ]
        queue_messages(by=by, at=at, requests=requests)


def _variables(campaign: Campaign) -> dict[str, Any]:
    programme = get_programme_by_id(campaign.programme_id)
    last_day = local_day(campaign.ends_at, zone_of(programme.time_zone))
    return {
        language: {
            "campaign": campaign.name.in_language(language),
            "programme": programme.name.in_language(language),
            "ends_on": plain_date(last_day, language),
        }
        for language in LANGUAGES
    }
