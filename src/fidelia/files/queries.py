"""Questions about files. What gives a content asks for no right: who calls it has asked for its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

from fidelia.kernel.actor import Actor

from .errors import FileUnknown
from .models import StoredFile
from .operations import contents
from .operations.drafts import named

ASKED_TOGETHER_MAX = 1_000


def get_file(*, by: Actor, file_id: UUID) -> StoredFile:
    """Return one's own file, or one within "file.see". Raises FileUnknown."""
    file = StoredFile.objects.filter(pk=file_id).first()
    own = file is not None and by.id is not None and (by.kind, by.id) == (file.by_kind, file.by_id)
    if file is None or not (own or by.may("file.see", file.scope)):
        raise FileUnknown("There is no such file.")
    return file


@contextmanager
def open_file(file_id: UUID) -> Iterator[IO[bytes]]:
    """Yield the content to be read. Raises FileUnknown, ContentLost, StoreUnreachable."""
    with contents.opened(_known(file_id)[1]) as stream:
        yield stream


@contextmanager
def local_path(file_id: UUID) -> Iterator[Path]:
    """Yield a path on this disk to read the content from, under its own name, for as long as the block lasts.

    Raises FileUnknown, ContentLost, StoreFull, StoreUnreachable.
    """
    name, content_hash = _known(file_id)
    with contents.on_this_disk(content_hash) as path, named(path, name) as link:
        yield link


def find_lost_contents(limit: int = ASKED_TOGETHER_MAX) -> list[str]:
    """Return the names of the newest files whose content is not where it was kept. Raises StoreUnreachable."""
    newest = StoredFile.objects.order_by("-kept_at", "-id").values_list("name", "content_hash")[:limit]
    return [name for name, content_hash in newest if not contents.is_there(content_hash)]


def _known(file_id: UUID) -> tuple[str, str]:
    found = StoredFile.objects.filter(pk=file_id).values_list("name", "content_hash").first()
    if found is None:
        raise FileUnknown("There is no such file.")
    return found
