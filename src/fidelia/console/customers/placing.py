"""Where a customer stands in the list they were opened from: *previous* and *next* lead on without going back to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import QueryDict

from fidelia.customers.models import Customer
from fidelia.customers.queries import Listed, list_customers, read_place
from fidelia.kernel.actor import Actor

from .filtering import AskedList, read_list


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A row of a list: its query, its number, and the queries with the ids of those beside it."""

    query: str
    list_query: str
    number: int
    previous: tuple[UUID, str] | None
    next: tuple[UUID, str] | None


def place_query(list_query: str, row: Listed, number: int) -> str:
    """Return where a row stands, as the query of the customer's own page carries it."""
    value, _id = row.place
    said = str(value) if isinstance(value, str | int) else value.isoformat()
    query = QueryDict(mutable=True)
    query.update({"list": list_query, "at": said, "held": str(int(row.has_trait)), "row": str(number)})
    return query.urlencode()


def read_list_place(query: QueryDict, customer: Customer, *, by: Actor, at: datetime) -> ListPlace | None:
    """Return the place that a query tells, with its neighbours by two statements; None where it tells none."""
    number = query.get("row", "")
    if "list" not in query or not number.isdigit() or len(number) > 9:
        return None
    asked = read_list(QueryDict(query.get("list", "")), by, at)
    try:
        here = read_place(asked.order, query.get("at", ""), str(customer.id), query.get("held", ""))
    except ValueError:
        return None
    before, after = _beside(asked, here, by)
    row, list_query = int(number), asked.as_query()
    return ListPlace(
        query=place_query(list_query, here, row),
        list_query=list_query,
        number=row,
        previous=(before.customer.id, place_query(list_query, before, max(1, row - 1))) if before else None,
        next=(after.customer.id, place_query(list_query, after, row + 1)) if after else None,
    )


def _beside(asked: AskedList, here: Listed, by: Actor) -> tuple[Listed | None, Listed | None]:
    before = list_customers(by=by, text=asked.text, filters=asked.narrowed, order=asked.order, before=here, limit=1)
    after = list_customers(by=by, text=asked.text, filters=asked.narrowed, order=asked.order, after=here, limit=1)
    return (before[0] if before else None, after[0] if after else None)
