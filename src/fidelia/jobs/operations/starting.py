"""Start, stop, pause and resume a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from procrastinate.contrib.django import app

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import EVERYWHERE, Actor, Scope
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim, name_resource
from fidelia.kernel.localized import LocalizedText

from ..errors import JobHasEnded, JobNotResumable, JobUnknown
from ..models import Job, JobState
from .kinds import get_kind, may_go_on

RUN_JOB = "fidelia.run_job"


def start_job(
    *,
    by: Actor,
    at: datetime,
    kind: str,
    arguments: Mapping[str, Any],
    label: LocalizedText | None = None,
    scope: Scope = EVERYWHERE,
    once: RequestKey | None = None,
) -> Job:
    """Queue a job of this kind; the worker runs it as `by`, with the rights held then.

    `label` says what this one is about (default: the kind's). Raises Denied, JobKindUnknown, RequestRepeated (with a
    key that started one before), IdempotencyKeyReused.
    """
    by.require(get_kind(kind).right, scope)
    with transaction_of_use_case():
        claim(once, at=at, resource_type="job")
        job = queue_job(by=by, at=at, kind=kind, arguments=arguments, label=label, scope=scope)
        name_resource(once, job.id)
    return job


def queue_job(
    *,
    by: Actor,
    at: datetime,
    kind: str,
    arguments: Mapping[str, Any],
    label: LocalizedText | None = None,
    scope: Scope = EVERYWHERE,
    goes_on: Job | None = None,
) -> Job:
    """Queue a job in the transaction of the use case that needs it, which has asked for its own right.

    With `goes_on` it begins where that job of the same kind, which has ended, came to.
    """
    require_transaction()
    declared = get_kind(kind)
    job = Job.objects.create(
        kind=kind,
        label=label or declared.label,
        arguments=dict(arguments),
        partner_id=scope.partner_id,
        by_kind=by.kind,
        by_id=by.id,
        by_label=by.label,
        created_at=at,
        checkpoint=goes_on.checkpoint if goes_on is not None else None,
        checkpoint_done=goes_on.checkpoint_done if goes_on is not None else 0,
    )
    _audit(by, at, declared.right, job, after={"kind": kind})
    defer_run(job.id)
    return job


def request_stop(*, by: Actor, at: datetime, job_id: UUID) -> Job:
    """Ask a job to stop at its next step; one that waits stops at once. One's own job, or the right "job.stop".

    Raises Denied, JobUnknown, JobHasEnded.
    """
    return _request(by=by, at=at, job_id=job_id, asked=JobState.STOPPING, reached=JobState.STOPPED)


def request_pause(*, by: Actor, at: datetime, job_id: UUID) -> Job:
    """Ask a job to pause at its next step; one that waits pauses at once. One's own job, or the right "job.stop".

    Raises Denied, JobUnknown, JobHasEnded.
    """
    return _request(by=by, at=at, job_id=job_id, asked=JobState.PAUSING, reached=JobState.PAUSED)


def resume_job(*, by: Actor, at: datetime, job_id: UUID) -> Job:
    """Let a job that was paused, stopped or has failed go on from its checkpoint. One's own, or "job.resume".

    A kind that does not go on is resumed only where it had not begun.

    Raises Denied, JobUnknown, JobNotResumable.
    """
    with transaction_of_use_case():
        job = _locked(job_id)
        if not _is_own(job, by):
            by.require("job.resume", job.scope)
        if not job.is_resumable:
            raise JobNotResumable(f"This job is {job.state}: there is nothing to resume.")
        if not may_go_on(job):
            raise JobNotResumable("This kind of job cannot go on from where it stopped.")
        before, job.state = job.state, JobState.QUEUED
        job.error = job.error_code = ""
        job.ended_at = None
        job.save(update_fields=["state", "error", "error_code", "ended_at"])
        _audit(by, at, "job.resume", job, before={"state": before}, after={"state": job.state})
        defer_run(job.id)
    return job


def defer_run(job_id: UUID) -> None:
    """Give the job to the worker, in the transaction of the caller. The lock keeps two runs of it apart."""
    app.configure_task(RUN_JOB, lock=f"job {job_id}").defer(job_id=str(job_id))


def _request(*, by: Actor, at: datetime, job_id: UUID, asked: JobState, reached: JobState) -> Job:
    with transaction_of_use_case():
        job = _locked(job_id)
        if not _is_own(job, by):
            by.require("job.stop", job.scope)
        if not job.is_under_way:
            raise JobHasEnded(f"This job is {job.state} already.")
        before = job.state
        if job.state == JobState.QUEUED:
            job.state, job.ended_at = reached, at
        else:
            job.state = asked
        job.save(update_fields=["state", "ended_at"])
        _audit(by, at, "job.stop", job, before={"state": before}, after={"state": job.state})
    return job


def _is_own(job: Job, by: Actor) -> bool:
    return by.id is not None and (job.by_kind, job.by_id) == (by.kind, by.id)


def _locked(job_id: UUID) -> Job:
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise JobUnknown("There is no such job.")
    return job


def _audit(by: Actor, at: datetime, verb: str, job: Job, **states: dict[str, Any]) -> None:
    record_audit(by=by, at=at, verb=verb, object_type="job", object_id=job.id, scope=job.scope, **states)
