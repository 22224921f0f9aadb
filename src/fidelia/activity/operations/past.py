"""What a member bought before, for the rules that ask about it: read once, and only where a rule asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from fidelia.kernel.db import ask
from fidelia.programme.queries import Terms
from fidelia.rules.history import Measure, value_of

_READ = "select activity_past_for_rules(%s::uuid, %s::uuid, %s, %s::timestamptz, %s, %s::integer, %s::jsonb)"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whose past is asked about: the customer, in one programme and its currency. Nobody where there is none."""

    customer_id: UUID | None
    programme_id: UUID
    currency: str


def values_of_past(terms: Terms, buyer: Buyer, at: datetime) -> Mapping[str, Any]:
    """Return the value of each measure that the rules ask, by its path, from what was bought before `at`."""
    measures = terms.rule_set.measures
    if not measures:
        return {}
    if buyer.customer_id is None:
        return {each.path: value_of(each, (), at=at, today=at.date()) for each in measures}
    asked = [
        {"path": each.path, "kind": each.kind, "days": each.days, "of": each.of, "name": each.name} for each in measures
    ]
    named = [buyer.customer_id, buyer.programme_id, buyer.currency, at, terms.zone.key, longest_of(measures)]
    (text,) = ask(_READ, [*named, msgspec.json.encode(asked).decode()])
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def longest_of(measures: Sequence[Measure]) -> int | None:
    """Return the longest window that measures ask, in days; None where one asks for ever."""
    days = [each.days for each in measures]
    return None if None in days else max(each for each in days if each is not None)
