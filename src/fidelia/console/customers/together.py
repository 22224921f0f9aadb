"""One act on the customers that are ticked, or on the whole list: said first, then done as a job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from fidelia.customers.operations import open_fixed_segment
from fidelia.customers.queries import count_listed, list_segments
from fidelia.intake.new_fields import key_of_name
from fidelia.jobs.models import Job
from fidelia.jobs.queries import get_job
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.points import parse_points
from fidelia.programme.operations.together import ACT, RIGHTS, ask_act, ask_undo_of_act
from fidelia.programme.queries import get_programme, list_programmes

from ..pages import ConsoleRequest, show, signed_in
from ..programme_parts import language
from ..refusals import put_on, sentence_of
from .acts_offered import ACTS
from .filtering import AskedList, read_list
from .listing import say_count

NEW = ""


class EnrolForm(forms.Form):
    """Which programme."""

    programme = forms.ChoiceField(label=_("Programme"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["programme"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.slug, one.name.in_language(language())) for one in list_programmes()]

    def details(self, by: Actor) -> dict[str, Any]:
        return {"programme": self.cleaned_data["programme"]}


class PointsForm(EnrolForm):
    """How many points for each, and why."""

    points = forms.CharField(label=_("Points for each"), max_length=20, help_text=_("Write -50 to take points back."))
    reason = forms.CharField(
        label=_("Reason, shown to the member"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )

    def details(self, by: Actor) -> dict[str, Any]:
        given = self.cleaned_data
        scale = get_programme(given["programme"]).points_currency.scale
        try:
            amount = parse_points(given["points"].replace("\u2212", "-").replace(" ", ""), scale)
        except FideliaError:
            amount = 0  # refused at its field, as nothing is
        return {"programme": given["programme"], "amount": amount, "reason": given["reason"]}


class SegmentForm(forms.Form):
    """A fixed segment, or the name of one to open."""

    segment = forms.ChoiceField(label=_("Fixed segment"), required=False)
    name = forms.CharField(label=_("Name of the new segment"), required=False, max_length=60)

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fixed = [one for one in list_segments(by=by.lent("segment.see")) if one.is_fixed]
        field = self.fields["segment"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(NEW, _t("a new one")), *((one.key, one.name.in_language(language())) for one in fixed)]

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("segment") and not self.cleaned_data.get("name", "").strip():
            self.add_error("name", _t("Choose a segment, or give the new one a name."))
        return self.cleaned_data

    def details(self, by: Actor) -> dict[str, Any]:
        given = self.cleaned_data
        if given["segment"]:
            return {"segment": given["segment"]}
        name = given["name"].strip()
        opened = open_fixed_segment(by=by, at=clock.now(), key=key_of_name(name), name=LocalizedText(en=name, fr=name))
        return {"segment": opened.key}


@require_POST
@signed_in
def act(request: ConsoleRequest) -> HttpResponseBase:
    """Say what will be done to whom; with `confirmed`, queue it."""
    by, kind = request.actor, request.POST.get("act", "")
    if kind not in ACTS or not by.may_somewhere(RIGHTS[kind]):
        raise Denied(_t("Your role does not act on many customers so."), right=RIGHTS.get(kind, ""))
    query = request.POST.get("query", "")
    asked = read_list(QueryDict(query), by, clock.now())
    ticked = [] if request.POST.get("all") else request.POST.getlist("customer")
    if not ticked and not request.POST.get("all"):
        messages.error(request, _t("Choose customers first."))
        return redirect("console:customers")
    confirmed = bool(request.POST.get("confirmed"))
    form = _form(kind, request.POST if confirmed else None, by)
    if confirmed and form.is_valid():
        job_id = _ask(by, form, kind, asked, ticked)
        if job_id is not None:
            messages.info(request, _t("It is under way. What came of each customer will be here."))
            return redirect("console:job", job_id=job_id)
    title, verb, icon = ACTS[kind]
    context = {
        "form": form, "act": kind, "title": title, "verb": verb, "icon": icon, "query": query, "ticked": ticked,
        "whom": _say_whom(by, asked, len(ticked)),
    }  # fmt: skip
    return show(request, "console/customers/together.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def undo(request: ConsoleRequest, job_id: UUID) -> HttpResponseBase:
    """Take back what an act did."""
    by = request.actor
    try:
        job = ask_undo_of_act(by=by, at=clock.now(), job=get_job(by=by, job_id=job_id))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:job", job_id=job_id)
    messages.info(request, _t("It is being taken back."))
    return redirect("console:job", job_id=job.id)


def may_be_undone(job: Job) -> bool:
    """Tell whether a job is an act that did something, and took nothing back itself."""
    result = job.result if isinstance(job.result, dict) else {}
    return job.kind == ACT and bool(result.get("done")) and not job.arguments.get("undoes")


def _form(kind: str, data: QueryDict | None, by: Actor) -> EnrolForm | PointsForm | SegmentForm:
    if kind == "segment":
        return SegmentForm(data, by=by)
    return EnrolForm(data) if kind == "enrol" else PointsForm(data)


def _ask(
    by: Actor, form: EnrolForm | PointsForm | SegmentForm, kind: str, asked: AskedList, ticked: list[str]
) -> UUID | None:
    try:
        return ask_act(
            by=by, at=clock.now(), act=kind, details=form.details(by),
            chosen={each.name: choice.value for each, choice in asked.chosen}, text=asked.text,
            customer_ids=[UUID(id) for id in ticked],
        ).id  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal, {"/amount": "points", "/key": "name"})
        return None


def _say_whom(by: Actor, asked: AskedList, ticked: int) -> str:
    if ticked:
        return ngettext("%(n)s customer chosen", "%(n)s customers chosen", ticked) % {"n": ticked}
    total = count_listed(by=by, text=asked.text, filters=asked.narrowed)
    return _t("All %(total)s customers of the list") % {"total": say_count(total)}
