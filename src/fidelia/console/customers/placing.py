"""Where a customer stands in the list they were opened from: *previous* and *next* lead on without going back to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import QueryDict

from fidelia.customers.models import Customer
from fidelia.customers.queries import Listed, list_customers, read_place
from fidelia.kernel.actor import Actor
from fidelia.kernel.sealing import seal, unseal

from .filtering import AskedList, read_list

PURPOSE = "a place in the list of customers"


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
    place = json.dumps([list_query, said, str(int(row.has_trait)), number])
    return f"place={seal(place, purpose=PURPOSE)}"  # what was searched for, and the name that it is sorted by


def read_list_place(query: QueryDict, customer: Customer, *, by: Actor, at: datetime) -> ListPlace | None:
    """Return the place that a query tells, with its neighbours by two statements; None where it tells none."""
    said = unseal(query.get("place", ""), purpose=PURPOSE)
    if said is None:
        return None
    asked_list, value, held, row = json.loads(said)
    asked = read_list(QueryDict(asked_list), by, at)
    try:
        here = read_place(asked.order, value, str(customer.id), held)
    except ValueError:  # the list is sorted in another way by now: a trait that it was sorted by is gone
        return None
    before, after = _beside(asked, here, by)
    list_query = asked.as_query()
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
