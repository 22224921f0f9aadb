"""A person's word on a referral that the guards doubted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim

from ..errors import NothingToReview, UnknownReferral
from ..models import Referral
from .audit import change_state
from .following import State, follow, locked_referral

REVIEW = "referral.review"


def review_referral(
    *, by: Actor, at: datetime, referral_id: UUID, is_accepted: bool, once: RequestKey | None = None
) -> Referral:
    """Let a doubted referral go on, or refuse it; one that waits or is qualified can be refused too.

    Raises Denied (referral.review), UnknownReferral, NothingToReview (it is rewarded, refused or taken back).
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="referral", resource_id=referral_id)
        found = locked_referral(referral_id)
        by.require(REVIEW, Scope() if found is None else Scope(found.partner_id))
        if found is None or found.programme.is_sandbox != (by.mode == "test"):
            raise UnknownReferral("There is no such referral.")
        if is_accepted and found.state != State.REVIEW:
            raise NothingToReview("Nobody’s word is waited for here.", state=found.state)
        if found.state not in (State.REVIEW, State.PENDING, State.QUALIFIED):
            raise NothingToReview("This referral has come to its end.", state=found.state)
        if is_accepted:
            change_state(found, State.PENDING, by=by, at=at, verb=REVIEW)
            follow(found, by=by.lent("coupon.assign", "voucher.issue"), at=at)
        else:
            found.due_at = None
            change_state(found, State.REFUSED, by=by, at=at, verb=REVIEW, reason=found.reason or "by_hand")
    return found
