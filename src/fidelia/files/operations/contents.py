"""Where contents lie: a folder, or an object store that fsspec speaks to. A content never changes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import fsspec
from django.conf import settings
from fsspec.implementations.local import LocalFileSystem

from fidelia.kernel.ids import new_id

from ..errors import ContentLost, StoreUnreachable
from .drafts import incoming, spoken_of


def local_folder() -> Path | None:
    """Return the folder of contents; None for an object store. Raises StoreUnreachable."""
    system, root = _store()
    return Path(root) if isinstance(system, LocalFileSystem) else None


def put(draft: Path, content_hash: str) -> None:
    """Move or copy a draft to its place, unless its content is there. Raises StoreFull, StoreUnreachable."""
    folder = local_folder()
    if folder is not None:
        with spoken_of(folder):
            _move(draft, folder / _place(content_hash))
    else:
        with _speaking() as (system, root):
            address = f"{root}/{_place(content_hash)}"
            if not system.exists(address):
                system.makedirs(system._parent(address), exist_ok=True)
                system.put_file(str(draft), address)


def remove(content_hash: str) -> None:
    """Delete a content; one that is gone is fine. Raises StoreUnreachable."""
    with _speaking() as (system, root):
        address = f"{root}/{_place(content_hash)}"
        if system.exists(address):
            system.rm_file(address)


def is_there(content_hash: str) -> bool:
    """Raises StoreUnreachable."""
    with _speaking() as (system, root):
        return bool(system.exists(f"{root}/{_place(content_hash)}"))


def list_contents() -> Iterator[str]:
    """Yield the hash of each content that lies in the store. Raises StoreUnreachable."""
    with _speaking() as (system, root):
        yield from (path.rpartition("/")[2] for path in system.find(root) if len(path.rpartition("/")[2]) == 64)


@contextmanager
def opened(content_hash: str) -> Iterator[IO[bytes]]:
    """Yield a content to be read. Raises ContentLost, StoreUnreachable."""
    with _found(content_hash) as (system, address), system.open(address, "rb") as stream:
        yield cast(IO[bytes], stream)


@contextmanager
def on_this_disk(content_hash: str) -> Iterator[Path]:
    """Yield a path to read a content from; not to be written. Raises ContentLost, StoreFull, StoreUnreachable."""
    with _found(content_hash) as (system, address):
        if isinstance(system, LocalFileSystem):
            yield Path(address)
        else:
            copy = incoming() / f"{new_id()}.copy"
            try:
                with spoken_of(copy):
                    system.get_file(address, str(copy))
                yield copy
            finally:
                copy.unlink(missing_ok=True)


def probe() -> None:
    """Write a byte and delete it again. Raises StoreFull, StoreUnreachable."""
    folder = local_folder()
    with _speaking() as (system, root), spoken_of(folder or Path(root)):
        system.makedirs(root, exist_ok=True)
        address = f"{root}/{new_id()}.probe"
        system.pipe_file(address, b".")
        system.rm_file(address)


def _place(content_hash: str) -> str:
    """A folder for each of 256 beginnings: some file systems slow down on long lists."""
    return f"{content_hash[:2]}/{content_hash}"


def _store() -> tuple[Any, str]:
    try:
        system, root = fsspec.core.url_to_fs(str(settings.FILES))
    except (ImportError, ValueError, OSError) as error:
        raise StoreUnreachable(f"FIDELIA_FILES cannot be spoken to: {error}") from error
    return system, str(root).rstrip("/")


@contextmanager
def _speaking() -> Iterator[tuple[Any, str]]:
    """Object stores raise what they like, mostly of OSError; a code block of ours raises nothing else in here."""
    system, root = _store()
    try:
        yield system, root
    except OSError as error:
        raise StoreUnreachable(f"The place where files are kept does not answer: {error}") from error


@contextmanager
def _found(content_hash: str) -> Iterator[tuple[Any, str]]:
    with _speaking() as (system, root):
        address = f"{root}/{_place(content_hash)}"
        there = bool(system.exists(address))
    if not there:
        raise ContentLost("The content of this file is no longer where it was kept.")
    yield system, address


def _move(draft: Path, target: Path) -> None:
    """Give the draft its name for good; between two disks, copy it beside first, so that no half file has a name."""
    if target.exists():
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if draft.stat().st_dev != target.parent.stat().st_dev:
        beside = target.with_name(f".{target.name}.part")
        try:
            shutil.copyfile(draft, beside)
            _make_durable(beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    else:
        _make_durable(draft)
        draft.replace(target)


def _make_durable(file: Path) -> None:
    file.chmod(0o600)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
