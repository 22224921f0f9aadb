"""Add many customers with a handful of statements, whatever their number: for imports and the demo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.db import require_transaction
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin, announce

from ..errors import TooManyRows
from ..events import CustomersAdded
from ..queries.identities import find_by_identities
from .identities import insert_identities
from .new_customer import CheckedCustomer, NewCustomer, check_new_customer

ROWS_MAX = 50_000
CUSTOMER_COLUMNS = (
    "id", "kind", "title", "given_name", "family_name", "company_name", "registration_number", "vat_number", "role",
    "birth_on", "language",
    "country", "town", "postal_code", "source", "acquired_at", "partner_id", "home_store_id", "search_key",
    "sort_key", "recorded_at", "updated_at",
)  # fmt: skip
CONTACT_COLUMNS = ("customer_id", "channel", "value", "status", "source", "since", "recorded_at")


def add_customers_in_bulk(
    *,
    by: Actor,
    at: datetime,
    rows: Sequence[NewCustomer],
    origin: Origin = Origin.BACKFILL,
    import_id: UUID | None = None,
) -> list[UUID]:
    """Add customers inside the caller's transaction; return one id per row, in the order of the rows.

    A row one of whose identities is known, in the file or earlier among the rows, is that customer: its id comes back,
    the identities it adds are kept, and its other facts are left to `update_customer`. One event for all of them.
    Whom an import adds (`import_id`), it may take back.
    Raises Denied (customer.create), TooManyRows (50,000), IdentityTaken, and the Invalid of `check_new_customer` with a
    pointer such as /17/email: an importer that wants to set bad rows aside calls that check on each row first.
    """
    for scope in {Scope(row.partner_id, row.home_store_id) for row in rows}:
        by.require("customer.create", scope)
    require_transaction()
    if len(rows) > ROWS_MAX:
        raise TooManyRows(f"At most {ROWS_MAX} customers are added at once.")
    checked = [check_new_customer(row, at=at, pointer=f"/{number}") for number, row in enumerate(rows)]
    new, known_identities, ids = _tell_new_from_known(checked)
    insert_customers(new, at=at)
    insert_identities(known_identities, at=at)
    if new and import_id is not None:
        copy_rows("customers_imported", ("customer_id", "import_id"), ((one.row.id, import_id) for one in new))
    if new:
        batch = new_id()
        record_audit(
            by=by,
            at=at,
            verb="customer.create",
            object_type="customer_batch",
            object_id=batch,
            after={"count": len(new)},
        )
        announce(CustomersAdded(occurred_at=at, origin=origin, source=new[0].row.source, count=len(new)))
    return ids


def insert_customers(checked: Sequence[CheckedCustomer], *, at: datetime) -> None:
    """Write checked customers with their identities and contact points. Raises IdentityTaken."""
    copy_rows("customers_customer", CUSTOMER_COLUMNS, (_columns_of(one) for one in checked))
    insert_identities([row for one in checked for row in _identity_rows(one, one.row.id)], at=at)
    copy_rows("customers_contact_point", CONTACT_COLUMNS, _contact_rows(checked, at))


def _columns_of(one: CheckedCustomer) -> list[object]:
    return [getattr(one.row, column) for column in CUSTOMER_COLUMNS]


def _identity_rows(one: CheckedCustomer, customer_id: UUID) -> list[tuple[UUID, str, str, datetime, UUID | None, str]]:
    row = one.row
    return [(customer_id, *pair, row.acquired_at, row.partner_id, row.source) for pair in one.identities]


def _contact_rows(checked: Sequence[CheckedCustomer], at: datetime) -> Iterable[tuple[object, ...]]:
    for one in checked:
        for channel, value in one.contact_points:
            yield one.row.id, channel, value, "active", one.row.source, one.row.acquired_at, at


def _tell_new_from_known(
    checked: Sequence[CheckedCustomer],
) -> tuple[list[CheckedCustomer], list[tuple[UUID, str, str, datetime, UUID | None, str]], list[UUID]]:
    """Return the rows to insert, the identities that known customers gain, and the id of each row."""
    holders = find_by_identities(pair for one in checked for pair in one.identities)
    new, gained, ids = [], [], []
    for one in checked:
        holder = next((holders[pair] for pair in one.identities if pair in holders), None)
        if holder is None:
            new.append(one)
            holder = one.row.id
            fresh = one.identities
        else:
            fresh = tuple(pair for pair in one.identities if pair not in holders)
            gained += [row for row in _identity_rows(one, holder) if row[1:3] in fresh]
        holders.update(dict.fromkeys(fresh, holder))
        ids.append(holder)
    return new, gained, ids
