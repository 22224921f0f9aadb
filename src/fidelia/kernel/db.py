"""Transactions: a use case opens one, a building block demands one, nobody opens "if needed"."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, Cursor
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from .at_once import ask_at_once, hex_of

__all__ = [
    "ask",
    "ask_all",
    "give_back_connection",
    "hex_of",
    "is_observed",
    "kept_connection",
    "prepared_cursor",
    "read_jsonb",
    "renew_connections",
    "require_transaction",
    "transaction_of_use_case",
    "use_case_of_one_statement",
]


@contextmanager
def transaction_of_use_case() -> Iterator[None]:
    """Open the transaction of a use case. A use case inside another is our own mistake and raises RuntimeError."""
    with transaction.atomic(durable=True):
        yield


def require_transaction() -> None:
    """Assert that the caller's use case has opened a transaction."""
    assert connection.in_atomic_block, "a building block was called outside the transaction of a use case"


@contextmanager
def use_case_of_one_statement() -> Iterator[None]:
    """Run a use case whose writing is one SQL statement: that is a transaction by itself.

    BEGIN and COMMIT of their own would be two more round trips to the server. Inside the transaction that a test has
    opened, a savepoint stands for it. Inside another use case it raises RuntimeError, as they all do.
    """
    if connection.in_atomic_block:
        with transaction_of_use_case():
            yield
    else:
        yield


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """Open a cursor whose statements the server reads and plans once per connection, and which sends values apart.

    For the statements of the hot path, whose text never changes. Django's own cursor writes the values into the text,
    and the server reads and plans the whole anew each time (see the Note at the foot). A value in the list of a
    `select` needs a cast, because nothing else tells the server its type when it is null.
    """
    with _open_cursor() as cursor:
        yield cursor


def ask(statement: str, values: Sequence[Any]) -> Any:
    """Execute a statement whose text never changes and whose columns are texts; return its first row or None.

    For the few statements of the hottest call. Outside a transaction it goes to libpq at once: see `kernel.at_once`.
    """
    return next(iter(ask_all(statement, values)), None)


def ask_all(statement: str, values: Sequence[Any]) -> list[Any]:
    """Execute a statement as `ask` does; return all its rows."""
    opened = connections[DEFAULT_DB_ALIAS]
    opened.ensure_connection()
    plain: Any = opened.connection
    if _is_observed(opened) or plain.prepare_threshold is None:
        with _open_cursor() as cursor:
            cursor.execute(statement, values)
            rows: list[Any] = cursor.fetchall()
            return rows
    with opened.wrap_database_errors:
        return ask_at_once(plain, statement, values)


def is_observed() -> bool:
    """Whether what this thread asks belongs to a transaction that it has opened, or is written down."""
    return _is_observed(connections[DEFAULT_DB_ALIAS])


def _is_observed(opened: BaseDatabaseWrapper) -> bool:
    return opened.in_atomic_block or opened.queries_logged


def _open_cursor() -> CursorWrapper:
    opened = connections[DEFAULT_DB_ALIAS]
    opened.ensure_connection()
    plain: Any = Cursor(opened.connection)
    return opened.make_debug_cursor(plain) if opened.queries_logged else opened.make_cursor(plain)


@contextmanager
def kept_connection() -> Iterator[None]:
    """Serve one hot call by the connection that was used last, and keep it for the next. See Note [Kept connections].

    For code outside the requests of Django, which would give the connection back at their end.
    """
    opened, in_line = connections[DEFAULT_DB_ALIAS], _in_line.acquire(timeout=SECONDS_IN_LINE_MAX)
    if opened.connection is None:
        _take_kept(opened)
    try:
        yield
    finally:
        _keep(opened)
        if in_line:
            _in_line.release()


def give_back_connection() -> None:
    """Give back what a hot call has opened by itself; for code outside the requests of Django."""
    opened = connections[DEFAULT_DB_ALIAS]
    if opened.connection is not None:
        _keep(opened)


def _take_kept(opened: BaseDatabaseWrapper) -> None:
    with suppress(IndexError):  # there is none, or another thread took the last one
        opened.connection = _kept.pop()
        # As Django leaves it that has just connected: this thread may never have.
        opened.autocommit, opened.closed_in_transaction, opened.close_at = True, False, None


def _keep(opened: BaseDatabaseWrapper) -> None:
    plain: Any = opened.connection
    if plain is None or opened.in_atomic_block:  # inside the transaction of a test
        return
    is_idle = plain.pgconn.transaction_status == TransactionStatus.IDLE
    if is_idle and len(_kept) < KEPT_MAX and _pool_can_spare(opened):
        opened.connection = None
        _kept.append(plain)
    else:
        opened.close()


def _pool_can_spare(opened: BaseDatabaseWrapper) -> bool:
    pool: ConnectionPool[Any] | None = getattr(opened, "pool", None)
    return pool is None or pool.max_size >= KEPT_MAX + OTHERS_MIN


KEPT_MAX = 2  # per process: one call computes while another waits for the database
OTHERS_MIN = 4  # connections of the pool for pages and all that is not hot
SECONDS_IN_LINE_MAX = 0.02  # so long a hot call waits for one before it; after that it takes a connection of its own
_in_line = BoundedSemaphore(KEPT_MAX)
_kept: list[Connection[Any]] = []


def renew_connections() -> None:
    """Drop the connections whose server is gone, as after its restart; the next statement finds a living one.

    Call it outside a transaction, when a first statement has failed.
    """
    connection.close()
    while _kept:
        _take_kept(connections[DEFAULT_DB_ALIAS])
        connection.close()  # back to the pool, which drops it if it is dead
    pool: ConnectionPool[Any] | None = getattr(connection, "pool", None)
    if pool is not None:
        pool.check()


def read_jsonb(value: str | None) -> Any:
    """Return the value of a jsonb column of a raw query: Django leaves those as text, for its own fields to read."""
    return None if value is None else json.loads(value)


# Note [Prepared statements]
#
# Measured on the statements of one purchase (writing it with its lines and its decision is a statement of 36 values):
# with values written into the text the server spent 2.9 ms of CPU on a purchase, 0.9 ms of it on reading and planning;
# prepared, 2.0 ms. Everything else goes on through Django's cursors, where a text that changes each time would only
# fill the server's memory with plans. A connection learns a plan at the second use (`prepare_threshold` in settings).
#
# Note [Kept connections]
#
# A backend keeps its plans and catalogues to itself, a few megabytes that another backend's turn drives out of the
# cache of the processor. With four connections per process a purchase cost the database 15 to 20 % more CPU than with
# two, and giving each back to the pool, which hands out the one that was used longest ago, made the most of it. So hot
# calls take turns at two, the last used first, and wait in line for one: not for long, so that one that waits for a
# lock holds up nobody else.
