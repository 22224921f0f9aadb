"""What changed between two spans of the same length, and why: how much is owed to how many came, how often, for what.

    sales of known customers = customers × purchases of each × amount of a purchase

The change is dealt out in that order, each factor moved while those before it have moved already:

    (B₁ − B₀) f₀ a₀   +   B₁ (f₁ − f₀) a₀   +   B₁ f₁ (a₁ − a₀)   =   B₁ f₁ a₁ − B₀ f₀ a₀

so that the three parts, and what changed in sales that name nobody, add up to the whole change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _


@dataclass(frozen=True, slots=True)
class Span:
    """What happened in one span of time: amounts in minor units, returns taken off where they are dated."""

    customers: int
    purchases: int
    known: int
    unknown: int

    @property
    def each(self) -> float:
        """Purchases of a customer."""
        return self.purchases / self.customers

    @property
    def amount(self) -> float:
        """Amount of a purchase."""
        return self.known / self.purchases

    @property
    def whole(self) -> int:
        return self.known + self.unknown


@dataclass(frozen=True, slots=True)
class Change:
    """What the change of the sales is owed to, in minor units; the four parts add up to `whole`."""

    customers: float
    often: float
    amount: float
    unknown: int
    whole: int


def span_of(purchases: ibis.Table, *, since: datetime, until: datetime) -> ibis.Table:
    """One row with the columns of `Span`, of purchases from `since` to before `until`."""
    inside = purchases.filter(_.occurred_at >= since, _.occurred_at < until)
    is_known, is_sale = _.customer_id.notnull(), _.kind == "sale"
    return inside.agg(
        customers=_.customer_id.nunique(where=is_known & is_sale),
        purchases=_.purchase_id.count(where=is_known & is_sale),
        known=_.total.sum(where=is_known).fill_null(0).cast("int64"),
        unknown=_.total.sum(where=~is_known).fill_null(0).cast("int64"),
    )


def span_from(row: dict[str, Any]) -> Span:
    return Span(**{name: int(value or 0) for name, value in row.items()})


def change_between(before: Span, now: Span) -> Change:
    """Deal the change of the sales out over how many came, how often each, and for what each time.

    Both spans need a purchase of a known customer (ZeroDivisionError otherwise).
    """
    return Change(
        customers=(now.customers - before.customers) * before.each * before.amount,
        often=now.customers * (now.each - before.each) * before.amount,
        amount=now.customers * now.each * (now.amount - before.amount),
        unknown=now.unknown - before.unknown,
        whole=now.whole - before.whole,
    )
