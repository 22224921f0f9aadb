"""Writing down what time has done: lots that died, holds that ran out. What died is told: it is breakage by then."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.outbox import announce

from ..events import PointsLapsed
from .posting import refusals

LIMIT_MAX = 10_000
EXPIRED, REINSTATED = "expired", "reinstated"


def expire_account(*, by: Actor, at: datetime, account_id: UUID, currency: str) -> int:
    """Write down what of one account is due at `at`, and what has come to life; return how many lots were expired."""
    require_transaction()
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select * from public.ledger_settle_lots(%s, %s, %s)", [account_id, currency, at])
        lots, amount, latest = cursor.fetchone()
    if lots:
        tell_lapse(by=by, at=at, occurred_at=latest, currency=currency, lots=lots, amount=amount)
    return int(lots)


def expire_due(*, by: Actor, at: datetime, limit: int = 500) -> int:
    """Post the expiry of lots that are due at `at` and release holds that ran out; return how many lots were expired.

    `limit` bounds the lots looked at. Accounts that are locked are left for the next call, and nothing is late by it:
    a due lot counts for nothing from its instant on, and its expiry is dated by that instant.
    """
    require_transaction()
    assert 1 <= limit <= LIMIT_MAX
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select * from public.ledger_lapse_due(%s, %s)", [at, limit])
        lapsed = cursor.fetchall()
    for currency, lots, amount, latest in lapsed:
        tell_lapse(by=by, at=at, occurred_at=latest, currency=currency, lots=lots, amount=amount)
    return sum(lots for _currency, lots, _amount, _latest in lapsed)


def tell_lapse(
    *, by: Actor, at: datetime, occurred_at: datetime, currency: str, lots: int, amount: int, reason: str = EXPIRED
) -> None:
    """Building block: announce what became breakage, or came back of it, and record who wrote it down."""
    announce(PointsLapsed(occurred_at=occurred_at, currency=currency, amount=amount, lots=lots, reason=reason))
    record_audit(
        by=by, at=at, verb="points.expire", object_type="points_currency", object_id=currency,
        after={"amount": str(amount), "lots": lots, "reason": reason},
    )  # fmt: skip
