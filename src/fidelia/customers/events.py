"""What the customer file announces. Ids only; who reacts reads the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAdded(Event):
    """A customer entered the file, alone; `customer_id` of the envelope says who."""

    name: ClassVar[str] = "customer.added"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersAdded(Event):
    """A batch of customers entered the file: an import announces one event per batch of rows."""

    name: ClassVar[str] = "customers.added"

    source: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanged(Event):
    """Facts of a customer changed; customers_fact_change tells which."""

    name: ClassVar[str] = "customer.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMerged(Event):
    """A record turned out to be of the same person as another: it points at that one, which the envelope names."""

    name: ClassVar[str] = "customer.merged"

    merged_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersChanged(Event):
    """An import changed facts, addresses or identities of a batch of customers known before."""

    name: ClassVar[str] = "customers.changed"

    import_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityAdded(Event):
    """A customer is named by one more identity."""

    name: ClassVar[str] = "customer.identity_added"

    identity_id: int
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """A customer agreed to a purpose on a channel."""

    name: ClassVar[str] = "consent.given"

    consent_id: int
    purpose: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    """A customer refused, objected to or withdrew consent to a purpose on a channel."""

    name: ClassVar[str] = "consent.withdrawn"

    consent_id: int
    purpose: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitsSet(Event):
    """A batch of traits changed; customers_trait rows with `valid_from` = `occurred_at` and this source tell which."""

    name: ClassVar[str] = "traits.set"

    source: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChanged(Event):
    """A refresh moved customers in or out of a segment.

    One event whatever their number, without their ids: those who entered have a membership with `valid_from` =
    `occurred_at`, those who left one with `valid_until` = `occurred_at`.
    """

    name: ClassVar[str] = "segment.changed"

    segment_id: UUID
    entered: int
    left: int
