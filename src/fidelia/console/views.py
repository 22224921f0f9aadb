"""Saved views: a list as one person keeps it, as tabs with their counts; the same for every list that has them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from fidelia.access.operations import forget_view, note_row_count, save_view
from fidelia.access.queries import list_views
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.ui.formats import number

from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on

# The lists that may be kept, by the name of their address.
PAGES = {"customers": "console:customers", "purchases": "console:purchases"}


@dataclass(frozen=True, slots=True)
class ViewTab:
    """One view as a tab: `id` is None for the whole list."""

    id: UUID | None
    text: str
    url: str
    count: str
    current: bool


class ViewForm(forms.Form):
    """A view is kept under a name."""

    name = forms.CharField(label=_("Name of the view"), max_length=60)
    query = forms.CharField(required=False, max_length=1_000, widget=forms.HiddenInput)


def tabs_of(request: ConsoleRequest, page: str, everything: str, query: str) -> list[ViewTab]:
    """Return the whole list and the views this person keeps, the one whose query this is marked; one statement."""
    language = get_language() or "en"
    now = _normal(query)
    views = list_views(by=request.actor, page=page)
    address = reverse(PAGES[page])
    tabs = [
        ViewTab(
            view.id, view.name, f"{address}?{view.query}", "" if view.row_count is None else
            number(view.row_count, language), _normal(view.query) == now,
        )
        for view in views
    ]  # fmt: skip
    return [ViewTab(None, everything, address, "", not now), *tabs]


def note_count(request: ConsoleRequest, tabs: list[ViewTab], count: int) -> None:
    """Keep what the current view holds, when it is other than what its tab says."""
    current = next((tab for tab in tabs if tab.current and tab.id), None)
    if current is not None and current.id is not None and current.count != number(count, get_language() or "en"):
        note_row_count(by=request.actor, at=clock.now(), view_id=current.id, row_count=count)


@signed_in
def save(request: ConsoleRequest, page: str) -> HttpResponseBase:
    """Ask for a name and keep the view; with a script the dialog of the list asks."""
    address = reverse(PAGES[page])
    form = ViewForm(request.POST or None, initial={"query": request.GET.get("query", "")})
    if request.method == "POST" and form.is_valid():
        query = _normal(form.cleaned_data["query"])
        try:
            save_view(by=request.actor, at=clock.now(), page=page, name=form.cleaned_data["name"], query=query)
        except FideliaError as refusal:
            put_on(form, refusal)
        else:
            return redirect(f"{address}?{query}")
    context = {"form": form, "list_url": f"{address}?{form['query'].value() or ''}"}
    return show(request, "console/view_new.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def forget(request: ConsoleRequest, page: str, view_id: UUID) -> HttpResponseBase:
    view = forget_view(by=request.actor, at=clock.now(), view_id=view_id)
    messages.info(
        request, _t("The view “%(name)s” was removed. The customers and purchases stay.") % {"name": view.name}
    )
    return redirect(PAGES[page])


def _normal(query: str) -> str:
    """Return a query in one order, without what only says where one stands."""
    values = QueryDict(query, mutable=True)
    for name in ("after", "before", "row"):
        values.pop(name, None)
    return "&".join(sorted(part for part in values.urlencode().split("&") if part))
