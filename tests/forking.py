"""A process of its own that is killed: a fork with a connection of its own, without another start of Fidelia.

The parent's connection is left alone in the child: to let it go would say good-bye in the parent's name.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from django.db import connection

from .waiting import wait_for


def fork(act: Callable[[], object]) -> tuple[int, int]:
    """Do it in a process of its own, which never comes back; return its id and that of its connection's server."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _act_and_go(act, writing)
    os.close(writing)
    with os.fdopen(reading) as said:
        return child, int(said.readline())


def wait_for_end_of(child: int, backend: int) -> bool:
    """Wait for a forked process and for its connection; return whether it was killed. Fails where it failed."""
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "what the other process did has failed"
    wait_for(lambda: not _is_alive(backend))  # its transaction is rolled back, and its locks are free
    return os.WIFSIGNALED(status)


def _act_and_go(act: Callable[[], object], told: int) -> None:
    code = 1
    try:
        parents = connection.connection  # kept: see above
        connection.settings_dict["OPTIONS"].pop("pool", None)
        connection.connection = None
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            os.write(told, f"{cursor.fetchone()[0]}\n".encode())
        act()
        code = 0 if parents is not None else 1
    finally:
        os._exit(code)


def _is_alive(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_stat_activity where pid = %s)", [backend])
        return bool(cursor.fetchone()[0])
