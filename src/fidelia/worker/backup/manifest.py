"""What a backup says of itself."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from fidelia.worker.errors import BackupUnsound

FORMAT = 2
READABLE = (1, FORMAT)  # the first form knew no files
DUMP = "database.dump"
MANIFEST = "manifest.json"
FILES = "files/"
MANIFEST_BYTES_MAX = 10_000_000
CONTENT_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The versions, the migrations, the rows of each table, the checksum of the dump, and the bytes of each content."""

    format: int
    fidelia: str
    made_at: str
    server: int
    owner: str
    migrations: list[str]
    counts: dict[str, int]
    dump_bytes: int
    dump_sha256: str
    files: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(self.counts.values())

    def render(self) -> str:
        """Return the text of the manifest."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a backup. Raises BackupUnsound."""
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES_MAX:
                raise BackupUnsound(f"{file} is not a backup of Fidelia: its manifest is too long.")
            found = json.loads(archive.read(MANIFEST))
            archive.getinfo(DUMP)
        if found["format"] not in READABLE:
            raise BackupUnsound(f"{file} has the form {found['format']}; this version of Fidelia reads form {FORMAT}.")
        manifest = Manifest(**found)
        if wrong := [name for name in manifest.files if not CONTENT_HASH.fullmatch(name)]:
            raise BackupUnsound(f"{file} is not a backup of Fidelia: “{wrong[0][:80]}” is not the name of a content.")
        return manifest
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BackupUnsound(f"{file} is not a backup of Fidelia, or it is cut off: {error}") from error


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the number of rows of each table that is kept (what an unlogged table holds may be lost at any time)."""
    tables = connection.execute(
        "select c.relname from pg_class c where c.relkind = 'r' and c.relpersistence = 'p' "
        "and c.relnamespace = 'public'::regnamespace order by 1"
    ).fetchall()
    return {name: _count(connection, name) for (name,) in tables}


def list_migrations(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the migrations that the database has seen, as `app.name`."""
    rows = connection.execute("select app || '.' || name from django_migrations order by id").fetchall()
    return [name for (name,) in rows]


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier("public", table))).fetchone()
    return 0 if row is None else int(row[0])
