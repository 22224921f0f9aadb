"""Run a job, in the worker: claim it, do the work, write down how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from fidelia.access.queries import actor_of, actor_of_key, get_user
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError, Unavailable

from ..models import UNDER_WAY, Job, JobState
from .kinds import get_kind
from .progress import Progress, RunOvertaken, StopRequested
from .starting import defer_run, queue_job

TRY_AGAIN_LATER = (Unavailable, OperationalError, InterfaceError)
ERROR_LENGTH_MAX = 2_000
LOST_TOGETHER_MAX = 100
logger = logging.getLogger(__name__)

_LOST = """
select job.id from jobs_job job
where job.state = any(%s) and job.created_at < %s
  and not exists (
      select from procrastinate_jobs carrier
      where carrier.task_name = %s and carrier.status in ('todo', 'doing') and carrier.args ->> 'job_id' = job.id::text)
order by job.created_at, job.id limit %s
"""


def run_job(*, job_id: UUID, clock: Callable[[], datetime]) -> None:
    """Run a job that waits, or whose run was lost, until it is done, stops or fails.

    Lets TRY_AGAIN_LATER through, for who calls to come back later; the job then waits and says for what.
    """
    at = clock()
    job = _claim(job_id, at)
    if job is None:
        return
    progress = Progress(job, clock=clock)
    try:
        result = get_kind(job.kind).function(job.arguments, by=_actor_of(job), at=at, progress=progress)
        progress.show()
    except RunOvertaken:
        logger.warning("A run of job %s was overtaken by another", job_id)
    except StopRequested:
        _stop(job, clock())
    except TRY_AGAIN_LATER as reason:
        _wait(job, reason)
        raise
    except Exception as failure:
        logger.exception("Job %s (%s) failed", job_id, job.kind)
        _end(job, JobState.FAILED, clock(), error=_sentence(failure), error_code=getattr(failure, "code", "error"))
    else:
        _end(job, JobState.DONE, clock(), result=None if result is None else dict(result))


def start_scheduled(*, kind: str, at: datetime) -> Job | None:
    """Queue a job that the system starts by itself, unless one of its kind is under way or paused."""
    with transaction_of_use_case():
        with connection.cursor() as cursor:  # two workers at the same minute
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"start scheduled {kind}"])
        if Job.objects.filter(kind=kind, state__in=[*UNDER_WAY, JobState.PAUSED]).exists():
            return None
        return queue_job(by=Actor.system("schedule"), at=at, kind=kind, arguments={})


def find_lost(*, carrier: str, before: datetime) -> int:
    """Hand to the worker again the jobs that are under way and that it has lost sight of; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST, [list(UNDER_WAY), before, carrier, LOST_TOGETHER_MAX])
        lost = [job_id for (job_id,) in cursor.fetchall()]
    for job_id in lost:
        defer_run(job_id)
        logger.warning("Job %s was lost and goes on", job_id)
    return len(lost)


def forget_ended(*, before: datetime) -> int:
    """Delete jobs that came to their end before this moment; who did what stays in the audit."""
    ended = Job.objects.filter(ended_at__lt=before).exclude(state__in=UNDER_WAY).exclude(state=JobState.PAUSED)
    return ended.delete()[0]


def _claim(job_id: UUID, at: datetime) -> Job | None:
    """Begin a run and return its job; None when there is nothing to run any more."""
    with transaction_of_use_case():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None or job.state not in UNDER_WAY:
            return None
        if job.state in (JobState.STOPPING, JobState.PAUSING):  # asked of a run that died before it could
            job.state, job.ended_at = _reached(job.state), at
            job.save(update_fields=["state", "ended_at"])
            return None
        job.state, job.run = JobState.RUNNING, job.run + 1
        job.started_at, job.moved_at = job.started_at or at, at
        job.error = job.error_code = ""
        job.save(update_fields=["state", "run", "started_at", "moved_at", "error", "error_code"])
    return job


def _actor_of(job: Job) -> Actor:
    """Who started the job, with the rights held now. Raises UserUnknown, UserInactive, KeyRevoked…"""
    if job.by_kind == "user" and job.by_id is not None:
        return actor_of(get_user(user_id=job.by_id))
    if job.by_kind == "key" and job.by_id is not None:
        return actor_of_key(key_id=job.by_id)
    return Actor.system(job.by_label)


def _stop(job: Job, at: datetime) -> None:
    state = Job.objects.filter(pk=job.pk, run=job.run).values_list("state", flat=True).first()
    if state is not None:
        _end(job, _reached(state), at)


def _reached(asked: str) -> JobState:
    return JobState.PAUSED if asked == JobState.PAUSING else JobState.STOPPED


def _wait(job: Job, reason: Exception) -> None:
    """Say what the job waits for. When it is the database itself, nobody can be told, and the run counts as lost."""
    if isinstance(reason, Unavailable):
        with transaction_of_use_case():
            waiting = Job.objects.filter(pk=job.pk, run=job.run, state=JobState.RUNNING)
            waiting.update(state=JobState.QUEUED, error=_sentence(reason), error_code=reason.code)
    else:
        connection.close()


def _end(job: Job, state: JobState, at: datetime, **fields: Any) -> None:
    with transaction_of_use_case():
        Job.objects.filter(pk=job.pk, run=job.run).update(state=state, ended_at=at, moved_at=at, **fields)


def _sentence(failure: Exception) -> str:
    told = failure.message if isinstance(failure, FideliaError) else f"{type(failure).__name__}: {failure}"
    return told[:ERROR_LENGTH_MAX]
