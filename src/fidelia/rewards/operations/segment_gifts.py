"""Coupons for a segment: each of its members is given a code of a series, by a job; again, nobody gets a second one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.customers.operations.locking import hold_people
from fidelia.customers.queries import get_segment, member_ids_at
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, queue_job
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim, name_resource
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Enrolment

from ..models import CouponCode, CouponSeries
from .coupons import check_unique, draw_missing, give_coupons
from .series import locked_series

GIVE_SEGMENT = "coupon.give_segment"
GIVE = "coupon.assign"
AT_ONCE = 500


def ask_coupons_for_segment(
    *, by: Actor, at: datetime, series_id: UUID, segment: str, is_told: bool = False, once: RequestKey | None = None
) -> Job:
    """Start the job that gives each member of a segment a code of a series of unique ones; codes are drawn as needed.

    `is_told`: a letter tells each of it who agreed to offers by e-mail.

    Raises Denied (coupon.assign, segment.see), UnknownSeries, SeriesEnded, MalformedSeries, UnknownSegment.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="job")
        series = locked_series(by, series_id, GIVE)
        check_unique(series)
        found = get_segment(by=by, key=segment)
        job = queue_job(
            by=by, at=at, kind=GIVE_SEGMENT, scope=Scope(series.partner_id),
            label=LocalizedText(
                en=f"Coupons “{series.name.en}” for “{found.name.en}”",
                fr=f"Coupons «\u00a0{series.name.fr}\u00a0» pour «\u00a0{found.name.fr}\u00a0»",
            ),
            arguments={
                "series_id": str(series_id), "segment_id": str(found.id), "moment": at.isoformat(), "told": is_told,
            },
        )  # fmt: skip
        name_resource(once, job.id)
    return job


def give_segment(
    *,
    by: Actor,
    at: datetime,
    series_id: UUID,
    segment_id: UUID,
    moment: datetime,
    progress: Progress,
    is_told: bool = False,
) -> int:
    """Give each member who was in the segment at a moment a code of the series; return how many got one.

    Who has a code of the series under any name is left out, so that a job that is repeated, or runs beside another,
    gives nobody two: the series' row is held meanwhile. Raises Denied (coupon.assign), UnknownSeries, SeriesEnded.
    """
    members = member_ids_at(segment_id, moment)
    progress.expect(len(members))
    reached = dict(progress.checkpoint or {"place": 0, "given": 0})
    while reached["place"] < len(members):
        batch = members[reached["place"] : reached["place"] + AT_ONCE]
        with transaction_of_use_case():
            series = locked_series(by, series_id, GIVE)
            check_unique(series)
            wanting = _who_has_none(series, batch)
            if wanting:
                draw_missing(series, len(wanting), at)
                give_coupons(by=by, at=at, series=series, customer_ids=wanting, is_told=is_told)
            reached = {"place": reached["place"] + len(batch), "given": reached["given"] + len(wanting)}
            progress.reach(reached, count=len(batch))
        progress.step(0)
    return int(reached["given"])


def _who_has_none(series: CouponSeries, customer_ids: Sequence[UUID]) -> list[UUID]:
    """Return the persons among these customers who are members and have no code of the series, each once."""
    names = hold_people(customer_ids)
    every = [name for each in names.values() for name in each]
    members = Enrolment.objects.filter(programme=series.programme_id, customer_id__in=every, ended_at__isnull=True)
    enrolled = set(members.values_list("customer_id", flat=True))
    given = CouponCode.objects.filter(series=series, customer_id__in=every)
    have = set(given.values_list("customer_id", flat=True))
    people = {ids[0] for ids in names.values() if enrolled.intersection(ids) and have.isdisjoint(ids)}
    return sorted(people)
