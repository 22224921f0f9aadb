"""Periods of a subscription: add one, and bring the subscription in step with those that stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import require_transaction
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import Terms, terms_in_force
from fidelia.rules.plan_dates import PaidPeriod, end_of_grace
from fidelia.rules.plan_terms import Plan

from ..errors import SubscriptionOver, UnknownPlan, UnknownSubscription, WrongAmount
from ..models import Subscription, SubscriptionPeriod
from .giving import follow_tier, give_points, hold


@dataclass(frozen=True, slots=True)
class Source:
    """The line of a purchase that buys: which unit of it, counted from 1."""

    id: UUID
    line: int
    unit: int


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid, in minor units, under which reference of the payment, by which line of a purchase."""

    amount: int
    reference: str = ""
    source: Source | None = None


def plan_of(held: Subscription) -> Plan:
    """Return the plan as it was bought."""
    return msgspec.convert(held.policy, Plan)


def policy_of(plan: Plan) -> dict[str, Any]:
    """Return a plan as it is kept."""
    kept: dict[str, Any] = msgspec.to_builtins(plan)
    return kept


def plan_in_force(enrolment: Enrolment, key: str, at: datetime) -> tuple[Terms, Plan]:
    """Return the terms in force and their plan of this key. Raises UnknownPlan."""
    terms = terms_in_force(enrolment, at)
    plan = None if terms is None else terms.plan(key)
    if terms is None or plan is None:
        raise UnknownPlan(f"The programme sells no plan “{key}” now.", pointer="/plan")
    return terms, plan


def check_amount(plan: Plan, amount: int) -> None:
    """Raise WrongAmount for what nobody pays for this plan: less than nothing, or more than its price."""
    if not 0 <= amount <= plan.price:
        raise WrongAmount("The amount is from zero to the price of the plan.", pointer="/amount", price=plan.price)


def locked_subscription(by: Actor, subscription_id: UUID, right: str, *, at: datetime | None = None) -> Subscription:
    """Building block: lock a subscription over which the actor holds the right; with `at`, one that has not ended.

    Raises Denied, UnknownSubscription, SubscriptionOver.
    """
    found = lock_subscription(subscription_id)
    scope = Scope() if found is None else Scope(found.partner_id, found.enrolment.store_id)
    by.require(right, scope)
    if found is None or found.programme.is_sandbox != (by.mode == "test"):
        raise UnknownSubscription("There is no such subscription.")
    if at is not None and is_over(found, at):
        raise SubscriptionOver("This subscription has ended: it is bought anew.")
    return found


def lock_subscription(subscription_id: UUID) -> Subscription | None:
    """Building block: lock a subscription, whosever it is."""
    require_transaction()
    return (
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme__points_currency", "enrolment")
        .filter(id=subscription_id)
        .first()
    )


def is_over(held: Subscription, at: datetime) -> bool:
    """Tell whether it has ended at an instant, written down or not."""
    return held.ended_at is not None or (held.holds_until is not None and held.holds_until <= at)


def zone_of_subscription(held: Subscription) -> ZoneInfo:
    return zone_of(held.programme.time_zone)


def holds_after(held: Subscription, plan: Plan, ends_at: datetime | None) -> datetime | None:
    """Return until when what is paid to an end gives something: grace comes after, unless it is to stop there."""
    if ends_at is None or held.stops_at_end:
        return ends_at
    return end_of_grace(plan, ends_at, zone_of_subscription(held))


def next_notice(plan: Plan, ends_at: datetime | None, after: datetime) -> datetime | None:
    """Return when the next notice before an end is to be told; one that would lie
    before `after` is not told."""
    if ends_at is None or not plan.notice_days:
        return None
    told = [ends_at - timedelta(days=days) for days in plan.notice_days]
    return min((each for each in told if each > after), default=None)


def add_period(
    held: Subscription, plan: Plan, span: PaidPeriod, paid: Paid, *, terms: Terms, by: Actor, at: datetime,
    points: int = 0, is_trial: bool = False,
) -> SubscriptionPeriod:  # fmt: skip
    """Building block: write the next period of a locked subscription, give its points and tier, and keep in step.

    The period before ends with its paid time. Ledger first, then the tiers: the order of all that writes.
    """
    source = paid.source
    period = SubscriptionPeriod(
        id=new_id(), subscription=held, number=held.periods_count + 1, plan=plan.key,
        entitlements=list(plan.entitlements), tier=plan.tier, is_trial=is_trial,
        begins_at=span.begins_at, ends_at=span.ends_at,
        price=plan.price, amount=span.amount, reference=paid.reference,
        source_type="" if source is None else "purchase",
        source_id=None if source is None else source.id, source_line=0 if source is None else source.line,
        source_unit=0 if source is None else source.unit, recorded_at=at,
    )  # fmt: skip
    period.given = give_points(period, points, terms=terms, by=by, at=at)
    before = held.periods.order_by("-number").first()
    if before is not None and (before.holds_until is None or before.holds_until > span.begins_at):
        hold(before, span.begins_at, at=at)
        before.save()
    held.periods_count += 1
    held.is_trial, held.plan, held.policy, held.changed_at = is_trial, plan.key, policy_of(plan), at
    held.renewal = Subscription.Renewal(plan.renewal)
    held.ends_at, held.holds_until = span.ends_at, holds_after(held, plan, span.ends_at)
    held.notice_at = next_notice(plan, span.ends_at, at)
    held.save()
    hold(period, held.holds_until, at=at)
    period.save(force_insert=True)
    follow_tier(held, at=at)
    return period
