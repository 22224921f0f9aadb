"""Which subscriptions there are, of whom, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import read_jsonb
from fidelia.programme.models import Programme

from ..errors import UnknownSubscription
from ..models import Subscription, SubscriptionPeriod

STATES = ("active", "trial", "grace", "ended")


@dataclass(frozen=True, slots=True)
class SubscriptionFilters:
    """Which subscriptions: of a state at an instant ("" for all), a plan, a person's ids."""

    state: str = ""
    plan: str = ""
    customer_ids: tuple[UUID, ...] = ()


def state_of(held: Subscription, at: datetime) -> str:
    """Return "trial", "active", "grace" (what was paid is over, what it gives is not yet) or "ended" at an instant."""
    if held.ended_at is not None or (held.holds_until is not None and held.holds_until <= at):
        return "ended"
    if held.ends_at is not None and held.ends_at <= at:
        return "grace"
    return "trial" if held.is_trial else "active"


def get_subscription(*, by: Actor, subscription_id: UUID, right: str = "subscription.see") -> Subscription:
    """Return a subscription with its programme and membership. Raises Denied, UnknownSubscription."""
    if not by.may_somewhere(right):
        by.require(right)
    found = _with_all().filter(id=subscription_id).first()
    if (
        found is None
        or found.programme.is_sandbox != (by.mode == "test")
        or not by.may(right, Scope(found.partner_id, found.enrolment.store_id))
    ):
        raise UnknownSubscription("There is no such subscription.")
    return found


def list_subscriptions(
    *, by: Actor, filters: SubscriptionFilters, at: datetime, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[Subscription]:
    """Return subscriptions that the actor may see, the last opened first. Raises Denied (subscription.see)."""
    if not by.may_somewhere("subscription.see"):
        by.require("subscription.see")
    found = _seen(by).filter(_of_state(filters.state, at))
    if filters.plan:
        found = found.filter(plan=filters.plan)
    if filters.customer_ids:
        found = found.filter(customer_id__in=filters.customer_ids)
    if after is not None:
        found = found.filter(Q(opened_at__lt=after[0]) | Q(opened_at=after[0], id__lt=after[1]))
    return list(found.order_by("-opened_at", "-id")[:limit])


def subscriptions_of(customer_ids: Sequence[UUID], programme_id: UUID | None = None) -> list[Subscription]:
    """Return a person's subscriptions, ended ones too, the last opened first."""
    found = _with_all().filter(customer_id__in=list(customer_ids))
    if programme_id is not None:
        found = found.filter(programme=programme_id)
    return list(found.order_by("-opened_at", "-id"))


def periods_of(held: Subscription) -> list[SubscriptionPeriod]:
    """Return the periods of a subscription in their order."""
    return list(held.periods.order_by("number"))


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """Of one plan: who has it at an instant, and the money of its periods recorded since, refunds taken off."""

    plan: str
    active: int
    trial: int
    grace: int
    money: int


def figures_of(programme: Programme, *, at: datetime, since: datetime) -> list[PlanFigures]:
    """Return the figures of each plan that anybody ever had, by its key."""
    held = Subscription.objects.filter(programme=programme)
    periods = SubscriptionPeriod.objects.filter(subscription__programme=programme, recorded_at__gte=since)
    paid = {
        row["plan"]: row["paid"] - row["back"]
        for row in periods.values("plan").annotate(paid=Sum("amount"), back=Sum("refunded"))
    }
    plans = sorted({*held.values_list("plan", flat=True).distinct(), *paid})
    return [
        PlanFigures(
            plan,
            active=held.filter(_of_state("active", at), plan=plan).count(),
            trial=held.filter(_of_state("trial", at), plan=plan).count(),
            grace=held.filter(_of_state("grace", at), plan=plan).count(),
            money=paid.get(plan, 0),
        )
        for plan in plans
    ]


def plans_for_rules(programme_id: UUID, customer_ids: Sequence[UUID], at: datetime) -> list[dict[str, Any]]:
    """Return the plans that a person had at an instant, each with its entitlements, as rules read them."""
    with connection.cursor() as cursor:
        cursor.execute("select subscriptions_for_rules(%s, %s, %s)", [programme_id, list(customer_ids), at])
        found = cursor.fetchone()[0]
    return [] if found is None else list(read_jsonb(found))


_FOR_RULES_OF_EACH = """
select subscriptions_for_rules(%s, customers_ids_for_rules(asked.customer), asked.at)
from unnest(%s::uuid[], %s::timestamptz[]) with ordinality asked (customer, at, place) order by asked.place
"""


def plans_for_rules_of_each(
    programme_id: UUID, asked: Sequence[tuple[UUID, datetime]]
) -> dict[tuple[UUID, datetime], list[dict[str, Any]]]:
    """Return `plans_for_rules` of many people, each at an instant; one statement for all. Who has none is left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FOR_RULES_OF_EACH, [programme_id, [one for one, _at in asked], [at for _one, at in asked]])
        rows = [found for (found,) in cursor.fetchall()]
    return {key: list(read_jsonb(found)) for key, found in zip(asked, rows, strict=True) if found is not None}


def has_plans(programme_id: UUID) -> bool:
    """Tell whether anybody ever had a plan of a programme."""
    return Subscription.objects.filter(programme=programme_id).exists()


def _of_state(state: str, at: datetime) -> Q:
    over = Q(ended_at__isnull=False) | Q(holds_until__lte=at)
    grace = Q(ends_at__lte=at)
    if state == "ended":
        return over
    if state == "grace":
        return ~over & grace
    if state in {"active", "trial"}:
        return ~over & (Q(ends_at__isnull=True) | Q(ends_at__gt=at)) & Q(is_trial=state == "trial")
    return Q()


def _seen(by: Actor) -> QuerySet[Subscription]:
    scopes = Q(pk__in=[])
    for scope in by.scopes_of("subscription.see"):
        one = Q()
        if scope.partner_id is not None:
            one &= Q(partner_id=scope.partner_id)
        if scope.store_id is not None:
            one &= Q(enrolment__store_id=scope.store_id)
        scopes |= one if one else Q(pk__isnull=False)
    return _with_all().filter(scopes, programme__is_sandbox=by.mode == "test")


def _with_all() -> QuerySet[Subscription]:
    return Subscription.objects.select_related("programme__points_currency", "enrolment")
