"""Write a judged batch of customers, by set, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.intake.models import Import
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows, stage_rows
from fidelia.kernel.db import require_transaction
from fidelia.kernel.outbox import Origin, announce

from ...events import CustomersAdded, CustomersChanged
from ..bulk import CONTACT_COLUMNS, insert_customers
from ..consents import NewConsent, record_consents_in_bulk
from ..custom_fields import insert_custom_values, write_custom_changes
from ..identities import insert_identities
from ..new_customer import set_keys
from .judging import Judged, KnownChange

UPDATED = {
    "kind": "text", "title": "text", "given_name": "text", "family_name": "text", "company_name": "text",
    "registration_number": "text", "vat_number": "text", "role": "text",
    "birth_on": "date", "language": "text", "country": "text", "town": "text",
    "postal_code": "text", "search_key": "text", "sort_key": "text",
}  # fmt: skip
_UPDATE = """
update customers_customer c set {assignments}, updated_at = %s from staged_customer s where c.id = s.id
"""
_COSTS = """
insert into customers_acquisition (customer_id, cost, currency, source, recorded_at)
select said.*, %s from unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[]) as said
on conflict (customer_id) do update set cost = excluded.cost, currency = excluded.currency,
    source = excluded.source, recorded_at = excluded.recorded_at
"""


def source_of(import_id: UUID) -> str:
    """Return what is kept as the source of what an import changed."""
    return f"import:{import_id.hex}"


def write_judged(judged: Judged, *, by: Actor, at: datetime, found: Import) -> dict[str, int]:
    """Write new customers, and what is new of known ones; audit and announce them as one batch. Returns counts."""
    require_transaction()
    insert_customers([row.checked for row in judged.new], at=at)
    copy_rows("customers_imported", ("customer_id", "import_id"), ((r.checked.row.id, found.id) for r in judged.new))
    _write_costs(judged, at, found)
    _write_changes(judged.changes, at, found)
    _write_custom(judged, by, at, found)
    consents = _write_consents(judged, by, at)
    counts = {"added_customers": len(judged.new), "changed_customers": len(judged.changes), "consents": consents}
    if judged.new:
        announce(
            CustomersAdded(
                occurred_at=at, origin=Origin.BACKFILL, source=judged.new[0].checked.row.source, count=len(judged.new)
            )
        )
    if judged.changes:
        announce(
            CustomersChanged(occurred_at=at, origin=Origin.BACKFILL, import_id=found.id, count=len(judged.changes))
        )
    if judged.new or judged.changes:
        record_audit(
            by=by, at=at, verb="customer.import", object_type="import", object_id=found.id, after=counts
        )  # fmt: skip
    return counts


def _write_costs(judged: Judged, at: datetime, found: Import) -> None:
    rows = [(row.checked.row.id, row.cost, row.currency) for row in judged.new if row.cost is not None]
    rows += [(one.customer.id, one.cost, one.row.currency) for one in judged.changes if one.cost is not None]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                _COSTS,
                [
                    at,
                    *([row[place] for row in rows] for place in range(3)),
                    [source_of(found.id)] * len(rows),
                ],
            )


def _write_changes(changes: Sequence[KnownChange], at: datetime, found: Import) -> None:
    source = source_of(found.id)
    gained = [(one.customer.id, *pair, at, None, source) for one in changes for pair in one.gained]
    insert_identities(gained, at=at)
    contacts = [(one.customer.id, *point, "active", source, at, at) for one in changes for point in one.contacts]
    copy_rows("customers_contact_point", CONTACT_COLUMNS, contacts)
    copy_rows(
        "customers_fact_change",
        ("customer_id", "fact", "former", "value", "source", "occurred_at", "recorded_at"),
        (
            (one.customer.id, name, as_text(one.former[name]), as_text(value), source, at, at)
            for one in changes
            for name, value in one.facts.items()
        ),
    )
    update_customers({one.customer.id: one.customer for one in changes if one.facts}, at=at)


def _write_custom(judged: Judged, by: Actor, at: datetime, found: Import) -> None:
    """What a house keeps of new customers holds since they came; of known ones, from now on."""
    rows = [(row.checked.row, row.custom) for row in judged.new if row.custom]
    insert_custom_values(((one.id, custom, one.acquired_at, one.source) for one, custom in rows), at=at)
    changes: dict[tuple[UUID, str], tuple[object, object]] = {}
    for change in judged.changes:
        for name, (former, value) in change.custom.items():
            before = changes.get((change.customer.id, name), (former,))[0]
            changes[change.customer.id, name] = (before, value)
    write_custom_changes(
        by=by, at=at, source=source_of(found.id), occurred_at=at, origin=Origin.BACKFILL,
        changes=[(id, name, former, value) for (id, name), (former, value) in changes.items()],  # type: ignore[misc]
    )  # fmt: skip


def update_customers(customers: dict[UUID, object], *, at: datetime) -> None:
    """Write all facts of customers as they are in memory, with their keys, by one statement."""
    if not customers:
        return
    for customer in customers.values():
        set_keys(customer)  # type: ignore[arg-type] # they are customers
    rows = ((key, *(getattr(customer, name) for name in UPDATED)) for key, customer in customers.items())
    stage_rows("staged_customer", {"id": "uuid", **UPDATED}, rows)
    assignments = ", ".join(f"{name} = s.{name}" for name in UPDATED)
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE.format(assignments=assignments), [at])


def _write_consents(judged: Judged, by: Actor, at: datetime) -> int:
    said = [(row.checked.row.id, one) for row in judged.new for one in row.consents]
    said += [(change.customer.id, one) for change in judged.changes for one in change.consents]
    rows = [
        NewConsent(
            customer_id=customer_id, purpose="marketing", channel=one.channel, given=one.given,
            occurred_at=one.occurred_at, proof=one.proof,
        )
        for customer_id, one in said
    ]  # fmt: skip
    return record_consents_in_bulk(by=by.lent("customer.record_consent"), at=at, rows=rows) if rows else 0


def as_text(value: object) -> str:
    return "" if value is None else str(value)
