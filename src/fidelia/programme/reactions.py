"""How programme reacts to what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced, Origin

from .operations import follow_version_soon, rederive_tiers
from .queries import beside, members_of_pools


def reassess_tiers(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Derive anew the tiers of the members whose points moved."""
    live: set[UUID] = set()
    late: set[UUID] = set()
    for event in events:
        if event.payload["enrolment_id"] is not None:
            (live if event.origin is Origin.LIVE else late).add(UUID(event.payload["enrolment_id"]))
    live = beside(live)
    rederive_tiers(at=at, enrolment_ids=live)
    rederive_tiers(at=at, enrolment_ids=beside(late) - live, origin=Origin.LATE)


def reassess_pools(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Derive anew the tiers of those who joined or left a pool, and of all who stay in it."""
    moved = {UUID(event.payload["enrolment_id"]) for event in events}
    pools = {UUID(event.payload["pool_id"]) for event in events}
    rederive_tiers(at=at, enrolment_ids=moved | members_of_pools(pools))


def follow_version(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Let a version that came into force, or went, reach the tiers of everybody; a later one the hourly job finds."""
    for version_id in dict.fromkeys(UUID(event.payload["version_id"]) for event in events):
        follow_version_soon(by=by, at=at, version_id=version_id)
