"""What was posted is corrected by posting again: revoke, adjust, reverse."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Unpack
from uuid import UUID

from fidelia.kernel.actor import Actor

from .posting import EarnPart, PostingRequest, PostingResult, Provenance, post_entry

RevokePolicy = Literal["refuse", "only_pending", "allow_negative", "take_what_is_left"]


def revoke(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    policy: RevokePolicy,
    key: str,
    posting_id: UUID | None = None,
    posted_on: UUID | None = None,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Take back points that `posting_id` (an earn, or None when it is not known) had brought: a return.

    What of it is still pending goes first; then from the lots of that posting, then oldest first. `posted_on` is the
    account where it was posted, when its points have moved here since. What had expired of its own lots is not taken a
    second time (`already_expired`). What is spent: "refuse" raises InsufficientPoints, "allow_negative" goes below
    zero (`shortfall`; the next points fill it), "take_what_is_left" gives it up (`uncollected`); "only_pending" takes
    nothing but what is still pending. Raises NegativeNotAllowed, MoreThanEarned (all revokes of a posting together),
    UnknownPosting, AlreadyReversed, UnknownAccount, KeyReused.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="revoke", amount=amount,
        provenance=provenance, target_id=posting_id, policy=policy,
        target_account_id=posted_on,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def adjust(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    key: str,
    expires_at: datetime | None = None,
    policy: Literal["refuse", "allow_negative"] = "refuse",
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Correct a balance by hand, up (a new lot until `expires_at`) or down (oldest first); `provenance.note` says why.

    Raises InsufficientPoints, NegativeNotAllowed, UnknownAccount, AccountClosed, KeyReused.
    """
    parts = (EarnPart(amount=amount, expires_at=expires_at),) if amount > 0 else ()
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="adjust", amount=amount,
        provenance=provenance, parts=parts, policy=policy,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def reverse(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    posting_id: UUID,
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Undo a whole posting: an earn, a redemption, a capture, a revoke or an adjustment, once.

    Points go back to the lots they came from, with the expiry those have. What a posting brought must still be there,
    else PointsSpent. A hold is released instead, a transfer undone by `reverse_transfer`; an expiry, a release and a
    reversal are not undone: NotReversible. Raises AlreadyReversed, UnknownPosting, UnknownAccount, KeyReused.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="reverse", amount=None,
        provenance=provenance, target_id=posting_id,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)
