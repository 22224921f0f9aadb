"""The counters of limits while history is replayed: what was counted, for whom, in which period, in order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fidelia.rewards.operations.limits import MemberPeriods, period_of, scope_of
from fidelia.rules.pricing.bill import Consumed
from fidelia.rules.rule_terms import Limit

Place = tuple[str, str | None, str]


class Counters:
    """What limits have counted. Programme-wide budgets are shared by all accounts: one of these serves them all."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.counted: dict[Place, int] = defaultdict(int)
        self.taken: dict[str, list[tuple[Place, str, int]]] = {}

    def told(
        self,
        limits: Iterable[Limit],
        customer_id: UUID | None,
        store_id: UUID | None,
        at: datetime,
        *,
        of: MemberPeriods | None = None,
    ) -> list[dict[str, Any]]:
        """Return what is counted, as `left_of_limits` reads it, of these limits at a moment; `of` are the member's own
        periods by then.
        """
        rows = []
        for limit in limits:
            scope = scope_of(limit, customer_id, store_id)
            for day in self._days(limit, at, of):
                place = (limit.key, None if scope is None else str(scope), day)
                taken = self.counted.get(place, 0)
                if taken:
                    rows.append({"subject": place[0], "scope_id": place[1], "starts_on": place[2], "taken": taken})
        return rows

    def take(
        self,
        purchase_id: str,
        limits: Iterable[Limit],
        consumed: Iterable[Consumed],
        who: tuple[UUID | None, UUID | None],
        at: datetime,
        *,
        of: MemberPeriods | None = None,
    ) -> None:
        """Count what a closure consumed, in the period of its own moment."""
        amounts = {each.limit: each for each in consumed}
        kept = self.taken.setdefault(purchase_id, [])
        for limit in limits:
            used = amounts.get(limit.key)
            scope = scope_of(limit, *who)
            if used is None or used.amount <= 0 or (limit.per != "all" and scope is None):
                continue
            period = period_of(limit, at, self.zone, of)
            if period is None:  # of a plan that the member did not have
                continue
            starts_on = period.starts_on or date.min
            place = (limit.key, None if scope is None else str(scope), starts_on.isoformat())
            self.counted[place] += used.amount
            kept.append((place, used.of, used.amount))

    def give_back(self, purchase_id: str, consumed: Iterable[Consumed] | None) -> None:
        """Give back what a reversal returns; None: all that is left of what the purchase took."""
        given = None if consumed is None else {each.limit: each.amount for each in consumed}
        left = []
        for place, of, amount in self.taken.get(purchase_id, []):
            back = amount if given is None else min(amount, given.get(place[0], 0))
            self.counted[place] -= back
            if amount > back:
                left.append((place, of, amount - back))
        self.taken[purchase_id] = left

    def _days(self, limit: Limit, at: datetime, of: MemberPeriods | None) -> list[str]:
        period = period_of(limit, at, self.zone, of)
        if period is None:
            return []
        if period.rolling_from is None or period.starts_on is None:
            return [(period.starts_on or date.min).isoformat()]
        days = (period.starts_on - period.rolling_from).days + 1
        return [(period.rolling_from + timedelta(days=n)).isoformat() for n in range(days)]
