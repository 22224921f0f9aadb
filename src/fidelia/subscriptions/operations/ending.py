"""A subscription ends: at the end of what is paid, or at once with what its policy gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.rules.plan_dates import PaidPeriod, refund_of

from ..errors import NotRenewable, SubscriptionOver
from ..models import Subscription, SubscriptionPeriod
from .giving import follow_tier, hold, take_points_back
from .periods import holds_after, locked_subscription, plan_of, zone_of_subscription
from .telling import tell

END = "subscription.end"


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """What ending at an instant gives back in minor units, and how many points it takes."""

    amount: int
    points: int


def stop_at_end(
    *, by: Actor, at: datetime, subscription_id: UUID, is_stopped: bool = True, once: RequestKey | None = None
) -> Subscription:
    """Let a subscription end when what is paid does, without grace; or let it go on after all.

    Raises Denied (subscription.end), UnknownSubscription, SubscriptionOver, NotRenewable (it lasts for life).
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="subscription", resource_id=subscription_id)
        held = locked_subscription(by, subscription_id, END, at=at)
        if held.ends_at is None:
            raise NotRenewable("It lasts for life: there is no end at which it could stop.")
        if held.stops_at_end != is_stopped:
            held.stops_at_end, held.changed_at = is_stopped, at
            held.holds_until = max(holds_after(held, plan_of(held), held.ends_at) or at, min(at, held.ends_at))
            held.save()
            last = _stand(held)[-1]
            hold(last, held.holds_until, at=at)
            last.save()
            follow_tier(held, at=at)
            tell(held, "stops_at_end" if is_stopped else "goes_on", by=by, at=at, verb=END)
        return held


def quote_refund(*, by: Actor, at: datetime, subscription_id: UUID) -> RefundQuote:
    """Return what ending now would give back, by the policy with which it was bought. Writes nothing.

    Raises Denied (subscription.see), UnknownSubscription, SubscriptionOver.
    """
    with transaction_of_use_case():
        held = locked_subscription(by, subscription_id, "subscription.see", at=at)
        owed = [(period, *_owed(held, period, at)) for period in _stand(held)]
        return RefundQuote(sum(amount for _period, amount, _points in owed), sum(points for *_rest, points in owed))


def end_subscription(
    *, by: Actor, at: datetime, subscription_id: UUID, reason: str = "asked", once: RequestKey | None = None
) -> Subscription:
    """End a subscription now: what its policy gives back is recorded, points are taken as it says, the rest ends.

    Raises Denied (subscription.end), UnknownSubscription, SubscriptionOver.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="subscription", resource_id=subscription_id)
        held = locked_subscription(by, subscription_id, END, at=at)
        given_back = 0
        for period in _stand(held):
            amount, points = _owed(held, period, at)
            given_back += amount
            void(period, amount, points, by=by, at=at)
        finish(held, at=at, reason=reason[:20] or "asked")
        tell(held, "ended", by=by, at=at, verb=END, amount=-given_back, reason=held.end_reason)
        return held


def void(period: SubscriptionPeriod, amount: int, points: int, *, by: Actor, at: datetime) -> None:
    """Building block: end what a period gives, with the money that comes back of it and the points that go."""
    take_points_back(period, points, by=by, at=at)
    period.refunded += amount
    if period.holds_until is None or period.holds_until > at:
        hold(period, at, at=at)
    period.save()


def finish(held: Subscription, *, at: datetime, reason: str) -> None:
    """Building block: write the end of a locked subscription, and derive the tiers without it."""
    held.ended_at, held.end_reason, held.changed_at = at, reason, at
    held.holds_until = at if held.holds_until is None or held.holds_until > at else held.holds_until
    held.save()
    follow_tier(held, at=at)


def _stand(held: Subscription) -> list[SubscriptionPeriod]:
    found = list(held.periods.order_by("number"))
    for period in found:
        period.subscription = held
    if not found:
        raise SubscriptionOver("This subscription has ended: it is bought anew.")
    return found


def _owed(held: Subscription, period: SubscriptionPeriod, at: datetime) -> tuple[int, int]:
    """Return the money that comes back of a period ended now, and the points that go with it, in proportion."""
    plan, left = plan_of(held), period.amount - period.refunded
    if period.is_trial or (period.holds_until is not None and period.holds_until <= at):
        return 0, 0
    if period.begins_at > at:
        amount = left
    else:
        span = PaidPeriod(period.begins_at, period.ends_at, left)
        amount = refund_of(plan, span, at, zone_of_subscription(held))
    gave = int(period.given.get("points", 0)) if plan.refund.points == "take_back" else 0
    return amount, gave * amount // left if left else 0
