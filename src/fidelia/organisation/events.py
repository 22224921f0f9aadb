"""What happens to the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOpened(Event):
    """A store was added to the network."""

    name: ClassVar[str] = "store.opened"
    store_id: UUID
    banner_id: UUID
    partner_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresChanged(Event):
    """An import added stores or changed what is known of some."""

    name: ClassVar[str] = "stores.changed"
    added: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreWasClosed(Event):
    """A store has stopped trading."""

    name: ClassVar[str] = "store.closed"
    store_id: UUID
    partner_id: UUID
