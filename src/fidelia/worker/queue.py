"""Running the jobs of all queues: procrastinate's worker, in a thread of ours."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import cast

from procrastinate.jobs import DeleteJobCondition

JOBS_AT_ONCE = 2
GRACE_SECONDS = 20.0  # then a job is cut off; it is started again, so each job can bear that
STOP_LOOK_SECONDS = 0.2


def run_queue(stop: threading.Event) -> None:
    """Run jobs until `stop` is set, and let those under way come to their end."""
    asyncio.run(_work_until(stop))


async def _work_until(stop: threading.Event) -> None:
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    # The tasks keep the app they were written for, so that a job that defers another does it in Django's transaction;
    # only fetching and finishing jobs goes through the asynchronous connector.
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    async with app.with_connector(connector).open_async() as fetching:
        working = asyncio.create_task(
            fetching.run_worker_async(
                name="fidelia",
                concurrency=JOBS_AT_ONCE,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                delete_jobs=DeleteJobCondition.SUCCESSFUL,
            )
        )
        while not stop.is_set() and not working.done():
            await asyncio.sleep(STOP_LOOK_SECONDS)
        working.cancel()  # procrastinate takes this as "finish what you have"
        with contextlib.suppress(asyncio.CancelledError):
            await working
