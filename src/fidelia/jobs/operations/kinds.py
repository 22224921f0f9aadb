"""The kinds of job that this release knows: declared by modules, registered in `config`, named by settings.JOBS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from ..errors import JobKindUnknown
from ..models import Job
from .progress import Progress


class JobFunction(Protocol):
    """The work. Returns its result, as JSON values.

    It may be called again from its last checkpoint: when resumed, when its worker died, or when something it needs
    did not answer (Unavailable). What it commits, it commits together with `progress.reach(…)`.
    """

    def __call__(
        self, arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress
    ) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: `name` as noun.verb, its label for people, the right to start it, and its work.

    With `cron` ("30 2 * * *", UTC) the system starts it by itself, unless one of the kind is under way or paused.
    One that is not `goes_on` cannot be called a second time: it is neither paused nor resumed once it has begun.
    """

    name: str
    label: LocalizedText
    right: str
    function: JobFunction
    cron: str | None = None
    goes_on: bool = True


def list_kinds() -> tuple[JobKind, ...]:
    """Return every kind of this release."""
    registered: tuple[JobKind, ...] | Callable[[], tuple[JobKind, ...]] = import_string(settings.JOBS)
    return registered() if callable(registered) else registered


def may_go_on(job: Job) -> bool:
    """Whether a job, should it stop now, could be resumed: its kind goes on from where it was, or it has not begun."""
    return job.started_at is None or all(kind.goes_on for kind in list_kinds() if kind.name == job.kind)


def get_kind(name: str) -> JobKind:
    """Raises JobKindUnknown."""
    for kind in list_kinds():
        if kind.name == name:
            return kind
    raise JobKindUnknown(f"There is no kind of job “{name}”.")
