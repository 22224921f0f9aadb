"""Check an import, record it, take it back: each as a job, or at once for the command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from fidelia.files.queries import local_path
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, StopRequested, queue_job
from fidelia.jobs.operations.progress import RunOvertaken
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Unavailable
from fidelia.kernel.localized import LocalizedText

from ..errors import ImportNotReady, NotUndoable, OtherUnderWay
from ..kinds import get_import_kind
from ..models import Import, ImportState, Mending
from .day_orders import count_day_orders
from .mapping_files import audit, checked_mapping, hash_of_mapping, locked
from .staging import room_needed, stage_file, unstage
from .telling import told_before

MAY_CHECK = (ImportState.MAPPING, ImportState.CHECKED, ImportState.STOPPED, ImportState.FAILED, ImportState.DONE)
UNDER_WAY = (ImportState.CHECKING, ImportState.RECORDING)
MAY_UNDO = (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED)
FORGOTTEN_TOGETHER_MAX = 1_000
FROM_CHECK = ("rows", "file_", "double_", "rejected_")
_STATES = "select state, count(*) from intake_row where import_id = %s group by state"
_HOLD = "select pg_try_advisory_lock(hashtextextended('recording of ' || %s, 0))"
_LET_GO = "select pg_advisory_unlock(hashtextextended('recording of ' || %s, 0))"
_FORGET_RECORDED = "delete from intake_row where import_id = %s and state <> 'rejected'"


def check_import(*, by: Actor, at: datetime, import_id: UUID) -> Job:
    """Queue the check of the whole file: its rows are staged and understood, nothing is written.

    Raises Denied, ImportUnknown, ImportNotReady, MalformedMapping.
    """
    with transaction_of_use_case():
        found = _begin(by, import_id, MAY_CHECK, ImportState.CHECKING)
        checked_mapping(found)
        return _queued(by, at, found, "import.check")


def record_import(*, by: Actor, at: datetime, import_id: UUID) -> Job:
    """Queue the recording of a file that is checked as it is mapped now.

    Raises Denied, ImportUnknown, ImportNotReady.
    """
    with transaction_of_use_case():
        found = _begin(by, import_id, (ImportState.CHECKED, ImportState.STOPPED), ImportState.RECORDING)
        _require_checked(found)
        before = Job.objects.filter(pk=found.job_id, kind="import.record").first() if found.job_id else None
        return _queued(by, at, found, "import.record", goes_on=before)


def undo_import(*, by: Actor, at: datetime, import_id: UUID, forget: bool = False) -> Job:
    """Queue the taking back of all that an import recorded, where its kind can; `forget` as `Undo` says.

    Raises Denied, ImportUnknown, ImportNotReady, NotUndoable; the job fails when something depends on it by now.
    """
    with transaction_of_use_case():
        found = _begin(by, import_id, MAY_UNDO, ImportState.RECORDING)
        if get_import_kind(found.target).undo is None:
            raise NotUndoable("What such a file recorded cannot be taken back as a whole.")
        return _queued(by, at, found, "import.undo", forget=forget)


def check_now(*, by: Actor, at: datetime, import_id: UUID, progress: Progress, path: Path | None = None) -> Import:
    """Check an import in this process. Raises what `check_import` does, UnreadableFile, NoRoom."""
    with transaction_of_use_case():
        found = _begin(by, import_id, (*MAY_CHECK, ImportState.CHECKING), ImportState.CHECKING)
        mapping_hash = hash_of_mapping(found)
        checked_mapping(found)
    told = told_before(found)
    if told is not None:
        found.check_report, found.programme_id, found.checked_mapping_hash = *told, mapping_hash
        unstage(found.id)
        _end(found, ImportState.CHECKED, at, "check_report", "programme_id", "checked_mapping_hash")
        return found
    with _ending_badly(found, at), _path_of(found, path) as file:
        rows = stage_file(found, file, step=progress.step)
        with room_needed():
            report = get_import_kind(found.target).check(found, by=by, at=at, progress=progress)
            orders = count_day_orders(found)
        found.check_report = {**_counts(found), "rows": rows, **orders, **report}
        found.checked_mapping_hash = mapping_hash
        _end(found, ImportState.CHECKED, at, "check_report", "checked_mapping_hash")
    return found


def record_now(*, by: Actor, at: datetime, import_id: UUID, progress: Progress) -> Import:
    """Record a checked import in this process. Raises what `record_import` does, and what its kind raises."""
    with transaction_of_use_case():
        states = (ImportState.CHECKED, ImportState.STOPPED, ImportState.RECORDING)
        found = _begin(by, import_id, states, ImportState.RECORDING)
        _require_checked(found)
        found.started_at = found.started_at or at
        found.save(update_fields=["started_at"])
    with _ending_badly(found, at), room_needed(), _alone(found):
        totals = get_import_kind(found.target).record(found, by=by, at=at, progress=progress)
        found.totals = _added(found, totals)
        _end(found, ImportState.DONE, at, "totals")
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute(_FORGET_RECORDED, [found.id])
    return found


def undo_now(*, by: Actor, at: datetime, import_id: UUID, progress: Progress, forget: bool = False) -> Import:
    """Take an import back in this process. Raises what `undo_import` does, and what its kind raises."""
    with transaction_of_use_case():
        found = _begin(by, import_id, (*MAY_UNDO, ImportState.RECORDING), ImportState.RECORDING)
    undo = get_import_kind(found.target).undo
    if undo is None:
        raise NotUndoable("What such a file recorded cannot be taken back as a whole.")
    with _ending_badly(found, at, ImportState.DONE, stopped=ImportState.DONE):
        found.totals = {**found.totals, "undone": dict(undo(found, by=by, at=at, progress=progress, forget=forget))}
        _end(found, ImportState.UNDONE, at, "totals")
    unstage(found.id)
    return found


def forget_staged(*, before: datetime) -> int:
    """Forget the staged rows of imports opened before this moment, mended ones too; return of how many imports.

    A later check stages the file again.
    """
    old = Import.objects.filter(created_at__lt=before).exclude(state__in=UNDER_WAY)
    with connection.cursor() as cursor:
        cursor.execute("select distinct import_id from intake_row")
        staged = [import_id for (import_id,) in cursor.fetchall()]
    forgotten = list(old.filter(pk__in=staged)[:FORGOTTEN_TOGETHER_MAX])
    for found in forgotten:
        unstage(found.id)
        Mending.objects.filter(import_id=found.id).delete()
        forget = get_import_kind(found.target).forget
        if forget is not None:
            forget(found.id)
    return len(forgotten)


def _begin(by: Actor, import_id: UUID, states: tuple[ImportState, ...], begun: ImportState) -> Import:
    found = locked(by, import_id)
    if _was_stopped(found):
        found.state = ImportState.STOPPED
    if found.state not in states:
        raise ImportNotReady(f"This import is {found.state}.")
    found.state = begun
    found.save(update_fields=["state"])
    return found


def _was_stopped(found: Import) -> bool:
    """Whether its job ended without saying so here: stopped before it began, or given up."""
    if found.state not in UNDER_WAY or found.job_id is None:
        return False
    job = Job.objects.filter(pk=found.job_id).first()
    return job is None or not job.is_under_way


def _require_checked(found: Import) -> None:
    if found.checked_mapping_hash != hash_of_mapping(found):
        raise ImportNotReady("Check the file first: its mapping has changed.")


def _queued(by: Actor, at: datetime, found: Import, kind: str, *, goes_on: Job | None = None, **more: Any) -> Job:
    label = LocalizedText(en=found.file_name, fr=found.file_name)
    arguments = {"import_id": str(found.id), **more}
    job = queue_job(by=by, at=at, kind=kind, arguments=arguments, label=label, goes_on=goes_on)
    found.job_id = job.id
    found.save(update_fields=["job_id"])
    audit(by, at, get_import_kind(found.target).right, found, after={"job": kind})
    return job


@contextmanager
def _path_of(found: Import, path: Path | None) -> Iterator[Path]:
    """Yield where the file lies: where the command says, else a copy of the stored file on this disk."""
    if path is not None:
        yield path
    elif found.file_id is not None:
        with local_path(found.file_id) as kept:
            yield kept
    else:
        raise ImportNotReady("The file of this import is not kept here; bring it in again.")


def _counts(found: Import) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_STATES, [found.id])
        counted = dict(cursor.fetchall())
    return {f"{state}_rows": counted.get(state, 0) for state in ("ready", "known", "double", "rejected")}


def _added(found: Import, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the totals after one more recording: what was recorded adds up, and is known to the check that followed.

    rows = recorded_rows + known_rows + double_rows + rejected_rows, before and after rows were mended; so do sums whose
    names begin alike (file_net = net + known_net + double_net + rejected_net).
    """
    before, checked = found.totals, found.check_report
    totals = {name: value for name, value in checked.items() if name.startswith(FROM_CHECK)}
    for name, value in recorded.items():
        adds = isinstance(value, int) and not name.startswith("known_")
        totals[name] = before.get(name, 0) + value if adds else value
    for name in [name for name in checked if name.startswith("known_")]:
        recorded_as = "recorded_rows" if name == "known_rows" else name.removeprefix("known_")
        totals[name] = max(0, checked[name] + recorded.get(name, 0) - before.get(recorded_as, 0))
    return totals


@contextmanager
def _alone(found: Import) -> Iterator[None]:
    """Hold the recording of a kind in this session, which ends with its process. Raises OtherUnderWay."""
    if not get_import_kind(found.target).one_at_a_time:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [found.target])
        if not cursor.fetchone()[0]:
            raise OtherUnderWay("Another file of this kind is being recorded; this one waits for its end.")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # a connection that is lost holds nothing
            cursor.execute(_LET_GO, [found.target])


@contextmanager
def _ending_badly(
    found: Import, at: datetime, state: ImportState = ImportState.FAILED, stopped: ImportState = ImportState.STOPPED
) -> Iterator[None]:
    """Say on the import how its work ended when it did not end well; what will be tried again stays under way."""
    try:
        yield
    except StopRequested:
        _end(found, stopped, at)
        raise
    except (Unavailable, RunOvertaken, DatabaseError):
        if found.job_id is None:  # a command that ends tries nothing again; what it had recorded can be gone on with
            was_recording = found.state == ImportState.RECORDING
            with suppress(DatabaseError):
                _end(found, ImportState.STOPPED if was_recording else state, at)
        raise
    except Exception:
        _end(found, state, at)
        raise


def _end(found: Import, state: ImportState, at: datetime, *fields: str) -> None:
    with transaction_of_use_case():
        found.state = state
        found.ended_at = at if state in (ImportState.DONE, ImportState.FAILED, ImportState.UNDONE) else None
        found.save(update_fields=["state", "ended_at", *fields])
