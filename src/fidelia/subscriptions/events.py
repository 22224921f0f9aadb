"""What subscriptions announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChanged(Event):
    """A subscription began, was renewed, came to another plan, is to stop at its end, or ended: `what` says which.

    `amount` is what was paid, or below zero what is given back, in minor units.
    """

    name: ClassVar[str] = "subscription.changed"
    subscription_id: UUID
    programme_id: UUID
    what: str
    plan: str
    amount: int
    currency: str
    ends_at: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionDue(Event):
    """The next period of a subscription that renews itself is to be paid: whoever takes money records it then."""

    name: ClassVar[str] = "subscription.due"
    subscription_id: UUID
    programme_id: UUID
    plan: str
    amount: int
    currency: str
    ends_at: str
    holds_until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEnding(Event):
    """A subscription is renewed or ends within so many days; told once for each number of days declared."""

    name: ClassVar[str] = "subscription.ending"
    subscription_id: UUID
    programme_id: UUID
    plan: str
    days: int
    ends_at: str
    renews: bool
