"""What time does to subscriptions: due, renewed where nothing is to be paid, ended; told beforehand. Safe to repeat."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.outbox import announce_all
from fidelia.programme.queries import terms_in_force

from ..events import SubscriptionDue, SubscriptionEnding
from ..models import Subscription
from .giving import follow_tier, member_now
from .opening import reason_of_lapse
from .periods import Paid, next_notice, plan_of
from .renewing import go_on
from .telling import tell

FOLLOW = "subscription.follow"
ROWS_A_ROUND = 200
ROUNDS_MAX = 100_000


def follow_all(*, by: Actor, at: datetime, progress: Progress) -> int:
    """Do the night of subscriptions, in short transactions; return how many changed. A step of the nightly run."""
    total = 0
    for act in (follow_due, notice_due):
        for _round in range(ROUNDS_MAX):
            with transaction_of_use_case():
                done = act(by=by, at=at, limit=ROWS_A_ROUND)
            total += done
            if not done:
                break
            progress.step(done)
    return total


def follow_due(*, by: Actor, at: datetime, limit: int) -> int:
    """Building block: end what is over, renew what costs nothing, and tell once what is due; return how many.

    Raises Denied (subscription.follow).
    """
    by.require(FOLLOW)
    require_transaction()
    over = Q(holds_until__lte=at)
    due = Q(ends_at__lte=at, renewal="auto", stops_at_end=False) & (
        Q(due_told_for__isnull=True) | ~Q(due_told_for=F("ends_at"))
    )
    rows = _open_ones().filter(over | due).order_by("ends_at", "id")[:limit]
    for held in rows:
        _follow(held, by=by, at=at)
    return len(rows)


def _follow(held: Subscription, *, by: Actor, at: datetime) -> None:
    assert held.ends_at is not None, "asked for by the caller"
    assert held.holds_until is not None, "what ends is held until then"
    member = member_now(held)
    terms = terms_in_force(member, at)
    plan = None if terms is None else terms.plan(held.next_plan or held.plan)
    renews = held.renewal == "auto" and not held.stops_at_end and plan is not None and member.ended_at is None
    if renews and plan is not None and plan.price == 0:
        go_on(held, plan.key, Paid(0), by=by, at=max(held.ends_at, held.opened_at))
    elif held.holds_until <= at:
        held.ended_at, held.end_reason, held.changed_at = held.holds_until, reason_of_lapse(held), at
        held.save()
        follow_tier(held, at=at)
        tell(held, "ended", by=by, at=held.holds_until, verb=FOLLOW, reason=held.end_reason)
    else:
        held.due_told_for = held.ends_at
        held.save(update_fields=["due_told_for"])
        if renews and plan is not None:
            announce_all([_due(held, plan.key, plan.price, at)])


def _due(held: Subscription, plan: str, price: int, at: datetime) -> SubscriptionDue:
    assert held.ends_at is not None and held.holds_until is not None, "asked for by the caller"  # noqa: PT018
    return SubscriptionDue(
        occurred_at=at, customer_id=held.customer_id, subscription_id=held.id, programme_id=held.programme_id,
        plan=plan, amount=price, currency=held.programme.currency, ends_at=held.ends_at.isoformat(),
        holds_until=held.holds_until.isoformat(),
    )  # fmt: skip


def notice_due(*, by: Actor, at: datetime, limit: int) -> int:
    """Building block: tell of subscriptions that end or are renewed within the days of notice, once for each number.

    Of several numbers of days that have come by at once, only the last is told. Raises Denied (subscription.follow).
    """
    by.require(FOLLOW)
    require_transaction()
    rows = _open_ones().filter(notice_at__lte=at).order_by("notice_at", "id")[:limit]
    events = []
    for held in rows:
        assert held.ends_at is not None, "what never ends is not told of"
        if held.ends_at > at:
            days = min(days for days in plan_of(held).notice_days if held.ends_at - timedelta(days=days) <= at)
            events.append(_ending(held, days, at))
        held.notice_at = next_notice(plan_of(held), held.ends_at, at)
        held.save(update_fields=["notice_at"])
    announce_all(events)
    return len(rows)


def _ending(held: Subscription, days: int, at: datetime) -> SubscriptionEnding:
    assert held.ends_at is not None, "asked for by the caller"
    return SubscriptionEnding(
        occurred_at=at, customer_id=held.customer_id, subscription_id=held.id, programme_id=held.programme_id,
        plan=held.plan, days=days, ends_at=held.ends_at.isoformat(),
        renews=held.renewal == "auto" and not held.stops_at_end,
    )  # fmt: skip


def _open_ones() -> QuerySet[Subscription]:
    return (
        Subscription.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("programme__points_currency", "enrolment")
        .filter(ended_at__isnull=True)
    )
