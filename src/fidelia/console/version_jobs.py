"""Pages of a version that show what a job found: the progress of the one under way, and what was kept of the last."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fidelia.jobs.models import Job
from fidelia.jobs.queries import list_jobs
from fidelia.kernel import clock

from .jobs import progress_of
from .pages import ConsoleRequest
from .programme_parts import VersionView, told
from .speech import speech_of


def context_of(request: ConsoleRequest, view: VersionView, *, kind: str, kept: object) -> dict[str, Any]:
    """Return what such a page says besides its result: the version, the job of this kind under way, who may start."""
    running = _running(request, view.version.id, kind)
    return {
        "view": view,
        "version": told(view.version),
        "programme": view.programme,
        "kept": kept,
        "job": progress_of(request.actor, running, speech_of(clock.now())) if running else None,
        "may_run": request.actor.may_somewhere("programme.draft") and running is None,
    }


def _running(request: ConsoleRequest, version_id: UUID, kind: str) -> Job | None:
    under_way = list_jobs(by=request.actor, kind=kind, under_way=True, limit=20)
    return next((job for job in under_way if job.arguments.get("version_id") == str(version_id)), None)
