"""Running: progress that can be seen, stops at the next step, and goes on from the checkpoint without repeating."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from fidelia.access.operations import issue_key, revoke_key
from fidelia.jobs.models import Job
from fidelia.jobs.operations import (
    Progress,
    RunOvertaken,
    StopRequested,
    forget_ended,
    request_pause,
    request_stop,
    resume_job,
    run_job,
    start_job,
    start_scheduled,
)
from fidelia.kernel.actor import Actor, Grant
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Unavailable
from tests.cast import AT, SYSTEM, actor_with, leonore
from tests.jobs.kinds import SEEN, UNAVAILABLE

pytestmark = pytest.mark.usefixtures("effect_table")
ROCCO = actor_with("job.*", label="Rocco", number=2)


def ticking(seconds: float = 1.0) -> Callable[[], datetime]:
    """A clock that moves on each time one looks."""
    moments = iter(range(1_000_000))
    return lambda: AT + timedelta(seconds=seconds * next(moments))


def start(by: Actor = SYSTEM, **arguments: int) -> Job:
    return start_job(by=by, at=AT, kind="prisoner.count", arguments={"prisoners": 4} | arguments)


def run(job: Job, seconds: float = 1.0) -> Job:
    run_job(job_id=job.id, clock=ticking(seconds))
    job.refresh_from_db()
    return job


def counted() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select event_id from effect order by place")
        return [number for (number,) in cursor.fetchall()]


def test_it_does_the_work_and_keeps_the_result() -> None:
    job = run(start())
    assert (job.state, job.done, job.total, job.result, job.run) == ("done", 4, 4, {"counted": 4}, 1)
    assert job.pace is not None
    assert job.pace > 0
    assert counted() == [0, 1, 2, 3]
    run(job)
    assert counted() == [0, 1, 2, 3], "a job that is done is not run again"


def test_it_runs_as_who_started_it_with_the_rights_held_now() -> None:
    user = leonore()
    run(start(by=actor_with("store.see", number=user.id.int)))
    actor, _ = SEEN[0]
    assert (actor.kind, actor.id, actor.label) == ("user", user.id, "Leonore")
    assert actor.may("customer.see")
    key = issue_key(by=SYSTEM, at=AT, name="Web shop", rights=["store.see"]).key
    by_key = Actor("key", key.id, "Web shop", (Grant("store.see"),))
    run(start(by=by_key))
    assert SEEN[1][0] == by_key
    late = start(by=by_key)
    revoke_key(by=SYSTEM, at=AT, key_id=key.id)
    assert (run(late).state, late.error_code) == ("failed", "key_revoked")


def test_its_progress_is_shown_at_most_each_half_second() -> None:
    job = start(prisoners=100)
    shown: list[int] = []

    def watch(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if "moved_at" in sql and "pace" in sql:
            shown.append(1)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        run(job, seconds=0.01)
    assert (job.state, job.done) == ("done", 100)
    assert 3 <= len(shown) <= 8


def test_a_failure_is_told_and_what_was_done_stays_done() -> None:
    job = run(start(break_at=2))
    assert (job.state, job.error, job.error_code, job.done) == ("failed", "the chain is broken", "chain_broken", 2)
    assert counted() == [0, 1]
    tripped = run(start(trip_at=1))
    assert (tripped.state, tripped.error) == ("failed", "ZeroDivisionError: one prisoner for no cell")


def test_it_goes_on_from_its_checkpoint() -> None:
    job = run(start(break_at=2))
    Job.objects.update(arguments={"prisoners": 4})
    resume_job(by=ROCCO, at=AT, job_id=job.id)
    assert (run(job).state, job.done, job.run, job.error) == ("done", 4, 2, "")
    assert counted() == [0, 1, 2, 3]


@pytest.mark.parametrize(("ask", "state"), [(request_stop, "stopped"), (request_pause, "paused")])
def test_asked_to_stop_it_stops_at_its_next_step(ask: Callable[..., Job], state: str) -> None:
    job = start(prisoners=50)
    steps = iter(range(1_000))

    def clock() -> datetime:
        step = next(steps)
        if step == 20:
            ask(by=ROCCO, at=AT, job_id=job.id)
        return AT + timedelta(seconds=step)

    run_job(job_id=job.id, clock=clock)
    job.refresh_from_db()
    assert job.state == state
    assert 0 < job.done < 50
    assert counted() == list(range(job.done))
    resume_job(by=ROCCO, at=AT, job_id=job.id)
    run(job)
    assert (job.state, counted()) == ("done", list(range(50)))


def test_what_does_not_answer_is_waited_for() -> None:
    job = start(wait_at=2)
    UNAVAILABLE.append("the governor is out")
    with pytest.raises(Unavailable):
        run_job(job_id=job.id, clock=ticking())
    job.refresh_from_db()
    assert (job.state, job.error, job.error_code) == ("queued", "the governor is out", "unavailable")
    UNAVAILABLE.clear()
    assert (run(job).state, job.error) == ("done", "")
    assert counted() == [0, 1, 2, 3]


def test_a_run_that_was_overtaken_writes_nothing_more() -> None:
    job = start()
    Job.objects.update(state="running", run=1)
    job.refresh_from_db()
    old = Progress(job, clock=ticking())
    Job.objects.update(run=2)
    with pytest.raises(RunOvertaken):
        old.show()
    with pytest.raises(RunOvertaken), transaction_of_use_case():
        old.reach({"next": 1}, count=1)
    job.refresh_from_db()
    assert (job.done, job.checkpoint) == (0, None)


def test_a_stop_asked_of_a_run_that_died_is_kept() -> None:
    job = start()
    Job.objects.update(state="running", run=1)
    request_stop(by=ROCCO, at=AT, job_id=job.id)
    assert run(job).state == "stopped"
    assert counted() == []


def test_the_step_of_a_job_asked_to_stop_raises() -> None:
    job = start()
    Job.objects.update(state="running", run=1)
    job.refresh_from_db()
    progress = Progress(job, clock=ticking())
    progress.step()
    request_stop(by=ROCCO, at=AT, job_id=job.id)
    with pytest.raises(StopRequested):
        progress.step()


def test_a_scheduled_kind_starts_once_at_a_time() -> None:
    job = start_scheduled(kind="lamp.light", at=AT)
    assert job is not None
    assert (job.by_kind, job.by_label) == ("system", "schedule")
    assert start_scheduled(kind="lamp.light", at=AT) is None
    run(job)
    assert start_scheduled(kind="lamp.light", at=AT + timedelta(days=1)) is not None


def test_what_ended_long_ago_is_forgotten() -> None:
    old, new, waiting = run(start()), start(), start()
    request_stop(by=ROCCO, at=AT + timedelta(days=9), job_id=new.id)
    assert forget_ended(before=AT + timedelta(days=1)) == 1
    assert set(Job.objects.values_list("id", flat=True)) == {new.id, waiting.id}
    assert old.id not in {new.id, waiting.id}


def test_time_left_follows_the_pace() -> None:
    job = start()
    job.state, job.done, job.total, job.pace = "running", 25, 100, 2.5
    assert job.time_left == timedelta(seconds=30)
    job.total = None
    assert job.time_left is None
