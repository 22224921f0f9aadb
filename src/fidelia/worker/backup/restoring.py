"""Restoring a backup into a scratch database, comparing, and putting it in the place of the one in use."""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import psycopg
from psycopg import sql

from fidelia.worker.errors import BackupRefused, BackupUnsound
from fidelia.worker.readiness import django_ready

from .manifest import DUMP, Manifest, count_rows
from .programs import address_of, database_of, running

CHUNK_BYTES = 1 << 20


def check_dump(file: Path, manifest: Manifest) -> None:
    """Read the whole dump and compare it with its checksum. Raises BackupUnsound."""
    digest, size = hashlib.sha256(), 0
    try:
        with zipfile.ZipFile(file) as archive, archive.open(DUMP) as entry:
            while chunk := entry.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
    except (zipfile.BadZipFile, EOFError) as error:
        raise BackupUnsound(f"{file} is damaged: {error}") from error
    if (size, digest.hexdigest()) != (manifest.dump_bytes, manifest.dump_sha256):
        raise BackupUnsound(f"{file} is damaged: its checksum is not the one it was written with.")


@contextmanager
def scratch_database(url: str, at: datetime) -> Iterator[str]:
    """Make an empty database beside the one at `url` and yield its address; remove it if it still has its name."""
    name = f"fidelia_scratch_{at:%Y%m%d%H%M%S%f}"
    with psycopg.connect(address_of(url, "postgres"), autocommit=True, connect_timeout=10) as connection:
        new = sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name))
        connection.execute(new)
        try:
            yield address_of(url, name)
        finally:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def restore_into(url: str, file: Path, manifest: Manifest) -> None:
    """Restore the dump into the empty database at `url` and compare the rows. Raises BackupUnsound."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        stand_in = _prepare_roles(connection, manifest.owner)
        connection.execute("drop schema public")  # the dump makes it, with its rights
        arguments = ["--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={database_of(url)}"]
        with (
            zipfile.ZipFile(file) as archive,
            archive.open(DUMP) as entry,
            running("pg_restore", arguments, connection=connection, url=url, error=BackupUnsound) as process,
        ):
            shutil.copyfileobj(entry, cast(IO[bytes], process.stdin), CHUNK_BYTES)
        _take_over_rights(connection, manifest.owner if stand_in else None)
        _compare(manifest.counts, count_rows(connection))


def _prepare_roles(connection: psycopg.Connection[Any], owner: str) -> bool:
    """Make the roles that the dump speaks of: roles belong to a server, not to a database, and are not in it.

    Return whether one had to be made that stands in for the owner of the tables on the server of the backup.
    """
    statements = importlib.import_module("fidelia.kernel.migrations.0001_roles")
    connection.execute(statements.MAKE_ROLE)
    connection.execute(statements.LET_THE_OWNER_TAKE_IT)
    known = connection.execute("select 1 from pg_roles where rolname = %s", [owner]).fetchone()
    if known is None:
        role = sql.Identifier(owner)
        connection.execute(sql.SQL("create role {} nologin").format(role))
        connection.execute(sql.SQL("grant {} to current_user").format(role))
    return known is None


def _take_over_rights(connection: psycopg.Connection[Any], stand_in: str | None) -> None:
    """Give the application its rights on the tables that we shall make, and let the stand-in go."""
    statements = importlib.import_module("fidelia.kernel.migrations.0001_roles")
    for statement in statements.GRANTS.splitlines():
        if statement.startswith("alter default privileges"):
            connection.execute(statement.encode())
    if stand_in is not None:
        role = sql.Identifier(stand_in)
        connection.execute(sql.SQL("drop owned by {}").format(role))
        connection.execute(sql.SQL("drop role {}").format(role))


def _compare(promised: dict[str, int], found: dict[str, int]) -> None:
    """Raise BackupUnsound when a table has other rows than the manifest says."""
    wrong = [
        f"{table} should have {promised.get(table, 0)} rows and has {found.get(table, 0)}"
        for table in sorted(promised.keys() | found.keys())
        if promised.get(table) != found.get(table)
    ]
    if wrong:
        raise BackupUnsound(f"The backup does not hold what its manifest says: {'; '.join(wrong[:10])}.")


def check_application(url: str) -> None:
    """Bring the restored database to this version and ask the ledger whether it adds up.

    Raises BackupRefused for a backup of a newer version, BackupUnsound when an invariant of the ledger is broken.
    """
    os.environ["FIDELIA_DATABASE_URL"] = url
    django_ready(as_owner=True, migrated=False)
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    from fidelia.ledger.queries import find_broken_invariants

    loader = MigrationLoader(connection)
    unknown = [f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in loader.disk_migrations]
    if unknown:
        raise BackupRefused(f"The backup is of a newer Fidelia: this version does not know {', '.join(unknown[:5])}.")
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:  # transaction ids of another cluster mean nothing here
        cursor.execute("select kernel_restored()")
    broken = find_broken_invariants()
    connection.close()
    if broken:
        raise BackupUnsound(f"The ledger in the backup does not add up: {broken[0]}")


def refuse_full(url: str) -> None:
    """Raise BackupRefused when the database at `url` holds tables."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        found = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
    if found is not None and found[0]:
        raise BackupRefused("The database in use is not empty; --replace puts the backup in its place and keeps it.")


def put_in_place(url: str, scratch: str, at: datetime) -> str:
    """Give the scratch database the name of the one in use, which gets another; return that other name.

    Raises BackupRefused while somebody is connected.
    """
    name = database_of(url)
    kept = f"{name}_before_{at:%Y%m%d%H%M%S}"
    with psycopg.connect(address_of(url, "postgres"), connect_timeout=10) as connection:  # both names or neither
        users = connection.execute(
            "select pid from pg_stat_activity where datname = %s and backend_type = 'client backend'", [name]
        ).fetchall()
        if users:
            raise BackupRefused(f"The database is in use ({len(users)} connections): `fidelia stop` first.")
        for old, new in ((name, kept), (database_of(scratch), name)):
            rename = sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(new))
            connection.execute(rename)
    return kept
