"""Writing down what time has done: lots that died, holds that ran out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction

from .posting import refusals

LIMIT_MAX = 10_000


def expire_account(*, by: Actor, at: datetime, account_id: UUID, currency: str) -> int:
    """Write down what of one account is due at `at`, and what has come to life; return how many lots were expired."""
    require_transaction()
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select public.ledger_settle_account(%s, %s, %s)", [account_id, currency, at])
        return int(cursor.fetchone()[0])


def expire_due(*, by: Actor, at: datetime, limit: int = 500) -> int:
    """Post the expiry of lots that are due at `at` and release holds that ran out; return how many lots were expired.

    `limit` bounds the lots looked at. Accounts that are locked are left for the next call, and nothing is late by it:
    a due lot counts for nothing from its instant on, and its expiry is dated by that instant.
    """
    require_transaction()
    assert 1 <= limit <= LIMIT_MAX
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select public.ledger_expire_due(%s, %s)", [at, limit])
        return int(cursor.fetchone()[0])
