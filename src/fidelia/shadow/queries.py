"""What one may ask of shadow mode. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.programme.models import Programme

from .errors import NoShadow
from .models import Shadow, ShadowPurchase, VendorGrant

PAGE_MAX = 200
UNKNOWN_HERE, UNKNOWN_THERE = "unknown_here", "unknown_there"


@dataclass(frozen=True, slots=True)
class CauseFigures:
    """Of one cause: how many differences, and the points that the vendor gave more (minor units; below zero: less)."""

    cause: str
    count: int
    points: int


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Of one local day: judged purchases that came to the same, and those that did not."""

    day: date
    same: int
    different: int


@dataclass(frozen=True, slots=True)
class ShadowFigures:
    """Where a shadow stands; points in minor units over the purchases that both know."""

    judged: int
    told: int
    compared: int
    same: int
    waiting: int
    points_here: int
    points_there: int
    causes: tuple[CauseFigures, ...]
    days: tuple[DayFigures, ...]


def find_shadow(*, by: Actor, programme: Programme) -> Shadow | None:
    """Return the shadow of a programme that runs, or the last one that ended. Raises Denied (programme.see)."""
    by.require("programme.see", Scope(programme.partner_id))
    return (
        Shadow.objects.select_related("programme__points_currency")
        .filter(programme=programme)
        .order_by(F("ended_at").desc(nulls_first=True))
        .first()
    )


def is_in_shadow(slug: str | None) -> bool:
    """Tell whether the programme named, or any where none is named, decides beside a vendor now."""
    running = Shadow.objects.filter(ended_at=None)
    return running.filter(programme__slug=slug).exists() if slug is not None else running.exists()


def is_of_a_shadow(by: Actor, right: str) -> bool:
    """Tell whether a caller is the feed of a shadow: what it sends is judged until the cut-over, recorded after it."""
    return by.may_somewhere("purchase.shadow") and not by.may_somewhere(right)


def after_cut_over(by: Actor, slug: str | None, right: str = "purchase.record") -> Actor:
    """Return who records for real what a key of a shadow sends after the cut-over. Raises NoShadow before any."""
    ended = Shadow.objects.exclude(ended_at=None)
    if not (ended.filter(programme__slug=slug) if slug is not None else ended).exists():
        raise NoShadow("This programme is in no shadow, and no shadow of it was ended by a cut-over.")
    return by.lent(right)


def figures_of(shadow: Shadow) -> ShadowFigures:
    """Count what was judged, told and compared, by cause and by day."""
    both = _both(shadow)
    compared = both.filter(compared_at__isnull=False)
    sums = compared.aggregate(
        all=Count("id"), same=Count("id", filter=Q(cause="")), here=Sum("points"), there=Sum("told")
    )
    return ShadowFigures(
        judged=shadow.purchases.count(),
        told=shadow.grants.count(),
        compared=sums["all"],
        same=sums["same"],
        waiting=both.filter(compared_at=None).count(),
        points_here=sums["here"] or 0,
        points_there=sums["there"] or 0,
        causes=_causes(shadow, compared),
        days=_days(shadow, compared),
    )


def list_differences(
    shadow: Shadow, *, cause: str = "", limit: int = PAGE_MAX
) -> list[ShadowPurchase] | list[VendorGrant]:
    """Return differences, the last first, of one cause or of all; each has `told` and `told_tier` of the vendor.

    Of UNKNOWN_HERE they are what the vendor granted for receipts that the till never sent.
    """
    most = min(limit, PAGE_MAX)
    if cause == UNKNOWN_HERE:
        return list(_unknown_here(shadow).order_by("-told_at", "-id")[:most])
    if cause == UNKNOWN_THERE:
        return list(_unknown_there(shadow).order_by("-occurred_at", "-id")[:most])
    found = _both(shadow).filter(compared_at__isnull=False).exclude(cause="")
    found = found.filter(cause=cause) if cause else found
    return list(found.order_by("-occurred_at", "-id")[:most])


def _both(shadow: Shadow) -> QuerySet[ShadowPurchase]:
    grant = VendorGrant.objects.filter(shadow=shadow, receipt_number=OuterRef("receipt_number"))
    return ShadowPurchase.objects.filter(shadow=shadow).annotate(
        told=Subquery(grant.values("points")[:1]), told_tier=Subquery(grant.values("tier")[:1])
    ).filter(told__isnull=False)  # fmt: skip


def _unknown_there(shadow: Shadow) -> QuerySet[ShadowPurchase]:
    """Purchases that would earn here and of which the vendor told nothing, although it told of later ones."""
    last = shadow.purchases.filter(
        Exists(VendorGrant.objects.filter(shadow=shadow, receipt_number=OuterRef("receipt_number")))
    ).order_by("-occurred_at").values("occurred_at")[:1]  # fmt: skip
    told = VendorGrant.objects.filter(shadow=shadow, receipt_number=OuterRef("receipt_number"))
    return shadow.purchases.filter(~Exists(told), occurred_at__lt=Subquery(last)).exclude(points=0)


def _unknown_here(shadow: Shadow) -> QuerySet[VendorGrant]:
    judged = ShadowPurchase.objects.filter(shadow=shadow, receipt_number=OuterRef("receipt_number"))
    return shadow.grants.filter(~Exists(judged)).exclude(points=0)


def _causes(shadow: Shadow, compared: QuerySet[ShadowPurchase]) -> tuple[CauseFigures, ...]:
    found = compared.exclude(cause="").values("cause").annotate(n=Count("id"), more=Sum(F("told") - F("points")))
    causes = [CauseFigures(row["cause"], row["n"], int(row["more"])) for row in found]
    for cause, some, sign in ((UNKNOWN_HERE, _unknown_here(shadow), 1), (UNKNOWN_THERE, _unknown_there(shadow), -1)):
        sums = some.aggregate(n=Count("id"), points=Sum("points"))
        if sums["n"]:
            causes.append(CauseFigures(cause, sums["n"], sign * int(sums["points"])))
    return tuple(sorted(causes, key=lambda each: (-each.count, -abs(each.points), each.cause)))


def _days(shadow: Shadow, compared: QuerySet[ShadowPurchase]) -> tuple[DayFigures, ...]:
    day = TruncDate("occurred_at", tzinfo=zone_of(shadow.programme.time_zone))
    rows = (
        compared.annotate(day=day)
        .values("day")
        .annotate(same=Count("id", filter=Q(cause="")), different=Count("id", filter=~Q(cause="")))
        .order_by("day")
    )
    return tuple(DayFigures(row["day"], row["same"], row["different"]) for row in rows)
