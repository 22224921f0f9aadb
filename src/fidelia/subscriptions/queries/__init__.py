"""What one may ask of subscriptions. Nothing here writes."""

from .held import (
    PlanFigures,
    SubscriptionFilters,
    figures_of,
    get_subscription,
    list_subscriptions,
    periods_of,
    plans_for_rules,
    plans_for_rules_of_each,
    state_of,
    subscriptions_of,
)

__all__ = [
    "PlanFigures",
    "SubscriptionFilters",
    "figures_of",
    "get_subscription",
    "list_subscriptions",
    "periods_of",
    "plans_for_rules",
    "plans_for_rules_of_each",
    "state_of",
    "subscriptions_of",
]
