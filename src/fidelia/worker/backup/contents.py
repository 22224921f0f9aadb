"""The contents of stored files in a backup. Each is named by its checksum, so that damage shows by itself."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from fidelia.worker.errors import BackupRefused, BackupUnsound

from .manifest import FILES, Manifest

CHUNK_BYTES = 1 << 20


def files_folder(home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the folder where files are kept; None where FIDELIA_FILES names an object store."""
    named = environ.get("FIDELIA_FILES") or str(home / "files")
    for local in ("file://", "local://"):
        named = named.removeprefix(local)
    return None if "://" in named or "::" in named else Path(named).expanduser()


def add_files(archive: zipfile.ZipFile, folder: Path, hashes: Iterable[str]) -> dict[str, int]:
    """Write contents into the archive and return the bytes of each; one forgotten meanwhile is left out."""
    written: dict[str, int] = {}
    for content_hash in hashes:
        try:
            with (folder / content_hash[:2] / content_hash).open("rb") as source:
                size = os.fstat(source.fileno()).st_size
                with archive.open(FILES + content_hash, "w", force_zip64=True) as entry:
                    shutil.copyfileobj(source, entry, CHUNK_BYTES)
        except FileNotFoundError:
            continue
        written[content_hash] = size
    return written


def check_files(file: Path, manifest: Manifest) -> None:
    """Read every content and compare it with its name. Raises BackupUnsound."""
    with zipfile.ZipFile(file) as archive:
        for content_hash in manifest.files:
            if _hash_of(archive, content_hash) != content_hash:
                raise BackupUnsound(f"{file} is damaged: a stored file in it is not the one it was written with.")


def put_files_back(file: Path, manifest: Manifest, folder: Path | None) -> None:
    """Write every content into the folder, where it is not there yet; nothing that is there is changed.

    Raises BackupRefused when there are files and no folder to put them into.
    """
    if not manifest.files:
        return
    if folder is None:
        raise BackupRefused("The backup holds files, and FIDELIA_FILES names an object store: restore with a folder.")
    with zipfile.ZipFile(file) as archive:
        for content_hash in manifest.files:
            target = folder / content_hash[:2] / content_hash
            if not target.exists():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                draft = target.with_name(f".{content_hash}.part")
                descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "wb") as written, archive.open(FILES + content_hash) as entry:
                    shutil.copyfileobj(entry, written, CHUNK_BYTES)
                    written.flush()
                    os.fsync(written.fileno())
                draft.replace(target)


def _hash_of(archive: zipfile.ZipFile, content_hash: str) -> str:
    digest = hashlib.sha256()
    try:
        with archive.open(FILES + content_hash) as entry:
            while chunk := entry.read(CHUNK_BYTES):
                digest.update(chunk)
    except (KeyError, EOFError, zipfile.BadZipFile):
        return ""
    return digest.hexdigest()
