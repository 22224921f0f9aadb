"""What referral announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralChanged(Event):
    """A referral was recorded, or came into another state; `from_state` is empty for one that is new."""

    name: ClassVar[str] = "referral.changed"
    referral_id: UUID
    programme_id: UUID
    from_state: str
    to_state: str
    reason: str
