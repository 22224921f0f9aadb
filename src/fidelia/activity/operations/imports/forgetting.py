"""Customers and memberships that only an import of purchases made, once its purchases are taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from fidelia.customers.operations.imports.undoing import erase_customers
from fidelia.customers.queries.references import find_referred, list_imported
from fidelia.jobs.operations import Progress
from fidelia.kernel.db import transaction_of_use_case
from fidelia.ledger.queries.postings import find_moved_otherwise
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.opening.undoing import end_memberships

from ...models import ImportBatch, TakenBackPurchase

TOGETHER = 1_000
BESIDES = ("programme_enrolment", "activity_taken_back")


def forget_whom_it_made(import_id: UUID, *, at: datetime, progress: Progress) -> dict[str, int]:
    """Erase the customers that the import added and end the memberships it made, where nothing else has come of them.

    Each chunk in a transaction; what a run before has done is not done again. Returns how many went and how many stay.
    """
    made = {
        enrolment_id
        for ids in ImportBatch.objects.filter(import_id=import_id).values_list("enrolment_ids", flat=True)
        for enrolment_id in ids
    }
    counts = {"erased_customers": 0, "kept_customers": 0, "ended_members": 0}
    added = sorted(list_imported(import_id))
    for chunk in _chunks(added):
        with transaction_of_use_case():
            gone, memberships = _alone(chunk, made)
            counts["ended_members"] += end_memberships(memberships, at=at)
            counts["erased_customers"] += erase_customers(gone, at=at)
            counts["kept_customers"] += len(chunk) - len(gone)
        progress.show()
    known = Enrolment.objects.filter(id__in=made, ended_at__isnull=True).exclude(customer_id__in=added)
    for chunk in _chunks(sorted(known.values_list("customer_id", flat=True))):
        with transaction_of_use_case():
            _gone, memberships = _alone(chunk, made)
            counts["ended_members"] += end_memberships(memberships, at=at)
    return counts


def _chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(ids), TOGETHER):
        yield ids[first : first + TOGETHER]


def _alone(customer_ids: Sequence[UUID], made: set[UUID]) -> tuple[list[UUID], list[UUID]]:
    """Return whom nothing names but this import, and those memberships of it on which nothing else has moved."""
    taken = TakenBackPurchase.objects.filter(customer_id__in=customer_ids).values_list("purchase_id", flat=True)
    enrolments = list(Enrolment.objects.filter(customer_id__in=customer_ids).select_related("programme").order_by("id"))
    moved = find_moved_otherwise(
        account_ids=[one.account_id for one in enrolments], source_ids=list(taken)
    )  # fmt: skip
    foreign = {one.customer_id for one in enrolments if one.id not in made or one.account_id in moved}
    staying = foreign | find_referred(customer_ids, besides=BESIDES)
    memberships = [one.id for one in enrolments if one.id in made and one.customer_id not in staying]
    return [one for one in customer_ids if one not in staying], memberships
