"""Rejected rows: mended one by one, or given back as a file and sent again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO
from uuid import UUID

from django.db import connection

from fidelia.jobs.models import Job
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

from ..errors import ImportNotReady, ImportUnknown, RowUnknown
from ..kinds import get_import_kind
from ..models import Import, ImportState, Mending
from ..rejections import tell_reason
from ..rejects import REASON
from .mapping_files import audit, locked
from .running import check_import
from .staging import join_cells, split_cells

MENDABLE = (ImportState.CHECKED, ImportState.DONE)
ROWS_FETCHED = 5_000
_REPLACE = "update intake_row set cells = %s where import_id = %s and row_number = %s and state = 'rejected'"
_REJECTED = """
select row_number, cells, reason from intake_row
where import_id = %s and state = 'rejected' and row_number > %s order by row_number limit %s
"""


def mend_row(*, by: Actor, at: datetime, import_id: UUID, row_number: int, cells: Sequence[str]) -> None:
    """Put a rejected row right; the next check takes it as it is now. Raises Denied, ImportUnknown, RowUnknown."""
    with transaction_of_use_case():
        found = locked(by, import_id)
        if found.state not in MENDABLE:
            raise ImportNotReady(f"This import is {found.state}: wait for its end.")
        joined = join_cells(cells)
        with connection.cursor() as cursor:
            cursor.execute(_REPLACE, [joined, import_id, row_number])
            if not cursor.rowcount:
                raise RowUnknown("There is no rejected row of this number.", pointer="/row_number")
        Mending.objects.update_or_create(
            import_id=import_id,
            row_number=row_number,
            defaults={"cells": joined, "by_label": by.label, "mended_at": at},
        )
        audit(by, at, get_import_kind(found.target).right, found, after={"mended_row": row_number})


def recheck(*, by: Actor, at: datetime, import_id: UUID) -> Job:
    """Queue a check of the file with its rows as they were mended. Raises what `check_import` does."""
    return check_import(by=by, at=at, import_id=import_id)


def write_rejects(*, by: Actor, import_id: UUID, stream: TextIO, language: str = "en") -> int:
    """Write the rejected rows as CSV with the columns as they came and the reason last; return how many.

    The file can be mended and sent again: the column of reasons is not read. Raises Denied, ImportUnknown.
    """
    found = Import.objects.filter(pk=import_id).first()
    if found is None:
        raise ImportUnknown("There is no such import.")
    kind = get_import_kind(found.target)
    by.require(kind.right)
    writer, written, last = csv.writer(stream), 0, 0
    kept = [place for place, name in enumerate(found.columns) if name != REASON]
    writer.writerow([*(found.columns[place] for place in kept), REASON])
    while rows := _rejected_after(import_id, last):
        for number, joined, reason in rows:
            cells = split_cells(joined)
            extra = cells[len(found.columns) :]
            told = tell_reason(reason, language, kind.reasons)
            writer.writerow([*(cells[place] for place in kept if place < len(cells)), *extra, told])
            last, written = number, written + 1
    return written


def _rejected_after(import_id: UUID, last: int) -> list[tuple[int, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_REJECTED, [import_id, last, ROWS_FETCHED])
        return list(cursor.fetchall())
