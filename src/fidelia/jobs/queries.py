"""Questions about jobs and parked events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor
from fidelia.kernel.models import ParkedEvent
from fidelia.kernel.outbox import Announced, Reaction, keeping
from fidelia.kernel.outbox.reading import read_events

from .errors import JobUnknown
from .models import UNDER_WAY, Job, JobState

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


def find_last_end(*, kinds: Sequence[str]) -> datetime | None:
    """Return when a job last came to its end, of the kinds whose names begin so; None where none did."""
    named = Q(pk__in=[])
    for beginning in kinds:
        named |= Q(kind__startswith=beginning)
    ended = Job.objects.filter(named, state=JobState.DONE, ended_at__isnull=False)
    return ended.order_by("-ended_at").values_list("ended_at", flat=True).first()


def list_parked(
    *, by: Actor, reaction: str | None = None, after_id: int = 0, limit: int = 100, failed_only: bool = False
) -> list[ParkedEvent]:
    """Return the events that wait because a reaction could not serve them, oldest first. Raises Denied.

    `failed_only` leaves out those that stand behind another of their customer.
    """
    by.require("event.see")
    limit = min(limit, PAGE_MAX)
    return keeping.list_parked(reaction=reaction, after_id=after_id, limit=limit, failed_only=failed_only)


def count_waiting_behind(*, by: Actor, parked: Sequence[ParkedEvent]) -> dict[int, int]:
    """Return how many events stand behind each parked one, by its id. Raises Denied (event.see)."""
    by.require("event.see")
    return keeping.count_waiting_behind(parked)


def count_under_way(*, by: Actor) -> int:
    """Return how many of the jobs the actor may see are queued or run."""
    return Job.objects.filter(_seen_by(by), state__in=UNDER_WAY).count()


def count_parked(*, by: Actor) -> int:
    """Return how many events wait because a reaction could not serve them; 0 without the right "event.see"."""
    if not by.may("event.see"):
        return 0
    return ParkedEvent.objects.filter(resolved_at__isnull=True).count()


def list_lag(*, by: Actor, reactions: Sequence[Reaction]) -> list[keeping.Lag]:
    """Return how far behind each reaction is, by name. Raises Denied (event.see)."""
    by.require("event.see")
    return keeping.count_lag(reactions)


def list_parked_events(*, by: Actor, event_ids: Sequence[int]) -> dict[int, Announced]:
    """Return what was announced, by event id, to show beside what is parked. Raises Denied (event.see)."""
    by.require("event.see")
    return read_events(event_ids)


def _seen_by(by: Actor) -> Q:
    seen = Q(by_kind=by.kind, by_id=by.id) if by.id is not None else Q(pk__in=[])
    for scope in by.scopes_of("job.see"):
        seen |= Q(pk__isnull=False) if scope.partner_id is None else Q(partner_id=scope.partner_id)
    return seen
