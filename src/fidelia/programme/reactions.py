"""How programme reacts to what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced, Origin

from .operations import follow_version_soon, rederive_tiers


def reassess_tiers(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Derive anew the tiers of the members whose points moved."""
    live: set[UUID] = set()
    late: set[UUID] = set()
    for event in events:
        if event.payload["enrolment_id"] is not None and event.payload["points"]:
            (live if event.origin is Origin.LIVE else late).add(UUID(event.payload["enrolment_id"]))
    rederive_tiers(at=at, enrolment_ids=live)
    rederive_tiers(at=at, enrolment_ids=late - live, origin=Origin.LATE)


def follow_version(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Let a version that came into force, or went, reach the tiers of everybody; a later one the hourly job finds."""
    for version_id in dict.fromkeys(UUID(event.payload["version_id"]) for event in events):
        follow_version_soon(by=by, at=at, version_id=version_id)
