"""What programme announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEnrolled(Event):
    """A customer became a member."""

    name: ClassVar[str] = "member.enrolled"
    enrolment_id: UUID
    programme_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersEnrolled(Event):
    """An import enrolled a batch of customers."""

    name: ClassVar[str] = "members.enrolled"
    programme_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancesOpened(Event):
    """An import brought a batch of members in with what they had in their former programme; points in minor units."""

    name: ClassVar[str] = "balances.opened"
    import_id: UUID
    programme_id: UUID
    count: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPublished(Event):
    """A version of a programme was published, to be in force from `in_force_from`."""

    name: ClassVar[str] = "version.published"
    programme_id: UUID
    version_id: UUID
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionWithdrawn(Event):
    """A published version stopped being in force; the one before it is in force again."""

    name: ClassVar[str] = "version.withdrawn"
    programme_id: UUID
    version_id: UUID
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChanged(Event):
    """A member's tier at this moment is another than before; an empty key is no tier."""

    name: ClassVar[str] = "tier.changed"
    enrolment_id: UUID
    programme_id: UUID
    from_tier: str
    to_tier: str
    tier_set: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierEnding(Event):
    """A member's tier ends on a day known beforehand unless more is earned; `missing` in minor units of the metric."""

    name: ClassVar[str] = "tier.ending"
    enrolment_id: UUID
    programme_id: UUID
    tier_set: str
    tier: str
    to_tier: str
    ends_at: str
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsExpiring(Event):
    """Points of a member die at an instant known beforehand, so many days ahead; points in minor units."""

    name: ClassVar[str] = "points.expiring"
    enrolment_id: UUID
    programme_id: UUID
    currency: str
    points: int
    expires_at: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolJoined(Event):
    """A member joined a pool of points."""

    name: ClassVar[str] = "pool.joined"
    enrolment_id: UUID
    pool_id: UUID
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLeft(Event):
    """A member left a pool of points."""

    name: ClassVar[str] = "pool.left"
    enrolment_id: UUID
    pool_id: UUID
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsGiven(Event):
    """A member got points otherwise than by a purchase, points that waited came to life by hand, or what was given so
    was taken back: `points`, in minor units, may be below zero.
    """

    name: ClassVar[str] = "points.given"
    enrolment_id: UUID
    programme_id: UUID
    currency: str
    points: int
