"""Shadow mode: what was judged, what the present vendor granted, and why the two differ."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.kernel.points import format_points
from fidelia.shadow.models import Shadow, ShadowPurchase
from fidelia.shadow.queries import ShadowFigures

from .types import Input, Output, shown

Number = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Points = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]
GrantedPoints = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$")]
GRANTS_A_CALL = 1_000


class JudgedOut(Output):
    """A purchase or a return that was judged and moved no points."""

    model_config = shown(
        {
            "judged_id": "019a5c1e-9b22-7e03-8d4c-66b0d1a3cc09", "receipt_number": "L-2026-118", "points": "15",
            "refusal": "", "granted": "0",
        }
    )  # fmt: skip
    judged_id: UUID
    receipt_number: str
    points: str = Field(description="What the rules would have given; of a return, below zero, taken back.")
    refusal: str = Field(description="The code of why nothing could be given; empty where it could.")
    granted: str = Field(description="What was granted: always 0.")


def judged_out(judged: ShadowPurchase) -> JudgedOut:
    scale = judged.shadow.programme.points_currency.scale
    return JudgedOut(
        judged_id=judged.id, receipt_number=judged.receipt_number, points=format_points(judged.points, scale),
        refusal=judged.refusal, granted=format_points(0, scale),
    )  # fmt: skip


class BeginIn(Input):
    """Beside whom the programme decides from now on."""

    model_config = shown({"vendor": "Fidelix"})
    vendor: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class VendorBalanceIn(Input):
    """What the vendor's books say of the member whom an identity names."""

    scheme: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    value: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    points: Points


class CutOverIn(Input):
    """The total of the vendor's books, which the opening balances must sum to."""

    model_config = shown({"points_of_vendor": "184320"})
    points_of_vendor: Points
    balances: Annotated[list[VendorBalanceIn], Field(max_length=100_000)] = Field(
        default=[], description="What the books say of each member; then every one must hold just that here."
    )


class VendorGrantIn(Input):
    """What the vendor granted for a receipt; below zero, what it took back for a return."""

    receipt_number: Number
    points: GrantedPoints
    tier: Annotated[str, StringConstraints(max_length=60)] = ""
    occurred_at: datetime | None = None


class VendorGrantsIn(Input):
    """What the vendor granted, up to 1,000 receipts at once."""

    model_config = shown({"grants": [{"receipt_number": "L-2026-118", "points": "14", "tier": "silver"}]})
    grants: list[VendorGrantIn] = Field(min_length=1, max_length=GRANTS_A_CALL)


class VendorGrantsOut(Output):
    """How many are new, and how many were told otherwise before."""

    model_config = shown({"told": 1, "changed": 0})
    told: int
    changed: int


class CauseOut(Output):
    """Of one cause: differences, and the points that the vendor gave more (below zero: less)."""

    cause: str
    count: int
    points: str


class DayOut(Output):
    """Of one day in the programme's zone."""

    day: date
    same: int
    different: int


class ShadowOut(Output):
    """Where the shadow of a programme stands."""

    model_config = shown(
        {
            "vendor": "Fidelix", "begun_at": "2026-03-01T08:00:00Z", "ended_at": None, "judged": 1204, "told": 1200,
            "compared": 1198, "same": 1170, "waiting": 0, "points_here": "20412", "points_there": "20377",
            "causes": [{"cause": "rounding", "count": 28, "points": "-35"}],
            "days": [{"day": "2026-03-02", "same": 400, "different": 9}],
        }
    )  # fmt: skip
    vendor: str
    begun_at: datetime
    ended_at: datetime | None
    judged: int
    told: int
    compared: int
    same: int
    waiting: int = Field(description="Known to both and not compared yet; that is done every ten minutes.")
    points_here: str
    points_there: str
    causes: list[CauseOut]
    days: list[DayOut]


def shadow_out(shadow: Shadow, figures: ShadowFigures) -> ShadowOut:
    scale = shadow.programme.points_currency.scale
    return ShadowOut(
        vendor=shadow.vendor, begun_at=shadow.begun_at, ended_at=shadow.ended_at, judged=figures.judged,
        told=figures.told, compared=figures.compared, same=figures.same, waiting=figures.waiting,
        points_here=format_points(figures.points_here, scale), points_there=format_points(figures.points_there, scale),
        causes=[
            CauseOut(cause=each.cause, count=each.count, points=format_points(each.points, scale))
            for each in figures.causes
        ],
        days=[DayOut(day=each.day, same=each.same, different=each.different) for each in figures.days],
    )  # fmt: skip


class DifferenceOut(Output):
    """One difference; `cause` and `detail` say under which supposition the vendor's number comes out."""

    receipt_number: str
    occurred_at: datetime | None
    points_here: str
    points_there: str
    cause: str
    detail: str


class DifferencesOut(Output):
    """Differences, the last first, at most 200."""

    model_config = shown(
        {
            "data": [
                {
                    "receipt_number": "L-2026-118", "occurred_at": "2026-03-02T09:15:00Z", "points_here": "15",
                    "points_there": "14", "cause": "rounding", "detail": "floor/line",
                }
            ]
        }
    )  # fmt: skip
    data: list[DifferenceOut]
