"""Insight: recency and frequency as a map, the ten groups, and from each cell to its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.activity.queries import list_purchases
from fidelia.customers.models import Customer
from fidelia.customers.queries import list_customers_by_id
from fidelia.insight.models import Refresh
from fidelia.insight.queries import (
    Cell,
    SegmentTotal,
    get_last_refresh,
    get_rfm_definition,
    list_rfm_cells,
    list_rfm_segments,
)
from fidelia.jobs.models import Job, JobState
from fidelia.jobs.operations import request_stop, start_job
from fidelia.jobs.queries import get_job, list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.ui import charts, formats
from fidelia.ui.parts import Definition, Progress

from . import meanings_tables
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language

JOB = "insight.refresh"
DRIFTING = LocalizedText(en="Good customers who drift away", fr="Bons clients qui s’éloignent")
SECOND_PURCHASE = LocalizedText(en="Second purchase", fr="Deuxième achat")
SCORES = (1, 2, 3, 4, 5)
ROWS = 50


@dataclass(frozen=True, slots=True)
class SegmentOffer:
    """A segment that a person may keep with one click: its form comes filled."""

    key: str
    condition: str
    name: LocalizedText

    @property
    def url(self) -> str:
        query = {"condition": self.condition, "key": self.key, "name_fr": self.name.fr, "name_en": self.name.en}
        return f"{reverse('console:segment-new')}?{urlencode(query)}"


def may_bring_purchases(actor: Actor) -> bool:
    """Whether what is missing is purchases, and the actor may bring some in: then a refresh would learn nothing."""
    rights = ("purchase.see", "purchase.import", "file.keep")
    return all(map(actor.may_somewhere, rights)) and not list_purchases(by=actor, limit=1)


def rfm_of_all(actor: Actor) -> dict[str, Any]:
    """Return what the page of RFM shows of all purchases. Raises Denied (insight.see)."""
    actor.require("insight.see")
    last = get_last_refresh()
    running = next(iter(list_jobs(by=actor, kind=JOB, under_way=True, limit=1)), None)
    context: dict[str, Any] = {
        "last": last,
        "job": progress_of(running, clock.now()) if running else None,
        "may_refresh": actor.may_somewhere("insight.refresh") and running is None,
        "definition": rfm_definition(last),
    }
    if last is None:
        context["may_import"] = may_bring_purchases(actor)
    elif last.customer_count:
        cells = list_rfm_cells(by=actor, refresh=last)
        totals = list_rfm_segments(by=actor, refresh=last)
        context |= {
            "chart": heat_map(cells, last),
            "groups_definition": meanings_tables.ten_groups(),
            "groups": [_group_row(total, totals) for total in totals],
            "findings": _findings(totals, last),
            "may_define": actor.may_somewhere("segment.define"),
        }
    return context


@require_POST
@signed_in
def refresh(request: ConsoleRequest) -> HttpResponseBase:
    """Start the refresh as a job; its progress shows on the page."""
    start_job(by=request.actor, at=clock.now(), kind=JOB, arguments={})
    return redirect("console:insight")


@signed_in
def refreshing(request: ConsoleRequest, job_id: UUID) -> HttpResponseBase:
    """How far a refresh is: a fragment that asks for itself again; a POST stops it."""
    if request.method == "POST":
        request_stop(by=request.actor, at=clock.now(), job_id=job_id)
    job = get_job(by=request.actor, job_id=job_id)
    context = {
        "job": progress_of(job, clock.now()),
        "is_done": job.state == JobState.DONE,
        "is_same": bool((job.result or {}).get("is_same")),
        "failed": _failed(job),
    }
    return show(request, "console/insight/refreshing.html", context, partial="progress")


def progress_of(job: Job, at: datetime) -> Progress:
    """Return a refresh as its bar shows it."""
    tongue = language()
    url = reverse("console:insight-refreshing", kwargs={"job_id": job.id})
    total, left = job.total or 0, job.time_left
    count = formats.number(job.done, tongue)
    if job.total:
        count = _("%(done)s of %(total)s steps") % {"done": count, "total": formats.number(total, tongue)}
    return Progress(
        id="f-refresh",
        name=job.label.in_language(tongue),
        done=job.done if job.state != JobState.DONE else max(total, 1),
        total=max(total, 1),
        count=_("waits for the worker") if job.state == JobState.QUEUED else count,
        left=_("%(time)s left") % {"time": formats.duration(round(left.total_seconds()), tongue)} if left else "",
        poll_url=url,
        stop_url=url if job.is_under_way else "",
        ended=not job.is_under_way,
        seconds_run=int((at - job.created_at).total_seconds()),
    )


def _failed(job: Job) -> str:
    return job.error_code or job.state if job.state in (JobState.FAILED, JobState.STOPPED) else ""


# The map


def heat_map(cells: Sequence[Cell], last: Refresh) -> charts.Chart:
    """Recency across, the last on the right; frequency upwards; count in the cell, median amount in its colour.

    A score that nobody has (equal values share one) has no row or column: an empty one would only ask questions.
    """
    by_score = {(one.recency_score, one.frequency_score): one for one in cells}
    recencies = [r for r in SCORES if any(by_score[r, f].customers for f in SCORES)]
    frequencies = [f for f in reversed(SCORES) if any(by_score[r, f].customers for r in SCORES)]
    grid = [[by_score[recency, frequency] for recency in recencies] for frequency in frequencies]
    return charts.heat_map(
        [days_text(_span([by_score[r, f].recency_days for f in SCORES])) for r in recencies],
        [purchases_text(_span([by_score[r, f].frequency for r in SCORES])) for f in frequencies],
        [[one.customers for one in line] for line in grid],
        [[float(one.median_amount.text()) for one in line] for line in grid],
        unit=charts.Unit("money", last.currency),
        language=language(),
        heading=_("Purchases"),
        column_name=_("Last purchase, days ago"),
        links=[[_cell_url(one) for one in line] for line in grid],
    )


def _cell_url(one: Cell) -> str:
    return reverse("console:insight-cell", args=(one.recency_score, one.frequency_score)) if one.customers else ""


def _span(spans: Sequence[tuple[int, int] | None]) -> tuple[int, int] | None:
    known = [span for span in spans if span is not None]
    return (min(low for low, _high in known), max(high for _low, high in known)) if known else None


def days_text(span: tuple[int, int] | None) -> str:
    """ "12 to 30 days"; a dash where nobody is."""
    return _range_text(span, _("%(n)s days"), _("%(low)s to %(high)s days"))


def purchases_text(span: tuple[int, int] | None) -> str:
    return _range_text(
        span, _("%(n)s purchases") if span != (1, 1) else _("%(n)s purchase"), _("%(low)s to %(high)s purchases")
    )


def _range_text(span: tuple[int, int] | None, one: str, several: str) -> str:
    if span is None:
        return formats.EM_DASH
    low, high = (formats.number(edge, language()) for edge in span)
    return one % {"n": low} if span[0] == span[1] else several % {"low": low, "high": high}


# Groups and what to do about them


def _group_row(total: SegmentTotal, totals: Sequence[SegmentTotal]) -> dict[str, object]:
    everybody = sum(one.customers for one in totals) or 1
    most = max(one.customers for one in totals) or 1
    tongue = language()
    return {
        "name": total.segment.name.in_language(tongue),
        "meaning": total.segment.meaning.in_language(tongue),
        "customers": total.customers,
        "share": total.customers / everybody,
        "ratio": total.customers / most,
        "amount": total.amount,
        "segment_url": SegmentOffer(total.segment.key, _group_in(total.segment.key), total.segment.name).url,
    }


def _findings(totals: Sequence[SegmentTotal], last: Refresh) -> list[dict[str, object]]:
    """At most three sentences, each with its size and one verb."""
    by_key = {total.segment.key: total for total in totals}
    everybody = sum(total.customers for total in totals) or 1
    whole = sum(total.amount.minor for total in totals) or 1
    leaving = [by_key["at_risk"], by_key["cannot_lose"]]
    fresh = [by_key["new"], by_key["promising"]]
    best = by_key["champions"]
    tongue = language()
    lost = Money(sum(one.amount.minor for one in leaving), last.currency)
    best_share = {
        "people": formats.share(best.customers / everybody, tongue, decimals=0),
        "money": formats.share(Decimal(best.amount.minor) / whole, tongue, decimals=0),
    }
    counts = {
        "leaving": formats.number(sum(one.customers for one in leaving), tongue),
        "fresh": formats.number(sum(one.customers for one in fresh), tongue),
        "best": formats.number(best.customers, tongue),
    }
    money = {"money": formats.figure_money(lost.text(), lost.currency, tongue)}
    return [
        _finding(
            "alert-triangle",
            "amber",
            _("%(n)s good customers drift away") % {"n": counts["leaving"]},
            _("They bought often, and have not come for long. Spent in the window: %(money)s.") % money,
            SegmentOffer("drifting", _group_in("at_risk", "cannot_lose"), DRIFTING),
        ),
        _finding(
            "trending-up",
            "green",
            _("%(n)s buyers are ready for a second purchase") % {"n": counts["fresh"]},
            _("They bought lately, and seldom so far."),
            SegmentOffer("second-purchase", _group_in("new", "promising"), SECOND_PURCHASE),
        ),
        _finding(
            "crown",
            "blue",
            _("%(n)s champions") % {"n": counts["best"]},
            _("%(people)s of the customers make %(money)s of the money.") % best_share,
            SegmentOffer("champions", _group_in("champions"), best.segment.name),
        ),
    ]


def _finding(icon: str, tone: str, title: str, text: str, segment: SegmentOffer) -> dict[str, object]:
    return {"icon": icon, "tone": tone, "title": title, "text": text, "url": segment.url}


def _group_in(*keys: str) -> str:
    listed = ", ".join(f'"{key}"' for key in keys)
    return f"has(trait.rfm_segment) && trait.rfm_segment in [{listed}]"


def rfm_definition(last: Refresh | None) -> Definition:
    """Return what the measure's own docstring says, with the cut-off of the last refresh."""
    stated = get_rfm_definition()
    cut_off = formats.plain_date(last.as_of.date(), language()) if last else ""
    return Definition(
        title=_("Recency, frequency, amount"),
        sentence=_(stated.first),
        division=_("facts up to %(day)s, over %(days)s days") % {"day": cut_off, "days": last.window_days}
        if last
        else "",
        detail=_(stated.rest[0]) if stated.rest else "",
    )


def customers_seen(by: Actor, ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """Who of these the actor may see, by id."""
    found = list_customers_by_id(ids) if by.may_somewhere("customer.see") else {}
    return {one.id: one for one in found.values() if by.may("customer.see", Scope(one.partner_id, one.home_store_id))}


def whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
