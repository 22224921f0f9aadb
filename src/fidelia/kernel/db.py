"""Transactions: a use case opens one, a building block demands one, nobody opens "if needed"."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg_pool import ConnectionPool


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
    """Execute a statement by a prepared cursor; return its first row, None when it has none."""
    cursor = _open_cursor()
    cursor.execute(statement, values)
    return cursor.cursor.fetchone()


def _open_cursor() -> CursorWrapper:
    opened = connections[DEFAULT_DB_ALIAS]
    opened.ensure_connection()
    plain: Any = Cursor(opened.connection)
    return opened.make_debug_cursor(plain) if opened.queries_logged else opened.make_cursor(plain)


def renew_connections() -> None:
    """Drop the connections whose server is gone, as after its restart; the next statement finds a living one.

    Call it outside a transaction, when a first statement has failed.
    """
    connection.close()
    pool: ConnectionPool[Any] | None = getattr(connection, "pool", None)
    if pool is not None:
        pool.check()


def read_jsonb(value: str | None) -> Any:
    """Return the value of a jsonb column of a raw query: Django leaves those as text, for its own fields to read."""
    return None if value is None else json.loads(value)


def hex_of(value: bytes) -> str:
    """Return bytes as PostgreSQL reads them in JSON and in text."""
    return "\\x" + value.hex()


# Note [Prepared statements]
#
# Measured on the statements of one purchase (writing it with its lines and its decision is a statement of 36 values):
# with values written into the text the server spent 2.9 ms of CPU on a purchase, 0.9 ms of it on reading and planning;
# prepared, 2.0 ms. Everything else goes on through Django's cursors, where a text that changes each time would only
# fill the server's memory with plans. A connection learns a plan at the second use (`prepare_threshold` in settings).
