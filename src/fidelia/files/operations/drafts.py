"""Drafts: what is being handed in, on this disk, until it is kept or refused."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from fidelia.kernel.ids import new_id

from ..errors import FileTooLarge, StoreFull, StoreUnreachable

PIECE_BYTES = 1 << 20
NAME_BYTES_MAX = 200
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Draft:
    """Bytes on this disk, with their SHA-256 in hex."""

    path: Path
    size: int
    content_hash: str


@contextmanager
def drafted(stream: IO[bytes]) -> Iterator[Draft]:
    """Yield the stream as a draft, and leave nothing of it but what was moved away.

    Raises FileTooLarge, StoreFull, StoreUnreachable.
    """
    given = getattr(stream, "temporary_file_path", None)
    path = Path(given()) if given is not None else incoming() / f"{new_id()}.draft"
    try:
        with spoken_of(path):
            draft = _measured(path) if given is not None else _written(stream, path)
        yield draft
    finally:
        path.unlink(missing_ok=True)


def incoming() -> Path:
    """Return the folder of drafts, which nobody else can enter. Raises StoreFull, StoreUnreachable."""
    folder = Path(settings.FILES_INCOMING)
    with spoken_of(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def named(path: Path, name: str) -> Iterator[Path]:
    """Yield a link to a content under the name its owner gave it: readers tell a file by it, and so do sentences."""
    folder = incoming() / str(new_id())
    link = folder / (name.encode()[-NAME_BYTES_MAX:].decode(errors="ignore") or "file")
    try:
        with spoken_of(folder):
            folder.mkdir(mode=0o700)
            link.symlink_to(path.resolve())
        yield link
    finally:
        link.unlink(missing_ok=True)
        folder.rmdir()


def refuse_over_limit(size: int) -> None:
    """Raise FileTooLarge above the limit of this installation (FIDELIA_FILE_BYTES_MAX)."""
    most = settings.FILE_BYTES_MAX
    if size > most:
        raise FileTooLarge(f"The file has more than {most / 1_000_000:,.0f} MB; split it, or raise the limit.")


@contextmanager
def spoken_of(path: Path) -> Iterator[None]:
    """Turn what the disk answers into a sentence. Raises StoreFull, StoreUnreachable."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreFull("There is no room left on the disk; nothing of the file was kept.") from error
        raise StoreUnreachable(f"Files cannot be kept in {path}: {error.strerror or error}.") from error


def _measured(path: Path) -> Draft:
    refuse_over_limit(path.stat().st_size)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Draft(path, file.tell(), digest.hexdigest())


def _written(stream: IO[bytes], path: Path) -> Draft:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while piece := stream.read(PIECE_BYTES):
            size += len(piece)
            refuse_over_limit(size)
            digest.update(piece)
            file.write(piece)
    return Draft(path, size, digest.hexdigest())
