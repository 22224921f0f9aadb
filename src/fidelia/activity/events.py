"""What activity announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRecorded(Event):
    """A purchase was recorded and its points granted."""

    name: ClassVar[str] = "purchase.recorded"
    purchase_id: UUID
    programme_id: UUID | None
    enrolment_id: UUID | None
    account_id: UUID | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseReturned(Event):
    """Lines of a purchase were given back and their points taken back."""

    name: ClassVar[str] = "purchase.returned"
    purchase_id: UUID
    returns_purchase_id: UUID | None
    programme_id: UUID | None
    enrolment_id: UUID | None
    account_id: UUID | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseClaimed(Event):
    """An anonymous purchase, with what came back of it, is a member's from now on; `points` is what it gave in all."""

    name: ClassVar[str] = "purchase.claimed"
    purchase_id: UUID
    programme_id: UUID | None
    enrolment_id: UUID
    account_id: UUID
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchasesImported(Event):
    """An import recorded a batch of past purchases."""

    name: ClassVar[str] = "purchases.imported"
    import_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchasesTakenBack(Event):
    """All that an import had recorded was taken back, with the points it gave."""

    name: ClassVar[str] = "purchases.taken_back"
    import_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRewarded(Event):
    """Past purchases were given the points that they had not earned when they were recorded."""

    name: ClassVar[str] = "history.rewarded"
    programme_id: UUID
    count: int
    points: int
