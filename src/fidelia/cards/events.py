"""What cards announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSeriesOpened(Event):
    """A series of cards was created."""

    name: ClassVar[str] = "card_series.opened"
    series_id: UUID
    programme_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsMade(Event):
    """A batch of cards was made, or brought in from elsewhere."""

    name: ClassVar[str] = "cards.made"
    series_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanged(Event):
    """A card came into another state of its life; the number is never announced."""

    name: ClassVar[str] = "card.changed"
    card_id: UUID
    programme_id: UUID
    from_state: str
    to_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFollowed(Event):
    """A provisional card got its person, and its points with it; points in minor units, where they moved."""

    name: ClassVar[str] = "card.followed"
    card_id: UUID
    programme_id: UUID
    points: int
