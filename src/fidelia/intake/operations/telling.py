"""What was said of a file that was recorded whole before: the same content ends at once, with the same sums."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ..kinds import ImportKind, get_import_kind
from ..models import Import, ImportState, Mending


def told_before(found: Import) -> tuple[dict[str, Any], UUID | None] | None:
    """Return the report of a file whose very content was recorded without a rejected row, and its programme.

    All its rows are known then. None where the kind must read it again: what it recorded may have changed since.
    """
    kind = get_import_kind(found.target)
    if not kind.is_known_by_content or Mending.objects.filter(import_id=found.id).exists():
        return None
    same = Import.objects.filter(file_hash=found.file_hash, target=found.target, state=ImportState.DONE)
    for before in same.exclude(pk=found.id).order_by("-ended_at"):
        is_whole = "undone" not in before.totals  # one that is being taken back is in part no longer there
        if is_whole and before.totals.get("rejected_rows") == 0 and before.check_report.get("rows"):
            return _as_known(kind, before), before.programme_id
    return None


def _as_known(kind: ImportKind, before: Import) -> dict[str, Any]:
    """All that is not double is known: rows, and each sum that the kind tells in parts."""
    told = dict(before.check_report)
    told |= {"ready_rows": 0, "rejected_rows": 0, "known_rows": told["rows"] - told["double_rows"]}
    sums = {(total.unit, total.place): total.name for total in kind.totals if total.place}
    for (unit, place), name in sums.items():
        if place == "known" and (unit, "file") in sums:
            told[name] = told[sums[unit, "file"]] - told.get(sums.get((unit, "double"), ""), 0)
    recorded_at = before.ended_at.isoformat() if before.ended_at is not None else ""
    return told | {"same_as": str(before.id), "same_as_name": before.file_name, "same_as_at": recorded_at}
