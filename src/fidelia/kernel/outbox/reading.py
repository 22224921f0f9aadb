"""Read: lock a reaction's cursor, take the next batch below the horizon, move the cursor over it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from ..db import require_transaction
from .event import Announced, Origin, Reaction

SCAN_FACTOR = 5  # rows looked at for each row a batch may hold: the reaction serves some of them only
BEGINNING = "-32768, '0'::xid8, 0"  # before every epoch

_CREATE = f"""
insert into kernel_outbox_cursor (reaction, epoch, xid, event_id)
select name, {BEGINNING} from unnest(%s::text[]) name
on conflict do nothing
"""

# The first row after a cursor decides: rows come in the order of their xid, so if it is not below the horizon, none is.
_LOOK = """
with horizon as materialized (select kernel_horizon() as xid)
select behind.reaction, behind.is_foreign, behind.horizon::text from (
    select cursor.reaction, horizon.xid as horizon,
           (select first.epoch < 0 or first.xid < horizon.xid
            from kernel_outbox first
            where (first.epoch, first.xid, first.event_id) > (cursor.epoch, cursor.xid, cursor.event_id)
            order by first.epoch, first.xid, first.event_id limit 1) as has_next,
           greatest(
               case when cursor.epoch = 0 then cursor.xid else '0' end,
               (select last.xid from kernel_outbox last where last.epoch = 0
                order by last.epoch desc, last.xid desc, last.event_id desc limit 1)
           ) >= pg_snapshot_xmax(pg_current_snapshot()) as is_foreign
    from kernel_outbox_cursor cursor, horizon where cursor.reaction = any(%s)
) behind where behind.has_next or behind.is_foreign
"""

_LOCK = "select epoch, xid::text, event_id from kernel_outbox_cursor where reaction = %s for update"

# See the Notes at the foot of the file.
_READ = """
with following as (
    select * from kernel_outbox_after(%(epoch)s, %(xid)s::xid8, %(event_id)s, %(scan)s)
), scanned as (
    select epoch, xid, event_id,
           name = any(%(names)s) and origin = any(%(origins)s) as is_served,
           row_number() over forward as place,
           count(*) filter (where name = any(%(names)s) and origin = any(%(origins)s)) over forward as served_so_far,
           max(event_id) over forward as highest_so_far,
           min(event_id) over (order by epoch desc, xid desc, event_id desc
                               rows between unbounded preceding and 1 preceding) as lowest_after
    from following where epoch < 0 or xid < %(horizon)s::xid8
    window forward as (order by epoch, xid, event_id)
), cut as (
    select coalesce(
        max(place) filter (where served_so_far <= %(limit)s and coalesce(highest_so_far < lowest_after, true)),
        min(place) filter (where coalesce(highest_so_far < lowest_after, true)),
        max(place)) as place
    from scanned
), chosen as materialized (
    select scanned.event_id from cut join scanned on scanned.place <= cut.place where scanned.is_served
)
select last.epoch, last.xid::text, last.event_id,
       exists (select from kernel_parked_event parked
               where parked.reaction = %(reaction)s and parked.resolved_at is null),
       event.event_id, event.name, event.schema_version, event.origin, event.customer_id, event.payload,
       event.occurred_at, event.recorded_at
from cut join scanned last on last.place = cut.place
left join lateral (
    select stored.* from chosen
    cross join lateral (select * from kernel_outbox row where row.event_id = chosen.event_id offset 0) stored
) event on true
order by event.event_id
"""

_MOVE = """
update kernel_outbox_cursor
set epoch = %s, xid = %s::xid8, event_id = %s, moved_at = %s, waiting_since = null, waiting_for = ''
where reaction = %s
"""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the outbox; `xid` is text, because xid8 is wider than what drivers know."""

    epoch: int
    xid: str
    event_id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The next events a reaction serves, in the order they were announced, and where its cursor goes after them."""

    events: tuple[Announced, ...]
    end: Position
    may_hold_waiting: bool  # something of this reaction is parked, so an event here may stand behind it


@dataclass(frozen=True, slots=True)
class Outlook:
    """The reactions that are behind, and the horizon up to which they may be served."""

    behind: list[Reaction]
    horizon: str


class OutboxFromAnotherCluster(RuntimeError):
    """The outbox was restored from a dump without `kernel_restored()`: its transaction ids mean nothing here."""


def create_cursors(reactions: Sequence[Reaction]) -> None:
    """Give each reaction that has none a cursor before the first event."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, [[reaction.name for reaction in reactions]])


def look(reactions: Sequence[Reaction]) -> Outlook:
    """Find the horizon, and the reactions that have events below it, in one statement. Raises OutboxFromAnotherCluster.

    A horizon holds for every statement that begins later: what is below it has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [[reaction.name for reaction in reactions]])
        rows = cursor.fetchall()
    if any(is_foreign for _, is_foreign, _ in rows):
        raise OutboxFromAnotherCluster("As the owner of the database run: select kernel_restored()")
    behind = {name for name, _, _ in rows}
    horizon = rows[0][2] if rows else "0"
    return Outlook([reaction for reaction in reactions if reaction.name in behind], horizon)


def lock_cursor(reaction: str, *, wait: bool = False) -> Position | None:
    """Lock the cursor until the transaction ends; None when it has none, or another holds it and we do not wait."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK if wait else f"{_LOCK} skip locked", [reaction])
        row = cursor.fetchone()
    return None if row is None else Position(*row)


def read_batch(reaction: Reaction, start: Position, *, horizon: str, limit: int) -> Batch | None:
    """Return what comes after `start` and below the horizon, or None; a statement later than the lock and the horizon.

    Later, so that its snapshot sees what another dispatcher committed before it let the lock go (who is parked), and
    all that was committed below the horizon.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "epoch": start.epoch,
                "xid": start.xid,
                "event_id": start.event_id,
                "names": list(reaction.event_names),
                "origins": [str(origin) for origin in reaction.origins],
                "reaction": reaction.name,
                "horizon": horizon,
                "limit": limit,
                "scan": limit * SCAN_FACTOR,
            },
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    events = tuple(_announced(row[4:]) for row in rows if row[4] is not None)
    return Batch(events, Position(*rows[0][:3]), may_hold_waiting=rows[0][3])


def move_cursor(reaction: Reaction, end: Position, *, at: datetime) -> None:
    """Put the locked cursor behind a served batch."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [end.epoch, end.xid, end.event_id, at, reaction.name])


def read_events(event_ids: Sequence[int]) -> dict[int, Announced]:
    """Return stored events by id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select event_id, name, schema_version, origin, customer_id, payload, occurred_at, recorded_at "
            "from kernel_outbox where event_id = any(%s)",
            [list(event_ids)],
        )
        return {row[0]: _announced(row) for row in cursor.fetchall()}


def _announced(row: Sequence[Any]) -> Announced:
    event_id, name, schema_version, origin, customer_id, payload, occurred_at, recorded_at = row
    return Announced(
        event_id, name, schema_version, Origin(origin), customer_id, json.loads(payload), occurred_at, recorded_at
    )


# Note [The order of dispatch]
#
# A cursor over event_id alone skips: ids are given when a row is inserted, and a slow writer commits a lower id after
# the cursor has passed it. Rows below the horizon (kernel_horizon, a pg_snapshot_xmin of this database alone) belong to
# transactions that have ended, so over them nothing
# can appear any more, and (xid, event_id) is an order in which a cursor never skips.
#
# It is not the order of announcing, though. A transaction may take its xid early, wait for a customer's lock, and
# announce after the one it waited for, whose xid is higher. Both are below the horizon together, because the first
# ended after the second. So a batch is cut where every row before the cut has a lower event_id than every row after it
# (a clean cut), and served in the order of event_id: events of one customer come in the order they were announced.
# Clean cuts are everywhere while transactions are short. Under one that is longer than the rows scanned the batch is
# cut without, and only events announced that far apart could change places.
#
# Note [Whatever the statistics say]
#
# An outbox fills faster than statistics follow: after sixty thousand events into a table that was empty when it was
# last looked at, each batch read the whole outbox twice, and once joined every row of it with every row scanned. So
# rows are reached by key alone: in the order of dispatch by a function that is planned without other ways, and each
# event by its id (`offset 0` keeps the planner from joining otherwise). A batch costs the same however many wait.
