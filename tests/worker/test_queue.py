"""The worker runs the jobs of all queues, and stops when it is told to."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from fidelia.worker.processes import wait_until
from fidelia.worker.queue import run_queue


@pytest.mark.django_db(transaction=True)
def test_jobs_are_run_until_it_is_told_to_stop() -> None:
    job_id = defer_a_job()
    stop = threading.Event()
    thread = threading.Thread(target=run_queue, args=[stop])
    thread.start()
    try:
        assert wait_until(lambda: not is_there(job_id), seconds_max=60)
    finally:
        stop.set()
        thread.join(timeout=60)

    assert not thread.is_alive()
    assert count("procrastinate_workers") == 0
    connections.close_all()


def defer_a_job() -> int:
    """Defer the one task that procrastinate brings itself: it removes old jobs. It is removed when it succeeds.

    By its name, since the task itself belongs to whichever app was made last, and a worker's app is closed at its end.
    """
    from procrastinate import tasks
    from procrastinate.contrib.django import app

    name = "builtin:procrastinate.builtin_tasks.remove_old_jobs"
    return tasks.configure_task(name=name, job_manager=app.job_manager, queue="any").defer(max_hours=24)


def is_there(job_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select 1 from procrastinate_jobs where id = %s", [job_id])
        return cursor.fetchone() is not None


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        return int(cursor.fetchone()[0])
