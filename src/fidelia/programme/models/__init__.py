"""Tables of programme."""

from .looks import ProgrammeLook
from .programmes import (
    AskedAdjustment,
    Enrolment,
    ExpiryNotice,
    Opening,
    OpeningLot,
    OpeningMember,
    PointsCurrency,
    PointsPool,
    PoolMembership,
    Programme,
    ProgrammeCurrency,
    ProgrammeVersion,
    TierGrant,
    TierPeriod,
)

__all__ = [
    "AskedAdjustment",
    "Enrolment",
    "ExpiryNotice",
    "Opening",
    "OpeningLot",
    "OpeningMember",
    "PointsCurrency",
    "PointsPool",
    "PoolMembership",
    "Programme",
    "ProgrammeCurrency",
    "ProgrammeLook",
    "ProgrammeVersion",
    "TierGrant",
    "TierPeriod",
]
