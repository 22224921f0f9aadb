"""The codes of a series: drawn, brought in, given to members, revoked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations.audit import Change, record_audits
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, queue_job
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.bulk import stage_rows
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim, name_resource
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce, announce_all

from ..errors import CodesExhausted, CouponBlocked, MalformedSeries, SeriesEnded, UnknownCoupon
from ..events import CouponAssigned, CouponsGenerated
from ..models import CouponCode, CouponSeries
from .audit import audit
from .patterns import check_room, draw_codes, read_code, show_code
from .series import check_free, locked_series

GENERATE = "coupon.generate"
COUNT_MAX = 10_000_000
BATCH = 50_000
GIVEN_AT_ONCE_MAX = 10_000
EXPORTED_AT_ONCE = 10_000
DRAWS_MAX = 20
_INSERT = """
insert into rewards_coupon_code (programme_id, code, series_id, created_at)
select %s, drawn.code, %s, %s from drawn_codes drawn
where not exists (select from rewards_voucher taken where taken.programme_id = %s and taken.code = drawn.code)
  and not exists (select from rewards_gift_card taken where taken.programme_id = %s and taken.code = drawn.code)
on conflict do nothing
"""
_FREE = """
select code.id from rewards_coupon_code code
where code.series_id = %s and code.customer_id is null and code.revoked_at is null
  and not exists (select from rewards_use used where used.programme_id = code.programme_id
      and used.subject = 'coupon:' || code.id)
order by code.id limit %s for no key update skip locked
"""


def ask_codes(*, by: Actor, at: datetime, series_id: UUID, count: int, once: RequestKey | None = None) -> Job:
    """Start the job that draws codes. Raises Denied (coupon.generate) and what `generate_codes` refuses at once."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="job")
        found = locked_series(by, series_id, GENERATE)
        if count < 1:
            raise MalformedSeries(f"Ask for 1 to {COUNT_MAX} codes.", pointer="/count")
        _check_count(found, count)
        label = LocalizedText(
            en=f"{count:,} codes of “{found.name.en}”",
            fr=f"{count:,} codes de « {found.name.fr} »".replace(",", "\u202f"),
        )
        job = queue_job(
            by=by, at=at, kind=GENERATE, label=label, scope=Scope(found.partner_id),
            arguments={"series_id": str(series_id), "count": count},
        )  # fmt: skip
        name_resource(once, job.id)
    return job


def generate_codes(
    *, by: Actor, at: datetime, series_id: UUID, count: int, progress: Progress, batch: int = BATCH
) -> int:
    """Draw so many different codes for a series of unique ones; return how many it has got now.

    In batches, each with its checkpoint: stopped and resumed it draws what is missing, no more. Raises Denied
    (coupon.generate), UnknownSeries, SeriesEnded, MalformedSeries (generic), CodesExhausted.
    """
    progress.expect(count)
    with transaction_of_use_case():
        _check_count(locked_series(by, series_id, GENERATE), count - progress.done)
    while progress.done < count:
        with transaction_of_use_case():
            series = locked_series(by, series_id, GENERATE)
            check_unique(series)
            made = _draw(series, min(batch, count - progress.done), at)
            audit(by, at, GENERATE, series.id, partner_id=series.partner_id, after={"codes": made})
            announce(CouponsGenerated(occurred_at=at, series_id=series.id, count=made))
            progress.reach({"codes": progress.done + made}, count=made)
        progress.step(0)
    return progress.done


def bring_codes(
    *, by: Actor, at: datetime, series_id: UUID, codes: Sequence[str], once: RequestKey | None = None
) -> int:
    """Keep codes printed elsewhere in a series of unique ones; at most 10,000 at once.

    Raises Denied (coupon.generate), UnknownSeries, SeriesEnded, MalformedSeries, MalformedCode, CodeTaken.
    """
    kept = [read_code(code, pointer=f"/codes/{place}") for place, code in enumerate(codes)]
    with transaction_of_use_case():
        claim(once, at=at, resource_type="coupon_series", resource_id=series_id)
        series = locked_series(by, series_id, GENERATE)
        check_unique(series)
        if not 1 <= len(set(kept)) == len(kept) <= GIVEN_AT_ONCE_MAX:
            raise MalformedSeries(f"Give 1 to {GIVEN_AT_ONCE_MAX} different codes.", pointer="/codes")
        check_free(series.programme_id, kept)
        CouponCode.objects.bulk_create(
            [CouponCode(programme_id=series.programme_id, code=code, series=series, created_at=at) for code in kept]
        )
        audit(by, at, GENERATE, series.id, partner_id=series.partner_id, after={"codes": len(kept)})
        announce(CouponsGenerated(occurred_at=at, series_id=series.id, count=len(kept)))
    return len(kept)


def assign_coupons(
    *, by: Actor, at: datetime, series_id: UUID, customer_ids: Sequence[UUID], once: RequestKey | None = None
) -> list[CouponCode]:
    """Give each of these members a free code of a series of unique ones; at most 10,000 at once.

    A code is free that nobody has been given, and nobody has used. Raises Denied (coupon.assign), UnknownSeries,
    SeriesEnded, MalformedSeries, CodesExhausted (fewer are free; nobody is given one).
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="coupon_series", resource_id=series_id)
        series = locked_series(by, series_id, "coupon.assign")
        return give_coupons(by=by, at=at, series=series, customer_ids=customer_ids)


def give_coupons(
    *, by: Actor, at: datetime, series: CouponSeries, customer_ids: Sequence[UUID], is_told: bool = False
) -> list[CouponCode]:  # fmt: skip
    """Building block of giving coupons, for verbs that have asked for their own right; see `assign_coupons`."""
    check_unique(series)
    if not 1 <= len(customer_ids) <= GIVEN_AT_ONCE_MAX:
        raise MalformedSeries(f"Name 1 to {GIVEN_AT_ONCE_MAX} members.", pointer="/customer_ids")
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [series.id, len(customer_ids)])
        free = [row[0] for row in cursor.fetchall()]
    if len(free) < len(customer_ids):
        raise CodesExhausted("Fewer codes are free: generate more first.", free=len(free))
    codes = list(CouponCode.objects.filter(pk__in=free).order_by("pk"))
    for code, customer_id in zip(codes, customer_ids, strict=True):
        code.customer_id, code.assigned_at = customer_id, at
    CouponCode.objects.bulk_update(codes, ["customer_id", "assigned_at"], batch_size=1_000)
    changes = [Change(code.id, after={"series": series.key}) for code in codes]
    record_audits(by=by, at=at, verb="coupon.assign", object_type="coupon", changes=changes)
    announce_all(
        [
            CouponAssigned(
                occurred_at=at, customer_id=code.customer_id, series_id=series.id, coupon_id=code.id, is_told=is_told
            )
            for code in codes
        ]
    )
    return codes


def revoke_coupon(*, by: Actor, at: datetime, coupon_id: int, once: RequestKey | None = None) -> CouponCode:
    """Let a code work no more. Raises Denied (coupon.change), UnknownCoupon, CouponBlocked (it was revoked)."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="coupon", resource_id=coupon_id)
        code = CouponCode.objects.select_for_update(of=("self",)).select_related("series").filter(pk=coupon_id).first()
        by.require("coupon.change", Scope(None if code is None else code.series.partner_id))
        if code is None:
            raise UnknownCoupon("There is no such coupon.")
        if code.revoked_at is not None:
            raise CouponBlocked("This coupon was revoked.")
        code.revoked_at = at
        code.save(update_fields=["revoked_at"])
        audit(by, at, "coupon.change", code.id, partner_id=code.series.partner_id, after={"revoked_at": at})
    return code


def check_unique(series: CouponSeries) -> None:
    """Raise SeriesEnded, or MalformedSeries for a series whose one code is everybody's."""
    if series.ended_at is not None:
        raise SeriesEnded("This series was ended.")
    if series.kind != CouponSeries.Kind.UNIQUE:
        raise MalformedSeries("A series with one code for everybody has no other codes.", pointer="/kind")


def _check_count(series: CouponSeries, count: int) -> None:
    check_unique(series)
    if not 0 <= count <= COUNT_MAX:
        raise MalformedSeries(f"Ask for 1 to {COUNT_MAX} codes.", pointer="/count")
    check_room(series.pattern, series.alphabet, count + series.codes.count())


def draw_missing(series: CouponSeries, count: int, at: datetime) -> None:
    """Building block: draw codes until so many of a locked series are free. Raises CodesExhausted."""
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [series.id, count])
        missing = count - len(cursor.fetchall())
    if missing > 0:
        check_room(series.pattern, series.alphabet, missing + series.codes.count())
        _draw(series, missing, at)
        announce(CouponsGenerated(occurred_at=at, series_id=series.id, count=missing))


def _draw(series: CouponSeries, count: int, at: datetime) -> int:
    """Insert so many codes that nothing else has; what chance repeats is drawn again."""
    made = 0
    for _again in range(DRAWS_MAX):
        drawn = set(draw_codes(series.pattern, series.alphabet, count - made))
        stage_rows("drawn_codes", {"code": "text"}, ((code,) for code in drawn))
        with connection.cursor() as cursor:
            programme_id = series.programme_id
            cursor.execute(_INSERT, [programme_id, series.id, at, programme_id, programme_id])
            made += int(cursor.rowcount)
        if made == count:
            return made
    raise CodesExhausted("Too many codes of this pattern are taken.")


def export_codes(*, by: Actor, at: datetime, series_id: UUID) -> Iterator[str]:
    """Take the codes of a series out, as they are printed, but for those revoked; read in pieces as they are asked for.

    Raises Denied (coupon.export), UnknownSeries.
    """
    with transaction_of_use_case():
        series = locked_series(by, series_id, "coupon.export")
        audit(by, at, "coupon.export", series.id, partner_id=series.partner_id, after={"key": series.key})
    return _read_codes(series)


def _read_codes(series: CouponSeries) -> Iterator[str]:
    last = 0
    while True:
        rows = series.codes.filter(id__gt=last, revoked_at__isnull=True).order_by("id")[:EXPORTED_AT_ONCE]
        piece = list(rows.values_list("id", "code"))
        if not piece:
            return
        for last, code in piece:  # noqa: B007 - the last one is where the next piece begins
            yield show_code(series.pattern, code)
