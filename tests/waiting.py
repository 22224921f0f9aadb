"""Waiting for what others do on connections of their own.

The machine may be busy, so that patience is long. The server has other databases, and works for itself in this one
(autovacuum, analyze): neither counts.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from fidelia.worker.processes import wait_until

PATIENCE_SECONDS = 120
CLIENTS = """
select pid from pg_stat_activity where datname = current_database()
    and coalesce(backend_type, 'client backend') = 'client backend' -- the application is not told what others are
"""
WAITING = f"select count(*) from pg_locks where not granted and pid in ({CLIENTS}) "
WRITING = f"select count(*) from ({CLIENTS} and backend_xid is not null) writing"


def wait_for(met: Callable[[], object]) -> None:
    """Wait until it is so; fails after two minutes."""
    assert wait_until(lambda: bool(met()), seconds_max=PATIENCE_SECONDS, pause_seconds=0.01), "it never came to that"


def wait_for_a_lock() -> None:
    """Wait until a connection to this database waits for a lock."""
    wait_for(is_lock_awaited)


def is_lock_awaited() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)  # it returns the cursor, which is always true: fetch
        return bool(cursor.fetchone()[0])
