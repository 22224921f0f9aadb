"""A person's own subscriptions: give them out, erase what names them. `persons` calls this for every module."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import Subscription, SubscriptionPeriod

TABLES = ("subscriptions_subscription", "subscriptions_period")


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return a person's subscriptions, and each period with what was paid."""
    held = Subscription.objects.filter(customer_id__in=list(customer_ids)).order_by("opened_at", "id")
    periods = SubscriptionPeriod.objects.filter(subscription__in=held).order_by("begins_at", "id")
    return {
        "subscriptions": [
            dict(row)
            for row in held.values("plan", "is_trial", "opened_at", "ends_at", "ended_at", "end_reason", "renewal")
        ],
        "subscription_periods": [
            dict(row) for row in periods.values("plan", "begins_at", "ends_at", "amount", "refunded", "reference")
        ],
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Take a person out inside the caller's transaction: what lasts ends, references of payments are gone.

    What was paid stays, for the books, and names nobody.
    """
    require_transaction()
    held = Subscription.objects.filter(customer_id__in=list(customer_ids))
    lasting = held.filter(ended_at__isnull=True)
    lasting.update(ended_at=at, holds_until=at, end_reason="erased", notice_at=None, changed_at=at)
    periods = SubscriptionPeriod.objects.filter(subscription__in=held)
    return {"subscriptions_period": periods.exclude(reference="").update(reference="")}
