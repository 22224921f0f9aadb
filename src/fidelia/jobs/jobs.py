"""How jobs reach the worker: the tasks of procrastinate, and the nightly work of this module and those below it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job as Carrier

from fidelia.access.operations import forget_idle_subjects
from fidelia.files.operations import forget_expired, sweep_contents
from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.kernel.localized import LocalizedText

from .operations import RUN_JOB, JobKind, Progress, find_lost, forget_ended, list_kinds, run_job, start_scheduled
from .operations.running import TRY_AGAIN_LATER

EACH_MINUTE = "* * * * *"
STALLED_SECONDS = 30  # a worker that lives tells so each ten
PAUSE_SECONDS_MAX = 300
LOST_AFTER = timedelta(minutes=1)
KEPT_DAYS = 180


class BackOff(BaseRetryStrategy):
    """Try again what did not answer: after 2, 4, 8… seconds, at most five minutes apart, for as long as it takes."""

    def get_retry_decision(self, *, exception: BaseException, job: Carrier) -> RetryDecision | None:
        if not isinstance(exception, TRY_AGAIN_LATER):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts + 1, 9), PAUSE_SECONDS_MAX)})


def register_tasks(app: App) -> None:
    """Tell procrastinate what it runs; called once, when Django is ready (settings.PROCRASTINATE_ON_APP_READY)."""
    app.task(name=RUN_JOB, retry=BackOff())(_run_job)
    app.periodic(cron=EACH_MINUTE)(app.task(name="fidelia.find_stalled", pass_context=True)(_find_stalled))
    app.periodic(cron=EACH_MINUTE)(app.task(name="fidelia.find_lost", retry=BackOff())(_find_lost))
    starting = app.task(name="fidelia.start_scheduled", retry=BackOff())(_start_scheduled)
    for kind in list_kinds():
        if kind.cron is not None:
            app.periodic(cron=kind.cron, periodic_id=kind.name, task_kwargs={"kind": kind.name})(starting)


def _run_job(job_id: str) -> None:
    run_job(job_id=UUID(job_id), clock=now)


async def _find_stalled(context: JobContext, timestamp: int) -> None:
    """Give back to the queue what a worker held that has died."""
    for carrier in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await context.app.job_manager.retry_job(carrier)


def _find_lost(timestamp: int) -> None:
    find_lost(carrier=RUN_JOB, before=now() - LOST_AFTER)


def _start_scheduled(timestamp: int, kind: str) -> None:
    start_scheduled(kind=kind, at=datetime.fromtimestamp(timestamp, UTC))


def _tidy(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    return {
        "rate_limits": forget_idle_subjects(at=at),
        "jobs": forget_ended(before=at - timedelta(days=KEPT_DAYS)),
        "files": forget_expired(at=at),
        "contents": sweep_contents(at=at),
    }


JOBS = (
    JobKind(
        name="installation.tidy",
        label=LocalizedText(en="Nightly tidying up", fr="Rangement de la nuit"),
        right="system.see",
        function=_tidy,
        cron="10 2 * * *",
    ),
)
