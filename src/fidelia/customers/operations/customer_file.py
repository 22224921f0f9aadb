"""Add a customer, change what is known of one, erase nothing silently."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.outbox import Origin, announce

from ..errors import UnknownFact
from ..events import CustomerAdded, CustomerChanged
from ..models import Customer, FactChange
from .bulk import insert_customers
from .custom_fields import change_custom_values, check_custom_values, insert_custom_values
from .identities import require_free_identities
from .locking import lock_open_customer, scope_of
from .new_customer import CheckedCustomer, NewCustomer, check_fact, check_new_customer, set_keys
from .traits import TraitValue

CHANGEABLE = (
    "kind", "title", "given_name", "family_name", "company_name", "registration_number", "vat_number", "role",
    "birth_on", "language",
    "country", "town", "postal_code", "partner_id", "home_store_id",
)  # fmt: skip
KEY_FACTS = {"kind", "given_name", "family_name", "company_name"}


def add_customer(
    *, by: Actor, at: datetime, customer: NewCustomer, origin: Origin = Origin.LIVE, once: RequestKey | None = None
) -> Customer:
    """Add one customer with its identities and contact points, and announce CustomerAdded.

    Raises Denied (right customer.create), IdentityTaken, the Invalid errors of `check_new_customer`, and what `claim`
    raises for a request that came before.
    """
    by.require("customer.create", Scope(customer.partner_id, customer.home_store_id))
    checked = check_new_customer(customer, at=at)
    values = {name: value for name, value in check_custom_values(customer.custom).items() if value is not None}
    with transaction_of_use_case():
        claim(once, at=at, resource_type="customer", resource_id=checked.row.id)
        place_customer(by=by, at=at, checked=checked, origin=origin)
        row = checked.row
        insert_custom_values([(row.id, values, row.acquired_at, row.source)], at=at)
    return checked.row


def place_customer(*, by: Actor, at: datetime, checked: CheckedCustomer, origin: Origin) -> None:
    """Write a checked customer inside the caller's transaction (a sign-up that also enrols). Raises IdentityTaken."""
    require_transaction()
    row = checked.row
    require_free_identities([(row.id, *pair) for pair in checked.identities])
    insert_customers([checked], at=at)
    record_audit(
        by=by, at=at, verb="customer.create", object_type="customer", object_id=row.id, after={"source": row.source},
        scope=scope_of(row),
    )  # fmt: skip
    announce(CustomerAdded(occurred_at=row.acquired_at, origin=origin, customer_id=row.id))


def update_customer(
    *,
    by: Actor,
    at: datetime,
    customer_id: UUID,
    changes: Mapping[str, Any],
    source: str,
    occurred_at: datetime | None = None,
    once: RequestKey | None = None,
    custom: Mapping[str, Any] | None = None,
) -> Customer:
    """Change facts of a customer; each one that differs is kept with its former value, source and date.

    `changes` maps facts (CHANGEABLE) to values as NewCustomer takes them, `custom` the keys of custom fields to theirs
    (None empties one). Nothing that differs: nothing is written. Raises Denied (customer.change), UnknownCustomer,
    CustomerClosed, UnknownFact, UnknownField, WrongFieldValue, and the Invalid of a wrong value.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="customer", resource_id=customer_id)
        return change_facts(
            by=by, at=at, customer_id=customer_id, changes=changes, source=source, occurred_at=occurred_at or at,
            custom=check_custom_values(custom or {}),
        )  # fmt: skip


def change_facts(
    *, by: Actor, at: datetime, customer_id: UUID, changes: Mapping[str, Any], source: str, occurred_at: datetime,
    custom: Mapping[str, TraitValue | None] | None = None,
) -> Customer:  # fmt: skip
    """Building block of `update_customer`, inside the caller's use case; raises as it does."""
    row = lock_open_customer(customer_id)
    by.require("customer.change", scope_of(row))
    changed = _changed_facts(row, changes, at)
    if "partner_id" in changed or "home_store_id" in changed:
        by.require("customer.change", _scope_after(row, changed))
    filled = change_custom_values(
        by=by, at=at, customer_id=row.id, values=custom or {}, source=source, occurred_at=occurred_at
    )
    if changed or filled:
        _write_changes(row, changed, source=source, occurred_at=occurred_at, at=at)
        # The audit outlives an erasure, so it names the facts and never their values.
        record_audit(
            by=by, at=at, verb="customer.change", object_type="customer", object_id=row.id,
            after={"facts": [*sorted(changed), *filled], "source": source}, scope=scope_of(row),
        )  # fmt: skip
        announce(CustomerChanged(occurred_at=occurred_at, customer_id=row.id))
    return row


def _changed_facts(row: Customer, changes: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise UnknownFact(f"A customer has no fact “{unknown[0]}” to change.", pointer=f"/{unknown[0]}")
    country = str(changes.get("country", row.country))
    checked = {
        name: value
        if name in ("partner_id", "home_store_id")
        else check_fact(name, value, at=at, pointer=f"/{name}", country=country)
        for name, value in changes.items()
    }
    return {name: value for name, value in checked.items() if value != getattr(row, name)}


def _write_changes(row: Customer, changed: dict[str, Any], *, source: str, occurred_at: datetime, at: datetime) -> None:
    FactChange.objects.bulk_create(
        FactChange(
            customer=row, fact=name, former=_as_text(getattr(row, name)), value=_as_text(value), source=source,
            occurred_at=occurred_at, recorded_at=at,
        )
        for name, value in changed.items()
    )  # fmt: skip
    for name, value in changed.items():
        setattr(row, name, value)
    set_keys(row)
    row.updated_at = at
    row.save(update_fields=[*changed, "search_key", "sort_key", "updated_at"])


def _scope_after(row: Customer, changed: dict[str, Any]) -> Scope:
    return Scope(changed.get("partner_id", row.partner_id), changed.get("home_store_id", row.home_store_id))


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)
