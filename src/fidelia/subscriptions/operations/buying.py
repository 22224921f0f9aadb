"""A line of a purchase buys a plan, and a line given back gives it back. Called by `activity`; safe to repeat."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import Terms
from fidelia.rules.plan_dates import end_of_period
from fidelia.rules.plan_terms import Plan

from ..models import Subscription, SubscriptionPeriod
from .changing import ChangeQuote, change_now, direction
from .ending import finish, void
from .giving import follow_tier, hold
from .opening import begin
from .periods import (
    Paid,
    Source,
    holds_after,
    is_over,
    lock_subscription,
    next_notice,
    plan_of,
    zone_of_subscription,
)
from .renewing import go_on
from .telling import tell

UNITS_MAX = 12


def buy_line(
    *, by: Actor, at: datetime, enrolment: Enrolment, terms: Terms, plan: Plan, purchase_id: UUID, line: int,
    amounts: list[int],
) -> int:  # fmt: skip
    """Building block: each unit of a line opens the plan, renews it, or changes the member's plan for it.

    `amounts` are what each unit was sold for, in minor units; `at` is when it was bought. Returns the units that
    bought something now; of a line that was followed before, none.
    """
    require_transaction()
    bought = 0
    for unit, amount in enumerate(amounts[:UNITS_MAX], start=1):
        known = SubscriptionPeriod.objects.filter(source_type="purchase", source_id=purchase_id, source_line=line)
        if known.filter(source_unit=unit).exists():
            continue
        paid = Paid(min(max(amount, 0), plan.price), source=Source(purchase_id, line, unit))
        _buy(enrolment, terms, plan, paid, by=by, at=at)
        bought += 1
    return bought


def _buy(enrolment: Enrolment, terms: Terms, plan: Plan, paid: Paid, *, by: Actor, at: datetime) -> None:
    held = _live(enrolment, plan, at)
    if held is None:
        begin(new_id(), enrolment, terms, plan, paid, is_trial=False, by=by, at=at)
        return
    held = lock_subscription(held.id)
    assert held is not None, "found just above"
    was, current = plan_of(held), held.periods.order_by("-number").first()
    assert current is not None, "a subscription has a period"
    when = was.change.up if direction(was, plan) == "up" else was.change.down
    if plan.key != held.plan and when == "now" and current.begins_at <= at and not held.is_trial:
        quote = ChangeQuote(plan, "now", paid.amount, end_of_period(plan, at, 1, zone_of_subscription(held)))
        change_now(held, current, quote, paid, terms=terms, by=by, at=at)
    elif held.ends_at is not None:
        go_on(held, plan.key, paid, by=by, at=at)


def _live(enrolment: Enrolment, plan: Plan, at: datetime) -> Subscription | None:
    found = Subscription.objects.filter(
        customer_id__in=ids_of(enrolment.customer_id), programme=enrolment.programme_id, ladder=plan.ladder,
        ended_at__isnull=True,
    )  # fmt: skip
    return next((one for one in found.order_by("id") if not is_over(one, at)), None)


def give_line_back(*, by: Actor, at: datetime, purchase_id: UUID, line: int, units: int) -> int:
    """Building block: the last units of a line come back: their periods end, all their money and points go with them.

    `units` is how many came back in all by now. A subscription of which nothing is left ends. Returns the periods that
    ended now.
    """
    require_transaction()
    bought = SubscriptionPeriod.objects.filter(source_type="purchase", source_id=purchase_id, source_line=line)
    ended = 0
    for found in list(bought.order_by("-source_unit")[:units]):
        held = lock_subscription(found.subscription_id)
        assert held is not None, "a period has a subscription"
        period = SubscriptionPeriod.objects.get(id=found.id)
        period.subscription = held
        if period.given.get("returned"):
            continue
        gave = int(period.given.get("points", 0)) if plan_of(held).refund.points == "take_back" else 0
        void(period, period.amount - period.refunded, gave, by=by, at=at)
        period.given = {**period.given, "returned": True}
        period.save(update_fields=["given"])
        _shorten(held, period, by=by, at=at)
        ended += 1
    return ended


def _close_gap(held: Subscription, gone: SubscriptionPeriod, later: list[SubscriptionPeriod], *, at: datetime) -> None:
    """The periods after one that came back move up: nobody waits through time that was paid back for what is paid.

    Each takes the place of the one before it; where the one that came back had begun, they begin now.
    """
    plan, zone = plan_of(held), zone_of_subscription(held)
    begins_at, number = gone.begins_at, max(held.cycle - len(later), 1)
    if begins_at < at:
        begins_at, held.anchor_at, number = at, at, 1
    for period in later:
        period.subscription = held
        period.begins_at, period.ends_at = begins_at, end_of_period(plan, held.anchor_at, number, zone)
        hold(period, period.ends_at, at=at)
        period.save()
        begins_at, number = period.ends_at or begins_at, number + 1
    last = later[-1]
    held.cycle, held.ends_at, held.changed_at = number - 1, last.ends_at, at
    held.holds_until = holds_after(held, plan, last.ends_at)
    held.notice_at = next_notice(plan, held.ends_at, at)
    held.save()
    hold(last, held.holds_until, at=at)
    last.save()
    follow_tier(held, at=at)


def _shorten(held: Subscription, period: SubscriptionPeriod, *, by: Actor, at: datetime) -> None:
    """What is left of a subscription without one of its periods: as far as the others go, or nothing."""
    others = held.periods.exclude(id=period.id).order_by("-number")
    rest = [
        one for one in others if not one.given.get("returned") and (one.holds_until is None or one.holds_until > at)
    ]
    amount = -period.amount
    if held.ended_at is None and not rest:
        finish(held, at=at, reason="returned")
    elif held.ended_at is None and any(one.number > period.number for one in rest):
        _close_gap(held, period, [one for one in rest[::-1] if one.number > period.number], at=at)
    elif held.ended_at is None:
        last = rest[0]
        held.ends_at = held.holds_until = last.ends_at
        held.notice_at = next_notice(plan_of(held), held.ends_at, at)
        held.cycle, held.stops_at_end, held.changed_at = max(held.cycle - 1, 1), True, at
        held.save()
    tell(held, "given_back", by=by, at=at, verb="subscription.end", amount=amount, reason="returned")
