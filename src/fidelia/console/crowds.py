"""Insight › a part of a chart: the people behind it, who spent most first, and the segment that keeps them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from fidelia.customers.operations import open_fixed_segment, put_into_segment
from fidelia.insight.models import Chapter, Slice
from fidelia.insight.operations import find_crowd
from fidelia.insight.queries import get_chapter, get_crowd, list_crowd
from fidelia.insight.report.keeping import read_section
from fidelia.insight.report.marked import Marked, find_marked
from fidelia.intake.new_fields import key_of_name
from fidelia.jobs.models import JobState
from fidelia.jobs.operations import request_stop, start_job
from fidelia.jobs.queries import get_job, list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.ui import formats
from fidelia.ui.parts import Page

from . import meanings_tables
from .customers.rows import rows_of
from .insight import ROWS, SegmentOffer, customers_seen, progress_of, whole
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import put_on, sentence_of_code
from .slices import address_of, filters_of, slice_of

JOB = "insight.people"
AT_ONCE_MAX = 20_000  # customers: behind more of them the people are found by a job
IDS_AT_ONCE = 10_000


class KeepForm(forms.Form):
    """What the segment of these people is called."""

    name = forms.CharField(label=_lazy("Name of the new segment"), max_length=60)


def people_url(key: str, mark: str, part: Slice | None) -> str:
    """Return the address of the people behind a part of a chapter."""
    return address_of(key, part, mark)


@signed_in
def people(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """Who is behind a part of a chart; in a large shop a POST has a job find them first."""
    by = request.actor
    part = slice_of(request, by)
    if part is not None and _has_nobody(request, key, part):
        messages.info(request, _("In this part of the purchases nobody is there."))
        return redirect(address_of(key, part))
    chapter, marked = _marked(request, key, part)
    kept = get_crowd(by=by, refresh=chapter.refresh, chapter=key, mark=marked.mark, slice_id=part.id if part else None)
    if kept is None and chapter.refresh.customer_count <= AT_ONCE_MAX:
        crowd = find_crowd(by=by, at=clock.now(), refresh=chapter.refresh, chapter=key, mark=marked.mark, part=part)
        kept = crowd.id, len(crowd.customer_ids)
    if kept is None and request.method == "POST":
        return redirect("console:insight-finding", job_id=_job_of(by, key, marked.mark, part))
    context = {
        "marked": marked,
        "definition": meanings_tables.people_behind(marked.title),
        "chapter": chapter,
        "is_found": kept is not None,
        "here": people_url(key, marked.mark, part),
        "back": address_of(key, part),
        "last": chapter.refresh,
        "may_define": by.may_somewhere("segment.define"),
        "form": KeepForm(initial={"name": marked.name[:60]}),
        "keep_url": _keep_url(key, marked.mark, part),
        "follows_url": _follows(marked, key) if part is None else "",
    } | filters_of(by, part, key, marked.mark)
    if kept is not None:
        context |= _rows(request, *kept)
    return show(request, "console/insight/crowd.html", context)


@require_POST
@signed_in
def keep(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """Keep the people behind a part of a chart as a fixed segment: they stay in it whatever the next refresh says."""
    by = request.actor
    part = slice_of(request, by)
    chapter, marked = _marked(request, key, part)
    kept = get_crowd(by=by, refresh=chapter.refresh, chapter=key, mark=marked.mark, slice_id=part.id if part else None)
    form = KeepForm(request.POST)
    if kept is None or not form.is_valid():
        return redirect(people_url(key, marked.mark, part))
    crowd_id, count = kept
    name, at = form.cleaned_data["name"].strip(), clock.now()
    try:
        segment = open_fixed_segment(by=by, at=at, key=key_of_name(name), name=LocalizedText(en=name, fr=name))
    except FideliaError as refusal:
        put_on(form, refusal, {"/key": "name"})
        messages.error(request, " ".join(str(error) for line in form.errors.values() for error in line))
        return redirect(people_url(key, marked.mark, part))
    for first in range(1, count + 1, IDS_AT_ONCE):
        ids = list_crowd(by=by, crowd_id=crowd_id, first=first, limit=IDS_AT_ONCE)
        put_into_segment(by=by, at=at, key=segment.key, customer_ids=ids)
    messages.success(request, _("The segment is kept, and its customers are found."))
    return redirect("console:segment", key=segment.key)


@signed_in
def finding(request: ConsoleRequest, job_id: UUID) -> HttpResponseBase:
    """How far the search of the people behind a part is: a fragment that asks for itself again; a POST stops it."""
    by = request.actor
    if request.method == "POST":
        request_stop(by=by, at=clock.now(), job_id=job_id)
    job = get_job(by=by, job_id=job_id)
    if job.kind != JOB:
        raise Http404
    here = reverse("console:insight-finding", args=(job.id,))
    failed = job.state in (JobState.FAILED, JobState.STOPPED)
    given = {name: str(job.arguments.get(name) or "") for name in ("chapter", "mark", "slice_id")}
    query = {"mark": given["mark"]} | ({"slice": given["slice_id"]} if given["slice_id"] else {})
    context = {
        "job": replace(
            progress_of(job, clock.now()), id="f-crowd", poll_url=here, stop_url=here if job.is_under_way else ""
        ),
        "url": f"{reverse('console:insight-people', args=(given['chapter'],))}?{urlencode(query)}"
        if job.state == JobState.DONE
        else "",
        "failed": sentence_of_code(job.error_code, "") or job.error_code if failed and job.error_code else "",
        "stopped": failed,
    }
    return show(request, "console/insight/finding.html", context, partial="progress")


def _has_nobody(request: ConsoleRequest, key: str, part: Slice) -> bool:
    """Whether a part of the chapter of all purchases is not in that of these: nobody of them is behind it."""
    found = _find_marked(request, key, part)
    return (found is None or found[1] is None) and _marked(request, key, None) is not None


def _marked(request: ConsoleRequest, key: str, part: Slice | None) -> tuple[Chapter, Marked]:
    """The chapter, and its part that the address names; 404 for a part that it has not."""
    found = _find_marked(request, key, part)
    if found is None or found[1] is None:
        raise Http404
    return found[0], found[1]


def _find_marked(request: ConsoleRequest, key: str, part: Slice | None) -> tuple[Chapter, Marked | None] | None:
    found = get_chapter(by=request.actor, key=key, language=language(), slice_id=part.id if part else None)
    if found is None:
        return None
    section = read_section(found.key, found.title, found.finding, found.blocks, found.definitions)
    return found, find_marked(section, request.GET.get("mark", ""))


def _rows(request: ConsoleRequest, crowd_id: UUID, count: int) -> dict[str, Any]:
    by = request.actor
    first = max(1, whole(request.GET.get("first"), 1))
    ids = list_crowd(by=by, crowd_id=crowd_id, first=first, limit=ROWS)
    known = customers_seen(by, ids)
    rows = {row.customer.id: row for row in rows_of(by, list(known.values()), clock.now())}
    query = request.GET.dict()
    after, before = first + ROWS, max(1, first - ROWS)
    return {
        "rows": [rows.get(id) for id in ids],
        "count": count,
        "page": Page(
            first, first + len(ids) - 1, formats.number(count, language()),
            f"?{urlencode(query | {'first': before})}" if first > 1 else "",
            f"?{urlencode(query | {'first': after})}" if after <= count else "",
        ),
    }  # fmt: skip


def _job_of(by: Actor, key: str, mark: str, part: Slice | None) -> UUID:
    arguments = {"chapter": key, "mark": mark} | ({"slice_id": str(part.id)} if part else {})
    under_way = list_jobs(by=by, kind=JOB, under_way=True, limit=50)
    job = next((one for one in under_way if one.arguments == arguments), None)
    return (job or start_job(by=by, at=clock.now(), kind=JOB, arguments=arguments)).id


def _keep_url(key: str, mark: str, part: Slice | None) -> str:
    return people_url(key, mark, part).replace("/people/?", "/people/segment/?", 1)


def _follows(marked: Marked, key: str) -> str:
    """The form of a segment that follows the same condition from now on, where traits say it."""
    if not marked.condition:
        return ""
    name = marked.name[:80]
    return SegmentOffer(key_of_name(f"{key}-{name}")[:60], marked.condition, LocalizedText(en=name, fr=name)).url
