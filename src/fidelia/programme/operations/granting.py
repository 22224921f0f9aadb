"""Points as the terms grant them: there at once or pending, with the life that the policy of their currency gives."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import announce
from fidelia.ledger.operations import (
    EarnPart,
    PostingRequest,
    PostingResult,
    Provenance,
    RevokePolicy,
    earn,
    earning,
    open_account,
    pending,
    revoke,
)
from fidelia.rules.terms import PointsPolicy

from ..events import PointsGiven
from ..models import Enrolment, PointsCurrency
from ..queries import Terms, tier_credit_of

POLICIES: dict[str, RevokePolicy] = {
    PointsCurrency.Negative.FORBID: "refuse",
    PointsCurrency.Negative.ONLY_PENDING: "only_pending",
    PointsCurrency.Negative.WITHIN_BALANCE: "take_what_is_left",
    PointsCurrency.Negative.UNLIMITED: "allow_negative",
}


def granting(
    *,
    terms: Terms,
    account_id: UUID,
    currency: str,
    amount: int,
    key: str,
    policy: PointsPolicy | None = None,
    **provenance: Unpack[Provenance],
) -> PostingRequest:
    """Return the request that brings points earned at `occurred_at`: an earn, or where the terms let them wait, a pend.

    `policy` is that of a further currency. Points that wait for days have their life reckoned from the day on which
    they come to life.
    """
    policy, zone = policy or terms.points, terms.zone
    occurred_at = provenance["occurred_at"]
    lives_until = policy.renewed_until("earn", occurred_at, zone)
    if policy.pending is None:
        part = EarnPart(
            amount=amount, expires_at=policy.expires_at(occurred_at, zone), rule_version_id=terms.version_id
        )
        return earning(
            account_id=account_id, currency=currency, parts=[part], key=key, lives_until=lives_until, **provenance
        )
    activates_at = policy.activates_at(occurred_at, zone)
    expires_at = None if activates_at is None else policy.expires_at(activates_at, zone)
    part = EarnPart(amount=amount, expires_at=expires_at, rule_version_id=terms.version_id)
    return pending(
        account_id=account_id, currency=currency, parts=[part], key=key, activates_at=activates_at,
        cancels_at=policy.pending.cancelled_at(occurred_at, zone), lives_until=lives_until, **provenance,
    )  # fmt: skip


def credit_tiers(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Building block: let points count for the tiers measured in a currency; nobody spends them. Raises as `earn`."""
    code = tier_credit_of(currency)
    open_account(by=by, at=at, currency=code, account_id=account_id)
    return earn(by=by, at=at, account_id=account_id, currency=code, amount=amount, key=key, **provenance)


def take_back_tier_credit(
    *,
    by: Actor,
    at: datetime,
    account_id: UUID,
    currency: str,
    amount: int,
    posting_id: UUID,
    posted_on: UUID,
    key: str,
    **provenance: Unpack[Provenance],
) -> PostingResult:
    """Building block: what came back counts for tiers no longer, from the day on which it was credited.

    `posted_on` is the account that was credited: the points may be at another by now.
    """
    return revoke(
        by=by, at=at, account_id=account_id, currency=tier_credit_of(currency), amount=amount, key=key,
        posting_id=posting_id, posted_on=posted_on if posted_on != account_id else None, policy="take_what_is_left",
        **provenance,
    )  # fmt: skip


def comes_to_life(terms: Terms, occurred_at: datetime, at: datetime) -> datetime | None:
    """Return when points of the past that are brought in `at` came or come to life; None while an event that may
    still come decides. An event that nobody can report any more is taken to have come at once.
    """
    pending = terms.points.pending
    if pending is None:
        return occurred_at
    elif pending.event:
        cancelled_at = pending.cancelled_at(occurred_at, terms.zone)
        return None if cancelled_at is not None and cancelled_at > at else occurred_at
    return terms.points.activates_at(occurred_at, terms.zone)


def revoke_policy_of(currency: PointsCurrency) -> RevokePolicy:
    """Return what a return does with points that are spent already, as their currency says."""
    return POLICIES[currency.negative_policy]


def tell_given(enrolment: Enrolment, points: int, *, currency: str, at: datetime) -> None:
    """Building block: announce points that a member got otherwise than by a purchase: tiers may count them."""
    announce(
        PointsGiven(
            occurred_at=at, customer_id=enrolment.customer_id, enrolment_id=enrolment.id,
            programme_id=enrolment.programme_id, currency=currency, points=points,
        )
    )  # fmt: skip
