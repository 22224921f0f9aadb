"""Which plans and offers the members of a batch had at the moments of their receipts, for the rules that ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.programme.queries import Terms, VersionHistory
from fidelia.rewards.queries.offers import offers_for_rules_of_each
from fidelia.subscriptions.queries import plans_for_rules_of_each

from .members import MemberState
from .receipts import Receipt

_FIELDS = frozenset({"customer.plans", "customer.entitlements", "customer.offers"})


class Held:
    """Plans and offers by customer and moment: one statement each for a batch, none where no rule asks."""

    def __init__(self, programme_id: UUID | None) -> None:
        self._programme_id = programme_id
        self._plans: dict[tuple[UUID, datetime], list[dict[str, Any]]] = {}
        self._offers: dict[tuple[UUID, datetime], list[str]] = {}

    def load(self, versions: VersionHistory, receipts: Sequence[Receipt], members: Mapping[str, MemberState]) -> None:
        """Read what the rules in force at each member's receipt ask for."""
        asked = {
            (members[receipt.customer].customer_id, receipt.occurred_at): None
            for receipt in receipts
            if receipt.customer is not None and members[receipt.customer].enrolment is not None
            and self._is_asked(versions.terms_at(receipt.occurred_at))
        }  # fmt: skip
        if asked and self._programme_id is not None:
            self._plans = plans_for_rules_of_each(self._programme_id, list(asked))
            self._offers = offers_for_rules_of_each(self._programme_id, list(asked))

    def facts(self, terms: Terms, customer_id: UUID, at: datetime) -> dict[str, Any]:
        """Return what these rules may read of them; nothing where they do not ask."""
        if not self._is_asked(terms):
            return {}
        return {"plans": self._plans.get((customer_id, at), []), "offers": self._offers.get((customer_id, at), [])}

    def _is_asked(self, terms: Terms | None) -> bool:
        if terms is None or self._programme_id is None or not (terms.plans or terms.offers):
            return False
        return not _FIELDS.isdisjoint(terms.rule_set.fields_read)
