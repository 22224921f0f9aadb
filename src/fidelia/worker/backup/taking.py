"""Taking a backup, while everything goes on working."""

from __future__ import annotations

import hashlib
import os
import zipfile
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import psycopg

from fidelia import __version__
from fidelia.worker.errors import BackupRefused

from .contents import add_files
from .manifest import DUMP, FORMAT, MANIFEST, Manifest, count_rows, list_migrations
from .programs import free_name, running

CHUNK_BYTES = 1 << 20


def take_backup(url: str, file: Path, at: datetime, *, files: Path | None) -> Manifest:
    """Write the database at `url` and the stored files into `file`, readable by us alone; return its manifest.

    The file appears under its name only when it is whole. Raises BackupRefused when it is already there, when the
    database was never migrated, or when pg_dump fails; NoBinaries when pg_dump is older than the server.
    """
    if file.exists():
        raise BackupRefused(f"{file} is already there, and a backup is never overwritten.")
    draft = free_name(file)
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target, psycopg.connect(url, connect_timeout=10) as connection:
            manifest = _write(connection, url, target, at, files)
            target.flush()
            os.fsync(target.fileno())
        os.link(draft, file)
    except FileExistsError as error:
        raise BackupRefused(f"{file} has appeared meanwhile, and a backup is never overwritten.") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write(
    connection: psycopg.Connection[Any], url: str, target: IO[bytes], at: datetime, files: Path | None
) -> Manifest:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    snapshot = _export_snapshot(connection)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # pg_dump has compressed it
        size, digest = _write_dump(connection, url, snapshot, archive)
        manifest = Manifest(
            format=FORMAT,
            fidelia=__version__,
            made_at=at.isoformat(),
            server=connection.info.server_version,
            owner=connection.info.user,
            migrations=list_migrations(connection),
            counts=count_rows(connection),
            dump_bytes=size,
            dump_sha256=digest,
            files={} if files is None else add_files(archive, files, _list_contents(connection)),
        )
        archive.writestr(MANIFEST, manifest.render())
    return manifest


def _list_contents(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the contents that the stored files of the snapshot speak of (none where that table is not known yet)."""
    known = connection.execute("select to_regclass('public.files_storedfile') is not null").fetchone()
    if known is None or not known[0]:
        return []
    rows = connection.execute("select distinct content_hash from files_storedfile order by 1").fetchall()
    return [content_hash for (content_hash,) in rows]


def _export_snapshot(connection: psycopg.Connection[Any]) -> str:
    """Open the transaction whose view of the data pg_dump and our counts share; return its name."""
    found = connection.execute("select to_regclass('public.django_migrations') is not null, pg_export_snapshot()")
    row = found.fetchone()
    if row is None or not row[0]:
        raise BackupRefused("The database is empty (it was never migrated); there is nothing to back up.")
    return str(row[1])


def _write_dump(
    connection: psycopg.Connection[Any], url: str, snapshot: str, archive: zipfile.ZipFile
) -> tuple[int, str]:
    """Copy what pg_dump writes into the archive; return its length in bytes and its SHA-256."""
    digest, size = hashlib.sha256(), 0
    arguments = ["--format=custom", "--no-unlogged-table-data", "--schema=public", f"--snapshot={snapshot}"]
    with (
        running("pg_dump", arguments, connection=connection, url=url, error=BackupRefused) as process,
        archive.open(DUMP, "w", force_zip64=True) as entry,
    ):
        while process.stdout is not None and (chunk := process.stdout.read(CHUNK_BYTES)):
            digest.update(chunk)
            size += len(chunk)
            entry.write(chunk)
    return size, digest.hexdigest()
