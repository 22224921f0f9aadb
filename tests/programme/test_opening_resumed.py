"""A recording that is stopped or killed goes on: each balance is posted once, whatever happened between."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, record_import, record_now
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.jobs.operations.progress import RunOvertaken
from fidelia.ledger.models import Posting
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.models import Enrolment, OpeningLot
from fidelia.programme.operations.opening import steps
from tests.cast import SYSTEM
from tests.customers.files import checked, counts, write
from tests.forking import fork, wait_for_end_of
from tests.waiting import wait_for

from .cast import AT, programme

pytestmark = pytest.mark.django_db(transaction=True)


class CutShort(Unwatched):
    """Fails in the transaction of its second batch, as a worker that dies there."""

    reached = 0

    def reach(self, checkpoint: Mapping[str, Any], *, count: int = 0) -> None:
        self.reached += 1
        if self.reached == 2:
            raise RunOvertaken
        super().reach(checkpoint, count=count)


def members_file(folder: Path, members: int) -> Import:
    rows = [f"29{number:08},{number},2026-12-31,connaisseur" for number in range(1, members + 1)]
    return checked(write(folder, "card,balance,expires_on,tier", *rows), "members", at=AT, cut_over="2026-03-01")


def assert_whole(found: Import, members: int) -> None:
    found.refresh_from_db()
    points = members * (members + 1) // 2
    assert counts(found) == {"recorded": members, "known": 0, "double": 0, "rejected": 0}
    assert (found.totals["posted_points"], found.totals["by_expiry"]) == (points, {"2026-12-31": points})
    assert (Posting.objects.count(), OpeningLot.objects.count(), Enrolment.objects.count()) == (members,) * 3
    assert find_broken_invariants() == []


@pytest.mark.parametrize("keeps_checkpoint", [True, False])
def test_a_batch_is_recorded_whole_or_not_at_all_and_never_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeps_checkpoint: bool
) -> None:
    programme()
    monkeypatch.setattr(steps, "ROWS_PER_TRANSACTION", 4)
    found = members_file(tmp_path, 10)
    cut_short = CutShort()
    with pytest.raises(RunOvertaken):
        record_now(by=SYSTEM, at=AT, import_id=found.id, progress=cut_short)
    assert (Posting.objects.count(), Enrolment.objects.count()) == (4, 4)
    again = Unwatched()
    again.checkpoint = cut_short.checkpoint if keeps_checkpoint else None
    record_now(by=SYSTEM, at=AT + timedelta(minutes=1), import_id=found.id, progress=again)
    assert_whole(found, 10)


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_is_followed_by_one_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme()
    monkeypatch.setattr(steps, "ROWS_PER_TRANSACTION", 20)
    found = members_file(tmp_path, 1_000)
    job = record_import(by=SYSTEM, at=AT, import_id=found.id)
    for rows in (100, 400):
        worker = fork(lambda: run_job(job_id=job.id, clock=lambda: AT))
        wait_for(lambda rows=rows: reached(job.id) >= rows)  # type: ignore[misc]
        os.kill(worker[0], signal.SIGKILL)
        assert wait_for_end_of(*worker)
    assert reached(job.id) < 1_000
    run_job(job_id=job.id, clock=lambda: AT + timedelta(minutes=5))
    assert Job.objects.get(pk=job.id).state == "done"
    assert_whole(found, 1_000)


def reached(job_id: UUID) -> int:
    checkpoint = Job.objects.values_list("checkpoint", flat=True).get(pk=job_id)
    return int((checkpoint or {}).get("row", 0))
