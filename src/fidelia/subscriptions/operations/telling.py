"""The audit row and the announcement of what became of a subscription: written with it."""

from __future__ import annotations

from datetime import datetime

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.outbox import Origin, announce

from ..events import SubscriptionChanged
from ..models import Subscription


def tell(
    held: Subscription, what: str, *, by: Actor, at: datetime, verb: str, amount: int = 0, reason: str = "",
    origin: Origin = Origin.LIVE,
) -> None:  # fmt: skip
    """Building block: leave the audit row of what was done, and announce it."""
    ends_at = None if held.ends_at is None else held.ends_at.isoformat()
    record_audit(
        by=by, at=at, verb=verb, object_type="subscription", object_id=held.id,
        after={"what": what, "plan": held.plan, "amount": amount, "ends_at": ends_at, "reason": reason},
        scope=Scope(held.partner_id),
    )  # fmt: skip
    announce(
        SubscriptionChanged(
            occurred_at=at, origin=origin, customer_id=held.customer_id, subscription_id=held.id,
            programme_id=held.programme_id, what=what, plan=held.plan, amount=amount,
            currency=held.programme.currency, ends_at=ends_at, reason=reason,
        )
    )  # fmt: skip
