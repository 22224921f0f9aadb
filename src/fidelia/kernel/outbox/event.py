"""What an event is before it is announced (`Event`) and after (`Announced`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from ..actor import Actor


class Origin(StrEnum):
    """How an event came about. A reaction serves live events only, unless `flow.py` says more."""

    LIVE = "live"
    LATE = "late"
    BACKFILL = "backfill"
    SIMULATION = "simulation"


_ENVELOPE = ("customer_id", "origin", "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every event: subclasses set `name` (past tense, "purchase.recorded") and add ids, never personal data.

    `customer_id` is the ordering key: events of one customer are served in the order in which they were announced.
    Payload values are str, int, bool, None, UUID or datetime.
    """

    name: ClassVar[str]
    schema_version: ClassVar[int] = 1

    occurred_at: datetime
    origin: Origin = Origin.LIVE
    customer_id: UUID | None = None

    def payload(self) -> dict[str, Any]:
        """Return the fields of the subclass as JSON values."""
        return {name: _as_json(getattr(self, name)) for name in _own_fields(type(self))}  # type: ignore[arg-type]


@cache
def _own_fields(event: type[Event]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(event) if field.name not in _ENVELOPE)


def _as_json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


@dataclass(frozen=True, slots=True)
class Announced:
    """An event as a reaction meets it."""

    event_id: int
    name: str
    schema_version: int
    origin: Origin
    customer_id: UUID | None
    payload: dict[str, Any]
    occurred_at: datetime
    recorded_at: datetime


class Reaction:
    """A named function that serves a batch of events of some names and origins, in one transaction.

    The function takes `events` (oldest first), `by` and `at`. It may be called again for a batch whose transaction was
    rolled back; what it writes to this database happens once.
    """

    __slots__ = ("event_names", "function", "name", "origins")

    def __init__(
        self,
        function: Callable[..., None],
        *,
        on: Sequence[type[Event]],
        origins: Sequence[Origin] = (Origin.LIVE,),
    ) -> None:
        module = function.__module__.split(".")[1]
        self.name = f"{module}.{function.__name__}"
        self.function = function
        self.event_names = tuple(event.name for event in on)
        self.origins = tuple(origins)

    def __call__(self, events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
        self.function(events, by=by, at=at)
