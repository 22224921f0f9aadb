"""The real worker, in a thread: procrastinate fetches what the pages queue, and runs it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import cast

import pytest
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

STARTS_WITHIN_SECONDS = 60


class Worker:
    """Works until it is told to stop; what it is at is finished first."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(STARTS_WITHIN_SECONDS), "the worker did not start"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        self._task = self._loop.create_task(self._work())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            connections.close_all()
            self._loop.close()

    async def _work(self) -> None:
        connector = cast(DjangoConnector, app.connector).get_worker_connector()
        async with app.with_connector(connector).open_async() as fetching:
            self._ready.set()
            await fetching.run_worker_async(
                wait=True, install_signal_handlers=False, listen_notify=False, fetch_job_polling_interval=0.2
            )


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Worker]:
    """A worker that runs while the test does."""
    at_work = Worker()
    at_work.start()
    yield at_work
    at_work.stop()
