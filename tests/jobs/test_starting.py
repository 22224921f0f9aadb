"""Starting, stopping, pausing and resuming: who may, and what becomes of the job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from fidelia.access.models import Audit
from fidelia.jobs.errors import JobHasEnded, JobKindUnknown, JobNotResumable, JobUnknown
from fidelia.jobs.models import Job
from fidelia.jobs.operations import request_pause, request_stop, resume_job, start_job
from fidelia.jobs.queries import get_job, list_jobs
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from tests.cast import AT, PIZARRO, actor_with

pytestmark = pytest.mark.django_db
LEONORE = actor_with("store.see", label="Leonore", number=1)
ROCCO = actor_with("job.*", label="Rocco", number=2)


def start(by: Actor = LEONORE, **other: Any) -> Job:
    return start_job(by=by, at=AT, kind="prisoner.count", arguments={"prisoners": 3}, **other)


def carriers() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("select args ->> 'job_id', lock from procrastinate_jobs order by id")
        return list(cursor.fetchall())


def test_it_waits_for_the_worker_and_says_who_asked_for_what() -> None:
    label = LocalizedText(en="Count the north wing", fr="Compter l’aile nord")
    job = start(label=label)
    kept = Job.objects.get()
    assert (kept.id, kept.state, kept.label, kept.arguments) == (job.id, "queued", label, {"prisoners": 3})
    assert (kept.by_kind, kept.by_id, kept.by_label, kept.created_at) == ("user", LEONORE.id, "Leonore", AT)
    assert carriers() == [(str(job.id), f"job {job.id}")]
    assert Audit.objects.values_list("verb", "object_id").get() == ("store.see", str(job.id))


def test_what_is_refused_leaves_nothing_to_do() -> None:
    with pytest.raises(Denied):
        start(by=PIZARRO)
    with pytest.raises(JobKindUnknown):
        start_job(by=LEONORE, at=AT, kind="prisoner.free", arguments={})
    assert not Job.objects.exists()
    assert carriers() == []


def test_one_that_waits_stops_and_pauses_at_once() -> None:
    assert request_stop(by=LEONORE, at=AT, job_id=start().id).state == "stopped"
    assert request_pause(by=LEONORE, at=AT, job_id=start().id).state == "paused"


def test_one_that_runs_is_asked() -> None:
    job = start()
    Job.objects.update(state="running")
    assert request_pause(by=LEONORE, at=AT, job_id=job.id).state == "pausing"
    assert request_stop(by=LEONORE, at=AT, job_id=job.id).state == "stopping"
    assert Audit.objects.filter(verb="job.stop").count() == 2


def test_one_stops_and_resumes_ones_own_and_others_by_right() -> None:
    job = start()
    for verb in (request_stop, request_pause, resume_job):
        with pytest.raises(Denied):
            verb(by=PIZARRO, at=AT, job_id=job.id)
    request_stop(by=ROCCO, at=AT, job_id=job.id)
    assert resume_job(by=LEONORE, at=AT, job_id=job.id).state == "queued"
    assert len(carriers()) == 2


def test_what_has_ended_does_not_stop_and_what_goes_on_is_not_resumed() -> None:
    job = start()
    with pytest.raises(JobNotResumable):
        resume_job(by=LEONORE, at=AT, job_id=job.id)
    Job.objects.update(state="done")
    with pytest.raises(JobHasEnded):
        request_stop(by=LEONORE, at=AT, job_id=job.id)
    with pytest.raises(JobNotResumable):
        resume_job(by=LEONORE, at=AT, job_id=job.id)
    with pytest.raises(JobUnknown):
        request_stop(by=LEONORE, at=AT, job_id=UUID(int=1))
    assert Job.objects.get().state == "done"


def test_one_sees_ones_own_and_those_of_ones_scope() -> None:
    partner = Scope(UUID(int=7))
    own, other = start(), start(by=actor_with("store.see", number=9), scope=partner)
    assert list_jobs(by=LEONORE) == [own]
    assert list_jobs(by=ROCCO) == [other, own]
    assert list_jobs(by=actor_with("job.see", number=5, scope=partner)) == [other]
    assert list_jobs(by=PIZARRO) == []
    assert get_job(by=LEONORE, job_id=own.id) == own
    with pytest.raises(JobUnknown):
        get_job(by=LEONORE, job_id=other.id)
    request_stop(by=LEONORE, at=AT, job_id=own.id)
    assert list_jobs(by=ROCCO, under_way=True) == [other]
    assert list_jobs(by=ROCCO, under_way=False) == [own]
    assert list_jobs(by=ROCCO, before=(other.created_at, other.id)) == [own]
    assert list_jobs(by=ROCCO, kind="lamp.light") == []
