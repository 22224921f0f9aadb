"""kill -9 of the server under load: what was acknowledged is there, what was in doubt is posted once by a retry."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from fidelia.kernel.ids import new_id
from fidelia.worker.postgres import ensure_running
from fidelia.worker.postgres.paths import Places, find_places
from fidelia.worker.postgres.server import find_server
from fidelia.worker.processes import wait_until
from tests.homes import begin_with, forget

from .client import Client

CLIENTS, BEFORE_KILL = 4, 400

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def home(tmp_path: Path, migrated: Places) -> Iterator[Path]:
    home = tmp_path / "home"
    begin_with(migrated, find_places(home))
    yield home
    forget(home)


class Poster(threading.Thread):
    """Earns 1 point at a time, each under a key of its own, until the server is gone."""

    def __init__(self, address: str, account: UUID, number: int) -> None:
        super().__init__()
        self.address, self.account, self.number = address, account, number
        self.acknowledged: list[str] = []
        self.in_doubt: str | None = None

    def run(self) -> None:
        try:
            with Client(self.address) as client:
                while True:
                    self.in_doubt = f"{self.number}:{new_id()}"
                    client.post("earn", self.account, 1, key=self.in_doubt)
                    self.acknowledged.append(self.in_doubt)
        except psycopg.OperationalError:
            return


def test_nothing_acknowledged_is_lost(home: Path) -> None:
    address = ensure_running(home)
    with psycopg.connect(address) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"show {setting}").fetchone() == ("on",)  # type: ignore[arg-type]
    with Client(address) as client:
        accounts = [client.open() for _client in range(CLIENTS)]
    kept = dict.fromkeys(accounts, 0)
    for _kill in range(3):
        posters = [Poster(address, account, number) for number, account in enumerate(accounts)]
        for poster in posters:
            poster.start()
        while sum(len(poster.acknowledged) for poster in posters) < BEFORE_KILL:
            assert any(poster.is_alive() for poster in posters)
            threading.Event().wait(0.01)
        kill_server(home)
        for poster in posters:
            poster.join()
        address = ensure_running(home)
        with Client(address) as client:
            for poster in posters:
                check(client, poster)
                kept[poster.account] += len(poster.acknowledged) + 1
                assert client.available(poster.account) == kept[poster.account]
            assert client.broken() == []


def check(client: Client, poster: Poster) -> None:
    known = client.ask("select idem_key from ledger_posting where account_id = %s", poster.account)
    assert set(poster.acknowledged) <= {key for (key,) in known}
    assert poster.in_doubt is not None
    client.post("earn", poster.account, 1, key=poster.in_doubt)  # posts it, or finds that it was posted
    assert client.post("earn", poster.account, 1, key=poster.in_doubt).replayed


def kill_server(home: Path) -> None:
    server = find_server(find_places(home))
    assert server is not None
    children = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, text=True, check=True)
    for process in (server, *map(int, children.stdout.split())):
        os.kill(process, signal.SIGKILL)
    # A process that is told to die still answers for a moment on a busy machine; nobody should attach to it.
    assert wait_until(lambda: find_server(find_places(home)) is None, seconds_max=60)
