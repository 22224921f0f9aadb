"""Questions about jobs and parked events."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor
from fidelia.kernel.models import ParkedEvent
from fidelia.kernel.outbox import keeping

from .errors import JobUnknown
from .models import UNDER_WAY, Job

PAGE_MAX = 500


def get_job(*, by: Actor, job_id: UUID) -> Job:
    """Return a job of one's own, or one within "job.see". Raises JobUnknown."""
    job = Job.objects.filter(_seen_by(by), pk=job_id).first()
    if job is None:
        raise JobUnknown("There is no such job.")
    return job


def list_jobs(
    *,
    by: Actor,
    kind: str | None = None,
    under_way: bool | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> list[Job]:
    """Return jobs of one's own and those within "job.see", newest first.

    `before` is (created_at, id) of the last job of the page before.
    """
    jobs = Job.objects.filter(_seen_by(by))
    if kind is not None:
        jobs = jobs.filter(kind=kind)
    if under_way is not None:
        jobs = jobs.filter(state__in=UNDER_WAY) if under_way else jobs.exclude(state__in=UNDER_WAY)
    if before is not None:
        jobs = jobs.filter(Q(created_at__lt=before[0]) | Q(created_at=before[0], id__lt=before[1]))
    return list(jobs.order_by("-created_at", "-id")[: min(limit, PAGE_MAX)])


def list_parked(*, by: Actor, reaction: str | None = None, after_id: int = 0, limit: int = 100) -> list[ParkedEvent]:
    """Return the events that wait because a reaction could not serve them, oldest first. Raises Denied."""
    by.require("event.see")
    return keeping.list_parked(reaction=reaction, after_id=after_id, limit=min(limit, PAGE_MAX))


def _seen_by(by: Actor) -> Q:
    seen = Q(by_kind=by.kind, by_id=by.id) if by.id is not None else Q(pk__in=[])
    for scope in by.scopes_of("job.see"):
        seen |= Q(pk__isnull=False) if scope.partner_id is None else Q(partner_id=scope.partner_id)
    return seen
