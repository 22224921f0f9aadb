"""Segments: who exactly, how many, and how the number went. A condition is counted before it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import OperationalError
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.customers.fields import segment_catalogue
from fidelia.customers.models import Segment
from fidelia.customers.operations import (
    SegmentPreview,
    change_segment,
    define_segment,
    fix_segment,
    preview_segment,
    refresh_segment,
)
from fidelia.customers.queries import (
    CustomerFilters,
    describe_conditions,
    get_segment,
    list_overlaps,
    list_segments,
    list_sizes,
    list_trait_definitions,
    search_customers,
)
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError, Invalid
from fidelia.kernel.localized import LocalizedText
from fidelia.ui import charts, formats

from .customers.rows import name_of
from .naming import names_of_codes, with_names
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import put_on, sentence_of

EXAMPLES = 10
OVERLAPS = 8
WEEKS_SHOWN = 12
CONDITION = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "f-area f-code-input"})
FIELDS = {"/key": "key", "/condition": "condition", "/name": "name_fr"}


class SegmentForm(forms.Form):
    """What a person says of a segment."""

    name_fr = forms.CharField(label=_lazy("Name in French"), max_length=80)
    name_en = forms.CharField(label=_lazy("Name in English"), max_length=80)
    key = forms.RegexField(
        r"^[a-z][a-z0-9_-]*$",
        label=_lazy("Key"),
        max_length=60,
        error_messages={"invalid": _lazy("A key is lower-case letters, digits, - and _, and begins with a letter.")},
        help_text=_lazy("By which rules and files name the segment; a-z, 0-9, - and _. It stays for ever."),
    )
    condition = forms.CharField(label=_lazy("Condition"), widget=CONDITION, strip=True)

    @property
    def name(self) -> LocalizedText:
        return LocalizedText(en=self.cleaned_data["name_en"], fr=self.cleaned_data["name_fr"])


class ChangedSegmentForm(SegmentForm):
    """The same of a segment that has its key already."""

    key = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Found:
    """A preview as it is shown: how many, some of them, the condition in words; or why it cannot be counted."""

    count: int = 0
    examples: Sequence[tuple[str, str, str]] = ()
    words: str = ""
    mistake: str = ""
    counted_at: datetime | None = None


@signed_in
def index(request: ConsoleRequest) -> HttpResponseBase:
    segments = list_segments(by=request.actor)
    words = _words_of(request.actor, [segment.condition for segment in segments])
    rows = [
        {"segment": one, "name": one.name.in_language(language()), "words": said}
        for one, said in zip(segments, words, strict=True)
    ]
    return show(request, "console/segments/index.html", {"rows": rows, "may_define": _may(request, "define")})


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    """Define a segment; the condition may come from elsewhere (a cell of the RFM grid)."""
    request.actor.require("segment.define")
    given = {name: request.GET.get(name, "") for name in ("condition", "key", "name_fr", "name_en")}
    form = SegmentForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            segment = define_segment(
                by=request.actor, at=clock.now(), key=form.cleaned_data["key"], name=form.name,
                condition=form.cleaned_data["condition"],
            )  # fmt: skip
            refresh_segment(by=request.actor, at=clock.now(), segment_id=segment.id)
        except FideliaError as refusal:
            put_on(form, refusal, FIELDS)
        else:
            messages.success(request, _("The segment is kept, and its customers are found."))
            return redirect("console:segment", key=segment.key)
    condition = form["condition"].value() or ""
    found = _find(request.actor, condition, clock.now()) if condition and not form.errors else None
    context = {"form": form, "found": found, "fields": _fields_shown()}
    return show(request, "console/segments/new.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def preview(request: ConsoleRequest) -> HttpResponseBase:
    """Count a condition that nobody has kept, with ten examples."""
    condition = request.POST.get("condition", "").strip()
    found = _find(request.actor, condition, clock.now())
    return show(request, "console/segments/preview.html", {"found": found, "condition": condition}, partial="found")


@require_http_methods(["GET", "POST"])
@signed_in
def segment(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """One segment: what it asks, who is in it, how its size went, and where it may be changed."""
    kept = get_segment(by=request.actor, key=key)
    initial = {"name_fr": kept.name.fr, "name_en": kept.name.en, "condition": kept.condition}
    form = ChangedSegmentForm(request.POST or None, initial=initial)
    if kept.is_fixed:
        form.fields["condition"].disabled = True
    if request.method == "POST" and form.is_valid() and _change(request, kept, form):
        messages.success(request, _("The segment is changed; refresh it to find its customers anew."))
        return redirect("console:segment", key=key)
    at = clock.now()
    context = {
        "segment": kept,
        "name": kept.name.in_language(language()),
        "words": _words_of(request.actor, [kept.condition])[0],
        "found": _found_at_refresh(request.actor, kept) or _find(request.actor, kept.condition, at),
        "form": form,
        "chart": _sizes(request.actor, kept, at),
        "overlaps": _overlaps(request.actor, kept),
        "people_url": people_url(kept),
        "may_define": _may(request, "define"),
        "may_refresh": _may(request, "refresh") and kept.state == "active" and not kept.is_fixed,
        "may_campaign": request.actor.may_somewhere("campaign.draft"),
    }
    return show(request, "console/segments/segment.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def refreshing(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """Find out anew who is in a segment."""
    kept = get_segment(by=request.actor, key=key)
    done = refresh_segment(by=request.actor, at=clock.now(), segment_id=kept.id)
    numbers = {name: formats.number(getattr(done, name), language()) for name in ("count", "entered", "left")}
    messages.success(request, _("%(count)s customers now: %(entered)s came in, %(left)s left.") % numbers)
    return redirect("console:segment", key=key)


@require_POST
@signed_in
def fixing(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """Keep those who are in a segment now as a list of its own, which no refresh changes."""
    kept = get_segment(by=request.actor, key=key)
    at = clock.now()
    day = timezone.localtime(at).date()
    name = LocalizedText(
        en=f"{kept.name.en}, {formats.plain_date(day, 'en')}", fr=f"{kept.name.fr}, {formats.plain_date(day, 'fr')}"
    )
    fixed = fix_segment(
        by=request.actor, at=at, segment_id=kept.id, key=f"{key[:40]}-{timezone.localtime(at):%Y%m%d-%H%M%S}", name=name
    )
    messages.success(request, _("These customers are kept as they are now; the first segment goes on."))
    return redirect("console:segment", key=fixed.key)


@require_POST
@signed_in
def archiving(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """Archive a segment, or bring it back: nothing of it is lost."""
    kept = get_segment(by=request.actor, key=key)
    state = "active" if kept.state == "archived" else "archived"
    change_segment(by=request.actor, at=clock.now(), segment_id=kept.id, state=state)
    messages.success(request, _("The segment is archived.") if state == "archived" else _("The segment is back."))
    return redirect("console:segment", key=key)


def people_url(kept: Segment) -> str:
    """Return the list of customers narrowed to the segment; empty where there is no such page."""
    try:
        return f"{reverse('console:customers')}?segment={kept.key}"
    except NoReverseMatch:
        return ""


def _change(request: ConsoleRequest, kept: Segment, form: ChangedSegmentForm) -> bool:
    try:
        change_segment(
            by=request.actor, at=clock.now(), segment_id=kept.id, name=form.name,
            condition=form.cleaned_data["condition"],
        )  # fmt: skip
    except FideliaError as refusal:
        put_on(form, refusal, FIELDS)
        return False
    return True


def _find(by: Actor, condition: str, at: datetime) -> Found:
    try:
        preview_: SegmentPreview = preview_segment(by=by, at=at, condition=condition)
        words = _words_of(by, [condition])[0]
    except OperationalError:
        return Found(mistake=_("Counting took more than 20 seconds and was given up. Ask for less."))
    except Invalid as refusal:
        return Found(mistake=sentence_of(refusal))
    examples = [(str(one.id), name_of(one), one.town) for one in preview_.examples]
    return Found(preview_.count, examples if by.may_somewhere("customer.see") else (), words)


def _found_at_refresh(by: Actor, kept: Segment) -> Found | None:
    """What the last refresh found, with ten of them; to count the condition again costs seconds in a large shop."""
    if kept.refreshed_at is None:
        return None
    people = (
        search_customers(by=by, filters=CustomerFilters(segment_key=kept.key), limit=EXAMPLES)
        if by.may_somewhere("customer.see")
        else []
    )
    examples = [(str(one.id), name_of(one), one.town) for one in people]
    return Found(kept.member_count, examples, _words_of(by, [kept.condition])[0], counted_at=kept.refreshed_at)


def _words_of(by: Actor, conditions: Sequence[str]) -> list[str]:
    names = names_of_codes(by, clock.now()) if conditions else {}
    said = (with_names(text, names) for text in describe_conditions(conditions, language()))
    return [f"{text[:1].upper()}{text[1:]}" for text in said]


def _sizes(by: Actor, kept: Segment, at: datetime) -> charts.Chart | None:
    if kept.refreshed_at is None:
        return None
    weeks = [at - timedelta(weeks=week) for week in reversed(range(WEEKS_SHOWN))]
    moments = [moment for moment in weeks if moment >= kept.recorded_at]
    if len(moments) < 2:
        return None
    sizes = list_sizes(by=by, segment_id=kept.id, moments=moments)
    today = timezone.localdate()
    labels = [formats.short_date(timezone.localtime(moment).date(), language(), today=today) for moment in moments]
    series = charts.Series(_("Customers"), [float(size) for size in sizes])
    return charts.lines(labels, [series], unit=charts.Unit(), language=language(), heading=_("Day"))


def _overlaps(by: Actor, kept: Segment) -> list[dict[str, Any]]:
    """The other segments that its people are in too, with the share of this one."""
    if not kept.member_count:
        return []
    return [
        {
            "key": one.segment.key, "name": one.segment.name.in_language(language()), "both": one.both,
            "share": one.both / kept.member_count, "ratio": min(1.0, one.both / kept.member_count),
        }
        for one in list_overlaps(by=by, segment_id=kept.id)[:OVERLAPS]
    ]  # fmt: skip


def _fields_shown() -> list[tuple[str, str]]:
    """The fields that a condition may read, by what they are called."""
    catalogue = segment_catalogue(list_trait_definitions())
    return [(name, field.label.in_language(language())) for name, field in catalogue.field_at.items()]


def _may(request: ConsoleRequest, verb: str) -> bool:
    return request.actor.may_somewhere(f"segment.{verb}")


def rows_for_choice(by: Actor) -> list[dict[str, Any]]:
    """Return the segments that a campaign may be for: key, name, size."""
    return [
        {"key": one.key, "name": one.name.in_language(language()), "count": one.member_count}
        for one in list_segments(by=by)
        if not one.key.startswith("campaign_")
    ]
