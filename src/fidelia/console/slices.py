"""Insight of part of the purchases: choose a store, a banner, a segment or a period, and see its chapters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from fidelia.customers.queries import list_segments
from fidelia.insight.jobs import wanted_of
from fidelia.insight.models import Slice, Wanted
from fidelia.insight.queries import find_slice
from fidelia.jobs.models import JobState
from fidelia.jobs.operations import request_stop, start_job
from fidelia.jobs.queries import get_job, list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.organisation.models import Store
from fidelia.organisation.queries import get_store, list_banners, list_stores
from fidelia.ui import formats
from fidelia.ui.parts import Chip

from .insight import progress_of
from .pages import ConsoleRequest, show, signed_in
from .period_forms import DAY, PeriodForm
from .programme_parts import language
from .refusals import sentence_of_code

JOB = "insight.slice"


class SliceForm(PeriodForm):
    """Which part of the purchases."""

    banner_id = forms.ChoiceField(label=_lazy("Banner"), required=False)
    store_id = forms.ChoiceField(label=_lazy("Store"), required=False)
    segment = forms.ChoiceField(label=_lazy("Segment"), required=False)
    since = forms.DateField(label=_lazy("Purchases from"), required=False, widget=DAY)
    until = forms.DateField(label=_lazy("Purchases up to"), required=False, widget=DAY)

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tongue = language()
        everything = [("", _("all"))]
        self._choose("banner_id", everything + [(str(one.id), one.name) for one in list_banners()])
        self._choose("store_id", everything + [(str(one.id), store_name(one)) for one in list_stores(by=by)])
        segments = list_segments(by=by) if by.may("segment.see") else []
        self._choose("segment", everything + [(one.key, one.name.in_language(tongue)) for one in segments])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not any(data.values()):
            raise forms.ValidationError(_("Choose a banner, a store, a segment or a period."))
        both = data.get("store_id") and data.get("banner_id")
        if both and str(get_store(store_id=UUID(data["store_id"])).banner_id) != data["banner_id"]:
            self.add_error("store_id", _("This store is not of this banner."))
        return data

    def arguments(self) -> dict[str, str]:
        """What the job is given: ids, a key and days as texts."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


def store_name(one: Store) -> str:
    """A store's name; one that is closed has a past, and is called so."""
    return _("%(store)s (closed)") % {"store": one.name} if one.closed_on else one.name


@require_POST
@signed_in
def choose(request: ConsoleRequest) -> HttpResponseBase:
    """Show the chapters of a part: those kept, or those that a job now writes."""
    by = request.actor
    by.require("insight.see")
    form = SliceForm(by, request.POST)
    key, mark = request.POST.get("chapter", ""), request.POST.get("mark", "")
    if not form.is_valid():
        for line in form.errors.values():
            messages.error(request, " ".join(map(str, line)))
        return redirect(address_of(key, None, mark))
    arguments = form.arguments()
    kept = find_slice(by=by, wanted=wanted_of(arguments))
    if kept is not None:
        return redirect(address_of(key, kept, mark))
    under_way = list_jobs(by=by, kind=JOB, under_way=True, limit=50)
    job = next((one for one in under_way if one.arguments == arguments), None)
    job = job or start_job(by=by, at=clock.now(), kind=JOB, arguments=arguments)
    return redirect(f"{reverse('console:insight-slicing', args=(job.id,))}?{urlencode({'chapter': key, 'mark': mark})}")


@signed_in
def slicing(request: ConsoleRequest, job_id: UUID) -> HttpResponseBase:
    """How far the chapters of a part are: a fragment that asks for itself again; a POST stops it."""
    by = request.actor
    if request.method == "POST":
        request_stop(by=by, at=clock.now(), job_id=job_id)
    job = get_job(by=by, job_id=job_id)
    if job.kind != JOB:
        raise Http404
    key, mark = request.GET.get("chapter", ""), request.GET.get("mark", "")
    here = f"{reverse('console:insight-slicing', args=(job.id,))}?{urlencode({'chapter': key, 'mark': mark})}"
    kept = None
    if job.state == JobState.DONE and job.result:
        kept = find_slice(by=by, slice_id=UUID(str(job.result["slice_id"])))
    failed = job.state in (JobState.FAILED, JobState.STOPPED)
    context = {
        "job": replace(
            progress_of(job, clock.now()), id="f-slice", poll_url=here, stop_url=here if job.is_under_way else ""
        ),
        "url": address_of(key, kept, mark) if kept else "",
        "failed": sentence_of_code(job.error_code, "") or job.error_code if failed and job.error_code else "",
        "stopped": failed,
        "back": address_of(key, None, mark),
    }
    return show(request, "console/insight/slicing.html", context, partial="progress")


def slice_of(request: HttpRequest, by: Actor) -> Slice | None:
    """The part that an address names; 404 for one that a refresh has deleted since."""
    text = request.GET.get("slice", "")
    if not text:
        return None
    try:
        found = find_slice(by=by, slice_id=UUID(text))
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def filters_of(by: Actor, part: Slice | None, key: str = "", mark: str = "") -> dict[str, Any]:
    """What the filters of a page need: the form, the chips of what is chosen, and the address without any.

    With a `mark` the page is the list of the people behind that part of the chapter.
    """
    chosen = {name: value for name, value in (part.wanted.fields if part else {}).items() if value}
    return {
        "slice": part,
        "slice_query": f"?slice={part.id}" if part else "",
        "slice_form": SliceForm(by, initial={name: str(value) for name, value in chosen.items()}, prefix=None),
        "slice_chips": _chips(by, part.wanted, address_of(key, None, mark)) if part else [],
        "slice_reset": address_of(key, None, mark),
        "slice_mark": mark,
        "slice_chapter": key,
    }


def _chips(by: Actor, wanted: Wanted, whole: str) -> list[Chip]:
    """What is chosen; taken off by the address of the `whole`."""
    tongue, form = language(), SliceForm(by)
    chips = []
    for name, value in wanted.fields.items():
        if value:
            field = form.fields[name]
            shown = formats.plain_date(value, tongue) if isinstance(value, date) else form.word(name, str(value))
            chips.append(Chip(str(field.label), shown, whole))
    return chips


def address_of(key: str, part: Slice | None, mark: str = "") -> str:
    """The address of a chapter, or of the overview, of a part; with a `mark` that of the people behind it."""
    known = key and key.replace("_", "").isalnum()
    query = {"slice": str(part.id)} if part else {}
    if known and mark:
        return f"{reverse('console:insight-people', args=(key,))}?{urlencode({'mark': mark} | query)}"
    address = reverse("console:insight-chapter", args=(key,)) if known else reverse("console:insight")
    return f"{address}?{urlencode(query)}" if query else address
