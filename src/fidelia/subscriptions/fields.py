"""What rules may read of subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.rules import Field, Type

FIELDS = (
    Field(
        "customer.plans",
        Type.STRING,
        Text("Plans", "Abonnements"),
        "customer.plans",
        doc="The keys of the plans that the member had at the moment of the purchase, trial and grace included.",
        many=True,
        words=Text("the plans of the member", "les abonnements de l’adhérent"),
    ),
)


def plans_of(facts: Mapping[str, Any]) -> list[str]:
    """Return the keys of the plans among the facts of a customer, each once, in order."""
    return sorted({each["plan"] for each in facts.get("plans") or ()})


def with_entitlements(entitlements: Sequence[str], facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the entitlements of a tier, and after them those of the plans, each once."""
    more = (one for each in facts.get("plans") or () for one in each["entitlements"])
    return tuple(dict.fromkeys((*entitlements, *more)))
