"""Points are kept for a moment: hold, then capture or release."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack
from uuid import UUID

from fidelia.kernel.actor import Actor

from .posting import PostingRequest, PostingResult, Provenance, post_entry


def hold(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    key: str,
    expires_at: datetime | None,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Keep points aside, with their lots, until captured, released or `expires_at`; its `posting_id` is the hold's id.

    Held points neither expire nor count as available. Raises InsufficientPoints, UnknownAccount, KeyReused.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="hold", amount=amount, provenance=provenance,
        hold_expires_at=expires_at,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def capture(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    hold_id: UUID,
    amount: int,
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Redeem what is held, or a part of it; the rest goes back to its lots.

    Raises HoldGone, MoreThanHeld, UnknownHold, UnknownAccount, KeyReused.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="capture", amount=amount,
        provenance=provenance, target_id=hold_id,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def release(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    hold_id: UUID,
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Give all that is held back to its lots. Raises HoldGone, UnknownHold."""
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="release", amount=None,
        provenance=provenance, target_id=hold_id,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)
