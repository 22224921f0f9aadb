"""Tell rows of customers who are new from those of customers who are known, and what the latter would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ...models import Acquisition, Consent, ContactPoint, Customer, ImportedCustomer
from ...queries.identities import find_by_identities
from ..custom_fields import held_values
from .reading import CustomerRow, SaidConsent
from .target import FILL, KEEP, OVERWRITE

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class KnownChange:
    """What a row changes of a customer that is known; `former` and `facts` by name of fact.

    `custom` holds what is before and after, by the name of a custom field.
    """

    row: CustomerRow
    customer: Customer
    gained: tuple[Pair, ...]
    former: dict[str, Any]
    facts: dict[str, Any]
    contacts: tuple[Pair, ...]
    consents: tuple[SaidConsent, ...]
    cost: int | None
    custom: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        said = self.gained or self.facts or self.contacts or self.consents or self.custom
        return not said and self.cost is None


@dataclass(slots=True)
class Judged:
    """The rows of a batch, each in one of the lists; `holders` says whom each row that is not in conflict names."""

    new: list[CustomerRow] = field(default_factory=list)
    changes: list[KnownChange] = field(default_factory=list)
    unchanged: list[CustomerRow] = field(default_factory=list)
    conflicts: list[tuple[CustomerRow, str]] = field(default_factory=list)
    holders: dict[int, UUID] = field(default_factory=dict)


def judge(rows: Sequence[CustomerRow], *, policy: str, import_id: UUID) -> Judged:
    """Judge rows in the order of the file; reads, and writes nothing. Six statements whatever their number.

    Of a customer whom this very import adds, a later row adds identities and nothing else: the first row counts.
    """
    judged = Judged()
    named = find_by_identities({pair for row in rows for pair in row.checked.identities})
    known = _Known(set(named.values()), import_id, {name for row in rows for name in row.custom})
    added: set[UUID] = set()
    for row in rows:
        found = {named[pair]: pair[0] for pair in row.checked.identities if pair in named}
        if len(found) > 1:
            judged.conflicts.append((row, ", ".join(sorted(set(found.values())))))
            continue
        customer_id = next(iter(found), row.checked.row.id)
        gained = tuple(pair for pair in row.checked.identities if pair not in named)
        named.update(dict.fromkeys(gained, customer_id))
        judged.holders[row.number] = customer_id
        if not found:
            judged.new.append(row)
            added.add(customer_id)
            continue
        first = customer_id in added
        change = known.change(row, row.checked.row if first else known.customers[customer_id], gained, policy, first)
        if first:
            change = _gain_only(change, customer_id)
        if change.is_nothing:
            judged.unchanged.append(row)
        else:
            judged.changes.append(change)
    return judged


def _gain_only(change: KnownChange, customer_id: UUID) -> KnownChange:
    customer = Customer(id=customer_id)
    return KnownChange(change.row, customer, change.gained, {}, {}, (), (), None)


class _Known:
    """What is known of the customers that a batch names."""

    def __init__(self, customer_ids: Iterable[UUID], import_id: UUID, custom: Iterable[str]) -> None:
        ids = list(customer_ids)
        self.customers = Customer.objects.in_bulk(ids)
        self._of_this_import = set(
            ImportedCustomer.objects.filter(import_id=import_id, customer_id__in=ids).values_list(
                "customer_id", flat=True
            )
        )
        self._contacts: dict[UUID, set[Pair]] = defaultdict(set)
        points = ContactPoint.objects.filter(customer_id__in=ids)
        for customer_id, channel, value in points.values_list("customer_id", "channel", "value"):
            self._contacts[customer_id].add((channel, value))
        self._costs = dict(Acquisition.objects.filter(customer_id__in=ids).values_list("customer_id", "cost"))
        names = list(custom)
        self._custom = held_values(ids, names) if names else {}
        self._said: set[tuple[UUID, str, bool, datetime]] = set(
            Consent.objects.filter(customer_id__in=ids, purpose="marketing").values_list(
                "customer_id", "channel", "given", "occurred_at"
            )
        )

    def change(
        self, row: CustomerRow, customer: Customer, gained: tuple[Pair, ...], policy: str, gains_only: bool
    ) -> KnownChange:
        if gains_only or customer.id in self._of_this_import:
            return KnownChange(row, customer, gained, {}, {}, (), (), None)
        former, facts = self._facts(row, customer, policy)
        return KnownChange(
            row=row,
            customer=customer,
            gained=gained,
            former=former,
            facts=facts,
            contacts=self._new_contacts(row, customer.id, policy),
            consents=self._new_consents(row, customer.id),
            cost=self._cost(row, customer.id, policy),
            custom=self._own(row, customer.id, policy),
        )

    def _facts(self, row: CustomerRow, customer: Customer, policy: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Each row finds what the rows before it have left: the customer in memory follows."""
        former: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        for name in row.given if policy != KEEP else ():
            before, value = getattr(customer, name), getattr(row.checked.row, name)
            if value != before and (policy == OVERWRITE or before in ("", None)):
                former[name], facts[name] = before, value
                setattr(customer, name, value)
        return former, facts

    def _own(self, row: CustomerRow, customer_id: UUID, policy: str) -> dict[str, tuple[Any, Any]]:
        held = self._custom.setdefault(customer_id, {})
        changed = {
            name: (held.get(name), value)
            for name, value in (row.custom if policy != KEEP else {}).items()
            if held.get(name) != value and (policy == OVERWRITE or name not in held)
        }
        held.update({name: value for name, (_former, value) in changed.items()})
        return changed

    def _new_contacts(self, row: CustomerRow, customer_id: UUID, policy: str) -> tuple[Pair, ...]:
        known = self._contacts[customer_id]
        channels = {channel for channel, _value in known}
        fresh = [
            point
            for point in row.checked.contact_points
            if point not in known and (policy == OVERWRITE or (policy == FILL and point[0] not in channels))
        ]
        known.update(fresh)
        return tuple(fresh)

    def _new_consents(self, row: CustomerRow, customer_id: UUID) -> tuple[SaidConsent, ...]:
        fresh = []
        for said in row.consents:
            key = (customer_id, said.channel, said.given, said.occurred_at)
            if key not in self._said:
                self._said.add(key)
                fresh.append(said)
        return tuple(fresh)

    def _cost(self, row: CustomerRow, customer_id: UUID, policy: str) -> int | None:
        known = self._costs.get(customer_id)
        wanted = row.cost is not None and row.cost != known
        return row.cost if wanted and (policy == OVERWRITE or (policy == FILL and known is None)) else None
