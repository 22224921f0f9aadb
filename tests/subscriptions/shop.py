"""A programme that sells memberships, its members, and what they buy."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.activity.models import Purchase
from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    ReturnedLine,
    ReturnRequest,
    record_purchase,
    record_return,
)
from fidelia.activity.reactions import follow_plans
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import tier_at
from fidelia.subscriptions.models import Subscription, SubscriptionPeriod
from fidelia.subscriptions.operations import follow_due, notice_due, open_subscription
from fidelia.subscriptions.operations.periods import Paid
from tests.cast import SYSTEM
from tests.programme.cast import DOCUMENT, member, programme

PARIS = ZoneInfo("Europe/Paris")
PLUS: dict[str, Any] = {
    "key": "plus", "name": {"en": "Plus", "fr": "Plus"}, "price": "36.00", "period": "year", "products": ["PLUS-1Y"],
    "entitlements": ["free_delivery"],
}  # fmt: skip
MONTHLY: dict[str, Any] = {
    "key": "monthly", "name": {"en": "Monthly", "fr": "Mensuel"}, "price": "10.00", "period": "month",
}  # fmt: skip
_numbers = count(1)


def when(text: str, clock: str = "12:00") -> datetime:
    """A moment of a day in Paris, in UTC."""
    return datetime.fromisoformat(f"{text}T{clock}").replace(tzinfo=PARIS).astimezone(UTC)


def seller(*plans: dict[str, Any], **document: Any) -> Enrolment:
    """A member of a programme of one point per euro that sells these plans."""
    own = {"rules": DOCUMENT["rules"][:1], "plans": list(plans), **document}
    return member(programme(own))


def have(who: Enrolment, plan: str, at: datetime, amount: int | None = None, **more: Any) -> Subscription:
    paid = None if amount is None else Paid(amount)
    return open_subscription(by=SYSTEM, at=at, enrolment=who, plan=plan, paid=paid, **more)


def night(at: datetime) -> int:
    """What time does until nothing more happens."""
    total = 0
    for act in (follow_due, notice_due):
        for _round in range(50):
            with transaction_of_use_case():
                done = act(by=SYSTEM, at=at, limit=100)
            total += done
            if not done:
                break
    return total


def buy(who: Enrolment, at: datetime, *lines: tuple[str, int, int]) -> Purchase:
    """Buy (product, units, net in minor units) and let the reaction follow."""
    key = f"p{next(_numbers)}"
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR", customer_id=who.customer_id,
        lines=tuple(LineRequest(product, units * 1_000, net) for product, units, net in lines),
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=at, request=request, source="till")
    follow(at)
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back(sale: Purchase, at: datetime, line: int = 1, units: int = 1, *, follows: bool = True) -> None:
    key = f"b{next(_numbers)}"
    request = ReturnRequest(
        idempotency_key=key, receipt_number=key, occurred_at=at, purchase_id=sale.purchase_id,
        lines=(ReturnedLine(line, units * 1_000),),
    )  # fmt: skip
    record_return(by=SYSTEM, at=at, request=request, source="till")
    if follows:
        follow(at)


def follow(at: datetime) -> None:
    """Serve every purchase and return that was ever announced: a reaction may be repeated."""
    events = [
        Announced(
            event_id=row.event_id, name=row.name, occurred_at=row.occurred_at, origin=Origin(row.origin),
            customer_id=row.customer_id, payload=row.payload, schema_version=row.schema_version,
            recorded_at=row.recorded_at,
        )
        for row in OutboxEvent.objects.filter(name__startswith="purchase.").order_by("event_id")
    ]  # fmt: skip
    with transaction_of_use_case():
        follow_plans(events, by=SYSTEM, at=at)


def points(who: Enrolment, at: datetime) -> int:
    assert find_broken_invariants() == []
    return get_balance(account_id=who.account_id, currency="PTS", at=at).available


def tier(who: Enrolment, at: datetime) -> str:
    period = tier_at(who.id, at)
    return period.tier if period is not None else ""


def spans(held: Subscription) -> list[tuple[str, str]]:
    """First and last local day of each period."""
    told = []
    for period in SubscriptionPeriod.objects.filter(subscription=held).order_by("number"):
        assert period.ends_at is not None
        told.append(tuple(f"{each.astimezone(PARIS):%Y-%m-%d %H:%M}" for each in (period.begins_at, period.ends_at)))
    return told


def news(name: str = "subscription.changed") -> list[dict[str, Any]]:
    return [row.payload for row in OutboxEvent.objects.filter(name=name).order_by("event_id")]
