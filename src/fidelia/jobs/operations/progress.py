"""Progress, as the code inside a job records it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction, transaction_of_use_case

from ..models import Job, JobState

STEP_SECONDS = timedelta(seconds=0.5)


class StopRequested(Exception):
    """Somebody asked the job to stop or to pause. Let it through: what the last checkpoint tells is kept."""


class RunOvertaken(Exception):
    """Another run has taken the job over (this one was believed dead). Let it through, and write nothing more."""


class Progress:
    """How far one run of a job has come."""

    def __init__(self, job: Job, *, clock: Callable[[], datetime]) -> None:
        self.checkpoint: dict[str, Any] | None = job.checkpoint
        self.done = job.checkpoint_done
        self.total = job.total
        self._job_id: UUID = job.id
        self._run = job.run
        self._clock = clock
        self._first = self.done
        self._begun_at = self._shown_at = clock()

    def expect(self, total: int) -> None:
        """Say how many units there are, and show it."""
        self.total = total
        self.show()

    def step(self, count: int = 1) -> None:
        """Count units done; shown at most every half second, in a short transaction of its own.

        Call it between the transactions of the work. Raises StopRequested, RunOvertaken.
        """
        self.done += count
        if self._clock() - self._shown_at >= STEP_SECONDS:
            self.show()

    def show(self) -> None:
        """Write the progress down now, and look whether somebody asked to stop. Raises StopRequested, RunOvertaken."""
        at = self._shown_at = self._clock()
        with transaction_of_use_case():
            self._own().update(done=self.done, total=self.total, pace=self._pace(at), moved_at=at)
            state = self._own().values_list("state", flat=True).first()
        if state is None:
            raise RunOvertaken
        if state in (JobState.STOPPING, JobState.PAUSING):
            raise StopRequested

    def reach(self, checkpoint: Mapping[str, Any], *, count: int = 0) -> None:
        """Count units done and keep where to go on, in the transaction of the work itself. Raises RunOvertaken.

        The effects and the checkpoint are committed together or not at all: a resumed run repeats nothing.
        """
        require_transaction()
        done = self.done + count
        if not self._own().update(checkpoint=dict(checkpoint), checkpoint_done=done, done=done):
            raise RunOvertaken
        self.checkpoint, self.done = dict(checkpoint), done

    def _own(self) -> Any:
        return Job.objects.filter(pk=self._job_id, run=self._run)

    def _pace(self, at: datetime) -> float | None:
        seconds = (at - self._begun_at).total_seconds()
        return (self.done - self._first) / seconds if seconds > 0 and self.done > self._first else None
