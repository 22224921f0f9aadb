"""Jobs: what runs, how far it is, what came of it; pause, stop and resume."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.jobs.models import Job, JobState
from fidelia.jobs.operations import may_go_on, request_pause, request_stop, resume_job
from fidelia.jobs.queries import get_job, list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.ui.formats import duration
from fidelia.ui.parts import Progress

from .customers.exports import file_of
from .customers.together import may_be_undone
from .pages import ConsoleRequest, show, signed_in, wants_fragment
from .paging import asked_place, page_of
from .refusals import sentence_of_code
from .speech import Speech, speech_of
from .words import ACTORS, RESULTS, word

View = Callable[..., HttpResponseBase]

PAGE_SIZE = 25
STATES = {
    JobState.QUEUED: "planned",
    JobState.RUNNING: "running",
    JobState.PAUSING: "paused",
    JobState.PAUSED: "paused",
    JobState.STOPPING: "stopped",
    JobState.STOPPED: "stopped",
    JobState.FAILED: "failed",
    JobState.DONE: "done",
}


@signed_in
def jobs(request: ConsoleRequest) -> HttpResponseBase:
    by, speech = request.actor, speech_of(clock.now())
    asked = asked_place(request)
    running = list_jobs(by=by, under_way=True)
    before = asked.after_as(datetime.fromisoformat, UUID)
    rest = list_jobs(by=by, under_way=False, before=before, limit=PAGE_SIZE + 1)
    page = page_of(
        request, asked, rest, PAGE_SIZE, key_of=lambda job: (job.created_at, job.id), total="",
        order=_("newest first"),
    )  # fmt: skip
    context = {
        "running": [progress_of(by, job, speech) for job in running],
        "rows": [_row(by, job, speech) for job in page.rows],
        "page": page.pager,
    }
    return show(request, "console/jobs/list.html", context)


@signed_in
def job(request: ConsoleRequest, job_id: UUID) -> HttpResponseBase:
    """One job: the page, or for htmx the bar, which asks for itself again until the job has ended."""
    found = get_job(by=request.actor, job_id=job_id)
    return _show_job(request, found)


def progress_of(by: Actor, job: Job, speech: Speech) -> Progress:
    """Return the bar of a job, with the buttons that this person may press."""
    own = by.id is not None and (job.by_kind, job.by_id) == (by.kind, by.id)
    may_stop = own or by.may("job.stop", job.scope)
    goes_on = may_go_on(job)
    may_resume = goes_on and (own or by.may("job.resume", job.scope))
    left = job.time_left
    runs = job.state in (JobState.QUEUED, JobState.RUNNING)
    since = job.started_at or job.created_at
    return Progress(
        id=f"f-job-{job.id}",
        name=job.label.in_language(speech.language),
        done=job.done,
        total=job.total or 0,
        count=_count(job, speech),
        pace=_("%(n)s a second") % {"n": speech.number(round(job.pace))} if job.pace and runs else "",
        left=_("%(time)s left") % {"time": duration(max(1, round(left.total_seconds())), speech.language)}
        if left
        else "",
        poll_url=_url("job", job) if job.is_under_way else "",
        pause_url=_url("job-pause", job) if runs and may_stop and goes_on else "",
        resume_url=_url("job-resume", job) if job.is_resumable and may_resume else "",
        stop_url=_url("job-stop", job) if runs and may_stop else "",
        ended=not job.is_under_way and not (job.is_resumable and goes_on),
        seconds_run=round((speech.now - since).total_seconds()),
    )


def import_url_of(job: Job) -> str:
    """Return the page of the import that the job is about; empty when it is about something else."""
    import_id = job.arguments.get("import_id") if job.kind.startswith("import.") else None
    return reverse("console:import", args=[import_id]) if import_id else ""


def _act(request: ConsoleRequest, job_id: UUID, verb: Callable[..., Job]) -> HttpResponseBase:
    changed = verb(by=request.actor, at=clock.now(), job_id=job_id)
    return _show_job(request, changed)


def verbs_of_a_job(act: Callable[[ConsoleRequest, UUID, Callable[..., Job]], HttpResponseBase]) -> list[View]:
    """Return the views that pause, stop and resume the job of what `act` is given the id of."""

    def view_of(verb: Callable[..., Job]) -> View:
        @require_POST
        @signed_in
        def view(request: ConsoleRequest, /, **named: UUID) -> HttpResponseBase:
            (identity,) = named.values()
            return act(request, identity, verb)

        return view

    return [view_of(verb) for verb in (request_pause, request_stop, resume_job)]


pause, stop, resume = verbs_of_a_job(_act)


def _show_job(request: ConsoleRequest, job: Job) -> HttpResponseBase:
    speech = speech_of(clock.now())
    context = {
        "job": progress_of(request.actor, job, speech),
        "row": _row(request.actor, job, speech),
        "undo_url": reverse("console:customers-act-undo", args=[job.id]) if may_be_undone(job) else "",
        "file_url": reverse("console:customer-export-file", args=[job.id]) if file_of(job) else "",
    }
    template = "console/jobs/progress.html" if wants_fragment(request) else "console/jobs/one.html"
    return show(request, template, context)


def _row(by: Actor, job: Job, speech: Speech) -> dict[str, Any]:
    seconds = (job.ended_at - job.started_at).total_seconds() if job.ended_at and job.started_at else None
    return {
        "job": job,
        "label": job.label.in_language(speech.language),
        "asker": word(ACTORS, job.by_label),
        "state": STATES[JobState(job.state)],
        "count": _count(job, speech),
        "took": duration(max(1, round(seconds)), speech.language) if seconds is not None else "",
        "result": _result(job, speech),
        "error": sentence_of_code(job.error_code, job.error) if job.error else "",
        "import_url": import_url_of(job),
        "may_resume": job.is_resumable and bool(progress_of(by, job, speech).resume_url),
    }


def _result(job: Job, speech: Speech) -> list[tuple[str, str]]:
    result = job.result if isinstance(job.result, dict) else {}
    return [
        (
            word(RESULTS, name) if name in RESULTS else name.replace("_", " "),
            speech.number(value) if isinstance(value, int) else str(value),
        )
        for name, value in result.items()
        if isinstance(value, int | str) and not isinstance(value, bool) and not name.endswith("_id")
    ]


def _count(job: Job, speech: Speech) -> str:
    if job.state == JobState.QUEUED:
        return _("waits for its turn")
    if job.state == JobState.PAUSING:
        return _("pauses at its next step")
    if job.state == JobState.STOPPING:
        return _("stops at its next step")
    if not job.total:
        return speech.number(job.done)
    return _("%(done)s of %(total)s") % {"done": speech.number(job.done), "total": speech.number(job.total)}


def _url(name: str, job: Job) -> str:
    return reverse(f"console:{name}", args=[job.id])
