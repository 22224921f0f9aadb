"""The bar of an import's job on the import's own pages; when the job ends, the page shows what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from fidelia.intake.models import Import
from fidelia.intake.queries import get_import
from fidelia.jobs.errors import JobUnknown
from fidelia.jobs.models import Job, JobState
from fidelia.jobs.queries import get_job
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.ui.parts import Progress

from ..jobs import progress_of, verbs_of_a_job
from ..pages import ConsoleRequest, show, signed_in, wants_fragment
from ..speech import Speech, speech_of
from .states import url_of_import


@signed_in
def progress(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """The bar, which asks for itself again; once the job ends, stops or pauses, the page of the import as it is now."""
    return _show(request, import_id)


def job_of(by: Actor, found: Import) -> Job | None:
    """Return the job that works or worked on the import; None without one, or when it is not the actor's to see."""
    if found.job_id is None:
        return None
    try:
        return get_job(by=by, job_id=found.job_id)
    except JobUnknown:
        return None


def is_open(job: Job | None) -> bool:
    """Tell whether the job is under way, or stands still and can go on."""
    return job is not None and (job.is_under_way or job.state in (JobState.PAUSED, JobState.STOPPED))


def bar_of(by: Actor, found: Import, job: Job, speech: Speech) -> Progress:
    """Return the bar of the job with the addresses of the import, so that its page follows when the job ends."""
    bar = progress_of(by, job, speech)
    return replace(
        bar,
        name=_name_of(job),
        poll_url=_url("progress", found) if bar.poll_url else "",
        pause_url=_url("pause", found) if bar.pause_url else "",
        stop_url=_url("stop", found) if bar.stop_url else "",
        resume_url=_url("resumption", found) if bar.resume_url else "",
    )


def _show(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    found = get_import(by=request.actor, import_id=import_id)
    job = job_of(request.actor, found)
    if not wants_fragment(request):
        return redirect(url_of_import(found))
    if job is None or not job.is_under_way:
        return HttpResponseClientRedirect(url_of_import(found))
    bar = bar_of(request.actor, found, job, speech_of(clock.now()))
    return show(request, "console/jobs/progress.html", {"job": bar})


def _act(request: ConsoleRequest, import_id: UUID, verb: Callable[..., Job]) -> HttpResponseBase:
    found = get_import(by=request.actor, import_id=import_id)
    if found.job_id is not None:
        verb(by=request.actor, at=clock.now(), job_id=found.job_id)
    return _show(request, import_id)


pause, stop, resume = verbs_of_a_job(_act)


def _name_of(job: Job) -> str:
    return {
        "import.check": _("Every row is read and understood; nothing is written"),
        "import.record": _("The rows are recorded"),
        "import.undo": _("What was recorded is taken back"),
    }.get(job.kind, job.kind)


def _url(name: str, found: Import) -> str:
    return reverse(f"console:import-{name}", args=[found.id])
