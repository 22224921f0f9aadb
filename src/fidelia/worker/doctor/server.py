"""PostgreSQL: its version, its promises, its roles, its clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from fidelia.kernel import clock
from fidelia.worker.postgres.binaries import OLDEST_SUPPORTED
from fidelia.worker.readiness import APPLICATION_ROLE

from .finding import Finding, note, right, wrong

Connection = psycopg.Connection[Any]
CLOCK_SECONDS_MAX = 5.0
PROMISES = ("fsync", "full_page_writes", "synchronous_commit")


def look_at_version(connection: Connection) -> Finding:
    """Is PostgreSQL new enough?"""
    number = connection.info.server_version
    version = f"{number // 10000}.{number % 10000}"
    if number // 10000 < OLDEST_SUPPORTED:
        return wrong(f"The server is PostgreSQL {version}; Fidelia needs {OLDEST_SUPPORTED} or newer.")
    return right(f"The server is PostgreSQL {version}.")


def look_at_encoding(connection: Connection) -> Finding:
    """Can the database hold every name?"""
    encoding = _ask(
        connection, "select pg_encoding_to_char(encoding) from pg_database where datname=current_database()"
    )
    if encoding != "UTF8":
        return wrong(f"The database holds {encoding} text; Fidelia needs one made with ENCODING 'UTF8'.")
    return right("The database holds UTF-8 text.")


def look_at_promises(connection: Connection) -> Finding:
    """Is what was answered still there after a power cut?"""
    off = [name for name in PROMISES if _ask(connection, f"show {name}") == "off"]
    if off:
        return wrong(f"The server has {' and '.join(off)} off: a power cut would lose acknowledged purchases.")
    return right("What the server has acknowledged survives a power cut (fsync, synchronous_commit).")


def look_at_role(connection: Connection) -> Finding:
    """Does the application run with fewer rights than the owner of the tables?"""
    if not _ask(connection, "select exists (select from pg_roles where rolname = %s)", APPLICATION_ROLE):
        return note(f"The role {APPLICATION_ROLE} is not there yet; `fidelia migrate` makes it.")
    if not _ask(connection, "select pg_has_role(current_user, %s, 'set')", APPLICATION_ROLE, oldest=16):
        return wrong(
            f"The role we log in with may not become {APPLICATION_ROLE}; "
            f"let a superuser run: grant {APPLICATION_ROLE} to {_ask(connection, 'select quote_ident(current_user)')};"
        )
    return right(f"The application runs as {APPLICATION_ROLE}, which cannot change the ledger's past.")


def look_at_clock(connection: Connection) -> Finding:
    """Do this machine and the database agree what time it is?"""
    before = clock.now()
    theirs = _ask(connection, "select clock_timestamp()")
    after = clock.now()
    apart = max((theirs - after).total_seconds(), (before - theirs).total_seconds(), 0.0)
    if apart > CLOCK_SECONDS_MAX:
        return wrong(f"The clocks of this machine and of the database are {apart:.0f} s apart; let NTP set both.")
    return right("The clocks of this machine and of the database agree.")


def _ask(connection: Connection, question: str, *values: str, oldest: int = OLDEST_SUPPORTED) -> Any:
    """Return the one value that answers. Before `oldest`, a role could be taken by each of its members."""
    if connection.info.server_version // 10000 < oldest:
        question = question.replace("'set'", "'member'")
    row = connection.execute(question.encode(), values or None).fetchone()
    return None if row is None else row[0]


CHECKS: tuple[Callable[[Connection], Finding], ...] = (
    look_at_version,
    look_at_encoding,
    look_at_promises,
    look_at_role,
    look_at_clock,
)
# Without these nothing of Fidelia runs there; with a promise broken or a clock wrong it does, and is looked at.
NEEDED = (look_at_version, look_at_encoding, look_at_role)
