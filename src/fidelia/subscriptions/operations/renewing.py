"""The next period of a subscription is paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.rules.plan_dates import PaidPeriod, end_of_period
from fidelia.rules.plan_terms import Plan

from ..errors import NotRenewable
from ..models import Subscription
from .giving import member_now
from .periods import Paid, add_period, check_amount, locked_subscription, plan_in_force, plan_of, zone_of_subscription
from .telling import tell

RENEW = "subscription.renew"
LENGTH = ("period", "every", "last_day", "plus_days", "until")
AHEAD_MAX = timedelta(days=366 * 5)


def renew_subscription(
    *, by: Actor, at: datetime, subscription_id: UUID, paid: Paid | None = None, once: RequestKey | None = None
) -> Subscription:
    """Let a subscription go on for its next period, from the end of the one before: paid ahead, or within the grace.

    What it costs and gives is by the terms in force; a plan that was chosen for the end begins with it. Raises Denied
    (subscription.renew), UnknownSubscription, SubscriptionOver, NotRenewable, UnknownPlan, WrongAmount.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="subscription", resource_id=subscription_id)
        held = locked_subscription(by, subscription_id, RENEW, at=at)
        return go_on(held, held.next_plan or held.plan, paid, by=by, at=at)


def go_on(held: Subscription, plan_key: str, paid: Paid | None, *, by: Actor, at: datetime) -> Subscription:
    """Building block: add the next period of a locked subscription. Raises as `renew_subscription`."""
    if held.ends_at is None or held.ends_at - at > AHEAD_MAX:
        raise NotRenewable("It lasts for life, or is paid as far ahead as it may be.")
    terms, plan = plan_in_force(member_now(held), plan_key, at)
    paid = paid or Paid(plan.price)
    check_amount(plan, paid.amount)
    begins_at, is_first = held.ends_at, held.is_trial
    _set_cycle(held, plan)
    held.next_plan, held.stops_at_end = "", False
    span = PaidPeriod(
        begins_at, end_of_period(plan, held.anchor_at, held.cycle, zone_of_subscription(held)), paid.amount
    )
    points = plan.each_period + (plan.welcome if is_first else 0)
    add_period(held, plan, span, paid, terms=terms, by=by, at=at, points=points)
    tell(held, "renewed", by=by, at=at, verb=RENEW, amount=paid.amount)
    return held


def _set_cycle(held: Subscription, plan: Plan) -> None:
    """Periods of the same length go on from the first day; others, and the first after a trial, begin a new count."""
    before = plan_of(held)
    same = all(getattr(before, name) == getattr(plan, name) for name in LENGTH)
    if same and held.cycle:
        held.cycle += 1
    else:
        assert held.ends_at is not None, "asked for by the caller"
        held.anchor_at, held.cycle = held.ends_at, 1
