"""Park what a reaction cannot serve, with the reason; later serve it again, or give it up.

An event of a customer of whom an earlier one is parked waits behind it, untried: the order per customer holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Min

from ..actor import Actor
from ..errors import NotFound, Refused, Unavailable
from ..models import ParkedEvent
from .event import Announced, Reaction
from .reading import lock_cursor, read_events

# Not the event's fault: these go out of the transaction, and the whole is tried again later.
TRY_AGAIN_LATER = (Unavailable, OperationalError, InterfaceError)
REASON_LENGTH_MAX = 2_000
SERVED_TOGETHER_MAX = 1_000
Resolution = Literal["retried", "dismissed"]


class NotParked(NotFound):
    """The event is not parked for this reaction, or no longer."""

    default_code = "not_parked"


class ParkedBehindAnother(Refused):
    """An earlier event of the same customer is parked: it comes first."""

    default_code = "parked_behind_another"


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of a retry: the events served, in order, and why it stopped (None: all went well)."""

    served: tuple[int, ...]
    reason: str | None = None


def retry_parked(*, reaction: Reaction, event_id: int, by: Actor, at: datetime) -> Retried:
    """Serve a parked event again, and then those of its customer that wait behind it, in order, until one fails.

    A building block: effects, resolutions and the new reason of a failure are the caller's transaction. `by` is the
    actor of the reaction. Raises NotParked, ParkedBehindAnother.
    """
    lock_cursor(reaction.name, wait=True)
    parked = _first_in_line(reaction, event_id)
    return _serve_line(reaction, [parked, *_waiting_behind(parked)], by=by, at=at)


def dismiss_parked(*, reaction: Reaction, event_id: int, by: Actor, at: datetime) -> Retried:
    """Give a parked event up, and serve those of its customer that wait behind it, as `retry_parked` does.

    Raises NotParked, ParkedBehindAnother.
    """
    lock_cursor(reaction.name, wait=True)
    parked = _first_in_line(reaction, event_id)
    _resolve(parked, "dismissed", at)
    return _serve_line(reaction, _waiting_behind(parked), by=by, at=at)


def serve_singly(reaction: Reaction, events: Sequence[Announced], *, by: Actor, at: datetime) -> int:
    """Serve events one at a time, each in a savepoint, and park those that fail; return how many were parked."""
    heads = find_heads(reaction, events)
    parked: list[ParkedEvent] = []
    for event in events:
        if event.customer_id in heads:
            parked.append(_waiting(reaction, event, heads[event.customer_id], at))
        elif reason := _serve_one(reaction, event, by=by, at=at):
            parked.append(_failed(reaction, event, reason, at))
            if event.customer_id is not None:
                heads[event.customer_id] = event.event_id
    ParkedEvent.objects.bulk_create(parked, batch_size=1_000)
    return len(parked)


def park_waiting(reaction: Reaction, events: Sequence[Announced], *, at: datetime) -> tuple[Announced, ...]:
    """Park the events whose customer has one parked already; return the others."""
    heads = find_heads(reaction, events)
    ParkedEvent.objects.bulk_create(
        [_waiting(reaction, event, heads[event.customer_id], at) for event in events if event.customer_id in heads]
    )
    return tuple(event for event in events if event.customer_id not in heads)


def find_heads(reaction: Reaction, events: Iterable[Announced]) -> dict[UUID | None, int]:
    """Return the first parked event of each of the customers of these events that has one."""
    customers = {event.customer_id for event in events if event.customer_id is not None}
    waiting = ParkedEvent.objects.filter(reaction=reaction.name, customer_id__in=customers, resolved_at__isnull=True)
    return dict(waiting.values("customer_id").annotate(head=Min("event_id")).values_list("customer_id", "head"))


def _serve_line(reaction: Reaction, line: Sequence[ParkedEvent], *, by: Actor, at: datetime) -> Retried:
    events = read_events([parked.event_id for parked in line])
    served: list[int] = []
    for parked in line:
        reason = _serve_one(reaction, events[parked.event_id], by=by, at=at)
        if reason is not None:
            parked.reason, parked.waits_for, parked.attempts = reason, None, parked.attempts + 1
            parked.save(update_fields=["reason", "waits_for", "attempts"])
            return Retried(tuple(served), reason)
        _resolve(parked, "retried", at)
        served.append(parked.event_id)
    return Retried(tuple(served))


def _serve_one(reaction: Reaction, event: Announced, *, by: Actor, at: datetime) -> str | None:
    """Return why the reaction cannot serve the event, or None when it has. Lets TRY_AGAIN_LATER through."""
    try:
        with transaction.atomic():
            reaction([event], by=by, at=at)
    except TRY_AGAIN_LATER:
        raise
    except Exception as failure:
        return f"{type(failure).__name__}: {failure}"[:REASON_LENGTH_MAX]
    return None


def _first_in_line(reaction: Reaction, event_id: int) -> ParkedEvent:
    waiting = ParkedEvent.objects.select_for_update().filter(reaction=reaction.name, resolved_at__isnull=True)
    parked = waiting.filter(event_id=event_id).first()
    if parked is None:
        raise NotParked(f"Event {event_id} is not parked for {reaction.name}.")
    if parked.customer_id is not None:
        head = waiting.filter(customer_id=parked.customer_id).order_by("event_id")[0]
        if head.event_id != event_id:
            raise ParkedBehindAnother(f"Event {head.event_id} of the same customer comes first.", first=head.event_id)
    return parked


def _waiting_behind(parked: ParkedEvent) -> list[ParkedEvent]:
    if parked.customer_id is None:
        return []
    behind = ParkedEvent.objects.filter(
        reaction=parked.reaction, customer_id=parked.customer_id, resolved_at__isnull=True
    )
    return list(behind.exclude(pk=parked.pk).order_by("event_id")[:SERVED_TOGETHER_MAX])


def _resolve(parked: ParkedEvent, resolution: Resolution, at: datetime) -> None:
    parked.resolved_at, parked.resolution = at, resolution
    parked.save(update_fields=["resolved_at", "resolution"])


def _failed(reaction: Reaction, event: Announced, reason: str, at: datetime) -> ParkedEvent:
    return ParkedEvent(
        reaction=reaction.name, event_id=event.event_id, customer_id=event.customer_id, reason=reason, parked_at=at
    )


def _waiting(reaction: Reaction, event: Announced, head: int, at: datetime) -> ParkedEvent:
    return ParkedEvent(
        reaction=reaction.name, event_id=event.event_id, customer_id=event.customer_id,
        reason=f"waits for event {head}", waits_for=head, attempts=0, parked_at=at,
    )  # fmt: skip
