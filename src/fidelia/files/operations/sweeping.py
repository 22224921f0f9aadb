"""Remove what nobody keeps: drafts of uploads that broke off, and contents whose keeping was never written down."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from django.db import connection

from fidelia.kernel.db import transaction_of_use_case

from ..models import StoredFile
from . import contents
from .drafts import incoming
from .keeping import hold_content

DRAFTS_KEPT = timedelta(days=1)
SWEPT_TOGETHER_MAX = 10_000


def sweep_contents(*, at: datetime) -> int:
    """Remove drafts older than a day and contents that no row speaks of; return how many.

    Raises StoreUnreachable.
    """
    return _sweep_drafts(at) + sum(_sweep_content(content_hash) for content_hash in _orphans())


def _sweep_drafts(at: datetime) -> int:
    before = (at - DRAFTS_KEPT).timestamp()
    stale = [path for path in incoming().iterdir() if path.lstat().st_mtime < before]
    for path in stale:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(stale)


def _orphans() -> list[str]:
    lying = list(contents.list_contents())
    with connection.cursor() as cursor:
        cursor.execute(
            "select lying from unnest(%s::text[]) as lying "
            "where not exists (select from files_storedfile kept where kept.content_hash = lying) limit %s",
            [lying, SWEPT_TOGETHER_MAX],
        )
        return [content_hash for (content_hash,) in cursor.fetchall()]


def _sweep_content(content_hash: str) -> int:
    with transaction_of_use_case():
        hold_content(content_hash)
        if StoredFile.objects.filter(content_hash=content_hash).exists():
            return 0
        contents.remove(content_hash)
    return 1
