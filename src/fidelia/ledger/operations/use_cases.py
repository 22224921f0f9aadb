"""What people do to points by hand: each opens its transaction, asks for the right and leaves its audit row."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case

from .correcting import adjust
from .moving import TransferResult, transfer
from .posting import PostingResult, Provenance


def adjust_points(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    reason: str,
    key: str,
    expires_at: datetime | None = None,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Correct a balance by hand, with a reason that people can read later. Raises Denied, and as `adjust`."""
    by.require("points.adjust", scope_of(provenance))
    with transaction_of_use_case():
        provenance["note"] = reason
        result = adjust(
            by=by, at=at, account_id=account_id, currency=currency, amount=amount, key=key, expires_at=expires_at,
            **provenance,
        )  # fmt: skip
        if not result.replayed:
            record_audit(
                by=by, at=at, verb="points.adjust", object_type="account", object_id=account_id,
                before={"balance": result.balance - result.amount, "currency": currency},
                after={"balance": result.balance, "currency": currency, "posting_id": result.posting_id},
                scope=scope_of(provenance),
            )  # fmt: skip
    return result


def transfer_points(
    *,
    by: Actor,
    at: datetime,
    from_account_id: UUID,
    to_account_id: UUID,
    currency: str,
    amount: int,
    reason: str,
    key: str,
    **provenance: Unpack[Provenance],
) -> TransferResult:
    """Move points between two accounts by hand. Raises Denied, and as `transfer`."""
    by.require("points.transfer", scope_of(provenance))
    with transaction_of_use_case():
        provenance["note"] = reason
        result = transfer(
            by=by, at=at, from_account_id=from_account_id, to_account_id=to_account_id, currency=currency,
            amount=amount, key=key, **provenance,
        )  # fmt: skip
        if not result.outgoing.replayed:
            record_audit(
                by=by, at=at, verb="points.transfer", object_type="account", object_id=from_account_id,
                after={"to_account_id": to_account_id, "amount": -result.outgoing.amount, "currency": currency,
                       "link_id": result.link_id},
                scope=scope_of(provenance),
            )  # fmt: skip
    return result


def scope_of(provenance: Provenance) -> Scope:
    """The part of the network that a posting concerns."""
    return Scope(partner_id=provenance.get("partner_id"), store_id=provenance.get("store_id"))
