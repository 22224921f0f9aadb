"""Programme: what members earn, get and keep. A version is drafted by one person and published by another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.insight.queries.home import HomeFigures
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError, Invalid
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.operations import (
    catch_up,
    change_draft,
    check_head,
    draft_version,
    missed_changes,
    preview_tiers,
    publish_version,
    read_programme_text,
    text_of,
    withdraw_version,
)
from fidelia.programme.queries import (
    get_version,
    list_versions,
    see_programme,
    see_programmes,
    version_in_force,
)
from fidelia.rules.documents import place_of

from .four_eyes import four_eyes
from .pages import ConsoleRequest, show, signed_in
from .programme_moves import tier_moves
from .programme_parts import (
    VersionView,
    changes_between,
    language,
    missed_in_words,
    state_of,
    tabs_of,
    tier_rows,
    told,
    view_of,
    words_of_terms,
)
from .refusals import sentence_of
from .rewards.budgets import budget_rows
from .speech import speech_of


class DocumentForm(forms.Form):
    """The whole document of a draft, as text."""

    note = forms.CharField(label=_lazy("What changes, in a few words"), max_length=300, required=False)
    document = forms.CharField(
        label=_lazy("Document"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "class": "f-area f-code-input", "wrap": "off"}),
    )


class PublicationForm(forms.Form):
    """From when a version is in force; nothing means from now."""

    in_force_from = forms.DateTimeField(
        label=_lazy("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_lazy("Leave it empty to begin now."),
    )


@signed_in
def index(request: ConsoleRequest) -> HttpResponseBase:
    """The programmes; where there is only one, the programme itself."""
    programmes = see_programmes(by=request.actor)
    if len(programmes) == 1:
        return redirect("console:programme", slug=programmes[0].slug)
    at = clock.now()
    counted = HomeFigures(request.actor)
    rows = [
        (one, one.name.in_language(language()), version_in_force(one, at), counted.members(one, at))
        for one in programmes
    ]
    return show(request, "console/programmes/index.html", {"rows": rows})


@signed_in
def programme(request: ConsoleRequest, slug: str) -> HttpResponseBase:
    at = clock.now()
    found = see_programme(by=request.actor, slug=slug)
    current = version_in_force(found, at)
    counted = HomeFigures(request.actor)
    versions = [(told(version), *state_of(version, current, at)) for version in list_versions(found)]
    view = view_of(_whole(found, current), by=request.actor, at=at) if current else None
    context = {
        **(words_of_terms(view) if view is not None else {}),
        "programme": found,
        "name": found.name.in_language(language()),
        "versions": versions,
        "members": counted.members(found, at),
        "view": view,
        "tier_rows": tier_rows(found, at, counted.members_by_tier(found, at)),
        "may_draft": request.actor.may_somewhere("programme.draft"),
    }
    return show(request, "console/programmes/programme.html", context)


@require_POST
@signed_in
def draft(request: ConsoleRequest, slug: str) -> HttpResponseBase:
    """Begin a draft from the version named, or the one in force."""
    at = clock.now()
    found = see_programme(by=request.actor, slug=slug)
    number = request.POST.get("from", "")
    source = get_version(found, int(number)) if number.isdigit() else version_in_force(found, at)
    document: dict[str, Any] = source.document if source else {"rules": []}
    text = source.text if source else ""
    note = _("After version %(number)s") % {"number": source.number} if source else ""
    made = draft_version(by=request.actor, at=at, programme=found, document=document, note=note, text=text)
    messages.success(
        request, _("Draft %(number)s is yours to change; members notice nothing.") % {"number": made.number}
    )
    return redirect("console:version-document", slug=slug, number=made.number)


@signed_in
def tiers(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    view = view_at(request, slug, number)
    at = clock.now()
    counts = HomeFigures(request.actor).members_by_tier(view.programme, at)
    rows = tier_rows(view.programme, at, counts, view.version)
    context: dict[str, Any] = {"tier_rows": rows, "preview": None, **words_of_terms(view)}
    if view.is_draft and request.GET.get("preview"):
        context["preview"] = tier_moves(preview_tiers(by=request.actor, at=at, version=view.version), view)
    return show_part(request, view, "tiers", context)


@signed_in
def points(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    view = view_at(request, slug, number)
    at = clock.now()
    ends = view.terms.points.expires_at(at, view.terms.zone)
    return show_part(request, view, "points", {"earned_today_ends": ends, **words_of_terms(view)})


@require_http_methods(["GET", "POST"])
@signed_in
def document(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The whole document; a draft is changed here, and a mistake is said at its line and column."""
    view = view_at(request, slug, number)
    if request.method == "POST":
        return _save(request, view)
    text = text_of(view.version)
    form = DocumentForm(initial={"document": text, "note": view.version.note})
    return show_part(request, view, "document", {"form": form, "text": text})


def _save(request: ConsoleRequest, view: VersionView) -> HttpResponseBase:
    form = DocumentForm(request.POST)
    text = request.POST.get("document", "").replace("\r\n", "\n")
    if form.is_valid():
        try:
            read = read_programme_text(text)
            check_head(view.programme, read)
            change_draft(
                by=request.actor, at=clock.now(), version=view.version, document=read.document, text=text,
                note=form.cleaned_data["note"],
            )  # fmt: skip
        except Invalid as refusal:
            return _refused_document(request, view, form, text, refusal)
        messages.success(request, _("The draft is saved."))
        return redirect("console:version", slug=view.programme.slug, number=view.version.number)
    return show_part(request, view, "document", {"form": form, "text": text}, status=422)


def _refused_document(
    request: ConsoleRequest, view: VersionView, form: DocumentForm, text: str, refusal: FideliaError
) -> HttpResponseBase:
    place = place_of(text, refusal)
    form.add_error("document", sentence_of(refusal, with_place=False))
    context = {"form": form, "text": text, "place": place, "pointer": refusal.pointer or ""}
    return show_part(request, view, "document", context, status=422)


@require_POST
@signed_in
def successor(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Write a new draft with the changes of this one and what was published since."""
    view = view_at(request, slug, number)
    made = catch_up(by=request.actor, at=clock.now(), version=view.version)
    messages.success(
        request, _("Draft %(number)s holds your changes and those published since.") % {"number": made.number}
    )
    return redirect("console:version", slug=slug, number=made.number)


@require_POST
@signed_in
def publication(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Publish a draft that another person wrote."""
    view = view_at(request, slug, number)
    form = PublicationForm(request.POST)
    if form.is_valid():
        try:
            done = publish_version(
                by=request.actor, at=clock.now(), version=view.version, in_force_from=form.cleaned_data["in_force_from"]
            )
        except Invalid as refusal:
            form.add_error(None, sentence_of(refusal))
        except FideliaError as refusal:
            messages.error(request, sentence_of(refusal))
        else:
            messages.success(request, _("Version %(number)s is published.") % {"number": done.number})
    for error in [error for errors in form.errors.values() for error in errors]:
        messages.error(request, str(error))
    return redirect("console:version", slug=slug, number=number)


@require_POST
@signed_in
def withdrawal(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Withdraw a published version: the one before it is in force again."""
    view = view_at(request, slug, number)
    withdraw_version(by=request.actor, at=clock.now(), version=view.version)
    messages.success(request, _("Version %(number)s is withdrawn.") % {"number": number})
    return redirect("console:programme", slug=slug)


# What the pages of one version share


def find_version(actor: Actor, slug: str, number: int) -> ProgrammeVersion:
    """Return a version of a programme that the actor may see. Raises Denied, UnknownProgramme, UnknownVersion."""
    return get_version(see_programme(by=actor, slug=slug), number)


def view_at(request: ConsoleRequest, slug: str, number: int) -> VersionView:
    """Return the version at an address, ready to show. Raises Denied, UnknownProgramme, UnknownVersion."""
    return view_of(find_version(request.actor, slug, number), by=request.actor, at=clock.now())


def show_part(
    request: ConsoleRequest,
    view: VersionView,
    here: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    template: str = "",
) -> HttpResponseBase:
    place = {"slug": view.programme.slug, "number": view.version.number}
    urls = {
        "rules": reverse("console:version", kwargs=place),
        "tiers": reverse("console:version-tiers", kwargs=place),
        "points": reverse("console:version-points", kwargs=place),
        "rewards": reverse("console:version-rewards", kwargs=place),
        "limits": reverse("console:version-limits", kwargs=place),
        "document": reverse("console:version-document", kwargs=place),
    }
    before = view.current.document if view.current else {}
    shared = {
        "view": view,
        "version": told(view.version),
        "programme": view.programme,
        "tabs": tabs_of(view, here, urls, _alerts(request.actor, view)),
        "changes": changes_between(before, view.version.document),
        "members": HomeFigures(request.actor).members(view.programme, clock.now()),
        "publication": PublicationForm(),
        "four_eyes": four_eyes(view, request.actor) if view.is_draft else {},
        "missed": missed_in_words(view, missed_changes(view.version, clock.now())) if view.is_draft else [],
    }
    return show(request, template or f"console/programmes/version_{here}.html", shared | context, status=status)


def _alerts(by: Actor, view: VersionView) -> int:
    """Return how many limits of a version near their end."""
    if not view.terms.rule_set.limits:
        return 0
    rows = budget_rows(by, view.programme, view.version, view.terms, speech_of(clock.now()))
    return sum(row.tone != "" for row in rows)


def _whole(found: Programme, current: ProgrammeVersion) -> ProgrammeVersion:
    current.programme = found
    return current
