"""How messaging reacts to what happened. Nothing is sent here: a message is queued with the move of the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.activity.queries import PurchaseDetail, explain_purchase, get_purchases
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.localized import LANGUAGES
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import Announced, Origin
from fidelia.programme.queries import list_programmes
from fidelia.ui.formats import minor_points, money, plain_date

from .operations import POINTS_EARNED, MessageRequest, queue_messages


def inform_of_points(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell members what a live purchase earned them, their new balance, and why."""
    earning = [event for event in events if event.origin is Origin.LIVE and event.payload["points"] > 0]
    purchases = get_purchases(by=by, purchase_ids=[UUID(event.payload["purchase_id"]) for event in earning])
    programmes = {programme.id: programme for programme in list_programmes()}
    requests = []
    for event in earning:
        # A purchase of a sandbox is not seen by a live reaction, and tells nobody anything.
        detail = purchases.get(UUID(event.payload["purchase_id"]))
        if detail is not None and event.customer_id is not None:
            programme = programmes[UUID(event.payload["programme_id"])]
            requests.append(
                MessageRequest(
                    customer_id=event.customer_id,
                    template=POINTS_EARNED,
                    purpose="service",
                    idempotency_key=f"messaging.inform_of_points:{event.event_id}",
                    variables={language: _variables(detail, programme, language) for language in LANGUAGES},
                    by_language=True,
                    cause_event_id=event.event_id,
                )
            )
    queue_messages(by=by, at=at, requests=requests)


def _variables(detail: PurchaseDetail, programme: Any, language: str) -> dict[str, Any]:
    purchase = detail.purchase
    points_currency = programme.points_currency
    day = local_day(purchase.occurred_at, zone_of(programme.time_zone))
    return {
        "points": minor_points(purchase.points, points_currency.scale, language),
        "balance": minor_points(purchase.balance_after or 0, points_currency.scale, language),
        "unit": points_currency.name.in_language(language),
        "programme": programme.name.in_language(language),
        "purchased_on": plain_date(day, language),
        "total": money(Money(purchase.total, purchase.currency).text(), purchase.currency, language),
        "reasons": _reasons(detail, language),
    }


def _reasons(detail: PurchaseDetail, language: str) -> list[str]:
    """Say which rules gave; what gave nothing is for the cashier who is asked, not for a letter of thanks."""
    if detail.decision is None:
        return []
    giving = tuple(outcome for outcome in detail.decision.outcomes if outcome.points)
    told = replace(detail, decision=replace(detail.decision, outcomes=giving))
    return explain_purchase(told, language)[1:]  # the first sentence is the total, which the letter says itself
