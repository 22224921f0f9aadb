"""Questions about limits and budgets: what was counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor

_LIST = """
select substr(counter.subject, 7), counter.starts_on, counter.ends_on,
    counter.taken - case when counter.is_spread then (
        select coalesce(sum(slot.room), 0) from rewards_slot slot
        where slot.programme_id = counter.programme_id and slot.scope_id = counter.scope_id
            and slot.subject = counter.subject and slot.starts_on = counter.starts_on) else 0 end,
    counter.capacity
from rewards_counter counter
where counter.programme_id = %s and counter.scope_id = %s and counter.subject >= 'limit:' and counter.subject < 'limit;'
    and counter.capacity is not null
order by counter.subject, counter.starts_on desc limit %s
"""
# Of a limit per member or store: how many have used it in its latest periods, and how many have nothing left.
_BY_SCOPE = """
select substr(subject, 7), starts_on, count(*), count(*) filter (where taken >= capacity), sum(taken)
from rewards_counter
where programme_id = %s and scope_id <> %s and subject >= 'limit:' and subject < 'limit;'
    and capacity is not null and (starts_on >= %s or starts_on = '0001-01-01') and taken > 0
group by 1, 2 limit %s
"""
# Of a limit per member or store: what each took over some days, a person's records together.
_BY_EACH = """
select coalesce(merged.person, counter.scope_id) as whose, counter.starts_on, sum(counter.taken
    - case when counter.is_spread then (
        select coalesce(sum(slot.room), 0) from rewards_slot slot
        where slot.programme_id = counter.programme_id and slot.scope_id = counter.scope_id
            and slot.subject = counter.subject and slot.starts_on = counter.starts_on) else 0 end) as taken
from rewards_counter counter left join unnest(%(merged)s::uuid[], %(into)s::uuid[]) merged (id, person)
    on merged.id = counter.scope_id
where counter.programme_id = %(programme)s and counter.subject = 'limit:' || %(limit)s and counter.scope_id <> %(all)s
    and counter.starts_on between %(first)s and %(last)s
group by 1, 2
"""
_USED_UP = f"""
select {{counts}} from (select whose, sum(taken) as taken from ({_BY_EACH}) each group by whose) one
"""
_USING_UP = f"select whose, starts_on, taken from ({_BY_EACH}) each where taken >= %(least)s"
LIMIT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class LimitState:
    """What was counted of a limit in one period: `taken` of `capacity`, in uses, minor units or points.

    `starts_on` and `ends_on` None: there is no period. `capacity` is what it was last taken under.
    """

    limit: str
    starts_on: date | None
    ends_on: date | None
    taken: int
    capacity: int


def list_limits(
    *, by: Actor, programme_id: UUID, scope_id: UUID | None = None, limit: int = LIMIT_MAX
) -> list[LimitState]:
    """Return what was counted of a programme's limits, in all, or for one member or store; the latest period first.

    Raises Denied (programme.see).
    """
    by.require("programme.see")
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [programme_id, scope_id or UUID(int=0), min(limit, LIMIT_MAX)])
        return [
            LimitState(name, None if starts_on == date.min else starts_on, ends_on, taken, capacity)
            for name, starts_on, ends_on, taken, capacity in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class LimitUse:
    """Of a limit per member or store in one period: how many have used it, have nothing left, and what all took."""

    starts_on: date | None
    users: int
    reached: int
    taken: int


def limit_uses(*, by: Actor, programme_id: UUID, since: date) -> dict[str, list[LimitUse]]:
    """Return what members and stores took of a programme's limits, in periods that began on a day or later or never.

    Raises Denied (programme.see).
    """
    by.require("programme.see")
    found: dict[str, list[LimitUse]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_SCOPE, [programme_id, UUID(int=0), since, LIMIT_MAX])
        for name, starts_on, users, reached, taken in cursor.fetchall():
            use = LimitUse(None if starts_on == date.min else starts_on, users, reached, int(taken))
            found.setdefault(name, []).append(use)
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """Which counters of a limit per member or store are meant: those of periods that began from `first` to `last`.

    `merged`: of customers that were merged, in whom they live on.
    """

    programme_id: UUID
    limit: str
    first: date = date.min
    last: date = date.max
    merged: Mapping[UUID, UUID] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """Return what the statements take."""
        return {
            "programme": self.programme_id, "limit": self.limit, "all": UUID(int=0), "first": self.first,
            "last": self.last, "merged": list(self.merged), "into": list(self.merged.values()),
        }  # fmt: skip


def count_used_up(*, by: Actor, counted: Counted, amounts: Sequence[int]) -> list[int]:
    """Return of each amount how many members or stores took at least that, over all the days that are meant.

    Raises Denied (programme.see).
    """
    by.require("programme.see")
    counts = ", ".join(f"count(*) filter (where taken >= %(amount{n})s)" for n in range(len(amounts)))
    with connection.cursor() as cursor:
        given = {f"amount{n}": amount for n, amount in enumerate(amounts)}
        cursor.execute(_USED_UP.format(counts=counts), {**counted.parameters(), **given})
        return list(cursor.fetchone())


def list_used_up(*, by: Actor, counted: Counted, least: int) -> list[tuple[UUID, date, int]]:
    """Return who took at least so much in one period, the day on which it began, and how much.

    Raises Denied (programme.see).
    """
    by.require("programme.see")
    with connection.cursor() as cursor:
        cursor.execute(_USING_UP, {**counted.parameters(), "least": least})
        return [(whose, starts_on, int(taken)) for whose, starts_on, taken in cursor.fetchall()]
