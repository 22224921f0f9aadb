"""A member buys a plan, or begins its trial."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.programme.errors import EnrolmentEnded
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import Terms, check_may_spend
from fidelia.rules.plan_dates import PaidPeriod, end_of_period, end_of_trial
from fidelia.rules.plan_terms import Plan

from ..errors import AlreadySubscribed, NoTrial
from ..models import Subscription
from .periods import Paid, add_period, check_amount, is_over, plan_in_force, policy_of
from .telling import tell

OPEN = "subscription.open"


def open_subscription(
    *, by: Actor, at: datetime, enrolment: Enrolment, plan: str, paid: Paid | None = None, is_trial: bool = False,
    once: RequestKey | None = None,
) -> Subscription:  # fmt: skip
    """Let a member have a plan from now on: paid (by default its price), or on trial without pay.

    Raises Denied (subscription.open), EnrolmentEnded, EnrolmentProvisional, UnknownPlan, AlreadySubscribed, NoTrial,
    WrongAmount.
    """
    by.require(OPEN, Scope(enrolment.partner_id, enrolment.store_id))
    check_may_spend(enrolment)
    subscription_id = new_id()
    with transaction_of_use_case():
        claim(once, at=at, resource_type="subscription", resource_id=subscription_id)
        terms, found = plan_in_force(enrolment, plan, at)
        return begin(subscription_id, enrolment, terms, found, paid, is_trial=is_trial, by=by, at=at)


def begin(
    subscription_id: UUID, enrolment: Enrolment, terms: Terms, plan: Plan, paid: Paid | None, *, is_trial: bool,
    by: Actor, at: datetime,
) -> Subscription:  # fmt: skip
    """Building block: write a subscription with its first period. Raises as `open_subscription`."""
    require_transaction()
    if enrolment.ended_at is not None:
        raise EnrolmentEnded("This membership has ended.")
    people = ids_of(enrolment.customer_id)
    _end_what_is_over(people, enrolment, plan, at=at)
    paid = paid or Paid(0 if is_trial else plan.price)
    check_amount(plan, paid.amount)
    if is_trial:
        _check_trial(people, enrolment, plan, paid)
    held = _insert(subscription_id, enrolment, plan, at=at)
    zone = zone_of(enrolment.programme.time_zone)
    ends_at: datetime | None
    if is_trial:
        ends_at, points = end_of_trial(plan, at, zone), 0
    else:
        held.cycle, ends_at, points = 1, end_of_period(plan, at, 1, zone), plan.welcome + plan.each_period
    add_period(
        held, plan, PaidPeriod(at, ends_at, paid.amount), paid, terms=terms, by=by, at=at, points=points,
        is_trial=is_trial,
    )  # fmt: skip
    tell(held, "trial" if is_trial else "opened", by=by, at=at, verb=OPEN, amount=paid.amount)
    return held


def _end_what_is_over(people: Sequence[UUID], enrolment: Enrolment, plan: Plan, *, at: datetime) -> None:
    """What time has ended is written down as ended; what lasts is not bought again. Raises AlreadySubscribed."""
    ladder = Subscription.objects.select_for_update(of=("self",), no_key=True).filter(
        customer_id__in=people, programme=enrolment.programme_id, ladder=plan.ladder, ended_at__isnull=True
    )
    for known in ladder.order_by("id"):
        if not is_over(known, at):
            raise AlreadySubscribed("The member has a plan of this ladder.", subscription_id=str(known.id))
        known.ended_at, known.end_reason, known.changed_at = known.holds_until, reason_of_lapse(known), at
        known.save()


def reason_of_lapse(held: Subscription) -> str:
    """Return why time has ended it."""
    if held.stops_at_end:
        return "stopped"
    return "trial_over" if held.is_trial else "not_renewed"


def _check_trial(people: Sequence[UUID], enrolment: Enrolment, plan: Plan, paid: Paid) -> None:
    had = Subscription.objects.filter(customer_id__in=people, programme=enrolment.programme_id, ladder=plan.ladder)
    if not plan.trial_days or paid.amount or had.exists():
        raise NoTrial("The plan has no trial, or the member had the plan before.")


def _insert(subscription_id: UUID, enrolment: Enrolment, plan: Plan, *, at: datetime) -> Subscription:
    held = Subscription(
        id=subscription_id, programme=enrolment.programme, enrolment=enrolment, customer_id=enrolment.customer_id,
        partner_id=enrolment.partner_id, ladder=plan.ladder, plan=plan.key, policy=policy_of(plan),
        renewal=plan.renewal, anchor_at=at, opened_at=at, changed_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():  # a savepoint, so that the refusal leaves the use case able to speak
            held.save(force_insert=True)
    except IntegrityError as error:
        if "one plan of a ladder" not in str(error):
            raise
        raise AlreadySubscribed("The member has a plan of this ladder.") from None
    return held
