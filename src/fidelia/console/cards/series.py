"""Series of cards: the list, one series with its cards, made by the batch, taken out as a file, printed; ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.cards.models import CardSeries
from fidelia.cards.operations import ask_cards, create_card_series, end_card_series
from fidelia.cards.operations.making import MAKE
from fidelia.cards.operations.printing import print_series
from fidelia.cards.queries import (
    CardFilters,
    SeriesFigures,
    count_cards,
    figures_of,
    get_card_series,
    list_card_series,
    list_cards,
    numbers_of_series,
)
from fidelia.cards.queries.cards import show_number
from fidelia.jobs.queries import list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programmes
from fidelia.ui.formats import number
from fidelia.ui.parts import Figure, Tab

from ..jobs import progress_of
from ..pages import ConsoleRequest, show, signed_in
from ..paging import asked_place, page_of
from ..refusals import put_on, sentence_of
from ..speech import speech_of
from .forms import CardCountForm, SeriesForm

PAGE_SIZE = 50
STATES = ("", "issued", "provisional", "active", "lost", "replaced", "blocked", "expired")


@signed_in
def index(request: ConsoleRequest) -> HttpResponseBase:
    """The series, and the way to one card by its number."""
    by = request.actor
    found = list_card_series(by=by)
    figures, say = figures_of([one.id for one in found]), speech_of(clock.now())
    rows = [
        {
            "series": one,
            "name": name_of_series(one),
            "looks": looks_of(one),
            "made": say.number(figures[one.id].made),
            "free": say.number(figures[one.id].by_state.get("issued", 0)),
            "waiting": say.number(figures[one.id].by_state.get("provisional", 0)),
        }
        for one in found
    ]
    return show(request, "console/cards/index.html", {"rows": rows, "may_create": bool(_programmes(by))})


@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere(MAKE):
        by.require(MAKE)
    programmes = {str(one.id): one for one in _programmes(by)}
    choices = [(id, one.name.in_language(get_language() or "en")) for id, one in programmes.items()]
    form = SeriesForm(request.POST or None, programmes=choices)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_card_series(
                by=by, at=clock.now(), programme=programmes[form.cleaned_data["programme"]], series=form.series()
            )
        except Denied:
            raise
        except FideliaError as refusal:
            put_on(form, refusal, {"/prefix": "beginning"})
        else:
            messages.success(request, _("The series was created. Make its cards now."))
            return redirect("console:card-series", series_id=made.id)
    return show(request, "console/cards/series_form.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
def series(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """One series: its cards by state, and a batch to make."""
    by, now = request.actor, clock.now()
    found = get_card_series(by=by, series_id=series_id)
    state = request.GET.get("state", "")
    filters = CardFilters(state=state if state in STATES else "", series_id=series_id)
    place = asked_place(request)
    rows = list_cards(
        by=by, filters=filters, after=place.after_as(datetime.fromisoformat, UUID),
        before=place.before_as(datetime.fromisoformat, UUID), limit=PAGE_SIZE + 1,
    )  # fmt: skip
    total = number(count_cards(by=by, filters=filters), get_language() or "en")
    page = page_of(
        request, place, rows, PAGE_SIZE, key_of=lambda one: (one.changed_at.isoformat(), str(one.id)), total=total,
        order=_("the last changed first"),
    )  # fmt: skip
    counted, speech = figures_of([series_id])[series_id], speech_of(now)
    may_make = by.may(MAKE, Scope(found.partner_id))
    context: dict[str, Any] = {
        "series": found,
        "name": name_of_series(found),
        "looks": looks_of(found),
        "figures": _figures(counted),
        "tabs": _tabs(state),
        "rows": [{"card": one, "shown": show_number(one.number)} for one in page.rows],
        "page": page.pager,
        "form": CardCountForm(),
        "has_free": counted.by_state.get("issued", 0) > 0,
        "jobs": [
            progress_of(by, job, speech)
            for job in list_jobs(by=by, kind=MAKE, under_way=True)
            if job.arguments.get("series_id") == str(series_id)
        ],
        "may_make": may_make and found.ended_at is None,
        "may_take_out": may_make,
    }
    return show(request, "console/cards/series.html", context, partial="rows")


@require_POST
@signed_in
def make(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """Start the job that makes a batch."""
    form = CardCountForm(request.POST)
    if form.is_valid():
        try:
            ask_cards(by=request.actor, at=clock.now(), series_id=series_id, count=form.cleaned_data["count"])
            messages.success(request, _("The cards are being made. You may leave this page."))
        except Denied:
            raise
        except FideliaError as refusal:
            messages.error(request, sentence_of(refusal))
    else:
        messages.error(request, _("Ask for 1 to 5,000,000 cards."))
    return redirect("console:card-series", series_id=series_id)


@signed_in
def export(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """The numbers that are with nobody as a file, one a line, for a printer."""
    found = get_card_series(by=request.actor, series_id=series_id)
    request.actor.require(MAKE, Scope(found.partner_id))
    answer = StreamingHttpResponse(_lines(numbers_of_series(series_id)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="cards-{found.key}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@signed_in
def printed(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    """The next 500 cards that are with nobody, ready to cut or one to a page."""
    found = get_card_series(by=request.actor, series_id=series_id)
    try:
        pdf = print_series(
            by=request.actor, at=clock.now(), series_id=series_id, language=get_language() or "en",
            is_sheet=request.GET.get("layout") != "single", after=request.GET.get("after", "")[:64],
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:card-series", series_id=series_id)
    return pdf_answer(pdf, f"cards-{found.key}.pdf")


@require_POST
@signed_in
def end(request: ConsoleRequest, series_id: UUID) -> HttpResponseBase:
    try:
        end_card_series(by=request.actor, at=clock.now(), series_id=series_id)
        messages.success(request, _("The series was ended. Cards that members have work on."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:card-series", series_id=series_id)


def pdf_answer(pdf: bytes, name: str) -> HttpResponse:
    """Return a PDF to keep."""
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def name_of_series(found: CardSeries) -> str:
    name: str = found.name.in_language(get_language() or "en")
    return name


def looks_of(found: CardSeries) -> str:
    """Return how the numbers of a series look, in a few letters."""
    if found.kind == CardSeries.Kind.PATTERN:
        return found.pattern
    return f"EAN-13 · {found.prefix}{'•' * (12 - len(found.prefix))}"


def state_words() -> dict[str, str]:
    """Return the states of a card as pages say them."""
    return {
        "issued": _("With nobody"),
        "provisional": _("Provisional"),
        "active": _("In use"),
        "lost": _("Lost"),
        "replaced": _("Replaced"),
        "blocked": _("Blocked"),
        "expired": _("Expired"),
    }


def _programmes(by: Actor) -> list[Programme]:
    found = see_programmes(by=by.lent("programme.see"))
    return [one for one in found if by.may(MAKE, Scope(one.partner_id))]


def _figures(counted: SeriesFigures) -> list[Figure]:
    say, words = speech_of(clock.now()), state_words()
    of_state = [
        Figure(words[state], say.number(counted.by_state.get(state, 0)))
        for state in ("active", "provisional", "issued")
    ]
    stopped = sum(counted.by_state.get(state, 0) for state in ("lost", "replaced", "blocked", "expired"))
    return [Figure(_("Cards made"), say.number(counted.made)), *of_state, Figure(_("Stopped"), say.number(stopped))]


def _tabs(state: str) -> list[Tab]:
    words = {"": _("All cards"), **state_words()}
    return [Tab(words[each], f"?state={each}" if each else "?", current=each == state) for each in STATES]


def _lines(numbers: Iterator[str]) -> Iterator[bytes]:
    for one in numbers:
        yield f"{one}\r\n".encode()
