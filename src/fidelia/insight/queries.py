"""What pages ask of insight. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from fidelia.activity.queries import (
    SalesFigures,
    WeekOfSales,
    count_active_members,
    count_repurchases,
    list_weeks_of_sales,
    sum_sales,
)
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money, exponent_of
from fidelia.ledger.queries import PointsFlow, list_weeks_of_flow, sum_flow
from fidelia.programme.models import Programme
from fidelia.programme.queries import count_members, count_members_by_tier

from .errors import NoExport
from .measures.definitions import definition_of, paragraphs_of
from .measures.engine import open_facts
from .measures.rfm import rfm
from .measures.segments import CELLS, SEGMENT_BY_KEY, SEGMENTS, RfmSegment
from .measures.tallies import Counted, Tally, one_arm_each, tallies_by_arm
from .models import Chapter, FactExport, KeptFigure, MonthlyReader, Refresh, RfmScore, Slice, Wanted, folder_of
from .report.drawing import open_drawer
from .report.keeping import read_cover, read_section
from .report.making import Report
from .report.pdf import write_pdf
from .report.speech import Speech

CUSTOMERS_PER_PAGE_MAX = 200


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
    report = Report(
        title=head.title, subtitle=head.finding, language=language, made_at=head.written_at,
        numbers=numbers, advice=advice,
        sections=[read_section(one.key, one.title, one.finding, one.blocks, one.definitions) for one in others],
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
        totals = tallies_by_arm(
            one_arm_each(members), facts.people_of("purchases"), facts.table("lines"),
            since=since, until=until, programme=programme,
        )  # fmt: skip
        return {row.pop("arm"): _tally(row) for row in facts.rows_of(totals)}


def _tally(row: dict[str, Any]) -> Tally:
    return Tally(**{name: int(value) for name, value in row.items()})


# What Home asks of a period. A large shop counts it once in the night, and pages read what was kept.

YEAR = timedelta(days=364)  # the same weekdays
ACTIVE = timedelta(days=182)
WEEKS = 12
PERIODS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class Period:
    """The days shown and the days they are compared with: those a year before, or just before; both end at midnight."""

    since: datetime
    until: datetime
    before_since: datetime
    before_until: datetime
    is_against_year: bool


class HomeFigures:
    """What was sold, to whom, who came back, and the points that moved; from what was kept, else counted now.

    What was kept is of the whole shop: it serves those who may see all of it. `counted_at` tells when, None for now.
    """

    def __init__(self, by: Actor, kept: Mapping[str, Any] | None = None) -> None:
        self._by = by
        self.answers: dict[str, Any] = {}
        self.counted_at: datetime | None = None
        self._kept = kept if kept is not None else self._read_kept()

    def period(self, days: int, *, midnight: datetime, currency: str) -> Period:
        """Return the last `days` whole days before a midnight, with what they are compared with."""
        since = midnight - timedelta(days=days)
        if self.sales(currency, since - YEAR, midnight - YEAR).receipts:
            return Period(since, midnight, since - YEAR, midnight - YEAR, is_against_year=True)
        return Period(since, midnight, since - timedelta(days=days), since, is_against_year=False)

    def sales(self, currency: str, since: datetime, until: datetime) -> SalesFigures:
        """Raises Denied (purchase.see)."""
        return SalesFigures(*self._ask(
            ("sales", currency, since, until),
            lambda: astuple(sum_sales(by=self._by, currency=currency, since=since, until=until)),
        ))  # fmt: skip

    def weeks_of_sales(self, currency: str, since: datetime, until: datetime, zone: tzinfo) -> list[WeekOfSales]:
        """Raises Denied (purchase.see)."""
        rows = self._ask(
            ("weeks of sales", currency, since, until),
            lambda: [
                (week.monday.isoformat(), week.members, week.others)
                for week in list_weeks_of_sales(by=self._by, currency=currency, since=since, until=until, zone=zone)
            ],
        )
        return [WeekOfSales(date.fromisoformat(monday), members, others) for monday, members, others in rows]

    def active_members(self, until: datetime) -> int:
        """Raises Denied (purchase.see)."""
        return int(self._ask(
            ("active members", until),
            lambda: count_active_members(by=self._by, since=until - ACTIVE, until=until),
        ))  # fmt: skip

    def repurchases(self, until: datetime) -> tuple[int, int]:
        """Return how many came back, of how many who bought. Raises Denied (purchase.see)."""
        back, bought = self._ask(("repurchases", until), lambda: count_repurchases(by=self._by, until=until))
        return back, bought

    def flow(self, currency: str, since: datetime, until: datetime) -> PointsFlow:
        """Return the points of a currency that moved."""
        return PointsFlow(*self._ask(
            ("flow", currency, since, until),
            lambda: astuple(sum_flow(currency=currency, since=since, until=until)),
        ))  # fmt: skip

    def weeks_of_flow(
        self, currency: str, since: datetime, until: datetime, zone: str
    ) -> list[tuple[date, PointsFlow]]:
        """Return the points of a currency that moved in each week."""
        rows = self._ask(
            ("weeks of flow", currency, since, until),
            lambda: [
                (monday.isoformat(), *astuple(flow))
                for monday, flow in list_weeks_of_flow(currency=currency, since=since, until=until, zone=zone)
            ],
        )
        return [(date.fromisoformat(monday), PointsFlow(*sums)) for monday, *sums in rows]

    def members(self, programme: Programme, at: datetime) -> int:
        """Return how many memberships are in force."""
        return int(self._ask(("members", programme.slug), lambda: count_members(programme, at)))

    def members_by_tier(self, programme: Programme, at: datetime) -> dict[str, int]:
        """Return how many hold each tier."""
        counts: dict[str, int] = self._ask(
            ("members by tier", programme.slug), lambda: count_members_by_tier(programme, at)
        )
        return counts

    def _ask(self, question: tuple[Any, ...], count: Callable[[], Any]) -> Any:
        key = "|".join(
            part.astimezone(UTC).isoformat() if isinstance(part, datetime) else str(part) for part in question
        )
        if key not in self._kept:
            self.answers[key] = count()
            return self.answers[key]
        return self._kept[key]

    def _read_kept(self) -> dict[str, Any]:
        if self._by.mode == "test" or not (self._by.may("purchase.see") and self._by.may("points.see")):
            return {}
        rows = list(KeptFigure.objects.values_list("question", "answer", "counted_at"))
        self.counted_at = max((counted_at for _question, _answer, counted_at in rows), default=None)
        return {question: answer for question, answer, _counted_at in rows}
