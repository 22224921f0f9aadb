"""Questions about coupons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from fidelia.kernel.actor import Actor, Scope

from ..errors import UnknownCoupon, UnknownSeries
from ..models import CouponCode, CouponSeries, Use
from ..operations.patterns import normalise_code

LIMIT_MAX = 200
ID_MAX = 2**63 - 1
_FIGURES = """
select
    (select count(*) from rewards_coupon_code code where code.series_id = %(series)s),
    (select count(*) from rewards_coupon_code code where code.series_id = %(series)s and code.customer_id is not null),
    (select count(*) from rewards_coupon_code code where code.series_id = %(series)s and code.revoked_at is not null)
"""
_USES = """
select coalesce(sum(used.amount), 0)::bigint, count(distinct used.customer_id), max(used.occurred_at)
from rewards_use used
where used.programme_id = %(programme)s and used.subject in (
    select 'coupon:' || code.id from rewards_coupon_code code where code.series_id = %(series)s)
"""
_USED = """
select used.subject, sum(used.amount)::bigint, max(used.occurred_at) from rewards_use used
where used.programme_id = %s and used.subject = any(%s) group by used.subject
"""


@dataclass(frozen=True, slots=True)
class SeriesFigures:
    """How many codes a series has, how many of them were given to members or revoked, and how often they were used."""

    codes: int
    assigned: int
    revoked: int
    uses: int
    members: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code with how often it was used, and when last."""

    code: CouponCode
    uses: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class CodeFilters:
    """What a list of codes is narrowed to. `state`: "", free, assigned, used or revoked."""

    text: str = ""
    state: str = ""


def list_series(*, by: Actor, programme_id: UUID | None = None, limit: int = LIMIT_MAX) -> list[CouponSeries]:
    """Return the series that the actor may see, the newest first. Raises Denied (coupon.see)."""
    if not by.may_somewhere("coupon.see"):
        by.require("coupon.see")
    found = CouponSeries.objects.select_related("programme").filter(programme__is_sandbox=by.mode == "test")
    if programme_id is not None:
        found = found.filter(programme_id=programme_id)
    rows = found.order_by("-created_at", "-id")[: min(limit, LIMIT_MAX)]
    return [one for one in rows if by.may("coupon.see", Scope(one.partner_id))]


def get_series(*, by: Actor, series_id: UUID | None = None, key: str | None = None) -> CouponSeries:
    """Return a series by its id or key. Raises Denied (coupon.see), UnknownSeries."""
    if not by.may_somewhere("coupon.see"):
        by.require("coupon.see")
    named = Q(pk=series_id) if series_id is not None else Q(key=key)
    found = CouponSeries.objects.select_related("programme").filter(named, programme__is_sandbox=by.mode == "test")
    for one in found[:2]:
        if by.may("coupon.see", Scope(one.partner_id)):
            return one
    raise UnknownSeries("There is no such series of coupons.")


def series_figures(*, by: Actor, series: CouponSeries) -> SeriesFigures:
    """Count the codes of a series and their uses. Raises Denied (coupon.see)."""
    by.require("coupon.see", Scope(series.partner_id))
    values = {"series": series.id, "programme": series.programme_id}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)
        codes = cursor.fetchone()
        cursor.execute(_USES, values)
        return SeriesFigures(*codes, *cursor.fetchone())


def list_codes(
    *,
    by: Actor,
    series: CouponSeries,
    filters: CodeFilters | None = None,
    after: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[CodeRow]:
    """Return codes of a series in the order in which they were made. Raises Denied (coupon.see)."""
    by.require("coupon.see", Scope(series.partner_id))
    found = _narrowed(series, filters or CodeFilters())
    count = min(limit, LIMIT_MAX)
    if before is not None:
        return with_uses(list(found.filter(id__lt=before).order_by("-id")[:count])[::-1])
    if after is not None:
        found = found.filter(id__gt=after)
    return with_uses(list(found.order_by("id")[:count]))


def count_codes(*, by: Actor, series: CouponSeries, filters: CodeFilters | None = None) -> int:
    """Return how many codes `list_codes` goes through. Raises Denied (coupon.see)."""
    by.require("coupon.see", Scope(series.partner_id))
    return _narrowed(series, filters or CodeFilters()).count()


def find_coupon(*, by: Actor, programme_id: UUID, code: str) -> CodeRow:
    """Return the coupon with this code, as people type it. Raises Denied (coupon.see), UnknownCoupon."""
    if not by.may_somewhere("coupon.see"):
        by.require("coupon.see")
    found = (
        CouponCode.objects.select_related("series").filter(programme_id=programme_id, code=normalise_code(code)).first()
    )
    if found is None or not by.may("coupon.see", Scope(found.series.partner_id)):
        raise UnknownCoupon("No coupon has this code.")
    return with_uses([found])[0]


def get_coupon(*, by: Actor, coupon_id: int) -> CodeRow:
    """Return one coupon. Raises Denied (coupon.see), UnknownCoupon."""
    if not by.may_somewhere("coupon.see"):
        by.require("coupon.see")
    mode = {"series__programme__is_sandbox": by.mode == "test"}
    found = CouponCode.objects.select_related("series").filter(pk=min(coupon_id, ID_MAX), **mode).first()
    if found is None or not by.may("coupon.see", Scope(found.series.partner_id)):
        raise UnknownCoupon("There is no such coupon.")
    return with_uses([found])[0]


def list_coupons_of(*, by: Actor, customer_ids: Sequence[UUID], limit: int = LIMIT_MAX) -> list[CodeRow]:
    """Return the coupons given to a member, the newest first. Raises Denied (coupon.see)."""
    by.require("coupon.see")
    found = CouponCode.objects.select_related("series").filter(customer_id__in=list(customer_ids))
    return with_uses(list(found.order_by("-assigned_at", "-id")[: min(limit, LIMIT_MAX)]))


def with_uses(codes: Sequence[CouponCode]) -> list[CodeRow]:
    """Return codes of one programme with their uses; one query."""
    if not codes:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_USED, [codes[0].programme_id, [f"coupon:{code.id}" for code in codes]])
        used = {subject: (count, last) for subject, count, last in cursor.fetchall()}
    return [CodeRow(code, *used.get(f"coupon:{code.id}", (0, None))) for code in codes]


def _narrowed(series: CouponSeries, filters: CodeFilters) -> QuerySet[CouponCode]:
    found = CouponCode.objects.filter(series=series).select_related("series")
    if filters.text:
        found = found.filter(code__startswith=normalise_code(filters.text))
    subject = Concat(Value("coupon:"), Cast(OuterRef("pk"), TextField()))
    used = Exists(Use.objects.filter(programme_id=OuterRef("programme_id"), subject=subject))
    match filters.state:
        case "free":
            found = found.filter(customer_id__isnull=True, revoked_at__isnull=True).filter(~used)
        case "assigned":
            found = found.filter(customer_id__isnull=False)
        case "used":
            found = found.filter(used)
        case "revoked":
            found = found.filter(revoked_at__isnull=False)
    return found


def coupons_by_id(coupon_ids: Sequence[int]) -> dict[int, CouponCode]:
    """Return the codes of these ids with their series and programme, for letters about them."""
    found = CouponCode.objects.filter(pk__in=list(coupon_ids)).select_related("series__programme")
    return {one.id: one for one in found}
