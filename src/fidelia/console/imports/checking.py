"""The check: every row of the file read as it is mapped, nothing written, and sums to compare with the sender's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.intake.models import Import, ImportState
from fidelia.intake.operations import check_import, record_import, tell_day_order
from fidelia.intake.queries import get_import
from fidelia.intake.reading import DateOrder
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.ui.parts import Definition, Figure, Segment

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of, sentence_of_code
from ..speech import Speech, speech_of
from .day_orders import days_of
from .mending import mending_of
from .progress import bar_of, is_open, job_of
from .states import BADGES, page_of_import, steps_of, url_of_import
from .totals import compare_sums, list_sums
from .words import what_stands_in_the_way

DEPENDED_ON = ("import_depended_on", "opening_depended_on", "purchases_depended_on")


@require_http_methods(["GET", "POST"])
@signed_in
def check(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """GET shows the check, or how far it is; POST starts it. With `yours-…` in the address, sums are compared."""
    found = get_import(by=request.actor, import_id=import_id)
    if request.method == "POST":
        return begin_check(request, found)
    if page_of_import(found) != "import-check":
        return redirect(url_of_import(found))
    return show(request, "console/imports/check.html", _context(request, found), partial="sums")


@require_POST
@signed_in
def record(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """Start the recording of a file as it was checked."""
    try:
        record_import(by=request.actor, at=clock.now(), import_id=import_id)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect(url_of_import(get_import(by=request.actor, import_id=import_id)))


@require_POST
@signed_in
def day_order(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """Keep which of day and month comes first; read in the other way, the file is checked again."""
    by, order = request.actor, request.POST.get("order", "")
    if order not in (DateOrder.DAY_FIRST.value, DateOrder.MONTH_FIRST.value):
        return redirect(url_of_import(get_import(by=by, import_id=import_id)))
    try:
        found = tell_day_order(by=by, at=clock.now(), import_id=import_id, order=DateOrder(order))
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect(url_of_import(get_import(by=by, import_id=import_id)))
    return redirect(url_of_import(found)) if found.state == ImportState.CHECKED else begin_check(request, found)


def begin_check(request: ConsoleRequest, found: Import) -> HttpResponseBase:
    """Start the check and go to its page, or say on the page of the columns what is missing."""
    try:
        check_import(by=request.actor, at=clock.now(), import_id=found.id)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect(url_of_import(found))
    return redirect(url_of_import(found, "import-check"))


def _context(request: ConsoleRequest, found: Import) -> dict[str, Any]:
    speech = speech_of(clock.now())
    job = job_of(request.actor, found)
    state, word = BADGES[found.state]
    report = found.check_report if found.state == ImportState.CHECKED else {}
    sums = compare_sums(list_sums(found, report, speech), request.GET, speech)
    return {
        "found": found,
        "state": state,
        "word": word,
        "steps": steps_of(found, "import-check"),
        "bar": bar_of(request.actor, found, job, speech) if job is not None and is_open(job) else None,
        "failure": failure_of(job, speech),
        "report": report,
        "figures": _figures(report, speech) if report else [],
        "parts": _parts(report),
        "sums": sums,
        "mending": mending_of(request, found, speech) if report.get("rejected_rows") else None,
        "ready": report.get("ready_rows", 0),
        "same_as": _same_as(report, speech),
        "days": days_of(found, speech) if report else None,
    }


def _same_as(report: dict[str, Any], speech: Speech) -> str:
    """Say that this very content was recorded before; empty where it was not."""
    if not report.get("same_as_at"):
        return ""
    day = speech.plain_date(datetime.fromisoformat(report["same_as_at"]))
    return _("This very file was recorded whole on %(day)s, as %(name)s. Nothing of it is new.") % {
        "day": day,
        "name": report["same_as_name"],
    }


def failure_of(job: Any, speech: Speech) -> str:
    """Return why the last job of an import failed; empty when it did not."""
    if job is None or job.state != "failed":
        return ""
    in_the_way = what_stands_in_the_way(job.error, speech) if job.error_code in DEPENDED_ON else ""
    return in_the_way or sentence_of_code(job.error_code, job.error)


def _figures(report: dict[str, Any], speech: Speech) -> list[Figure]:
    told = {name: speech.number(report.get(f"{name}_rows", 0)) for name in ("ready", "rejected", "double", "known")}
    ready = _("Rows that are understood in every part; recording writes these and no other.")
    to_mend = _("Rows with a value that cannot be taken as it is; none of them is written.")
    double = _("Rows that repeat a row met earlier in this file, such as on another sheet.")
    known = _("Rows that an earlier import or the till has recorded; they change nothing.")
    return [
        Figure(_("Rows read"), speech.number(report.get("rows", 0)), note=_("nothing is written yet")),
        _figure(_("Ready"), told["ready"], ready),
        _figure(_("To mend"), told["rejected"], to_mend, bad=bool(report.get("rejected_rows"))),
        _figure(_("Double"), told["double"], double),
        _figure(_("Known already"), told["known"], known),
    ]


def _figure(label: str, value: str, sentence: str, *, bad: bool = False) -> Figure:
    return Figure(label, value, definition=Definition(label, sentence), bad=bad)


def _parts(report: dict[str, Any]) -> list[Segment]:
    rows = report.get("rows") or 1
    fills = {"ready": "success", "known": "context", "double": "step-3", "rejected": "danger"}
    return [Segment(report.get(f"{name}_rows", 0) / rows, fill) for name, fill in fills.items()]
