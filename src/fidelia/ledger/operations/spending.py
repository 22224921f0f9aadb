"""Points come in and go out: earn and redeem."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack
from uuid import UUID

from fidelia.kernel.actor import Actor

from .posting import EarnPart, PostingRequest, PostingResult, Provenance, post_entry


def earn(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    key: str,
    expires_at: datetime | None = None,
    rule_version_id: UUID | None = None,
    funding: str = "operator",
    unit_cost: int = 0,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Bring points to the member as one lot; see `EarnPart` for the units. What is owed is filled first.

    An expiry that has passed already (a late fact) is accepted: the points are posted, and due at once. Raises
    UnknownAccount, AccountClosed, KeyReused, MalformedPosting.
    """
    part = EarnPart(
        amount=amount, expires_at=expires_at, rule_version_id=rule_version_id, funding=funding, unit_cost=unit_cost
    )
    return earn_parts(by=by, at=at, account_id=account_id, currency=currency, parts=[part], key=key, **provenance)


def earn_parts(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    parts: Sequence[EarnPart],
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Bring points to the member by one posting of several parts (rules, expiries, funders), one lot each.

    Raises as `earn`.
    """
    request = earning(account_id=account_id, currency=currency, parts=parts, key=key, **provenance)
    return post_entry(by=by, at=at, request=request)


def earning(
    *,
    account_id: UUID,
    currency: str,
    parts: Sequence[EarnPart],
    key: str,
    lives_until: datetime | None = None,
    **provenance: Unpack[Provenance],
) -> PostingRequest:
    """Return the request of `earn_parts`, for a use case that posts in the statement that writes all of it.

    With `lives_until` it is an activity that lets all points of the account live on until then.
    """
    return PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="earn", provenance=provenance,
        amount=sum(part.amount for part in parts), parts=tuple(parts), lives_until=lives_until,
    )  # fmt: skip


def give_back(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    parts: Sequence[EarnPart],
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Bring back points that had paid for what was returned: nothing is earned, less was redeemed.

    Each part is a lot. Raises as `earn`.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="give_back", provenance=provenance,
        amount=sum(part.amount for part in parts), parts=tuple(parts),
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)


def redeem(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    key: str,
    lives_until: datetime | None = None,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Take points for something, first expiring first out. Never below zero; due lots and holds do not count.

    With `lives_until` it is an activity that lets what remains live on until then.

    Raises InsufficientPoints, UnknownAccount, AccountClosed, KeyReused, MalformedPosting.
    """
    request = PostingRequest(
        account_id=account_id, currency=currency, key=key, kind="redeem", amount=amount, provenance=provenance,
        lives_until=lives_until,
    )  # fmt: skip
    return post_entry(by=by, at=at, request=request)
