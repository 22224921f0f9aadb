"""A member comes to another plan of the ladder: at once with what is due reckoned for it, or at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.programme.queries import Terms
from fidelia.rules.plan_dates import (
    PaidPeriod,
    due_for_change,
    end_for_rest,
    end_of_period,
    keeps_dates,
    share_left,
    turns_into_days,
)
from fidelia.rules.plan_terms import Plan

from ..errors import ChangeNotAllowed, WrongAmount
from ..models import Subscription, SubscriptionPeriod
from .giving import member_now
from .periods import Paid, add_period, locked_subscription, plan_in_force, plan_of, zone_of_subscription
from .telling import tell

CHANGE = "subscription.change"
_DAYS = {"day": Fraction(1), "month": Fraction(36525, 1200), "year": Fraction(36525, 100)}


@dataclass(frozen=True, slots=True)
class ChangeQuote:
    """What a change comes to at an instant: when the other plan begins, and what is due (below zero: given back)."""

    plan: Plan
    begins: str
    due: int
    ends_at: datetime | None


def quote_change(*, by: Actor, at: datetime, subscription_id: UUID, plan: str) -> ChangeQuote:
    """Return what a change to another plan would come to now. Writes nothing.

    Raises Denied (subscription.see), UnknownSubscription, SubscriptionOver, UnknownPlan, ChangeNotAllowed.
    """
    with transaction_of_use_case():
        held = locked_subscription(by, subscription_id, "subscription.see", at=at)
        return _quote(held, plan, at)[0]


def change_plan(
    *, by: Actor, at: datetime, subscription_id: UUID, plan: str, paid: Paid, once: RequestKey | None = None
) -> Subscription:
    """Change the plan. `paid.amount` is what `quote_change` said is due: who was told another sum is refused.

    Raises Denied (subscription.change), UnknownSubscription, SubscriptionOver, UnknownPlan, ChangeNotAllowed,
    WrongAmount.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="subscription", resource_id=subscription_id)
        held = locked_subscription(by, subscription_id, CHANGE, at=at)
        quote, terms, current = _quote(held, plan, at)
        if paid.amount != quote.due:
            raise WrongAmount("Something else is due for this change.", pointer="/amount", due=quote.due)
        if quote.begins == "at_end":
            held.next_plan, held.changed_at = quote.plan.key, at
            held.save()
            tell(held, "change_planned", by=by, at=at, verb=CHANGE, reason=quote.plan.key)
        else:
            change_now(held, current, quote, paid, terms=terms, by=by, at=at)
        return held


def change_now(
    held: Subscription, current: SubscriptionPeriod, quote: ChangeQuote, paid: Paid, *, terms: Terms, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """Building block: end the period that runs and begin one of another plan; what was left of it moves along."""
    plan, was, is_trial = quote.plan, plan_of(held), held.is_trial
    span = PaidPeriod(current.begins_at, current.ends_at, current.amount - current.refunded)
    left = share_left(was.change.share, span, at, zone_of_subscription(held))
    unused = left.of(span.amount, was.rounding) if paid.source is None else 0
    current.refunded += unused
    current.save(update_fields=["refunded"])
    if not is_trial and not (paid.source is None and keeps_dates(was, plan)):
        as_days = paid.source is None and turns_into_days(was, plan) and quote.ends_at is not None
        held.anchor_at, held.cycle = (quote.ends_at or at, 0) if as_days else (at, 1)
    held.next_plan = ""
    new = PaidPeriod(at, quote.ends_at, unused + paid.amount)
    add_period(held, plan, new, paid, terms=terms, by=by, at=at, is_trial=is_trial)
    tell(held, "changed", by=by, at=at, verb=CHANGE, amount=paid.amount, reason=was.key)


def direction(plan: Plan, to: Plan) -> str:
    """Return "up" for a plan that costs more for the same time, or lasts for life, else "down"."""
    if to.is_lifetime:
        return "up"
    return "up" if _a_day(to) > _a_day(plan) else "down"


def _a_day(plan: Plan) -> Fraction:
    if plan.until:
        return Fraction(plan.price) * len(plan.until) / (_DAYS["year"] * plan.every)
    return Fraction(plan.price) / (_DAYS[plan.period] * plan.every + plan.plus_days)


def _quote(held: Subscription, key: str, at: datetime) -> tuple[ChangeQuote, Terms, SubscriptionPeriod]:
    terms, plan = plan_in_force(member_now(held), key, at)
    was, current = plan_of(held), held.periods.order_by("-number").first()
    assert current is not None, "a subscription has a period"
    if plan.key == held.plan or plan.ladder != held.ladder or was.is_lifetime:
        raise ChangeNotAllowed("Choose another plan of the same ladder.", pointer="/plan")
    if not current.begins_at <= at or (current.ends_at is not None and current.ends_at <= at):
        raise ChangeNotAllowed("Periods are paid ahead, or the one that ran is not paid: settle that first.")
    when = was.change.up if direction(was, plan) == "up" else was.change.down
    if when == "refused":
        raise ChangeNotAllowed("This plan is not changed for that one.", pointer="/plan")
    if when == "at_end" or held.is_trial:
        ends_at = held.ends_at
        return ChangeQuote(plan, "now" if held.is_trial else "at_end", 0, ends_at), terms, current
    zone = zone_of_subscription(held)
    paid = PaidPeriod(current.begins_at, current.ends_at, current.amount - current.refunded)
    if turns_into_days(was, plan):
        return ChangeQuote(plan, "now", 0, end_for_rest(was, plan, paid, at, zone)), terms, current
    ends_at = current.ends_at if keeps_dates(was, plan) else end_of_period(plan, at, 1, zone)
    return ChangeQuote(plan, "now", due_for_change(was, plan, paid, at, zone), ends_at), terms, current
