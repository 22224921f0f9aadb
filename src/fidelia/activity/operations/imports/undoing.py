"""Take an import of purchases back: points by linked postings, tiers with them, the purchases kept as they were.

First every batch is tried and rolled back, so that nothing is begun that something stands in the way of; then each is
taken back in a transaction of its own, the last first. What is done is done: killed and run again, it goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from fidelia.access.operations import record_audit
from fidelia.intake.errors import NotUndoable
from fidelia.intake.models import Import
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin, announce
from fidelia.kernel.references import find_naming
from fidelia.ledger.errors import AccountClosed
from fidelia.programme.operations import rederive_tiers

from ...errors import PurchasesDependedOn
from ...events import PurchasesTakenBack
from ...models import ImportBatch
from .forgetting import forget_whom_it_made
from .mapping import mapping_of
from .record import only_import_of
from .reversing import TakenBack, chain_of, lock_purchases, post_back, read_recorded

CALLED = {
    "insufficient_points": "points spent", "negative_not_allowed": "points spent", "account_closed": "closed accounts",
    "not_reversible": "corrections of points", "already_reversed": "corrections of points",
    "more_than_earned": "points taken back",
}  # fmt: skip
# What other batches of the import recorded goes with it, or has gone before.
_RETURNED_SINCE = """
select count(distinct back.purchase_id) from activity_line back
where back.returns_purchase_id = any (%(ids)s) and back.purchase_id <> all (%(ids)s)
    and not exists (
        select from activity_import_batch own
        where own.import_id = %(import)s and own.undone_at is null and back.purchase_id = any (own.purchase_ids))
"""
_CLAIMED = """
select count(*) from activity_claim claim join activity_purchase purchase using (purchase_id)
where purchase_id = any (%(ids)s) and purchase.customer_id is null
"""


def undo_purchases(
    found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False
) -> dict[str, Any]:
    """Take back all that an import recorded; with `forget` also the customers and memberships that only it made.

    Points are revoked at the date on which they came, so that tiers are derived as if they had never been; what was
    spent already refuses the whole, unless the points currency may go below zero. Each purchase is kept as it stood.
    Returns counts, and sums in minor units, of all its runs. Raises Denied (purchase.import), NotUndoable,
    ImportRunning, PurchasesDependedOn naming what stands in the way.
    """
    by.require("purchase.import")
    mapping = mapping_of(found.file_mapping)
    with only_import_of(mapping.source), only_import_of(found.file_hash):
        left = list(_left(found.id).values_list("id", flat=True))
        _require_known(found)
        progress.expect(progress.done + 2 * len(left))
        _require_nothing_in_the_way(found, left, by, at, progress)
        for batch_id in left:
            _take_back(found, batch_id, by, at, progress)
        counts = sum_up(found.id)
        if forget:
            counts |= forget_whom_it_made(found.id, at=at, progress=progress)
    with transaction_of_use_case():
        record_audit(by=by, at=at, verb="purchase.import", object_type="import", object_id=found.id, before=counts)
        announce(
            PurchasesTakenBack(
                occurred_at=at, origin=Origin.BACKFILL, import_id=found.id, count=counts["taken_back_purchases"]
            )
        )
    return counts


def sum_up(import_id: UUID) -> dict[str, int]:
    """Return what has been taken back of an import so far."""
    counts = Counter(TakenBack().as_counts())
    for undone in ImportBatch.objects.filter(import_id=import_id, undone_at__isnull=False).values_list(
        "undone", flat=True
    ):
        counts.update(undone)
    return dict(counts)


def _left(import_id: UUID) -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(import_id=import_id, undone_at__isnull=True).order_by("-id")


def _require_known(found: Import) -> None:
    """Raise NotUndoable for an import of a release that did not keep what each batch recorded."""
    if found.totals.get("recorded_rows") and not ImportBatch.objects.filter(import_id=found.id).exists():
        raise NotUndoable("What this import recorded was not kept by an earlier release: correct it by returns.")


class _Tried(Exception):
    """The trial of a batch has ended: whatever it wrote is rolled back."""


def _require_nothing_in_the_way(
    found: Import, batches: Sequence[int], by: Actor, at: datetime, progress: Progress
) -> None:
    since: Counter[str] = Counter()
    for batch_id in batches:
        try:
            with transaction_of_use_case():
                batch = ImportBatch.objects.select_for_update().get(id=batch_id)
                if batch.undone_at is None:
                    depending = _standing_in_the_way(found.id, batch.purchase_ids)
                    since.update(depending or _reverse(batch, by, at).refused)
                raise _Tried
        except _Tried:
            progress.step()
    _refuse(since)


def _refuse(since: Counter[str]) -> None:
    if since:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(since.items()))
        raise PurchasesDependedOn(f"Something depends on purchases of this import by now: {named}.", since=dict(since))


def _take_back(found: Import, batch_id: int, by: Actor, at: datetime, progress: Progress) -> None:
    """Take one batch back, with all that it moved, or nothing of it."""
    with transaction_of_use_case():
        batch = ImportBatch.objects.select_for_update().get(id=batch_id)
        if batch.undone_at is None:
            taken = _reverse(batch, by, at)
            _refuse(Counter(_standing_in_the_way(found.id, batch.purchase_ids)) or taken.refused)
            chain_of(taken, import_id=found.id, at=at)
            _move_away(found.id, batch, at)
            rederive_tiers(at=at, enrolment_ids=taken.enrolments, origin=Origin.BACKFILL)
            batch.undone_at, batch.undone = at, taken.as_counts()
            batch.save(update_fields=["undone_at", "undone"])
            _tell_so_far(found)
        progress.reach({"batch": batch_id}, count=1)
    progress.show()


def _reverse(batch: ImportBatch, by: Actor, at: datetime) -> TakenBack:
    recorded = read_recorded(batch.purchase_ids)
    lock_purchases(recorded)
    taken = TakenBack.of(recorded)
    try:
        post_back(taken, by=by.lent("points.adjust"), at=at)
    except AccountClosed:
        taken.refuse("account_closed")
    taken.refused = Counter({CALLED.get(code, code.replace("_", " ")): n for code, n in taken.refused.items()})
    return taken


def _standing_in_the_way(import_id: UUID, purchase_ids: Sequence[UUID]) -> dict[str, int]:
    """Return how many things of each name depend on these purchases; what has none is left out."""
    ids = list(purchase_ids)
    with connection.cursor() as cursor:
        cursor.execute(_RETURNED_SINCE, {"ids": ids, "import": import_id})
        found = {"returns": int(cursor.fetchone()[0])}
        cursor.execute(_CLAIMED, {"ids": ids})
        found["claimed purchases"] = int(cursor.fetchone()[0])
    used = find_naming("purchase_id", ids, besides_all_of="activity_")
    found["rewards used"] = sum(len(named) for named in used.values())
    return {name: count for name, count in found.items() if count}


def _move_away(import_id: UUID, batch: ImportBatch, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select activity_take_back(%s, %s, %s)", [import_id, list(batch.purchase_ids), at])
        moved = cursor.fetchone()[0]
    assert moved == len(batch.purchase_ids), f"{moved} of {len(batch.purchase_ids)} purchases were there"


def _tell_so_far(found: Import) -> None:
    """An import that is taken back in part is not one that was recorded whole: it says so from its first batch on."""
    found.totals = {**found.totals, "undone": sum_up(found.id)}
    found.save(update_fields=["totals"])
