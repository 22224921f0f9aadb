"""The life of points: promised and activated, given up, let live on, and brought back after their end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction

from ..queries import entries_of
from .expiring import LIMIT_MAX, REINSTATED, tell_lapse
from .posting import EarnPart, PostingRequest, PostingResult, Provenance, post_entry, refusals


def pend(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    parts: Sequence[EarnPart],
    key: str,
    activates_at: datetime | None,
    cancels_at: datetime | None = None,
    lives_until: datetime | None = None,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Promise points: they are the member's at `activates_at`, by time alone, or (None) when `activate` says so.

    `expires_at` of a part is when its points die once they have come to life. At `cancels_at` they are given up.
    Raises as `earn`.
    """
    request = pending(
        account_id=account_id, currency=currency, parts=parts, key=key, activates_at=activates_at,
        cancels_at=cancels_at, lives_until=lives_until, **provenance,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def pending(
    *,
    account_id: UUID,
    currency: str,
    parts: Sequence[EarnPart],
    key: str,
    activates_at: datetime | None,
    cancels_at: datetime | None = None,
    lives_until: datetime | None = None,
    **provenance: Unpack[Provenance],
) -> PostingRequest:
    """Return the request of `pend`, for a use case that posts in the statement that writes all of it."""
    return PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="pend", provenance=provenance,
        amount=sum(part.amount for part in parts), parts=tuple(parts), activates_at=activates_at,
        cancels_at=cancels_at, lives_until=lives_until,
    )  # fmt: skip


def activate(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    posting_id: UUID,
    key: str,
    expires_at: datetime | None = None,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Bring to life what a posting promised (or one lot of it), with a life until `expires_at`.

    Raises NothingPending, UnknownAccount, AccountClosed, KeyReused.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="activate", amount=None, provenance=provenance,
        target_id=posting_id, lives_until=expires_at,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def cancel_pending(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    posting_id: UUID,
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Give up what a posting promised (or one lot of it). Raises as `activate`."""
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="cancel", amount=None, provenance=provenance,
        target_id=posting_id,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def extend(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    expires_at: datetime,
    key: str,
    lot_id: UUID | None = None,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Let points live on until `expires_at`, all of them or one lot; never shorter, and not what has died by then.

    Raises UnknownAccount, AccountClosed, KeyReused.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="extend", amount=None, provenance=provenance,
        target_id=lot_id, lives_until=expires_at,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def reinstate(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    since: datetime,
    expires_at: datetime,
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Bring back all that expired from `since` on, to live until `expires_at`.

    Raises NothingExpired, UnknownAccount, AccountClosed, KeyReused.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="reinstate", amount=None, provenance=provenance,
        since=since, lives_until=expires_at,
    )  # fmt: skip
    result = post_entry(by=by, at=at, request=request)
    found = [] if result.replayed else entries_of(account_id=account_id, posting_id=result.posting_id)
    back = [entry for entry in found if entry.code == "breakage"]
    if back:
        tell_lapse(
            by=by, at=at, occurred_at=provenance.get("occurred_at") or at, currency=currency, lots=len(back),
            amount=sum(entry.amount for entry in back), reason=REINSTATED,
        )  # fmt: skip
    return result


def activate_due(*, by: Actor, at: datetime, limit: int = 500) -> list[tuple[UUID, str, int]]:
    """Write down what has come to life or was given up by `at`; return (account, currency, lots) of each account.

    Accounts that are locked are left for the next call, and nothing is late by it: balances count what is ripe.
    """
    require_transaction()
    assert 1 <= limit <= LIMIT_MAX
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select * from public.ledger_activate_due(%s, %s)", [at, limit])
        return list(cursor.fetchall())


def shut_account(*, by: Actor, at: datetime, account_id: UUID, is_shut: bool) -> bool:
    """Shut an account while its member counts elsewhere, or open it again; False where something is left on it."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("select public.ledger_shut(%s, %s)", [account_id, is_shut])
        return bool(cursor.fetchone()[0])
