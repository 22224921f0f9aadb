"""How referral reacts to what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced

from .models import Referral
from .operations.following import OPEN, follow, locked_referral


def follow_friends(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Bring the referrals of those who bought, or brought something back, to where they are by now."""
    members = {UUID(event.payload["enrolment_id"]) for event in events if event.payload["enrolment_id"] is not None}
    due = Referral.objects.filter(friend__in=members, state__in=OPEN) | Referral.objects.filter(
        friend__follows__in=members, state__in=OPEN
    )
    for id in sorted(set(due.values_list("id", flat=True))):
        found = locked_referral(id)
        if found is not None:
            follow(found, by=by, at=at)
