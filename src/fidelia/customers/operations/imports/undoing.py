"""Take an import of customers back: those it added are erased, what it changed of others is as it was before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.intake.models import Import
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case

from ... import privacy
from ...errors import ImportDependedOn
from ...fields import CUSTOM
from ...models import ContactPoint, ContactStatus, Customer, FactChange, Identity
from ...queries.references import called, find_references, list_imported
from ..custom_fields import put_custom_values_back
from .recording import as_text, source_of, update_customers
from .steps import RIGHT

ERASED_TOGETHER = 10_000
NAMED_MAX = 5


def undo_customers(
    found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False
) -> dict[str, Any]:
    """Erase the customers that the import added, and put back what it changed of others unless it changed again since.

    In one transaction: all of it or nothing. Consents stay as proof, on a row without a name. Raises Denied
    (customer.import), ImportDependedOn naming what depends on the customers by now.
    """
    by.require(RIGHT)
    with transaction_of_use_case():
        ids = list_imported(found.id)
        refuse_if_referred(ids)
        erased = erase_customers(ids, at=at)
        counts = {"erased_customers": erased, **put_back(found.id, by=by, at=at)}
        record_audit(by=by, at=at, verb=RIGHT, object_type="import", object_id=found.id, before=counts)
    progress.step(erased)
    return counts


def refuse_if_referred(customer_ids: Sequence[UUID], *, besides: Sequence[str] = ()) -> None:
    """Raise ImportDependedOn when another table names one of these customers."""
    found = find_references(customer_ids, besides=besides)
    if found:
        named = ", ".join(f"{called(table)} ({count})" for table, count in list(found.items())[:NAMED_MAX])
        raise ImportDependedOn(
            f"Something depends on customers of this import by now: {named}.", tables=found
        )  # fmt: skip


def erase_customers(customer_ids: Sequence[UUID], *, at: datetime) -> int:
    """Erase customers in the caller's transaction, as their own wish would; return how many."""
    require_transaction()
    waiting = iter(customer_ids)
    while chunk := list(islice(waiting, ERASED_TOGETHER)):
        privacy.erase(chunk, at=at)
    return len(customer_ids)


def put_back(import_id: UUID, *, by: Actor, at: datetime) -> dict[str, int]:
    """Put back what an import changed of customers known before, unless it has changed since; return counts."""
    require_transaction()
    source = source_of(import_id)
    every = list(FactChange.objects.filter(source=source).order_by("-id"))
    changes = [one for one in every if not one.fact.startswith(CUSTOM)]
    own_back, own_kept = put_custom_values_back([one for one in every if one.fact.startswith(CUSTOM)], by=by, at=at)
    customers = Customer.objects.in_bulk({change.customer_id for change in changes})
    back, kept = [], 0
    for change in changes:
        customer = customers[change.customer_id]
        if as_text(getattr(customer, change.fact)) != change.value:
            kept += 1  # somebody has changed it since: the later word stands
            continue
        setattr(customer, change.fact, _value_of(change.fact, change.former))
        back.append(change)
    FactChange.objects.bulk_create(
        FactChange(
            customer_id=one.customer_id, fact=one.fact, former=one.value, value=one.former, source="undo",
            occurred_at=at, recorded_at=at,
        )
        for one in back
    )  # fmt: skip
    update_customers({one.customer_id: customers[one.customer_id] for one in back}, at=at)
    ended = Identity.objects.filter(source=source, until__isnull=True).update(until=at)
    retired = ContactPoint.objects.filter(source=source).update(status=ContactStatus.RETIRED)
    return {
        "facts_put_back": len(back) + own_back, "facts_kept": kept + own_kept, "identities_ended": ended,
        "contacts_retired": retired,
    }  # fmt: skip


def _value_of(fact: str, text: str) -> object:
    if fact == "birth_on":
        return date.fromisoformat(text) if text else None
    return text
