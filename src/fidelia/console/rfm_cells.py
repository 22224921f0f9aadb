"""Insight › Recency and frequency › a cell: its people, the largest amounts first, and the segment that keeps them."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse

from fidelia.insight.queries import Cell, get_last_refresh, list_customers_of_cell, list_rfm_cells
from fidelia.insight.report.blocks import mark
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.ui import formats
from fidelia.ui.parts import Page

from . import meanings_tables
from .customers.rows import name_of
from .insight import ROWS, SCORES, SegmentOffer, customers_seen, days_text, purchases_text, whole
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .slices import filters_of


@signed_in
def cell(request: ConsoleRequest, recency: int, frequency: int) -> HttpResponseBase:
    """The people of one cell, the largest amounts first."""
    last = get_last_refresh()
    if last is None or recency not in SCORES or frequency not in SCORES:
        raise Http404
    cells = list_rfm_cells(by=request.actor, refresh=last)
    this = next(one for one in cells if (one.recency_score, one.frequency_score) == (recency, frequency))
    after = _cursor(request.GET.get("after", ""))
    scores = list_customers_of_cell(
        by=request.actor, recency_score=recency, frequency_score=frequency, after=after, limit=ROWS + 1
    )
    shown = scores[:ROWS]
    known = customers_seen(request.actor, [score.customer_id for score in shown])
    rows = [
        {
            "score": score,
            "customer": known.get(score.customer_id),
            "name": name_of(known[score.customer_id]) if score.customer_id in known else "",
            "amount": Money(score.amount, last.currency),
            "url": _customer_url(score.customer_id),
        }
        for score in shown
    ]
    first = whole(request.GET.get("first"), 1)
    next_url = ""
    if len(scores) > ROWS:
        query = {"after": f"{shown[-1].amount}_{shown[-1].customer_id}", "first": first + len(shown)}
        next_url = f"?{urlencode(query)}"
    context = {
        "cell": this,
        "definition": meanings_tables.people_of_cell(),
        "group": this.segment.name.in_language(language()),
        "meaning": this.segment.meaning.in_language(language()),
        "rows": rows,
        "page": Page(first, first + len(shown) - 1, formats.number(this.customers, language()), "", next_url),
        "segment_url": _offer_of_cell(this).url,
        "may_define": request.actor.may_somewhere("segment.define"),
        "last": last,
        "recency_text": days_text(this.recency_days),
        "frequency_text": purchases_text(this.frequency),
    }
    context |= filters_of(request.actor, None, "rfm", mark("cell", recency, frequency))
    return show(request, "console/insight/cell.html", context)


def _offer_of_cell(this: Cell) -> SegmentOffer:
    recency, frequency, name = this.recency_score, this.frequency_score, this.segment.name
    scores = f"{recency}/{frequency}"
    return SegmentOffer(
        f"rfm-{recency}-{frequency}",
        _condition_of_cell(recency, frequency),
        LocalizedText(en=f"{name.en} {scores}", fr=f"{name.fr} {scores}"),
    )


def _condition_of_cell(recency: int, frequency: int) -> str:
    return (
        f"has(trait.rfm_recency) && trait.rfm_recency == {recency} && "
        f"has(trait.rfm_frequency) && trait.rfm_frequency == {frequency}"
    )


def _customer_url(customer_id: UUID) -> str:
    try:
        return reverse("console:customer", args=(customer_id,))
    except NoReverseMatch:
        return ""


def _cursor(text: str) -> tuple[int, UUID] | None:
    amount, _line, id_text = text.partition("_")
    try:
        return int(amount), UUID(id_text)
    except ValueError:
        return None
