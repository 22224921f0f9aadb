"""What campaigns announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLaunched(Event):
    """A campaign drew its arms and published its offer. Its members tell who; the event names none."""

    name: ClassVar[str] = "campaign.launched"

    campaign_id: UUID
    programme_id: UUID
    treated: int
    control: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEnded(Event):
    """A campaign's offer is no longer made: its end came, or somebody stopped it."""

    name: ClassVar[str] = "campaign.ended"

    campaign_id: UUID
    programme_id: UUID
    was_stopped: bool
