"""Keep watch over the outbox: how far behind each reaction is, and what may go after 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from ..models import ParkedEvent
from .event import Reaction

COUNTED_MAX = 100_000
PURGED_TOGETHER_MAX = 10_000
KEPT_DAYS = 30

_LAG = """
select cursor.reaction, behind.pending, behind.oldest_at, parked.failed, parked.waiting,
       cursor.waiting_since, cursor.waiting_for
from kernel_outbox_cursor cursor
cross join lateral (
    select count(*) as pending, min(recorded_at) as oldest_at from (
        select recorded_at from kernel_outbox event
        where (event.epoch, event.xid, event.event_id) > (cursor.epoch, cursor.xid, cursor.event_id)
        order by event.epoch, event.xid, event.event_id limit %s
    ) counted
) behind
cross join lateral (
    select count(*) filter (where waits_for is null) as failed, count(waits_for) as waiting
    from kernel_parked_event event where event.reaction = cursor.reaction and event.resolved_at is null
) parked
where cursor.reaction = any(%s) order by cursor.reaction
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind a reaction is.

    `pending` counts the events after its cursor (at most 100,000), served by it or not; `failed` and `waiting` are
    parked: tried in vain, and standing behind one of those. `waiting_for` says what does not answer, since when.
    """

    reaction: str
    pending: int
    oldest_at: datetime | None
    failed: int
    waiting: int
    waiting_since: datetime | None
    waiting_for: str


def count_lag(reactions: Sequence[Reaction]) -> list[Lag]:
    """Return the lag of each reaction that has begun, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_LAG, [COUNTED_MAX, [reaction.name for reaction in reactions]])
        return [Lag(*row) for row in cursor.fetchall()]


def list_parked(
    *, reaction: str | None = None, after_id: int = 0, limit: int = 100, failed_only: bool = False
) -> list[ParkedEvent]:
    """Return what is parked and not resolved, oldest first; `after_id` is the last id of the page before.

    `failed_only` leaves out what has not been tried because it stands behind another.
    """
    parked = ParkedEvent.objects.filter(resolved_at__isnull=True, id__gt=after_id).order_by("id")
    if reaction is not None:
        parked = parked.filter(reaction=reaction)
    if failed_only:
        parked = parked.filter(waits_for__isnull=True)
    return list(parked[:limit])


def count_waiting_behind(parked: Sequence[ParkedEvent]) -> dict[int, int]:
    """Return how many events stand behind each of these, by its id, those without any left out; one statement."""
    ids = {(row.reaction, row.event_id): row.pk for row in parked}
    waiting = ParkedEvent.objects.filter(resolved_at__isnull=True, waits_for__in=[row.event_id for row in parked])
    counts = waiting.values_list("reaction", "waits_for").annotate(n=Count("id")).order_by()
    return {ids[reaction, head]: n for reaction, head, n in counts if (reaction, head) in ids}


def purge_outbox(reactions: Sequence[Reaction], *, at: datetime) -> int:
    """Delete events older than 30 days that all these reactions have passed and none has parked; return how many.

    Call it outside a transaction: each 10,000 go in one of their own. Resolved parkings as old go too.
    """
    names = sorted({reaction.name for reaction in reactions})
    ParkedEvent.objects.filter(resolved_at__lt=at - timedelta(days=KEPT_DAYS)).delete()
    purged = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute("select kernel_purge_outbox(%s::text[], %s)", [names, PURGED_TOGETHER_MAX])
            gone = int(cursor.fetchone()[0])
            purged += gone
            if gone < PURGED_TOGETHER_MAX:
                return purged
