"""Many postings at once: when each took effect, and what else has moved an account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection


def find_moved_otherwise(*, account_ids: Sequence[UUID], source_ids: Sequence[UUID]) -> set[UUID]:
    """Return the accounts that something else moved than these sources; what only time let die moves none."""
    rows = _rows(
        """select distinct account_id from ledger_posting
           where account_id = any(%s) and kind <> 'expire' and (source_id is null or source_id <> all(%s))""",
        [list(account_ids), list(source_ids)],
    )
    return {account_id for (account_id,) in rows}


def list_moments(postings: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], datetime]:
    """Return when each posting, named by its account and itself, took effect."""
    asked = list(postings)
    rows = _rows(
        """select account_id, posting_id, occurred_at from ledger_posting
           where account_id = any(%s) and posting_id = any(%s)""",
        [list({account_id for account_id, _posting in asked}), [posting_id for _account, posting_id in asked]],
    )
    return {(account_id, posting_id): occurred_at for account_id, posting_id, occurred_at in rows}


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
