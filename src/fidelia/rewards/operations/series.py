"""Create, change and end series of coupons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import end_of_day, start_of_day, zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce
from fidelia.programme.models import Programme

from ..errors import CodeTaken, KeyTaken, MalformedSeries, SeriesEnded, UnknownSeries
from ..events import CouponSeriesEnded, CouponSeriesOpened
from ..models import CouponCode, CouponSeries, GiftCard, Voucher
from .audit import audit
from .patterns import ALPHABET, PLACE, check_pattern, check_room, read_code

USES_MAX = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTerms:
    """What a series of coupons says, as people say it: days in the programme's zone, both included.

    `uses`, `uses_per_code`, `uses_per_member`: how often in all, each code, each member; None is no limit.
    """

    name: LocalizedText
    valid_from: date
    valid_until: date | None = None
    uses: int | None = None
    uses_per_code: int | None = None
    uses_per_member: int | None = None


def create_series(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    key: str,
    terms: SeriesTerms,
    pattern: str,
    kind: str = CouponSeries.Kind.UNIQUE,
    alphabet: str = ALPHABET,
    is_assigned: bool = False,
    partner_id: UUID | None = None,
    once: RequestKey | None = None,
) -> CouponSeries:
    """Create a series. A generic one has its code at once, which is its pattern; a unique one gets codes generated.

    Raises Denied (coupon.change), MalformedSeries, MalformedCode, CodesExhausted, KeyTaken, CodeTaken.
    """
    by.require("coupon.change", Scope(partner_id))
    pattern = pattern.upper()
    _check(kind, pattern, alphabet, key, is_assigned)
    series = CouponSeries(
        id=new_id(), programme=programme, partner_id=partner_id, key=key, kind=kind, pattern=pattern,
        alphabet=alphabet, is_assigned=is_assigned, created_at=at, changed_at=at, **_columns(terms, programme),
    )  # fmt: skip
    with transaction_of_use_case():
        claim(once, at=at, resource_type="coupon_series", resource_id=series.id)
        try:
            with transaction.atomic():  # a savepoint, so that the refusal leaves the use case able to speak
                series.save(force_insert=True)
        except IntegrityError as error:
            if "its own key" not in str(error):
                raise
            raise KeyTaken(f"There is a series of coupons “{key}” already.", pointer="/key") from None
        if kind == CouponSeries.Kind.GENERIC:
            code = read_code(pattern, pointer="/pattern")
            check_free(programme.id, [code])
            CouponCode.objects.create(programme_id=programme.id, code=code, series=series, created_at=at)
        audit(by, at, "coupon.change", series.id, partner_id=partner_id, after=_told(series))
        announce(CouponSeriesOpened(occurred_at=at, series_id=series.id, programme_id=programme.id))
    return series


def change_series(
    *, by: Actor, at: datetime, series_id: UUID, terms: SeriesTerms, once: RequestKey | None = None
) -> CouponSeries:
    """Say anew what a series says; its codes, and what was used of them, stay.

    Raises Denied (coupon.change), UnknownSeries, SeriesEnded, MalformedSeries.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="coupon_series", resource_id=series_id)
        series = locked_series(by, series_id, "coupon.change")
        if series.ended_at is not None:
            raise SeriesEnded("This series was ended.")
        before = _told(series)
        for name, value in _columns(terms, series.programme).items():
            setattr(series, name, value)
        series.changed_at = at
        series.save()
        audit(by, at, "coupon.change", series.id, partner_id=series.partner_id, before=before, after=_told(series))
    return series


def end_series(*, by: Actor, at: datetime, series_id: UUID, once: RequestKey | None = None) -> CouponSeries:
    """End a series now: none of its codes works any more. Raises Denied (coupon.change), UnknownSeries, SeriesEnded."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="coupon_series", resource_id=series_id)
        series = locked_series(by, series_id, "coupon.change")
        if series.ended_at is not None:
            raise SeriesEnded("This series was ended.")
        series.ended_at = series.changed_at = at
        series.save(update_fields=["ended_at", "changed_at"])
        audit(by, at, "coupon.change", series.id, partner_id=series.partner_id, after={"ended_at": at})
        announce(CouponSeriesEnded(occurred_at=at, series_id=series.id, programme_id=series.programme_id))
    return series


def locked_series(by: Actor, series_id: UUID, right: str) -> CouponSeries:
    """Return a series that the actor may act upon, its row locked. Raises Denied, UnknownSeries."""
    require_transaction()
    series = (
        CouponSeries.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme")
        .filter(pk=series_id)
        .first()
    )
    if series is None:
        by.require(right)
        raise UnknownSeries("There is no such series of coupons.")
    by.require(right, Scope(series.partner_id))
    return series


def check_free(programme_id: UUID, codes: list[str]) -> None:
    """Raise CodeTaken when a coupon, voucher or gift card of the programme has one of the codes."""
    for model in (CouponCode, Voucher, GiftCard):
        taken = model.objects.filter(programme_id=programme_id, code__in=codes).values_list("code", flat=True).first()
        if taken is not None:
            raise CodeTaken(f"The code “{taken}” is in use already.", pointer="/code")


def _check(kind: str, pattern: str, alphabet: str, key: str, is_assigned: bool) -> None:
    if kind not in CouponSeries.Kind.values:
        raise MalformedSeries("A series is generic or unique.", pointer="/kind")
    if not key or len(key) > 60 or not key.replace("-", "").replace("_", "").isalnum() or not key.isascii():
        raise MalformedSeries("A key is letters, digits, hyphens and underscores, at most 60.", pointer="/key")
    check_pattern(pattern, alphabet)
    if kind == CouponSeries.Kind.UNIQUE:
        check_room(pattern, alphabet, 1)
    elif PLACE in pattern:
        raise MalformedSeries("The pattern of a code for everybody is the code itself, without #.", pointer="/pattern")
    elif is_assigned:
        raise MalformedSeries("A code for everybody is given to nobody.", pointer="/is_assigned")


def _columns(terms: SeriesTerms, programme: Programme) -> dict[str, Any]:
    for name in ("uses", "uses_per_code", "uses_per_member"):
        limit = getattr(terms, name)
        if limit is not None and not 1 <= limit <= USES_MAX:
            raise MalformedSeries("A coupon can be used at least once.", pointer=f"/{name}")
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        raise MalformedSeries("The last day comes after the first.", pointer="/valid_until")
    zone = zone_of(programme.time_zone)
    until = None if terms.valid_until is None else end_of_day(terms.valid_until, zone)
    columns = {name: getattr(terms, name) for name in ("name", "uses", "uses_per_code", "uses_per_member")}
    return {**columns, "valid_from": start_of_day(terms.valid_from, zone), "valid_until": until}


def _told(series: CouponSeries) -> dict[str, Any]:
    names = ("key", "name", "kind", "pattern", "valid_from", "valid_until", "uses", "uses_per_code", "uses_per_member")
    return {name: getattr(series, name) for name in names}
