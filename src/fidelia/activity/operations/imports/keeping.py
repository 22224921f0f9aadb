"""The record of an import, from its beginning to its end: one of a source at a time, and none left half-way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

from ...errors import ImportRunning
from ...models import PurchaseImport
from .mapping import ImportMapping

State = PurchaseImport.State
# A lock of the session, since an import is many transactions; it ends with its process whatever kills that.
_HOLD = "select pg_try_advisory_lock(hashtextextended('import ' || %s, 0))"
_LET_GO = "select pg_advisory_unlock(hashtextextended('import ' || %s, 0))"
_UNSTAGE = "delete from activity_import_row where import_id = any(%s)"


@contextmanager
def only_import_of(source: str, *, at: datetime) -> Iterator[None]:
    """Hold the source while its file is imported, and clear away what a killed import left. Raises ImportRunning."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [source])
        if not cursor.fetchone()[0]:
            raise ImportRunning(f"A file of “{source}” is being imported; wait for its end.")
    try:
        _clear_away_killed(source, at)
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_LET_GO, [source])


def _clear_away_killed(source: str, at: datetime) -> None:
    killed = list(PurchaseImport.objects.filter(source=source, state=State.RUNNING).values_list("id", flat=True))
    PurchaseImport.objects.filter(id__in=killed).update(state=State.FAILED, ended_at=at)
    unstage(*killed)


def open_import(
    by: Actor, at: datetime, file_name: str, mapping: ImportMapping, *, programme_id: UUID, file_hash: str
) -> PurchaseImport:
    """Keep that an import began, with its audit."""
    with transaction_of_use_case():
        record = PurchaseImport.objects.create(
            source=mapping.source,
            programme_id=programme_id,
            file_name=file_name[:200],
            file_hash=file_hash,
            mapping=mapping.as_mapping(),
            by_label=by.label,
            started_at=at,
        )
        record_audit(
            by=by,
            at=at,
            verb="purchase.import",
            object_type="import",
            object_id=record.id,
            after={"source": mapping.source, "file_hash": file_hash},
        )
    return record


def close_import(record: PurchaseImport, state: PurchaseImport.State, at: datetime, totals: dict[str, int]) -> None:
    """Keep how an import ended, and forget its staged rows."""
    record.state, record.totals, record.ended_at = state, totals, at
    record.save(update_fields=["state", "totals", "ended_at"])
    unstage(record.id)


def unstage(*import_ids: UUID) -> None:
    """Forget the staged rows of imports."""
    if import_ids:
        with connection.cursor() as cursor:
            cursor.execute(_UNSTAGE, [list(import_ids)])
