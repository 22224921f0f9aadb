"""The long work of intake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .operations.running import check_now, forget_staged, record_now, undo_now

STAGED_DAYS = 90  # rejected rows wait so long to be mended; the file itself is kept as long as files are


def _check(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    found = check_now(by=by, at=at, import_id=UUID(arguments["import_id"]), progress=progress)
    return {"import_id": str(found.id), **found.check_report}


def _record(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    found = record_now(by=by, at=at, import_id=UUID(arguments["import_id"]), progress=progress)
    return {"import_id": str(found.id), **found.totals}


def _undo(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    found = undo_now(
        by=by, at=at, import_id=UUID(arguments["import_id"]), progress=progress, forget=bool(arguments.get("forget"))
    )
    return {"import_id": str(found.id), **found.totals["undone"]}


def _forget(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    return {"imports": forget_staged(before=at - timedelta(days=STAGED_DAYS))}


JOBS = (
    JobKind(
        name="import.forget",
        label=LocalizedText(en="Forgetting of staged rows", fr="Oubli des lignes en attente"),
        right="import.run",
        function=_forget,
        cron="40 2 * * *",
    ),
    JobKind(
        name="import.check",
        label=LocalizedText(en="Check of a file", fr="Contrôle d’un fichier"),
        right="import.run",
        function=_check,
    ),
    JobKind(
        name="import.record",
        label=LocalizedText(en="Recording of a file", fr="Enregistrement d’un fichier"),
        right="import.run",
        function=_record,
    ),
    JobKind(
        name="import.undo",
        label=LocalizedText(en="Taking back of an import", fr="Annulation d’un import"),
        right="import.run",
        function=_undo,
    ),
)
