"""Points move between two accounts, through clearing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Unpack
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.ids import new_id

from ..errors import MalformedPosting
from .posting import REQUEST, PostingRequest, PostingResult, Provenance, check_request, refusals, request_json


@dataclass(frozen=True, slots=True)
class TransferResult:
    """Two linked postings: points left one account and came to the other."""

    link_id: UUID
    outgoing: PostingResult
    incoming: PostingResult


def transfer(
    *,
    by: Actor,
    at: datetime,
    from_account_id: UUID,
    to_account_id: UUID,
    currency: str,
    amount: int | None,
    key: str,
    restarts: bool = False,
    expires_at: datetime | None = None,
    **provenance: Unpack[Provenance],
) -> TransferResult:
    """Move points, all that is available when `amount` is None, oldest first; lots keep expiry, cost and funding.

    With `restarts` the points begin a new life with the receiver, until `expires_at` (None: for ever).

    The `link_id` in the result names the pair. Both accounts are locked in the order of their keys. Raises
    InsufficientPoints, UnknownAccount, AccountClosed, KeyReused, MalformedPosting.
    """
    if from_account_id == to_account_id:
        raise MalformedPosting("Points move between two different accounts.", pointer="/to_account_id")
    request = PostingRequest(
        account_id=from_account_id, currency=currency, key=key, kind="transfer", amount=amount,
        provenance={**provenance, "source_type": "account", "source_id": to_account_id},
        policy="restart" if restarts else None, lives_until=expires_at if restarts else None,
    )  # fmt: skip
    request = replace(request, link_id=request.posting_id)
    return _post_both("ledger_transfer", by=by, at=at, request=request, other=to_account_id)


def reverse_transfer(
    *,
    by: Actor,
    at: datetime,
    from_account_id: UUID,
    to_account_id: UUID,
    currency: str,
    link_id: UUID,
    key: str,
    **provenance: Unpack[Provenance],
) -> TransferResult:
    """Undo the transfer `link_id`: the points that went from the one account to the other go back to their lots.

    Raises PointsSpent when the receiver no longer has them, AlreadyReversed, UnknownPosting, KeyReused. In the result,
    `outgoing` is what left the receiver.
    """
    request = PostingRequest(
        account_id=from_account_id, currency=currency, key=key, kind="reverse", amount=None,
        provenance={**provenance, "source_type": "account", "source_id": to_account_id}, link_id=link_id,
    )  # fmt: skip
    return _post_both("ledger_reverse_transfer", by=by, at=at, request=request, other=to_account_id, link_id=link_id)


def _post_both(
    function: str, *, by: Actor, at: datetime, request: PostingRequest, other: UUID, link_id: UUID | None = None
) -> TransferResult:
    require_transaction()
    check_request(request)
    with refusals(), connection.cursor() as cursor:
        cursor.execute(
            f"select * from public.{function}(%s, %s, {REQUEST}, %s)",
            [request.account_id, other, request_json(request, by=by, at=at), new_id()],
        )
        outgoing, incoming = cursor.fetchall()
    outgoing, incoming = PostingResult(*outgoing), PostingResult(*incoming)
    return TransferResult(link_id or outgoing.posting_id, outgoing, incoming)
