"""The chèques of a draft and the exchanges of its points, each as a form beside the sentences of what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.programme.operations import change_draft
from fidelia.programme.queries import parse_document
from fidelia.rules.cheque_terms import CHEQUES_MAX
from fidelia.rules.conversion_terms import CONVERSIONS_MAX

from .pages import ConsoleRequest, signed_in
from .programme_fields import Document, put_at, save_in_draft
from .programme_parts import VersionView, words_of_terms
from .programme_term_forms import CHEQUE_DEFAULTS, CONVERSION_DEFAULTS, ChequeForm, ConversionForm, TermForm
from .programmes import show_part, view_at


@require_http_methods(["GET", "POST"])
@signed_in
def cheque(request: ConsoleRequest, slug: str, number: int, key: str = "") -> HttpResponseBase:
    """A kind of chèque of a draft, or a new one without `key`."""
    view = view_at(request, slug, number)
    entries = view.version.document.get("cheques") or []
    place = _place_of(entries, lambda entry: entry.get("key", "cheque") == key) if key else len(entries)
    initial = ChequeForm.values_of(entries[place]) if key else {"validity_months": 3, **CHEQUE_DEFAULTS}
    form = ChequeForm(view.programme, request.POST or None, initial=initial)
    return _edit(request, view, form, "cheques", place, CHEQUES_MAX)


@require_http_methods(["GET", "POST"])
@signed_in
def conversion(request: ConsoleRequest, slug: str, number: int, place: int | None = None) -> HttpResponseBase:
    """A way to exchange points of a draft, counted from 1, or a new one without `place`."""
    view = view_at(request, slug, number)
    entries = view.version.document.get("conversions") or []
    if place is not None and not 1 <= place <= len(entries):
        raise Http404
    at = len(entries) if place is None else place - 1
    initial = dict(CONVERSION_DEFAULTS) if place is None else ConversionForm.values_of(entries[at])
    form = ConversionForm(view.programme, request.POST or None, initial=initial)
    return _edit(request, view, form, "conversions", at, CONVERSIONS_MAX)


@require_POST
@signed_in
def remove(request: ConsoleRequest, slug: str, number: int, part: str, place: int) -> HttpResponseBase:
    """Take an entry out of a draft's `cheques` or `conversions`, counted from 1."""
    view = view_at(request, slug, number)
    entries = list(view.version.document.get(part) or [])
    if part not in PARTS or not 1 <= place <= len(entries):
        raise Http404
    del entries[place - 1]
    document = {name: value for name, value in view.version.document.items() if name != part}
    document |= {part: entries} if entries else {}
    change_draft(by=request.actor, at=clock.now(), version=view.version, document=document, note=view.version.note)
    messages.success(request, _t("Taken out of the draft; what members hold already stays as it is."))
    return redirect("console:version-points", slug=slug, number=number)


def _edit(  # noqa: PLR0917
    request: ConsoleRequest, view: VersionView, form: TermForm, part: str, place: int, most: int
) -> HttpResponseBase:
    """Show a form beside what it means; save it, or with the button “say it in words” only read it."""
    if request.method == "GET" and not view.is_draft:
        return redirect("console:version-points", slug=view.programme.slug, number=view.version.number)
    words: Sequence[str] = ()
    entries = list(view.version.document.get(part) or [])
    is_new = place == len(entries)
    if request.method == "POST" and form.is_valid():
        entries[place:] = [form.entry(), *entries[place + 1 :]]
        document = {**view.version.document, part: entries}
        places = form.places_in(f"/{part}/{place}")
        if "words" in request.POST:
            words = _said(view, document, form, part, place)
        elif save_in_draft(request, view, document, form, places):
            return redirect("console:version-points", slug=view.programme.slug, number=view.version.number)
    elif request.method == "GET" and not is_new:
        words = PARTS[part](words_of_terms(view))[place]
    context = {
        "form": form, "words": words, "place": place + 1, "is_new": is_new, "kind": part, "is_full": place >= most,
    }  # fmt: skip
    template = "console/programmes/edit_exchange.html"
    return show_part(request, view, "points", context, template=template, status=422 if form.errors else 200)


def _said(view: VersionView, document: Document, form: TermForm, part: str, place: int) -> Sequence[str]:
    """Return an entry that is not saved in sentences; a mistake is said at its field."""
    try:
        terms = parse_document(view.programme, dict(document), version_id=view.version.id)
    except FideliaError as refusal:
        put_at(form, refusal, form.places_in(f"/{part}/{place}"))
        return ()
    return PARTS[part](words_of_terms(view, terms))[place]


def _place_of(entries: Sequence[Document], is_it: Callable[[Document], bool]) -> int:
    found = next((n for n, entry in enumerate(entries) if is_it(entry)), None)
    if found is None:
        raise Http404
    return found


PARTS: Mapping[str, Callable[[Mapping[str, Any]], list[list[str]]]] = {
    "cheques": lambda words: [sentences for _key, _name, sentences in words["cheques"]],
    "conversions": lambda words: words["conversions"],
}
