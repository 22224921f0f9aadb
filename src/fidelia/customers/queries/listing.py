"""The list of customers in any order, page by page, and how many it holds: exact while that is cheap, else estimated.

Every order is walked by an index, so that a page costs the same in the middle of a million rows as at their beginning.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from fidelia.kernel.actor import Actor

from ..models import Customer, Trait
from .customers import EVERYONE, LIMIT_MAX, CustomerFilters, _narrow, _visible_to

COUNTED_MAX = 10_000
SURELY_MORE = COUNTED_MAX * 3 // 2
# In the planner's units; on two cores about a tenth of a second. Holders of a tier in one store, of a million members,
# took four times that to count, at every opening of the list.
COUNTED_COST_MAX = 20_000
Value = str | int | date | datetime
Place = tuple[Value, UUID]


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """By which column, or by which open trait ("number" or "day"), a list goes; ids settle what is equal.

    Customers without the trait come after all who have it, by name, whichever way the order goes.
    """

    column: str = "sort_key"
    trait: str = ""
    is_descending: bool = False


BY_NAME = CustomerOrder()


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer of a list, with the place after which the next page begins."""

    customer: Customer
    place: Place
    has_trait: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many customers a list holds; `is_exact` up to 10,000 where that is cheap, else what the statistics think."""

    number: int
    is_exact: bool


def list_customers(
    *,
    by: Actor,
    text: str = "",
    filters: CustomerFilters = EVERYONE,
    order: CustomerOrder = BY_NAME,
    after: Listed | None = None,
    before: Listed | None = None,
    limit: int = 50,
) -> list[Listed]:
    """Return customers as `search_customers` finds them, in any order. `after` and `before` are rows of other pages.

    Raises Denied (customer.see).
    """
    assert after is None or before is None
    rows, limit = _narrow(_visible_to(by), text, filters), min(limit, LIMIT_MAX)
    if not order.trait:
        return _page(rows, order, after, before, limit)
    return _page_by_trait(rows, order, after, before, limit)


def count_listed(*, by: Actor, text: str = "", filters: CustomerFilters = EVERYONE) -> Count:
    """Return how many customers `list_customers` goes through in all. Raises Denied (customer.see)."""
    rows = _narrow(_visible_to(by), text, filters).order_by().values("id")
    # The planner's own guess reads no row; it is good to a few percent where the tables are analyzed. Far above the
    # limit it settles the matter: to count ten thousand holders of a tier one by one took a third of a second.
    guessed, cost = _guess(rows)
    if guessed <= SURELY_MORE and cost > COUNTED_COST_MAX:
        return Count(guessed, is_exact=False)
    number = COUNTED_MAX + 1 if guessed > SURELY_MORE else rows[: COUNTED_MAX + 1].count()
    if number <= COUNTED_MAX:
        return Count(number, is_exact=True)
    return Count(max(COUNTED_MAX + 1, guessed), is_exact=False)


def _guess(rows: QuerySet[Customer, Any]) -> tuple[int, float]:
    """Return how many rows the planner expects, and what it thinks that finding them costs, in its own units."""
    try:
        plan = json.loads(rows.explain(format="json"))[0]["Plan"]
    except EmptyResultSet:
        return 0, 0.0
    return int(plan["Plan Rows"]), float(plan["Total Cost"])


def list_next_by_id(
    *,
    by: Actor,
    text: str = "",
    filters: CustomerFilters = EVERYONE,
    among: Sequence[UUID] = (),
    after: UUID | None = None,
    limit: int = 1_000,
) -> list[Customer]:
    """Return the next customers of a list in order of id, for going through all of it. Raises Denied (customer.see)."""
    rows = _narrow(_visible_to(by), text, filters)
    if among:
        rows = rows.filter(id__in=list(among))
    if after is not None:
        rows = rows.filter(id__gt=after)
    return list(rows.order_by("id")[:limit])


def read_place(order: CustomerOrder, value: str, customer_id: str, has_trait: str) -> Listed:
    """Return a row of another page from the texts of its place. Raises ValueError."""
    if has_trait == "1":
        key: Value = date.fromisoformat(value) if "-" in value.lstrip("-") else int(value)
    else:
        key = datetime.fromisoformat(value) if order.column == "acquired_at" else value
    return Listed(Customer(id=UUID(customer_id)), (key, UUID(customer_id)), has_trait == "1")


def _page_by_trait(
    rows: QuerySet[Customer], order: CustomerOrder, after: Listed | None, before: Listed | None, limit: int
) -> list[Listed]:
    """Those with the trait, and when they have come to their end, those without by name."""
    held = _holders(rows, order)
    without = rows.filter(~Exists(_open(order.trait).filter(customer_id=OuterRef("pk"))))
    if before is not None and before.has_trait:
        return _page(held, order, None, before, limit)
    if before is not None:
        behind = _page(without, BY_NAME, None, before, limit)
        missing = limit - len(behind)
        return [*_last_of(held, order, missing), *behind] if missing else behind
    found = [] if after is not None and not after.has_trait else _page(held, order, after, None, limit)
    if len(found) == limit:
        return found
    last = after if after is not None and not after.has_trait else None
    return [*found, *_page(without, BY_NAME, last, None, limit - len(found))]


def _open(trait: str) -> QuerySet[Trait]:
    return Trait.objects.filter(name=trait, valid_until__isnull=True)


def _holders(rows: QuerySet[Customer], order: CustomerOrder) -> QuerySet[Customer]:
    """The customers with the trait; filtered first, so that the value is read from the same join."""
    present = {f"traits__{order.column}__isnull": False}
    held = rows.filter(traits__name=order.trait, traits__valid_until__isnull=True, **present)
    return held.annotate(order_value=F(f"traits__{order.column}"), order_id=F("traits__customer_id"))


def _last_of(held: QuerySet[Customer], order: CustomerOrder, limit: int) -> list[Listed]:
    turned = replace(order, is_descending=not order.is_descending)
    return _page(held, turned, None, None, limit)[::-1]


def _page(
    rows: QuerySet[Customer], order: CustomerOrder, after: Listed | None, before: Listed | None, limit: int
) -> list[Listed]:
    value, id = ("order_value", "order_id") if order.trait else (order.column, "id")
    beyond = after or before
    forward = before is None
    is_up = order.is_descending != forward
    if beyond is not None:
        side = "gt" if is_up else "lt"
        key, last_id = beyond.place
        # The plain bound lets PostgreSQL begin in the index where the page before ended.
        rows = rows.filter(
            Q(**{f"{value}__{side}": key}) | Q(**{f"{id}__{side}": last_id}), **{f"{value}__{side}e": key}
        )
    sign = "" if is_up else "-"
    found = [
        Listed(row, (getattr(row, value), row.id), bool(order.trait))
        for row in rows.order_by(f"{sign}{value}", f"{sign}{id}")[:limit]
    ]
    return found if forward else found[::-1]
