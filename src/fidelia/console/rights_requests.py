"""What customers ask about their own data: each with the day on which an answer is due, and what staff said."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from fidelia.customers.queries import list_customers_by_id
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.persons.models import RightsRequest
from fidelia.persons.operations import NOTE_LENGTH_MAX, answer_request, carry_out_erasure
from fidelia.persons.queries import get_request, list_requests

from .customers.rows import name_of
from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on, sentence_of
from .speech import speech_of

SOON_DAYS = 7


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("What was done, or why not"), max_length=NOTE_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The customer reads it."),
    )  # fmt: skip


@signed_in
def rights_requests(request: ConsoleRequest) -> HttpResponseBase:
    by, state = request.actor, "over" if request.GET.get("state") == "over" else "open"
    found = list_requests(by=by, state=state)
    people = list_customers_by_id([one.customer_id for one in found])
    today = speech_of(clock.now()).today
    rows = [
        {
            "asked": one,
            "name": name_of(people[one.customer_id]) if one.customer_id in people else "",
            "tone": "red" if one.due_on < today else "amber" if (one.due_on - today).days <= SOON_DAYS else "grey",
        }
        for one in found
    ]
    return show(request, "console/rights_requests/list.html", {"rows": rows, "state": state})


@signed_in
def rights_request(request: ConsoleRequest, request_id: UUID) -> HttpResponseBase:
    """One request: what it asks, what to do, and the answer."""
    by = request.actor
    found = get_request(by=by, request_id=request_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _answered(request, found, form):
        messages.success(request, _t("The answer is kept. The customer sees it in the portal."))
        return redirect("console:rights-requests")
    people = list_customers_by_id([found.customer_id])
    context = {
        "form": form,
        "asked": found,
        "name": name_of(people[found.customer_id]) if found.customer_id in people else "",
        "may_erase": by.may("request.erase") and found.state == "open" and found.kind == "erasure",
        "may_answer": by.may("request.answer") and found.state == "open",
    }
    return show(request, "console/rights_requests/one.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def carry_out(request: ConsoleRequest, request_id: UUID) -> HttpResponseBase:
    """The one button: everything of the person goes, for good. Without the tick nothing happens."""
    found = get_request(by=request.actor, request_id=request_id)
    if request.POST.get("sure") != "yes":
        messages.error(request, _t("Tick first that you have checked who asks. Nothing was erased."))
        return redirect("console:rights-request", request_id=found.id)
    try:
        counts = carry_out_erasure(by=request.actor, at=clock.now(), request_id=found.id)
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:rights-request", request_id=found.id)
    rows = sum(counts.values())
    told = ngettext("%(rows)s entry was erased or blanked.", "%(rows)s entries were erased or blanked.", rows)
    messages.success(request, told % {"rows": rows})
    return redirect("console:rights-requests")


def _answered(request: ConsoleRequest, found: RightsRequest, form: AnswerForm) -> bool:
    try:
        answer_request(
            by=request.actor, at=clock.now(), request_id=found.id, is_done="done" in request.POST,
            answer=form.cleaned_data["answer"],
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True
