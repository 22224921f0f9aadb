"""The audit row and the announcement of a referral that comes into another state: written with it."""

from __future__ import annotations

from datetime import datetime

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.outbox import announce

from ..events import ReferralChanged
from ..models import Referral


def change_state(
    referral: Referral, state: str, *, by: Actor, at: datetime, verb: str, reason: str = "", before: str | None = None
) -> None:
    """Building block: bring a locked referral into a state, write it, and tell it. `before` "" is of a new one."""
    former = referral.state if before is None else before
    referral.state, referral.reason, referral.changed_at = state, reason, at
    if state in {Referral.State.REWARDED, Referral.State.REFUSED, Referral.State.TAKEN_BACK}:
        referral.decided_at = at
    referral.save()
    record_audit(
        by=by, at=at, verb=verb, object_type="referral", object_id=referral.id, before={"state": former},
        after={"state": state, "reason": reason}, scope=Scope(referral.partner_id),
    )  # fmt: skip
    announce(
        ReferralChanged(
            occurred_at=at, customer_id=referral.friend.customer_id, referral_id=referral.id,
            programme_id=referral.programme_id, from_state=former, to_state=state, reason=reason,
        )
    )  # fmt: skip
