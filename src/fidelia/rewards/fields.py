"""What rules may read of offers that are activated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.rules import Field, Type

FIELDS = (
    Field(
        "customer.offers",
        Type.STRING,
        Text("Activated offers", "Offres activées"),
        "customer.offers",
        doc="The keys of the offers that the member had activated at the moment of the purchase.",
        many=True,
        words=Text("the offers that the member activated", "les offres activées par l’adhérent"),
    ),
)


def offers_of(facts: Mapping[str, Any]) -> list[str]:
    """Return the keys of the activated offers among the facts of a customer, in order."""
    return sorted(facts.get("offers") or ())
