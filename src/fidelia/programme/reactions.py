"""How programme reacts to what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced, Origin

from .operations import follow_version_soon, rederive_tiers
from .operations.keeping import keep_points_at_once
from .queries import beside, get_programme_by_id, members_of_pools, terms_of, version_in_force


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


def keep_points(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Let points live on with a tier just reached, where the terms keep them: before they may die at midnight."""
    reached: dict[UUID, set[UUID]] = defaultdict(set)
    for event in events:
        if event.payload["to_tier"]:
            reached[UUID(event.payload["programme_id"])].add(UUID(event.payload["enrolment_id"]))
    for programme_id, ids in sorted(reached.items()):
        programme = get_programme_by_id(programme_id)
        version = version_in_force(programme, at)
        if version is not None:
            keep_points_at_once(by=by, at=at, programme=programme, terms=terms_of(version.id), ids=ids)


def reassess_pools(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Derive anew the tiers of those who joined or left a pool, and of all who stay in it."""
    moved = {UUID(event.payload["enrolment_id"]) for event in events}
    pools = {UUID(event.payload["pool_id"]) for event in events}
    rederive_tiers(at=at, enrolment_ids=moved | members_of_pools(pools))


def follow_version(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Let a version that came into force, or went, reach the tiers of everybody; a later one the hourly job finds."""
    for version_id in dict.fromkeys(UUID(event.payload["version_id"]) for event in events):
        follow_version_soon(by=by, at=at, version_id=version_id)
