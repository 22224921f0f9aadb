"""What pages ask of insight. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow
from django.db import connection
from django.db.models import QuerySet

from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money, exponent_of

from ..errors import NoExport
from ..measures.definitions import definition_of, paragraphs_of
from ..measures.engine import open_facts
from ..measures.rfm import rfm
from ..measures.segments import CELLS, SEGMENT_BY_KEY, SEGMENTS, RfmSegment
from ..measures.tallies import Counted, Tally, one_arm_each, tallies_by_arm
from ..models import (
    BudgetPlan,
    Chapter,
    FactExport,
    Forecast,
    MonthlyReader,
    Refresh,
    RfmScore,
    ScoreKind,
    ScoreVersion,
    Slice,
    Wanted,
    folder_of,
)
from ..report.drawing import open_drawer
from ..report.keeping import read_cover, read_section
from ..report.making import Report
from ..report.pdf import write_pdf
from ..report.speech import Speech
from .naming import with_names

CUSTOMERS_PER_PAGE_MAX = 200
CROWD_READ_MAX = 10_000
_ARMS = pyarrow.schema([("customer_id", pyarrow.string()), ("arm", pyarrow.string())])


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the 5 × 5 grid: how many customers, what they spent together, and the median of one."""

    recency_score: int
    frequency_score: int
    customers: int
    amount: Money
    median_amount: Money
    recency_days: tuple[int, int] | None
    frequency: tuple[int, int] | None

    @property
    def segment(self) -> RfmSegment:
        return SEGMENT_BY_KEY[CELLS[self.recency_score, self.frequency_score]]


@dataclass(frozen=True, slots=True)
class SegmentTotal:
    """One of the ten groups: how many customers, and what they spent together in the window."""

    segment: RfmSegment
    customers: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Definition:
    """What a label's ⓘ shows: the first sentence, then the rest; the message ids of their translations."""

    first: str
    rest: tuple[str, ...]


def get_last_refresh() -> Refresh | None:
    """Return the newest refresh with its export; None before the first."""
    return Refresh.objects.select_related("export").order_by("-refreshed_at", "-id").first()


def find_forecast(forecast_id: UUID) -> Forecast | None:
    """Return a forecast that is kept; None for one that is not."""
    return Forecast.objects.filter(id=forecast_id).first()


def list_score_versions(*, by: Actor, kind: str = ScoreKind.PURCHASE) -> list[ScoreVersion]:
    """Return the versions of a score, the newest first. Raises Denied (insight.see)."""
    by.require("insight.see")
    return list(ScoreVersion.objects.filter(kind=kind).order_by("-number")[:100])


def list_scores_in_use() -> list[ScoreVersion]:
    """Return the versions that a person chose, one of a kind at most; none while each refresh learns anew."""
    return list(ScoreVersion.objects.filter(is_chosen=True).order_by("kind"))


def get_last_export(*, since: datetime | None = None) -> FactExport:
    """Return the newest export whose facts reach `since`. Raises NoExport."""
    export = FactExport.objects.filter(purged_at__isnull=True).order_by("-exported_at", "-id").first()
    if export is None:
        raise NoExport("Nothing was exported yet: refresh insight first.")
    if since is not None and export.cut_off_at < since:
        raise NoExport("The facts are older than this: refresh insight first.")
    return export


def get_cut_off() -> datetime | None:
    """Return the instant up to which the newest export knows the facts; None before the first."""
    exports = FactExport.objects.filter(purged_at__isnull=True)
    return exports.order_by("-exported_at", "-id").values_list("cut_off_at", flat=True).first()


def list_chapters(*, by: Actor, language: str, slice_id: UUID | None = None) -> list[Chapter]:
    """Return the chapters of the last refresh in a language in their order, to be listed: their blocks are not read.

    Raises Denied (insight.see).
    """
    by.require("insight.see")
    kept = _of_slice(slice_id).filter(language=language)
    return list(kept.order_by("position").defer("blocks", "definitions"))


def list_budget_plans(*, by: Actor, limit: int = 10) -> list[BudgetPlan]:
    """Return the plans of a budget that are not withdrawn, the newest (in force) first. Raises Denied (insight.see)."""
    by.require("insight.see")
    return list(BudgetPlan.objects.filter(withdrawn_at=None).order_by("-saved_at", "-id")[:limit])


def list_monthly_readers(*, by: Actor) -> list[MonthlyReader]:
    """Return those who get the chapters each month, the first added first. Raises Denied (insight.see)."""
    by.require("insight.see")
    return list(MonthlyReader.objects.order_by("added_at", "user_id"))


def _of_slice(slice_id: UUID | None) -> QuerySet[Chapter]:
    """The chapters of a slice; of all purchases without one."""
    if slice_id is None:
        return Chapter.objects.filter(slice__isnull=True)
    return Chapter.objects.filter(slice_id=slice_id)


def find_slice(*, by: Actor, wanted: Wanted | None = None, slice_id: UUID | None = None) -> Slice | None:
    """Return a part of the last refresh by its id, or by what it is part of; None when there is none. Raises Denied."""
    by.require("insight.see")
    kept = Slice.objects.select_related("refresh")
    if slice_id is not None:
        return kept.filter(id=slice_id).first()
    last = get_last_refresh()
    return kept.filter(refresh=last, **(wanted or Wanted()).fields).first() if last else None


def get_chapter(*, by: Actor, key: str, language: str, slice_id: UUID | None = None) -> Chapter | None:
    """Return a chapter with its refresh; None before the first refresh and for a key that is none. Raises Denied."""
    by.require("insight.see")
    kept = _of_slice(slice_id).select_related("refresh")
    return kept.filter(language=language, key=key).first()


def get_crowd(
    *, by: Actor, refresh: Refresh, chapter: str, mark: str, slice_id: UUID | None = None
) -> tuple[UUID, int] | None:
    """Return the crowd behind a part of a chapter and how many they are; None when nobody has opened that part yet.

    Raises Denied (insight.see).
    """
    by.require("insight.see")
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, cardinality(customer_ids) from insight_crowd "
            "where refresh_id = %s and chapter = %s and mark = %s and slice_id is not distinct from %s",
            [refresh.id, chapter, mark, slice_id],
        )
        row = cursor.fetchone()
    return tuple(row) if row is not None else None


def list_crowd(*, by: Actor, crowd_id: UUID, first: int = 1, limit: int = 50) -> list[UUID]:
    """Return people of a crowd from the `first` on, in their order. Raises Denied (insight.see)."""
    by.require("insight.see")
    last = first + min(limit, CROWD_READ_MAX) - 1
    with connection.cursor() as cursor:
        cursor.execute("select customer_ids[%s:%s] from insight_crowd where id = %s", [first, last, crowd_id])
        row = cursor.fetchone()
    return list(row[0]) if row else []


def compose_report(*, by: Actor, language: str, slice_id: UUID | None = None) -> tuple[str, bytes] | None:
    """Return the name and the PDF of all chapters of the last refresh; None when there are none. Raises Denied."""
    by.require("insight.see")
    chapters = _of_slice(slice_id).select_related("refresh").filter(language=language)
    kept = list(chapters.order_by("position"))
    if not kept:
        return None
    head, *others = kept
    currency = head.refresh.currency
    speech = Speech(language, currency, int(10 ** exponent_of(currency)))
    numbers, advice = read_cover(head.blocks)
    sections = [read_section(one.key, one.title, one.finding, one.blocks, one.definitions) for one in others]
    report = Report(
        title=head.title, subtitle=head.finding, language=language, made_at=head.written_at,
        numbers=numbers, advice=advice,
        sections=with_names(sections, by, speech),
    )  # fmt: skip
    with open_drawer() as drawer:
        return f"fidelia-{head.refresh.as_of:%Y-%m-%d}.pdf", write_pdf(report, speech, drawer)


_CELLS = """
select recency_score, frequency_score, count(*), sum(amount)::bigint,
    percentile_disc(0.5) within group (order by amount), min(recency_days), max(recency_days), min(frequency),
    max(frequency)
from insight_rfm group by 1, 2
"""


def list_rfm_cells(*, by: Actor, refresh: Refresh) -> list[Cell]:
    """Return the 25 cells of the last refresh, empty ones too, by recency and frequency score. Raises Denied."""
    by.require("insight.see")
    rows = refresh.cells if refresh.cells is not None else count_cells()
    found = {(row[0], row[1]): tuple(row[2:]) for row in rows}
    return [_cell(cell, found.get(cell), refresh.currency) for cell in sorted(CELLS)]


def count_cells() -> list[list[int]]:
    """Return a row for each cell that has customers, as a refresh keeps them for the pages to come."""
    with connection.cursor() as cursor:
        cursor.execute(_CELLS)
        return [list(row) for row in cursor.fetchall()]


def _cell(scores: tuple[int, int], row: tuple[int, ...] | None, currency: str) -> Cell:
    if row is None:
        return Cell(*scores, 0, Money.zero(currency), Money.zero(currency), None, None)
    customers, amount, median, least_days, most_days, least, most = row
    return Cell(
        *scores, customers, Money(amount, currency), Money(median, currency), (least_days, most_days), (least, most)
    )


def list_rfm_segments(*, by: Actor, refresh: Refresh) -> list[SegmentTotal]:
    """Return the ten groups in their fixed order with their customers and amounts. Raises Denied."""
    cells = list_rfm_cells(by=by, refresh=refresh)
    return [_segment_total(segment, cells, refresh.currency) for segment in SEGMENTS]


def _segment_total(segment: RfmSegment, cells: Sequence[Cell], currency: str) -> SegmentTotal:
    inside = [cell for cell in cells if cell.segment is segment]
    amount = Money(sum(cell.amount.minor for cell in inside), currency)
    return SegmentTotal(segment, sum(cell.customers for cell in inside), amount)


def list_customers_of_cell(
    *, by: Actor, recency_score: int, frequency_score: int, after: tuple[int, UUID] | None = None, limit: int = 50
) -> list[RfmScore]:
    """Return customers of one cell, the largest amounts first; `after` is (amount, customer_id) of the last one seen.

    Raises Denied.
    """
    by.require("insight.see")
    clause, parameters = "", [recency_score, frequency_score]
    if after is not None:
        clause, parameters = "and (amount, customer_id) < (%s, %s)", [*parameters, *after]  # type: ignore[list-item]
    return list(
        RfmScore.objects.raw(
            f"select * from insight_rfm where recency_score = %s and frequency_score = %s {clause} "
            "order by amount desc, customer_id desc limit %s",
            [*parameters, min(limit, CUSTOMERS_PER_PAGE_MAX)],
        )
    )


def get_rfm_of(customer_ids: Sequence[UUID]) -> RfmScore | None:
    """Return the last RFM of a customer (all the ids of one person); None for one without a sale in the window."""
    return RfmScore.objects.select_related("refresh").filter(customer_id__in=list(customer_ids)).first()


def get_rfm_definition() -> Definition:
    """Return the definition of RFM as its measure states it."""
    _first, *rest = paragraphs_of(rfm)
    return Definition(definition_of(rfm), tuple(rest))


def count_tallies(
    *, export: FactExport, drawn: tuple[str, str, UUID], since: datetime, until: datetime, programme: Counted
) -> dict[str, Tally]:
    """Count what the two arms of a draw did from `since` to before `until`.

    `drawn` is (table of facts, column, id): the rows of that table whose column holds the id, with customer_id and arm.
    An arm nobody is in is missing.
    """
    table, column, group_id = drawn
    with open_facts(folder_of(export.id)) as facts:
        everybody = facts.by_person(facts.table(table))
        members = everybody.filter(everybody[column] == str(group_id))
        return _tallies_of(facts, members, since, until, programme)


def count_tallies_by_trait(
    *, export: FactExport, trait: str, since: datetime, until: datetime, programme: Counted
) -> dict[str, Tally]:
    """Count what people did from `since` to before `until`, by the text that a trait of theirs holds now: their arm."""
    with open_facts(folder_of(export.id)) as facts:
        traits = facts.table("traits")
        held = traits.filter(traits.name == trait, traits.valid_until.isnull()).mutate(arm=traits.text)
        return _tallies_of(facts, facts.by_person(held), since, until, programme)


def count_tallies_of(
    *, export: FactExport, arms: Mapping[UUID, str], since: datetime, until: datetime, programme: Counted
) -> dict[str, Tally]:
    """Count what these people (the survivors of merges), each in an arm, did from `since` to before `until`."""
    rows = pyarrow.table({"customer_id": [str(one) for one in arms], "arm": list(arms.values())}, schema=_ARMS)
    with open_facts(folder_of(export.id)) as facts:
        return _tallies_of(facts, facts.by_person(facts.given(rows)), since, until, programme)


def _tallies_of(facts: Any, members: Any, since: datetime, until: datetime, programme: Counted) -> dict[str, Tally]:
    totals = tallies_by_arm(
        one_arm_each(members), facts.people_of("purchases"), facts.table("lines"),
        since=since, until=until, programme=programme,
    )  # fmt: skip
    return {row.pop("arm"): _tally(row) for row in facts.rows_of(totals)}


def _tally(row: dict[str, Any]) -> Tally:
    return Tally(**{name: int(value) for name, value in row.items()})
