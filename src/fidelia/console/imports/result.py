"""What came of an import: control totals that end at zero, what was recorded, and the rows to mend."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.intake.kinds import get_import_kind
from fidelia.intake.models import Import, ImportState
from fidelia.intake.operations import undo_import
from fidelia.intake.queries import get_import
from fidelia.jobs.models import Job
from fidelia.jobs.queries import list_jobs
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.ui.formats import duration
from fidelia.ui.parts import Definition, Figure

from ..jobs import progress_of
from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of
from ..speech import Speech, speech_of
from .breakdowns import balance_further, break_down
from .checking import failure_of
from .listing import name_of_target
from .mending import mending_of
from .progress import bar_of, is_open, job_of
from .states import BADGES, page_of_import, steps_of, url_of_import
from .totals import Line, balance_rows, balance_sums, list_lines, units_of
from .undone import undone_of

FIGURES_MAX = 5
OTHERS_MAX = 3


@signed_in
def result(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """The page of an import that is being recorded, or was."""
    found = get_import(by=request.actor, import_id=import_id)
    if page_of_import(found) != "import-result":
        return redirect(url_of_import(found))
    return show(request, "console/imports/result.html", _context(request, found))


@require_POST
@signed_in
def undo(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """Take an import back, as a job; what stands in its way is said on the page."""
    try:
        forget = "forget" in request.POST
        undo_import(by=request.actor, at=clock.now(), import_id=import_id, forget=forget)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect(url_of_import(get_import(by=request.actor, import_id=import_id)))


def _may_be_mended(found: Import) -> bool:
    """Whether rows were rejected, of an import that still stands: one that was taken back has none left."""
    return bool(found.totals.get("rejected_rows")) and found.state != ImportState.UNDONE


def _context(request: ConsoleRequest, found: Import) -> dict[str, Any]:
    speech = speech_of(clock.now())
    job = job_of(request.actor, found)
    state, word = BADGES[found.state]
    values = {**found.check_report, **found.totals}
    lines = list_lines(found, values, speech)
    is_over = found.state in (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED)
    against = _against_undoing(request, found) if is_over else ""
    return {
        "found": found,
        "target": name_of_target(found.target, speech.language),
        "state": state,
        "word": word,
        "steps": steps_of(found, "import-result"),
        "facts": _facts(found, speech),
        "bar": bar_of(request.actor, found, job, speech) if job is not None and is_open(job) else None,
        "failure": failure_of(job, speech),
        "figures": _figures(found, lines, speech) if found.totals else [],
        "lines": lines,
        "rows_balance": balance_rows(found.totals, speech) if found.totals else None,
        "sum_balances": [*balance_sums(found, values, speech), *balance_further(found, speech)] if found.totals else [],
        "mending": mending_of(request, found, speech) if _may_be_mended(found) else None,
        "others": _others(request, job, speech),
        "may_undo": is_over and not against,
        "against_undoing": against,
        "breakdowns": break_down(found, units_of(found), speech) if found.totals else [],
        "undone": undone_of(found, speech),
        "leaves": _leaves(found, speech),
    }


def _leaves(found: Import, speech: Speech) -> str:
    """What an undoing of this kind leaves unless it is asked to take that too."""
    leaves = get_import_kind(found.target).leaves
    return leaves.in_language(speech.language) if leaves is not None else ""


def _figures(found: Import, lines: list[Line], speech: Speech) -> list[Figure]:
    """Rows read, the first three numbers of the kind, rows to mend."""
    totals = found.totals
    agreed = _("file and database agree") if balance_rows(totals, speech).agrees else ""
    rejected = totals.get("rejected_rows", 0)
    to_mend = Definition(_("To mend"), _("Rows with a value that cannot be taken as it is; none of them is written."))
    return [
        Figure(_("Rows read"), speech.number(totals.get("rows", 0)), note=agreed),
        *(Figure(line.label, line.text, definition=line.definition) for line in lines[: FIGURES_MAX - 2]),
        Figure(
            _("To mend"), speech.number(rejected), note=_("nothing of these was written"), bad=rejected > 0,
            definition=to_mend,
        ),
    ]  # fmt: skip


def _facts(found: Import, speech: Speech) -> str:
    at = found.started_at or found.created_at
    said = _("By %(who)s, %(day)s at %(time)s")
    parts = [said % {"who": found.by_label, "day": speech.plain_date(at), "time": speech.time(at)}]
    if found.ended_at is not None and found.started_at is not None:
        parts.append(_("in %(time)s") % {"time": _took(found.started_at, found.ended_at, speech)})
    return " · ".join(parts)


def _took(begun: datetime, ended: datetime, speech: Speech) -> str:
    return duration(max(1, round((ended - begun).total_seconds())), speech.language)


def _others(request: ConsoleRequest, own: Job | None, speech: Speech) -> list[Any]:
    """Other files on their way, so that one sees them without leaving."""
    running = [job for job in list_jobs(by=request.actor, under_way=True) if job.kind.startswith("import.")]
    others = [job for job in running if own is None or job.id != own.id]
    return [progress_of(request.actor, job, speech) for job in others[:OTHERS_MAX]]


def _against_undoing(request: ConsoleRequest, found: Import) -> str:
    """Say why taking it back is not offered, as far as that is known without trying; empty where it is."""
    kind = get_import_kind(found.target)
    if kind.undo is None:
        return _("What such a file recorded cannot be taken back as a whole.")
    if not request.actor.may_somewhere(kind.right):
        return _("Taking it back asks for the right to bring such a file in, which your role does not have.")
    if found.state == ImportState.DONE and not found.totals.get("recorded_rows"):
        return _("There is nothing to take back: no row of it was recorded.")
    return ""
