"""What one may ask of intake. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor

from .errors import ImportUnknown, RowUnknown
from .kinds import ImportKind, get_import_kind, list_import_kinds
from .models import Import, SavedMapping
from .operations.staging import split_cells
from .rejections import split_reason, tell_reason

PAGE_MAX = 200
_REJECTED = """
select row_number, sheet, cells, reason from intake_row
where import_id = %s and state = 'rejected' and row_number > %s
  and (%s = '' or split_part(reason, chr(31), 1) = %s) order by row_number limit %s
"""
_ONE_REJECTED = """
select row_number, sheet, cells, reason from intake_row
where import_id = %s and state = 'rejected' and row_number = %s
"""
_COUNT_REASONS = """
select split_part(reason, chr(31), 1) as code, count(*), (array_agg(reason order by row_number))[1] from intake_row
where import_id = %s and state = 'rejected' group by code order by count(*) desc, code limit %s
"""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row given back: its number in the file, its sheet's place, its cells as they came or were mended, and why.

    `code` and `values` are the reason before it is told: where its text stands among the cells can be found by them.
    """

    row_number: int
    sheet: int
    cells: tuple[str, ...]
    reason: str
    code: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class RejectionCount:
    """How many rows one reason rejects; `reason` leaves out what it speaks of, `example` is that of the first row."""

    code: str
    reason: str
    rows: int
    example: str = ""


def list_targets(*, by: Actor) -> tuple[str, ...]:
    """Return the names of what the actor may bring in, in layer order."""
    return tuple(kind.target.name for kind in list_import_kinds() if by.may(kind.right))


def list_imports(
    *, by: Actor, target: str | None = None, before: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[Import]:
    """Return the files that were brought in, the newest first, of the targets that the actor may bring in.

    `before` is the (created_at, id) of the last one seen.
    """
    targets = [name for name in list_targets(by=by) if target in (None, name)]
    found = Import.objects.filter(target__in=targets)
    if before is not None:
        older = found.filter(created_at__lt=before[0])
        found = older | found.filter(created_at=before[0], id__gt=before[1])
    return list(found.order_by("-created_at", "id")[: min(limit, PAGE_MAX)])


def get_import(*, by: Actor, import_id: UUID) -> Import:
    """Return one import. Raises Denied (the right of its kind), ImportUnknown."""
    found = Import.objects.filter(pk=import_id).first()
    if found is None:
        raise ImportUnknown("There is no such import.")
    by.require(get_import_kind(found.target).right)
    return found


def find_same_file(*, by: Actor, found: Import) -> list[Import]:
    """Return the imports of the same content and target, the newest first, whatever their names."""
    get_import(by=by, import_id=found.id)
    same = Import.objects.filter(file_hash=found.file_hash, target=found.target).exclude(pk=found.id)
    return list(same.order_by("-created_at", "id")[:PAGE_MAX])


def list_saved_mappings(*, by: Actor, target: str) -> list[SavedMapping]:
    """Return the mappings saved for a target, by name. Raises Denied, UnknownTarget."""
    by.require(get_import_kind(target).right)
    return list(SavedMapping.objects.filter(target=target).order_by("name")[:PAGE_MAX])


def list_rejected_rows(
    *, by: Actor, import_id: UUID, language: str, after: int = 0, limit: int = 50, code: str = ""
) -> list[RejectedRow]:
    """Return rejected rows in the order of the file, after the row of this number; with `code`, of one reason.

    Raises Denied, ImportUnknown.
    """
    kind = get_import_kind(get_import(by=by, import_id=import_id).target)
    with connection.cursor() as cursor:
        cursor.execute(_REJECTED, [import_id, after, code, code, min(limit, PAGE_MAX)])
        return [_rejected(row, language, kind) for row in cursor.fetchall()]


def get_rejected_row(*, by: Actor, import_id: UUID, language: str, row_number: int) -> RejectedRow:
    """Return one rejected row. Raises Denied, ImportUnknown, RowUnknown."""
    kind = get_import_kind(get_import(by=by, import_id=import_id).target)
    with connection.cursor() as cursor:
        cursor.execute(_ONE_REJECTED, [import_id, row_number])
        row = cursor.fetchone()
    if row is None:
        raise RowUnknown("There is no rejected row of this number.")
    return _rejected(row, language, kind)


def count_rejections(*, by: Actor, import_id: UUID, language: str, limit: int = 20) -> list[RejectionCount]:
    """Return each reason with how many rows it rejects, the most frequent first. Raises Denied, ImportUnknown."""
    kind = get_import_kind(get_import(by=by, import_id=import_id).target)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_REASONS, [import_id, min(limit, PAGE_MAX)])
        return [
            RejectionCount(
                code, tell_reason(code, language, kind.reasons), n, tell_reason(first, language, kind.reasons)
            )
            for code, n, first in cursor.fetchall()
        ]


def _rejected(row: tuple[int, int, str, str], language: str, kind: ImportKind) -> RejectedRow:
    number, sheet, cells, reason = row
    code, values = split_reason(reason)
    return RejectedRow(
        number, sheet, tuple(split_cells(cells)), tell_reason(reason, language, kind.reasons), code, values
    )  # fmt: skip


def asks_for_day_order(found: Import) -> bool:
    """Whether the days of a checked file read both ways, no row of it decides, and nobody has said which is right."""
    report = found.check_report
    decided = report.get("days_day_first", 0) + report.get("days_month_first", 0)
    return bool(report.get("days_either")) and not decided and not found.file_mapping.reading.order_told
