"""Keep a file and forget it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import EVERYWHERE, Actor, Scope
from fidelia.kernel.db import require_transaction, transaction_of_use_case

from ..errors import FileUnknown
from ..models import StoredFile
from . import contents
from .drafts import drafted

NAME_LENGTH_MAX = 200
FORGOTTEN_TOGETHER_MAX = 1_000


def keep_file(
    *,
    by: Actor,
    at: datetime,
    name: str,
    stream: IO[bytes],
    purpose: str,
    personal: bool,
    kept_days: int | None = None,
    scope: Scope = EVERYWHERE,
) -> StoredFile:
    """Keep what can be read from the stream, once however often it is handed in; without `kept_days`, for ever.

    It is read piece by piece. A stream that lies on this disk (`temporary_file_path`, as Django's uploads have it) is
    moved, not copied. Raises Denied, FileTooLarge, StoreFull, StoreUnreachable; then nothing is left behind.
    """
    by.require("file.keep", scope)
    with drafted(stream) as draft, transaction_of_use_case():
        hold_content(draft.content_hash)
        contents.put(draft.path, draft.content_hash)
        file = StoredFile.objects.create(
            content_hash=draft.content_hash,
            name=_plain(name),
            size=draft.size,
            purpose=purpose,
            personal=personal,
            partner_id=scope.partner_id,
            by_kind=by.kind,
            by_id=by.id,
            by_label=by.label,
            kept_at=at,
            kept_until=None if kept_days is None else at + timedelta(days=kept_days),
        )
        _audit(by, at, "file.keep", file)
    return file


def forget_file(*, by: Actor, at: datetime, file_id: UUID) -> None:
    """Forget a file; its content goes with the last who kept it. One's own, or the right "file.forget".

    Raises Denied, FileUnknown, StoreUnreachable.
    """
    with transaction_of_use_case():
        file = StoredFile.objects.select_for_update().filter(pk=file_id).first()
        if file is None:
            raise FileUnknown("There is no such file.")
        if by.id is None or (by.kind, by.id) != (file.by_kind, file.by_id):
            by.require("file.forget", file.scope)
        _audit(by, at, "file.forget", file)
        _forget(file)


def forget_expired(*, at: datetime) -> int:
    """Forget the files whose time is over; return how many. One that cannot be reached waits for the next night."""
    expired = StoredFile.objects.filter(kept_until__lte=at).order_by("kept_until", "id")
    ids = list(expired.values_list("id", flat=True)[:FORGOTTEN_TOGETHER_MAX])
    for file_id in ids:
        forget_file(by=Actor.system("retention"), at=at, file_id=file_id)
    return len(ids)


def _forget(file: StoredFile) -> None:
    """Delete the row, and last of all the content: were the commit to fail, the row would say that it is lost."""
    require_transaction()
    hold_content(file.content_hash)
    file.delete()
    if not StoredFile.objects.filter(content_hash=file.content_hash).exists():
        contents.remove(file.content_hash)


def hold_content(content_hash: str) -> None:
    """Let nobody keep a content while somebody forgets it, until the transaction ends."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"content {content_hash}"])


def _plain(name: str) -> str:
    """Return the last part of a name, without folders and signs that do not print; browsers send what they like."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printed = "".join(sign for sign in last if sign.isprintable()).strip()
    return printed[-NAME_LENGTH_MAX:] or "file"


def _audit(by: Actor, at: datetime, verb: str, file: StoredFile) -> None:
    told = {"name": file.name, "size": file.size, "purpose": file.purpose, "content_hash": file.content_hash}
    record_audit(by=by, at=at, verb=verb, object_type="file", object_id=file.id, scope=file.scope, after=told)
