"""Insight › Overview and its chapters: what one refresh wrote, shown without computing anything, and as a PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.customers.queries import list_customers_by_id
from fidelia.insight.models import Chapter, Slice
from fidelia.insight.queries import compose_report, get_chapter, get_last_refresh, list_chapters
from fidelia.insight.report.blocks import CURRENCY, Advice, Block, Drawing, Grid, Missing, Number, Numbers, Words
from fidelia.insight.report.keeping import read_changes, read_cover, read_section
from fidelia.insight.report.sections import SECTIONS
from fidelia.jobs.queries import list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.localized import LocalizedText
from fidelia.ui.charts import with_links
from fidelia.ui.parts import Definition, Figure

from . import meanings
from .allocation import allocation_of
from .crowds import people_url
from .customers.rows import name_of
from .insight import JOB, SegmentOffer, may_bring_purchases, progress_of, rfm_of_all
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .slices import address_of, filters_of, slice_of
from .workbooks import XLSX, workbook_of

COVER = "cover"
OWN_PAGES = {"rfm": "console:insight-rfm"}  # chapters that have a page of their own, with cells that open
TONES = {"plain": "", "good": "green", "warn": "amber", "bad": "red"}
ICONS = {
    "changes": "trending-up", "sales": "chart-bar", "rfm": "chart-dots-2", "frat": "tags", "lifecycle": "route",
    "cohorts": "stack-2", "value": "diamond", "churn": "users-minus", "scores": "target", "portfolio": "chart-pie",
    "profit": "scale", "members": "users-group", "products": "package",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block as the template draws it: which `kind`, and the part itself; `rows` are those of a grid, with links."""

    kind: str
    part: Block
    figures: Sequence[Figure] = ()
    rows: Sequence[Sequence[tuple[str, str]]] = ()
    tone: str = ""
    definition: Definition | None = None


@signed_in
def overview(request: ConsoleRequest) -> HttpResponseBase:
    """What to do next, most money first, and what each chapter found."""
    by = request.actor
    part = slice_of(request, by)
    part_id = part.id if part else None
    found = list_chapters(by=by, language=language(), slice_id=part_id)
    cover = get_chapter(by=by, key=COVER, language=language(), slice_id=part_id)
    numbers, advice = read_cover(cover.blocks) if cover else ([], [])
    running = next(iter(list_jobs(by=by, kind=JOB, under_way=True, limit=1)), None)
    changes_said = next((one.finding for one in found if one.key == "changes"), "")
    context = {
        "last": get_last_refresh(),
        "subtitle": cover.finding if cover else "",
        "figures": _figures_of(cover, numbers[:5]),
        "advice": [_with_link(one, found, part) for one in advice],
        "changes": [_with_link(one, found, part) for one in (read_changes(cover.blocks) if cover else [])],
        "changes_said": changes_said,
        "changes_url": url_of("changes", part),
        "chapters": [
            {"title": one.title, "finding": one.finding, "icon": icon_of(one.key), "url": url_of(one.key, part)}
            for one in found
            if one.key not in (COVER, "changes" if changes_said else COVER)
        ],
        "job": progress_of(running, clock.now()) if running else None,
        "may_refresh": by.may_somewhere("insight.refresh") and running is None,
        "may_import": not found and part is None and may_bring_purchases(by),
    } | filters_of(by, part)
    return show(request, "console/insight/overview.html", context)


@signed_in
def rfm(request: ConsoleRequest) -> HttpResponseBase:
    """Who bought how recently and how often, with what they spent; each cell opens its people. Of part of the
    purchases the chapter of that part, since only those of all have their scores kept.
    """
    if request.GET.get("slice"):
        return _show_chapter(request, "rfm")
    context = rfm_of_all(request.actor) | filters_of(request.actor, None, "rfm")
    kept = get_chapter(by=request.actor, key="rfm", language=language())
    # The refresh counts in one currency; the chapter's definitions say which amounts that leaves out.
    context["said"] = [one["text"] for one in kept.definitions if one.get("key") == CURRENCY] if kept else []
    return show(request, "console/insight/rfm.html", context)


@signed_in
def chapter(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """One chapter: its finding, its blocks, the people it speaks of, and how its numbers are counted."""
    return _show_chapter(request, key)


def _show_chapter(request: ConsoleRequest, key: str) -> HttpResponseBase:
    part = slice_of(request, request.actor)
    found = _chapter_of(request, key, part)
    if found is None and part is not None and key in ICONS:
        return redirect(url_of("", part))  # nobody bought in this part: the overview says so
    if found is None:
        return _missing(request, key)
    section = read_section(found.key, found.title, found.finding, found.blocks, found.definitions)
    may_define = request.actor.may_somewhere("segment.define")
    blocks = list(_shown(request.actor, section.blocks, Opening(key, part, may_define, found.refresh.as_of)))
    allotment = allocation_of(request.actor, found.refresh, request.GET) if key == "portfolio" and not part else None
    scatter = next((one for one in blocks if one.kind == "drawing"), None) if allotment else None
    context = {
        "chapter": found,
        "last": found.refresh,
        "allotment": allotment,
        "scatter": scatter,
        "blocks": [one for one in blocks if one is not scatter],
        "definitions": section.definitions,
        "counted_id": meanings.COUNTED,
        "groups": _groups(found),
        "may_define": may_define,
    } | filters_of(request.actor, part, key)
    return show(request, "console/insight/chapter.html", context)


def _chapter_of(request: ConsoleRequest, key: str, part: Slice | None) -> Chapter | None:
    if key == COVER:
        return None
    return get_chapter(by=request.actor, key=key, language=language(), slice_id=part.id if part else None)


@signed_in
def workbook(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """The tables of a chapter, those behind its charts too, as an Excel workbook: one sheet each."""
    found = _chapter_of(request, key, slice_of(request, request.actor))
    if found is None:
        raise Http404
    section = read_section(found.key, found.title, found.finding, found.blocks, found.definitions)
    tables = [(one.part, one.rows) for one in _shown(request.actor, section.blocks) if isinstance(one.part, Grid)]
    charts = [one for one in section.blocks if isinstance(one, Drawing)]
    content = workbook_of(
        [(one.title, one.chart.columns, one.chart.rows) for one in charts]
        + [(grid.title, grid.columns, [[text for text, _url in row] for row in rows]) for grid, rows in tables],
        language(),
    )
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{key}-{found.refresh.as_of:%Y-%m-%d}.xlsx"'
    return response


@signed_in
def report(request: ConsoleRequest) -> HttpResponseBase:
    """Every chapter as one PDF, to be shown to a board."""
    part = slice_of(request, request.actor)
    made = compose_report(by=request.actor, language=language(), slice_id=part.id if part else None)
    if made is None:
        raise Http404
    name, content = made
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _figures_of(cover: Chapter | None, numbers: Sequence[Number]) -> list[Figure]:
    return [
        Figure(one.label, one.value, note=one.note, definition=meanings.of_figure(COVER, one, cover.refresh.as_of))
        for one in numbers
        if cover is not None
    ]


def _with_link(advice: Advice, chapters: Sequence[Chapter], part: Slice | None) -> dict[str, Any]:
    """An advice with the title and the address of the chapter where its people are."""
    title = next((one.title for one in chapters if one.key == advice.chapter), "")
    return {"advice": advice, "title": title, "url": url_of(advice.chapter, part) if title else ""}


def icon_of(key: str) -> str:
    return ICONS.get(key, "chart-line")


def url_of(key: str, part: Slice | None = None) -> str:
    """Return the address of a chapter, of a part of the purchases where one is shown."""
    if key in OWN_PAGES and part is None:
        return reverse(OWN_PAGES[key])
    return address_of(key, part)


def _missing(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """Before the first refresh a known chapter says so; any other key is no page."""
    last = get_last_refresh()
    if key not in ICONS or (last is not None and Chapter.objects.exists()):
        raise Http404
    context = {
        "last": last,
        "chapter": None,
        "missing_title": next(_(title) for one, title, _write in SECTIONS if one == key),
        "may_refresh": request.actor.may_somewhere("insight.refresh"),
        "may_import": may_bring_purchases(request.actor),
    }
    return show(request, "console/insight/chapter.html", context)


def _groups(found: Chapter) -> list[dict[str, Any]]:
    tongue = language()
    groups = []
    for offer in found.offers:
        name = LocalizedText(**offer["name"])
        url = SegmentOffer(offer["key"], offer["condition"], name).url
        groups.append({"name": name.in_language(tongue), "people": offer["people"], "url": url})
    return groups


@dataclass(frozen=True, slots=True)
class Opening:
    """Where the people behind the parts of a chapter are: of which chapter, and of which slice."""

    key: str
    part: Slice | None
    may_define: bool
    as_of: datetime

    def figure(self, one: Number) -> Figure:
        """A figure with what stands behind it: its definition, and the people it counts."""
        told = meanings.of_figure(self.key, one, self.as_of)
        return Figure(one.label, one.value, note=one.note, definition=told, url=self.link(one.mark))

    def links(self, block: Drawing | Grid, names: Sequence[str]) -> list[list[str]]:
        """The addresses behind the cells of a table; of a row with a condition alone, a segment's form with it."""
        rows = [[self.link(mark) for mark in line] for line in block.marks]
        if rows or self.part is not None or not self.may_define:  # traits speak of all purchases
            return rows
        return [[url] for url in _links(self.key, block.people, names)]

    def told(self, block: Drawing | Grid) -> Definition | None:
        return meanings.of_block(self.key, block, self.as_of)

    def link(self, mark: str) -> str:
        return people_url(self.key, mark, self.part) if mark else ""


def _shown(by: Actor, blocks: Sequence[Block], opening: Opening | None = None) -> Iterator[ShownBlock]:
    """Yield the blocks as drawn; with an `opening` their marks, cells and figures open the people behind them."""
    for block in blocks:
        if isinstance(block, Numbers):
            figures = [opening.figure(one) for one in block.numbers] if opening else []
            for start in range(0, len(figures), 5):
                yield ShownBlock("numbers", block, figures=figures[start : start + 5])
        elif isinstance(block, Grid):
            rows = _rows_with_people(by, block)
            links = opening.links(block, [row[0] for row in block.rows]) if opening else []
            opened = [_opened(row, urls) for row, urls in zip_longest(rows, links)]
            yield ShownBlock("grid", block, rows=opened, definition=opening.told(block) if opening else None)
        elif isinstance(block, Words):
            yield ShownBlock("words", block, tone=TONES[block.tone])
        elif isinstance(block, Drawing):
            links = opening.links(block, [row[0] for row in block.chart.rows]) if opening else []
            drawn = replace(block, chart=with_links(block.chart, links)) if links else block
            yield ShownBlock("drawing", drawn, definition=opening.told(block) if opening else None)
        elif isinstance(block, Missing):
            yield ShownBlock("missing", block)


def _links(key: str, people: Sequence[str], names: Sequence[str]) -> list[str]:
    """The address of the people behind each row: a segment's form with its condition filled in, how many and who."""
    return [
        SegmentOffer(f"{key}-{place}", condition, LocalizedText(en=name[:80], fr=name[:80])).url if condition else ""
        for place, (condition, name) in enumerate(zip(people, names, strict=False), 1)
    ]


def _opened(row: Sequence[tuple[str, str]], urls: Sequence[str] | None) -> Sequence[tuple[str, str]]:
    return [(text, url or own) for (text, url), own in zip(row, _padded(urls, len(row)), strict=True)]


def _padded(urls: Sequence[str] | None, length: int) -> list[str]:
    return [*(urls or ())[:length], *[""] * length][:length]


def _rows_with_people(by: Actor, grid: Grid) -> list[list[tuple[str, str]]]:
    """Return the cells of a grid as (text, address); a row about a customer names and links whom the actor may see."""
    ids = {text: UUID(text) for row in grid.rows for text in row[:1] if _is_id(text)}
    known = list_customers_by_id(list(ids.values())) if ids and by.may_somewhere("customer.see") else {}
    seen: Mapping[UUID, Any] = {
        id: one for id, one in known.items() if by.may("customer.see", Scope(one.partner_id, one.home_store_id))
    }
    return [
        [_cell(text, ids, seen) if place == 0 else (text, "") for place, text in enumerate(row)] for row in grid.rows
    ]


def _cell(text: str, ids: Mapping[str, UUID], seen: Mapping[UUID, Any]) -> tuple[str, str]:
    if text not in ids:
        return text, ""
    customer = seen.get(ids[text])
    if customer is None:
        return _("A customer you may not see"), ""
    return name_of(customer), reverse("console:customer", args=(customer.id,))


def _is_id(text: str) -> bool:
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False
