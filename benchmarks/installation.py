"""A scratch installation to measure: its own folder, its own PostgreSQL with fsync on, gone when the measuring is over.

Besides, who used the machine meanwhile: each figure is printed beside the share of it that others took.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fidelia.worker.listening import Address, is_answering
from fidelia.worker.postgres import ensure_running, leave, stop_for_all
from fidelia.worker.postgres.binaries import find_server_binaries
from fidelia.worker.postgres.paths import Places, find_places, socket_url
from fidelia.worker.processes import find_working_in, wait_until

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
# Big enough that eight clients seldom meet on one of its branches, as pgbench's own manual asks.
TPCB_SCALE = 50


@dataclass(frozen=True, slots=True)
class Load:
    """What a stretch of time cost: seconds of the clock, seconds of CPU of each part of ours, and of all others."""

    seconds: float
    web: float
    database: float
    clients: float
    others: float

    @property
    def others_percent(self) -> float:
        """The share of the machine that others had, steal included."""
        return 100 * self.others / (self.seconds * CORES)


@contextmanager
def scratch_installation() -> Iterator[Places]:
    """Make an installation in a folder of its own, migrated; this process uses its database. It is removed after."""
    for name in [name for name in os.environ if name.startswith(("FIDELIA_", "DJANGO_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="fidelia-bench-") as folder:
        home = Path(folder) / "home"
        os.environ["FIDELIA_HOME"] = str(home)
        places = find_places(home)
        try:
            ensure_running(home)
            subprocess.run([sys.executable, "-m", "fidelia.worker", "migrate"], check=True, stdout=subprocess.DEVNULL)
            yield places
        finally:
            leave(home)  # here and not at exit, which would make the folder of the lock again
            stop_for_all(home)
            shutil.rmtree(places.base, ignore_errors=True)


@contextmanager
def web_server(environ: dict[str, str]) -> Iterator[tuple[Address, int]]:
    """Run `fidelia web` on a free port; yield its address and the pid of its master."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = Address("127.0.0.1", door.getsockname()[1])
    # This process may have loaded Django without a pool; the web server shall have its own.
    inherited = {name: value for name, value in os.environ.items() if name != "FIDELIA_DATABASE_POOL_MAX"}
    with subprocess.Popen(
        [sys.executable, "-m", "fidelia.worker", "web"],
        env=inherited | environ | {"FIDELIA_LISTEN": f"{address.host}:{address.port}"},
        stdout=sys.stderr,  # what it says now and then is none of the figures
    ) as master:
        try:
            if not wait_until(lambda: is_answering(address), seconds_max=300):
                raise TimeoutError("`fidelia web` does not answer")
            yield address, master.pid
        finally:
            master.terminate()


def make_tpcb(places: Places) -> None:
    """Prepare pgbench's own tables in a database beside."""
    import psycopg

    with psycopg.connect(socket_url(places, "postgres"), autocommit=True) as connection:
        connection.execute("create database tpcb")
        pgbench(places, "--initialize", "--quiet", f"--scale={TPCB_SCALE}")
        connection.execute("checkpoint")  # so that no figure pays for writing these tables out


def measure_tpcb(places: Places, *, clients: int, seconds: int) -> float:
    """Return the transactions a second of pgbench's TPC-B-like script, prepared, on this server."""
    said = pgbench(places, "--protocol=prepared", f"--client={clients}", "--jobs=2", f"--time={seconds}", "--no-vacuum")
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    assert found is not None, said
    return float(found[1])


def pgbench(places: Places, *arguments: str, database: str = "tpcb") -> str:
    program = find_server_binaries(places, os.environ).program("pgbench")
    done = subprocess.run(
        [program, *arguments, socket_url(places, database)], check=True, capture_output=True, text=True, cwd="/"
    )
    return done.stdout


class Meter:
    """Reads the CPU that the parts have used so far, and what the machine has used in all."""

    def __init__(self, places: Places, web_pid: int) -> None:
        self.places = places
        self.web_pid = web_pid

    def read(self) -> tuple[float, float, float]:
        """Return seconds of CPU: the web server, the database, the whole machine."""
        web = sum(map(cpu_of, [self.web_pid, *children_of(self.web_pid)]))
        database = sum(map(cpu_of, find_working_in(self.places.data)))
        return web, database, busy_of_machine()


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU of a process, with its children that have ended."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS
    return 0.0


def children_of(pid: int) -> Iterable[int]:
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def busy_of_machine() -> float:
    """Return the seconds of CPU that were used, or taken by the host, since the machine started."""
    user, nice, system, _idle, _wait, irq, softirq, steal, *_ = map(
        int, Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS
