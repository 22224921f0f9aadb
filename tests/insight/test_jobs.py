"""The refresh as a job: started by a person who may, or by the clock; its progress seen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.access.queries import actor_of
from fidelia.insight.errors import MalformedMoment
from fidelia.insight.jobs import refresh_insight
from fidelia.insight.models import Refresh
from fidelia.insight.operations.exporting import registered_tables
from fidelia.insight.report.sections import SECTIONS
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, get_kind, run_job, start_job
from fidelia.kernel.errors import Denied
from tests.cast import AT, PIZARRO, SYSTEM, leonore
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


def test_it_refreshes_and_says_how_far_it_has_come() -> None:
    open_shop()
    buy([purchase(customers(1)[0], 2_000, AT - timedelta(days=2))])
    started = start_job(by=actor_of(leonore()), at=AT, kind="insight.refresh", arguments={"window_days": 90})
    run_job(job_id=started.id, clock=lambda: AT)
    job = Job.objects.get(id=started.id)
    done = Refresh.objects.get()
    assert (job.state, job.result) == ("done", {"refresh_id": str(done.id), "customers": 1})
    assert job.done == job.total == len(registered_tables()) + 2 + 2 * len(SECTIONS)
    assert (done.window_days, done.as_of) == (90, AT)


def test_the_clock_starts_it_each_night() -> None:
    assert get_kind("insight.refresh").cron == "30 3 * * *"


def test_it_is_refused_to_who_may_not() -> None:
    with pytest.raises(Denied):
        start_job(by=PIZARRO, at=AT, kind="insight.refresh", arguments={})


@pytest.mark.parametrize("text", ["yesterday", "2026-03-02", "2026-03-02T09:30:00"])
def test_a_moment_without_its_zone_is_refused(text: str) -> None:
    progress = Progress(Job(id=UUID(int=1), run=1, checkpoint_done=0), clock=lambda: AT)
    progress.expect = lambda total: None  # type: ignore[method-assign]
    with pytest.raises(MalformedMoment):
        refresh_insight({"as_of": text}, by=SYSTEM, at=AT, progress=progress)
    assert not Refresh.objects.exists()
