"""In the real worker: procrastinate carries the job, one whose worker was killed goes on, and the schedule is known."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from fidelia.jobs.jobs import BackOff
from fidelia.jobs.models import Job
from fidelia.jobs.operations import RUN_JOB, find_lost, request_stop, start_job
from fidelia.kernel.errors import Invalid, Unavailable
from tests.cast import AT, SYSTEM
from tests.conftest import ROOT, address_of
from tests.jobs.kinds import UNAVAILABLE

pytestmark = pytest.mark.usefixtures("effect_table")


def start(**arguments: int) -> Job:
    return start_job(by=SYSTEM, at=AT, kind="prisoner.count", arguments={"prisoners": 4} | arguments)


def work() -> None:
    """Run the worker until its queue is empty, in a thread: a test may have an event loop of its own."""
    thread = threading.Thread(target=lambda: asyncio.run(_work()))
    thread.start()
    thread.join()


async def _work() -> None:
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    async with app.with_connector(connector).open_async() as fetching:
        await fetching.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)


def counted() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select event_id from effect order by place")
        return [number for (number,) in cursor.fetchall()]


def carriers() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select status::text from procrastinate_jobs where task_name = %s order by id", [RUN_JOB])
        return [status for (status,) in cursor.fetchall()]


def test_the_worker_runs_what_waits() -> None:
    done, broken = start(), start(break_at=1)
    work()
    assert [Job.objects.get(pk=job.pk).state for job in (done, broken)] == ["done", "failed"]
    assert sorted(counted()) == [0, 0, 1, 2, 3]


def test_what_does_not_answer_is_tried_again_later() -> None:
    job = start(wait_at=2)
    UNAVAILABLE.append("the governor is out")
    work()
    assert carriers() == ["todo"]
    UNAVAILABLE.clear()
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set scheduled_at = now() where status = 'todo'")
    work()
    job.refresh_from_db()
    assert (job.state, counted()) == ("done", [0, 1, 2, 3])


def test_one_whose_worker_was_killed_goes_on_from_its_checkpoint() -> None:
    job = start(hang_at=2)
    process = start_worker()
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    process.kill()
    process.wait()
    assert counted() == [0, 1]
    assert carriers() == ["doing"]
    Job.objects.update(arguments={"prisoners": 4})
    asyncio_run_in_thread(give_back_what_stalled)
    work()
    job.refresh_from_db()
    assert (job.state, job.run, job.done) == ("done", 2, 4)
    assert counted() == [0, 1, 2, 3]


def test_one_that_the_worker_lost_sight_of_is_found() -> None:
    job = start()
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")
    later = AT + timedelta(minutes=5)
    assert find_lost(carrier=RUN_JOB, before=AT) == 0, "it may be on its way"
    assert find_lost(carrier=RUN_JOB, before=later) == 1
    assert find_lost(carrier=RUN_JOB, before=later) == 0
    work()
    job.refresh_from_db()
    assert job.state == "done"
    assert find_lost(carrier=RUN_JOB, before=later) == 0


def test_a_stop_asked_while_its_worker_was_dead_is_kept() -> None:
    job = start()
    Job.objects.update(state="running", run=1)
    request_stop(by=SYSTEM, at=AT, job_id=job.id)
    work()
    job.refresh_from_db()
    assert (job.state, counted()) == ("stopped", [])


def test_back_off_doubles_up_to_five_minutes_and_only_for_what_may_pass() -> None:
    from procrastinate.jobs import Job as Carrier

    def carrier(attempts: int) -> Carrier:
        return Carrier(
            id=1, queue="default", lock=None, queueing_lock=None, task_name=RUN_JOB, attempts=attempts
        )  # fmt: skip

    assert BackOff().get_retry_decision(exception=Invalid("no"), job=carrier(0)) is None
    waits = []
    for attempts in (0, 1, 7, 8, 1_000):
        decision = BackOff().get_retry_decision(exception=Unavailable("out"), job=carrier(attempts))
        assert decision is not None
        assert decision.retry_at is not None
        waits.append(decision.retry_at)
    assert waits == sorted(waits)
    assert waits[-1] - waits[0] < timedelta(seconds=300)


def test_the_schedule_of_this_release_is_known_to_the_worker() -> None:
    names = {name for name, _ in app.periodic_registry.periodic_tasks}
    kinds = {periodic_id for name, periodic_id in app.periodic_registry.periodic_tasks if periodic_id}
    assert {"fidelia.find_stalled", "fidelia.find_lost", "fidelia.start_scheduled"} <= names
    assert {"installation.tidy", "outbox.purge"} <= kinds


async def give_back_what_stalled() -> None:
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    async with app.with_connector(connector).open_async() as fetching:
        for carrier in await fetching.job_manager.get_stalled_jobs(seconds_since_heartbeat=0):
            await fetching.job_manager.retry_job(carrier)


def asyncio_run_in_thread(function: object) -> None:
    thread = threading.Thread(target=lambda: asyncio.run(function()))  # type: ignore[operator]
    thread.start()
    thread.join()


def start_worker() -> subprocess.Popen[str]:
    environment = os.environ | {
        "FIDELIA_DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
        "DJANGO_SETTINGS_MODULE": "fidelia.config.settings",
        "PYTHONPATH": str(ROOT),
    }
    code = (
        "import django, threading; django.setup(); from django.conf import settings; "
        "settings.JOBS = 'tests.jobs.kinds.KINDS'; from fidelia.worker.queue import run_queue; "
        "run_queue(threading.Event())"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(ROOT), env=environment, stdout=subprocess.PIPE, text=True
    )
