"""What an imported return does to chèques fidélité: the same as one at a till, in the transaction of its batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.ledger.operations import BulkRevoke
from fidelia.ledger.queries import find_posting
from fidelia.rewards.operations.withdrawing import carry_debt, free_points, with_cheques

from .history import Batch


def returns_beside_cheques(batch: Batch, currency: str) -> list[BulkRevoke]:
    """Return what a batch takes back on accounts of whose points chèques were made, in the order of the accounts."""
    revokes = [posting for posting in batch.postings if isinstance(posting, BulkRevoke)]
    concerned = with_cheques([one.account_id for one in revokes], currency) if revokes else set()
    return sorted((one for one in revokes if one.account_id in concerned), key=lambda one: one.account_id)


def withdraw_for(returns: Sequence[BulkRevoke], batch: Batch, *, by: Actor, at: datetime, currency: str) -> None:
    """Building block: withdraw the unused chèques made of what the returns take back; before these are posted.

    Of a purchase that came with the same batch no chèque can have been made.
    """
    fresh = {posting.key for posting in batch.postings}
    for one in returns:
        if one.earn_key is not None and one.earn_key in fresh:
            continue
        earned = None if one.earn_key is None else find_posting(account_id=one.account_id, key=one.earn_key)
        free_points(
            by=by, at=at, account_id=one.account_id, posted_on=one.account_id, currency=currency, wanted=one.amount,
            posting_id=None if earned is None else earned.posting_id,
        )  # fmt: skip


def carry_debts(returns: Sequence[BulkRevoke], uncollected: Mapping[UUID | None, int | None], currency: str) -> None:
    """Building block: what the returns could not take waits for the next chèque, where a used one says so."""
    for one in returns:
        carry_debt(
            account_id=one.account_id, posted_on=one.account_id, currency=currency,
            uncollected=uncollected.get(one.posting_id) or 0,
        )  # fmt: skip
