"""The machine: Python, folders, room on the disk, PostgreSQL's programs."""

from __future__ import annotations

import platform
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from fidelia.kernel.errors import FideliaError
from fidelia.worker.postgres.binaries import choose_binaries, list_binaries, read_cluster_major
from fidelia.worker.postgres.folders import prepare_home
from fidelia.worker.postgres.paths import find_places
from fidelia.worker.postgres.supervisor import free_bytes

from .finding import Finding, note, right, wrong

OLDEST_PYTHON = (3, 11)
GIGABYTE = 1_000_000_000
SECRET_KEY_CHARACTERS_MIN = 32


def examine(home: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is found without a database."""
    yield look_at_python()
    yield look_at_home(home)
    yield look_at_room(home)
    yield look_at_secret_key(home, environ)
    yield look_at_binaries(home, environ)


def look_at_python() -> Finding:
    """Is Python new enough?"""
    version = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        return wrong(f"Python {version} is too old: Fidelia needs 3.11 or newer.")
    return right(f"Python {version} is new enough.")


def look_at_home(home: Path) -> Finding:
    """Can FIDELIA_HOME be written?"""
    try:
        prepare_home(home)
    except FideliaError as refusal:
        return wrong(refusal.message)
    return right(f"FIDELIA_HOME is {home} and can be written.")


def look_at_room(home: Path, needed_bytes: int = GIGABYTE) -> Finding:
    """Is there room on the disks of the home and of the database?"""
    for folder in (find_places(home).base, home):
        free = free_bytes(folder)
        if free < needed_bytes:
            return wrong(f"The disk of {folder} has only {free / GIGABYTE:.1f} GB left; make room before it is full.")
    return right(f"The disk has {free / GIGABYTE:.0f} GB left.")


def look_at_secret_key(home: Path, environ: Mapping[str, str]) -> Finding:
    """Is the key that signs sessions long, and kept from others?"""
    named = environ.get("FIDELIA_SECRET_KEY")
    path = home / "secret.key"
    if named and len(named) < SECRET_KEY_CHARACTERS_MIN:
        finding = wrong(f"FIDELIA_SECRET_KEY is shorter than {SECRET_KEY_CHARACTERS_MIN} characters; let it be random.")
    elif not named and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        finding = wrong(f"Others can read {path}, which signs the sessions; run `chmod 600` on it.")
    elif not named and not path.exists():
        finding = note(f"There is no secret key yet; the first start makes one in {path}.")
    else:
        finding = right("The secret key is long, and nobody else can read it.")
    return finding


def look_at_binaries(home: Path, environ: Mapping[str, str]) -> Finding:
    """Is there a PostgreSQL that may open the database?"""
    if environ.get("FIDELIA_DATABASE_URL"):
        return note("FIDELIA_DATABASE_URL names a server of your own; the embedded PostgreSQL is not used.")
    places = find_places(home)
    try:
        cluster = read_cluster_major(places.data)
        binaries = choose_binaries(cluster, list_binaries(environ))
    except PermissionError:
        return wrong(f"The database in {places.data} cannot be entered by this account.")
    except FideliaError as refusal:
        return wrong(refusal.message)
    made = "there is no database yet" if cluster is None else f"the database was made by version {cluster}"
    return right(f"PostgreSQL {binaries.version} is at hand, and {made}.")
