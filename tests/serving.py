"""The server that tests talk to over HTTP: a test ends when the last of its requests has, never before.

A page that is closed leaves requests under way. Were the tables emptied under them, they would meet a deadlock or
leave rows to the next test.
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread

PATIENCE_SECONDS = 120
# Linux hands out the ports from 32768 on by itself: there a port that is free now belongs to somebody a moment later.
OWN_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port at which nobody listens, and which nobody gets who does not ask for it by number."""
    for port in random.SystemRandom().sample(OWN_PORTS, 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("a hundred ports are taken")


class CountingServer(ThreadedWSGIServer):
    """Knows how many connections it still serves, from the moment each was taken."""

    request_queue_size = 128  # Chromium comes with many at once; who finds the queue full comes again a second later

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.count = 0
        self.changed = threading.Condition()
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._count(1)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._count(-1)

    def _count(self, step: int) -> None:
        with self.changed:
            self.count += step
            self.changed.notify_all()

    def wait_until_quiet(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.count == 0, PATIENCE_SECONDS), f"{self.count} connections stay"


LiveServerThread.server_class = CountingServer


@pytest.fixture
def live_server(live_server: Any, transactional_db: None) -> Iterator[Any]:
    """Django's live server, left when it has answered everything. Browsers close before it (see `visit`)."""
    yield live_server
    live_server.thread.httpd.wait_until_quiet()
