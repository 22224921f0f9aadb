"""Bring a file of purchases in from its path: opened, checked and recorded in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, check_now, open_import, record_now, write_rejects
from fidelia.intake.tables import Table
from fidelia.kernel.actor import Actor

from ...targets import PURCHASES
from .check import programme_of
from .mapping import ImportMapping, MalformedImportMapping


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of an import. Amounts are minor units; rows = recorded + known + double + rejected."""

    import_id: UUID
    programme_id: UUID | None
    rows: int
    recorded_rows: int
    known_rows: int
    rejected_rows: int
    double_rows: int
    duplicate_rows: int
    sales: int
    returns: int
    matched_lines: int
    net: int
    file_net: int
    points: int
    rejects: Path | None


def import_purchases(
    *,
    by: Actor,
    at: datetime,
    path: Path,
    mapping: ImportMapping,
    rejects_path: Path,
    progress: Callable[[str, int], None] = lambda _what, _done: None,
) -> ImportResult:
    """Import a file of past purchases: members are enrolled, points granted at each purchase's own date.

    Nobody is informed (origin backfill). Rows that cannot be understood are written to `rejects_path` with the reason
    last. Stopped half-way and run again, it goes on; run again after its end, it changes nothing. `progress` is told
    ("rows" or "receipts", how many so far). Raises Denied, UnreadableFile, MalformedImportMapping, UnknownProgramme,
    WrongCurrency, ImportRunning, NoRoom.
    """
    by.require("purchase.import")
    programme_of(mapping)
    table = Table(path, mapping.reading)
    check_columns(table, mapping)
    document = mapping.as_document(table.reading)
    opened = open_import(by=by, at=at, target=PURCHASES.name, path=path, name=path.name, document=document)
    told = Unwatched(lambda done, _total: progress("rows", done))
    check_now(by=by, at=at, import_id=opened.id, path=path, progress=told)
    done = record_now(
        by=by, at=at, import_id=opened.id, progress=Unwatched(lambda done, _total: progress("lines", done))
    )
    return result_of(done, _rejected_to(by, done, rejects_path))


def check_columns(table: Table, mapping: ImportMapping) -> None:
    """Raise MalformedImportMapping for a column that the file does not have."""
    for known, name in mapping.columns.items():
        if name not in table.columns:
            raise MalformedImportMapping(
                f"The file has no column “{name}”; it has {', '.join(table.columns)}.", pointer=f"/columns/{known}"
            )


def result_of(done: Import, rejects: Path | None) -> ImportResult:
    """Return the totals of an import that has ended."""
    told: dict[str, Any] = {**done.check_report, **done.totals}
    counted = {part.name: told[part.name] for part in fields(ImportResult) if part.name in told}
    return ImportResult(import_id=done.id, programme_id=done.programme_id, rejects=rejects, **counted)


def _rejected_to(by: Actor, done: Import, path: Path) -> Path | None:
    """Write the rejected rows beside; the file exists only where there are some."""
    if not done.totals["rejected_rows"]:
        path.unlink(missing_ok=True)
        return None
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        write_rejects(by=by, import_id=done.id, stream=stream)
    part.replace(path)
    return path
