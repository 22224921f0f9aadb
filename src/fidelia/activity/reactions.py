"""How activity reacts to its own purchases: a line buys a plan, and one that comes back gives it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.money import split_by_largest_remainder
from fidelia.kernel.outbox import Announced
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import terms_of, version_in_force
from fidelia.subscriptions.models import SubscriptionPeriod
from fidelia.subscriptions.operations import buy_line, give_line_back

from .events import PurchaseReturned
from .models import Purchase, PurchaseLine

_UNIT = 1_000


def follow_plans(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Let lines that sell a plan open, renew or change the member's, and lines given back end what they bought.

    A repeated event finds the periods of its lines there already; a plan is reckoned from the moment of the purchase.
    """
    sold = [event for event in events if event.name != PurchaseReturned.name]
    for event in sold:
        if event.payload["enrolment_id"] is not None:
            _buy(UUID(event.payload["purchase_id"]), UUID(event.payload["enrolment_id"]), by=by)
    back = {
        UUID(event.payload["returns_purchase_id"])
        for event in events
        if event.name == PurchaseReturned.name and event.payload["returns_purchase_id"] is not None
    }
    _give_back(sorted(back), by=by, at=at)
    _give_back(
        sorted(UUID(event.payload["purchase_id"]) for event in sold), by=by, at=at
    )  # back before it was followed


def _buy(purchase_id: UUID, enrolment_id: UUID, *, by: Actor) -> None:
    enrolment = Enrolment.objects.select_related("programme__points_currency", "followed_by").get(id=enrolment_id)
    member = enrolment if enrolment.followed_by is None else enrolment.followed_by
    purchase = Purchase.objects.get(purchase_id=purchase_id)
    version = version_in_force(member.programme, purchase.occurred_at)
    terms = None if version is None else terms_of(version.id)
    if terms is None or not terms.plans or member.ended_at is not None or member.is_provisional:
        return
    for line in PurchaseLine.objects.filter(purchase_id=purchase_id, quantity__gte=_UNIT).order_by("line_number"):
        plan = terms.plan_bought_by(line.product_code)
        if plan is not None:
            units = line.quantity // _UNIT
            buy_line(
                by=by, at=purchase.occurred_at, enrolment=member, terms=terms, plan=plan, purchase_id=purchase_id,
                line=line.line_number, amounts=split_by_largest_remainder(line.net, [1] * units),
            )  # fmt: skip


def _give_back(purchase_ids: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    """Count all that came back of each line by now, whatever the order in which returns are told."""
    bought = SubscriptionPeriod.objects.filter(source_type="purchase", source_id__in=purchase_ids)
    lines = set(bought.values_list("source_id", "source_line"))
    back: dict[tuple[UUID | None, int | None], int] = defaultdict(int)
    moments: dict[tuple[UUID | None, int | None], datetime] = {}
    returned = PurchaseLine.objects.filter(returns_purchase_id__in=[source for source, _line in lines], quantity__lt=0)
    for line in returned.select_related("purchase").order_by("purchase__occurred_at", "purchase_id"):
        key = (line.returns_purchase_id, line.returns_line_number)
        back[key] -= line.quantity
        moments[key] = line.purchase.occurred_at
    for source, number in sorted(lines, key=str):
        units = back[source, number] // _UNIT
        if units and source is not None:
            moment = min(at, moments[source, number])
            give_line_back(by=by, at=moment, purchase_id=source, line=number, units=units)
