"""Bring a file in, as the command does: opened, checked, recorded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, check_now, open_import, record_now
from fidelia.intake.operations.running import undo_now
from fidelia.intake.queries import list_rejected_rows
from fidelia.kernel.actor import Actor
from tests.cast import SYSTEM


def write(folder: Path, header: str, *rows: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def checked(
    path: Path, target: str, *, at: datetime, by: Actor = SYSTEM, reading: Any = None, **options: Any
) -> Import:
    """Open and check a file whose header says the names of the target's columns."""
    columns = {name: name for name in path.read_text(encoding="utf-8").splitlines()[0].split(",")}
    document = {"target": target, "columns": columns, "options": options, "reading": reading or {}}
    found = open_import(by=by, at=at, target=target, path=path, name=path.name, document=document)
    return check_now(by=by, at=at, import_id=found.id, progress=Unwatched(), path=path)


def brought_in(path: Path, target: str, *, at: datetime, by: Actor = SYSTEM, **options: Any) -> Import:
    found = checked(path, target, at=at, by=by, **options)
    return record_now(by=by, at=at, import_id=found.id, progress=Unwatched())


def undone(found: Import, *, at: datetime, by: Actor = SYSTEM) -> Import:
    return undo_now(by=by, at=at, import_id=found.id, progress=Unwatched())


def reasons(found: Import, by: Actor = SYSTEM, language: str = "en") -> dict[int, str]:
    rows = list_rejected_rows(by=by, import_id=found.id, language=language)
    return {row.row_number: row.reason for row in rows}


def counts(found: Import) -> dict[str, int]:
    return {name: found.totals[f"{name}_rows"] for name in ("recorded", "known", "double", "rejected")}
