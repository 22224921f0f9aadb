"""Series of coupons: the list, one series with its codes, drawn, taken out as a file, revoked; ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.customers.queries import list_segments
from fidelia.jobs.queries import list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programmes
from fidelia.rewards.models import CouponSeries
from fidelia.rewards.operations import (
    ask_codes,
    ask_coupons_for_segment,
    change_series,
    create_series,
    end_series,
    export_codes,
    revoke_coupon,
)
from fidelia.rewards.queries import (
    count_codes,
    get_coupon,
    get_series,
    list_codes,
    list_series,
    series_figures,
    show_code,
)
from fidelia.rewards.queries.coupons import CodeFilters, CodeRow
from fidelia.ui.formats import number
from fidelia.ui.parts import Figure, Tab

from ..jobs import progress_of
from ..pages import ConsoleRequest, show, signed_in
from ..paging import asked_place, page_of
from ..refusals import put_on, sentence_of
from ..speech import speech_of
from .forms import CountForm, SegmentGiftForm, SeriesForm, TermsForm

PAGE_SIZE = 50
STATES = ("", "free", "assigned", "used", "revoked")


@signed_in
def coupons(request: ConsoleRequest) -> HttpResponseBase:
    by, now = request.actor, clock.now()
    rows = [
        {
            "series": one,
            "name": _name(one),
            "state": state_of(one, now),
            "code": one.pattern,
            "last_day": None if one.valid_until is None else one.valid_until - timedelta(seconds=1),
        }
        for one in list_series(by=by)
    ]
    may_create = by.may_somewhere("coupon.change") and bool(_programmes(by))
    return show(request, "console/rewards/coupons.html", {"rows": rows, "may_create": may_create})


@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("coupon.change"):
        by.require("coupon.change")
    programmes = {str(one.id): one for one in _programmes(by)}
    choices = [(id, one.name.in_language(get_language() or "en")) for id, one in programmes.items()]
    form = SeriesForm(request.POST or None, programmes=choices, initial={"valid_from": clock.now().date()})
    if request.method == "POST" and form.is_valid():
        made = _create(by, form, programmes[form.cleaned_data["programme"]])
        if made is not None:
            messages.success(request, _("The series was created. Rules may name it by its key."))
            return redirect("console:coupon-series", series_id=made.id)
    context = {"form": form, "title": _("New series of coupons"), "verb": _("Create the series")}
    return show(request, "console/rewards/series_form.html", context, status=422 if form.errors else 200)


@signed_in
def series(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """One series: what it says, what came of it, its codes."""
    by, now = request.actor, clock.now()
    found = get_series(by=by, series_id=series_id)
    state = request.GET.get("state", "")
    filters = CodeFilters(request.GET.get("q", "").strip()[:100], state if state in STATES else "")
    place = asked_place(request)
    rows = list_codes(
        by=by, series=found, filters=filters, after=place.after_as(int), before=place.before_as(int),
        limit=PAGE_SIZE + 1,
    )  # fmt: skip
    total = number(count_codes(by=by, series=found, filters=filters), get_language() or "en")
    page = page_of(
        request, place, rows, PAGE_SIZE, key_of=lambda row: (row.code.id,), total=total, order=_("as they were made")
    )
    scope = Scope(found.partner_id)
    speech = speech_of(now)
    context: dict[str, Any] = {
        "series": found,
        "name": _name(found),
        "state": state_of(found, now),
        "last_day": None if found.valid_until is None else found.valid_until - timedelta(seconds=1),
        "figures": _figures(by, found),
        "tabs": _tabs(state),
        "text": filters.text,
        "rows": [_row(row) for row in page.rows],
        "page": page.pager,
        "is_unique": found.kind == CouponSeries.Kind.UNIQUE,
        "form": CountForm(),
        "jobs": [
            progress_of(by, job, speech)
            for kind in ("coupon.generate", "coupon.give_segment")
            for job in list_jobs(by=by, kind=kind, under_way=True)
            if job.arguments.get("series_id") == str(series_id)
        ],
        "may_change": by.may("coupon.change", scope) and found.ended_at is None,
        "may_generate": by.may("coupon.generate", scope) and found.ended_at is None,
        "gift_form": _gift_form(by, found),
        "may_export": by.may("coupon.export", scope),
    }
    return show(request, "console/rewards/series.html", context, partial="rows")


@signed_in
def change(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    by = request.actor
    found = get_series(by=by, series_id=series_id)
    by.require("coupon.change", Scope(found.partner_id))
    form = TermsForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            change_series(by=by, at=clock.now(), series_id=series_id, terms=form.terms())
        except Denied:
            raise
        except FideliaError as refusal:
            put_on(form, refusal)
        else:
            messages.success(request, _("The series says so from now on. Its codes, and what was used, stay."))
            return redirect("console:coupon-series", series_id=series_id)
    context = {"form": form, "title": _name(found), "verb": _("Keep the changes"), "series": found}
    return show(request, "console/rewards/series_form.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def generate(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """Start the job that draws codes."""
    form = CountForm(request.POST)
    if form.is_valid():
        try:
            ask_codes(by=request.actor, at=clock.now(), series_id=series_id, count=form.cleaned_data["count"])
            messages.success(request, _("The codes are being drawn. You may leave this page."))
        except Denied:
            raise
        except FideliaError as refusal:
            messages.error(request, sentence_of(refusal))
    else:
        messages.error(request, _("Ask for 1 to 10,000,000 codes."))
    return redirect("console:coupon-series", series_id=series_id)


@require_POST
@signed_in
def give(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """Start the job that gives each member of a segment a code."""
    by = request.actor
    form = _gift_form(by, get_series(by=by, series_id=series_id), request.POST)
    if form is None:
        by.require("coupon.assign")
    elif form.is_valid():
        try:
            ask_coupons_for_segment(
                by=by, at=clock.now(), series_id=series_id, segment=form.cleaned_data["segment"],
                is_told=form.cleaned_data["told"],
            )  # fmt: skip
            messages.success(request, _("The codes are being given, one to each member. You may leave this page."))
        except Denied:
            raise
        except FideliaError as refusal:
            messages.error(request, sentence_of(refusal))
    else:
        messages.error(request, _("Choose a segment. Nothing was given."))
    return redirect("console:coupon-series", series_id=series_id)


@signed_in
def export(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """All codes of a series as a file, one a line, as they are printed."""
    codes = export_codes(by=request.actor, at=clock.now(), series_id=series_id)
    answer = StreamingHttpResponse(_lines(codes), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="coupons-{series_id}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@signed_in
def end(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    try:
        end_series(by=request.actor, at=clock.now(), series_id=series_id)
        messages.success(request, _("The series was ended: none of its codes works any more."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:coupon-series", series_id=series_id)


@require_POST
@signed_in
def revoke(request: ConsoleRequest, coupon_id: int) -> HttpResponseBase:
    found = get_coupon(by=request.actor, coupon_id=coupon_id).code
    try:
        revoke_coupon(by=request.actor, at=clock.now(), coupon_id=coupon_id)
        shown = show_code(found.series.pattern, found.code)
        messages.success(request, _("The code %(code)s works no more.") % {"code": shown})
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:coupon-series", series_id=found.series_id)


def _gift_form(by: Actor, found: CouponSeries, data: Any = None) -> SegmentGiftForm | None:
    """Return the form for a segment; None where there is nothing to give, nobody to give it to, or no right to."""
    may = by.may("coupon.assign", Scope(found.partner_id)) and by.may("segment.see")
    if not may or found.kind != CouponSeries.Kind.UNIQUE or found.ended_at is not None:
        return None
    named = [(one.key, one.name.in_language(get_language() or "en")) for one in list_segments(by=by)]
    return SegmentGiftForm(data, segments=named) if named else None


def state_of(found: CouponSeries, now: datetime) -> str:
    """Return ended, over, coming or running."""
    if found.ended_at is not None:
        return "ended"
    if found.valid_until is not None and found.valid_until <= now:
        return "over"
    return "coming" if found.valid_from > now else "running"


def _create(by: Actor, form: SeriesForm, programme: Programme) -> CouponSeries | None:
    given = form.cleaned_data
    try:
        return create_series(
            by=by, at=clock.now(), programme=programme, key=given["key"], terms=form.terms(), kind=given["kind"],
            pattern=given["pattern"], is_assigned=given["is_assigned"], partner_id=programme.partner_id,
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal, {"/code": "pattern", "/alphabet": "pattern"})
        return None


def _programmes(by: Actor) -> list[Programme]:
    found = see_programmes(by=by.lent("programme.see"))
    return [one for one in found if by.may("coupon.change", Scope(one.partner_id))]


def _name(found: CouponSeries) -> str:
    name: str = found.name.in_language(get_language() or "en")
    return name


def _row(row: CodeRow) -> dict[str, Any]:
    return {"row": row, "code": show_code(row.code.series.pattern, row.code.code)}


def _figures(by: Actor, found: CouponSeries) -> list[Figure]:
    counted, say = series_figures(by=by, series=found), speech_of(clock.now())
    used = Figure(_("Uses"), say.number(counted.uses))
    if found.uses is not None:
        used = Figure(_("Uses"), say.number(counted.uses), note=_("of %(n)s") % {"n": say.number(found.uses)})
    figures = [used, Figure(_("Members who used it"), say.number(counted.members))]
    if found.kind == CouponSeries.Kind.UNIQUE:
        figures += [
            Figure(_("Codes"), say.number(counted.codes)),
            Figure(_("Given to members"), say.number(counted.assigned)),
            Figure(_("Codes revoked"), say.number(counted.revoked)),
        ]
    return figures


def _tabs(state: str) -> list[Tab]:
    words = (_("All codes"), _("Free"), _("Given"), _("Used"), _("Codes revoked"))
    return [
        Tab(word, f"?state={each}" if each else "?", current=each == state)
        for each, word in zip(STATES, words, strict=True)
    ]


def _initial(found: CouponSeries) -> dict[str, Any]:
    zone = zone_of(found.programme.time_zone)
    until = found.valid_until
    names = ("uses", "uses_per_code", "uses_per_member")
    return {
        "name_fr": found.name.fr,
        "name_en": found.name.en,
        "valid_from": found.valid_from.astimezone(zone).date(),
        "valid_until": None if until is None else (until - timedelta(seconds=1)).astimezone(zone).date(),
        **{name: getattr(found, name) for name in names},
    }


def _lines(codes: Iterator[str]) -> Iterator[bytes]:
    for code in codes:
        yield f"{code}\r\n".encode()
