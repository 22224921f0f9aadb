"""Check and record a file of members: each batch of rows with its checkpoint, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.customers.operations.imports.judging import judge
from fidelia.customers.operations.imports.recording import write_judged
from fidelia.intake.models import Import
from fidelia.intake.staged import Mark, count_ready, mark_rows, staged_pages
from fidelia.intake.values import BadCell
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

from .currencies import MAIN
from .judging import FileMemory, is_opened_here, judge_member, standing_of
from .reading import MemberReader, MemberRow, Points
from .recording import open_members, place_opening, sum_up

RIGHT = "points.open"
ROWS_PER_TRANSACTION = 5_000
UNLIMITED = "never"
SUMS = ("file", "ready", "known", "double", "rejected", "left_out")


def check_members(found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Mark each staged row; return the sums of points by what becomes of their rows, and what recording would do.

    Raises Denied (points.open), MalformedMapping for a first day that is none or to come, UnknownProgramme.
    """
    by.require(RIGHT)
    check = _Check(found, at)
    progress.expect(progress.done + count_ready(found))
    for page in staged_pages(found):
        marks = check.judge(page)
        with transaction_of_use_case():
            mark_rows(found.id, marks)
        progress.step(len(page))
    found.programme_id = check.programme_id
    found.save(update_fields=["programme_id"])
    return check.report()


class _Check:
    """The check of one import: what it remembers of the file, and the sums so far."""

    def __init__(self, found: Import, at: datetime) -> None:
        self._found = found
        self._reader = MemberReader(found, at)
        self._policy = str(self._reader.rows.options["known_customers"])
        self._memory = FileMemory(self._reader.rows.options)
        self._points: Counter[tuple[str, str]] = Counter()  # by currency and what becomes of them
        self._counts: Counter[str] = Counter()
        self._by_expiry: Counter[tuple[str, str]] = Counter()
        self._by_tier: Counter[str] = Counter()

    @property
    def programme_id(self) -> UUID:
        return self._reader.programme.id

    def judge(self, page: Sequence[tuple[int, str]]) -> list[Mark]:
        rows: list[MemberRow] = []
        marks: dict[int, Mark] = {}
        for number, cells in page:
            opened = self._reader.rows.open(number, cells)
            said = self._reader.points_said(opened)
            try:
                row = self._reader.read(opened)
            except BadCell as refused:
                marks[number] = Mark.of_bad_cell(number, refused)
                self._sum("rejected", said)
            else:
                mark = self._memory.mark_of(row)
                if mark is None:
                    rows.append(row)
                else:
                    marks[number] = mark
                    self._sum(mark.state, said)
        marks |= self._judge_known(rows)
        return list(marks.values())

    def _judge_known(self, rows: Sequence[MemberRow]) -> dict[int, Mark]:
        judged = judge([row.customer for row in rows], policy=self._policy, import_id=self._found.id)
        marks = {
            row.number: Mark.rejected(row.number, "two_customers", schemes=schemes) for row, schemes in judged.conflicts
        }
        standing = standing_of(self._reader, judged.holders.values(), self._found.id)
        enrolled = set(standing.enrolments)
        for row in rows:
            mark = marks.get(row.number) or judge_member(
                row, judged.holders[row.number], standing, self._reader.rows.options
            )
            if mark is None:
                self._count_ready(row, is_new=judged.holders[row.number] not in enrolled)
                enrolled.add(judged.holders[row.number])
            else:
                marks[row.number] = mark
                self._sum(mark.state, row.said)
        self._counts["new_customers"] += len(judged.new)
        return marks

    def _count_ready(self, row: MemberRow, *, is_new: bool) -> None:
        self._sum("ready", row.points)
        if row.left_out:
            for currency, points in row.left_out.items():
                self._points[currency, "left_out"] += points
            self._sum("rejected", row.left_out)
        for lot in row.lots:
            self._by_expiry[lot.currency, lot.expires_on.isoformat() if lot.expires_on else UNLIMITED] += lot.amount
        if row.tier:
            self._by_tier[row.tier] += 1
        self._counts["new_members"] += is_new
        self._counts["granted_tiers"] += bool(row.tier)
        self._counts["consents"] += len(row.customer.consents)
        self._counts["unproved_consents"] += row.customer.unproved

    def _sum(self, state: str, said: Points | None) -> None:
        if said is None:
            self._counts["unread_balances"] += 1
            return
        for currency, points in said.items():
            self._points[currency, state] += points
            self._points[currency, "file"] += points

    def report(self) -> dict[str, Any]:
        further = {currency: self._sums(currency) for currency in self._reader.currencies.further}
        counts = ("new_customers", "new_members", "granted_tiers", "consents", "unproved_consents", "unread_balances")
        return {
            **self._sums(MAIN),
            **{name: self._counts[name] for name in counts},
            "by_expiry": self._expiring(MAIN),
            "by_tier": dict(sorted(self._by_tier.items())),
            "by_currency": {
                currency: {**sums, "by_expiry": self._expiring(currency)}
                for currency, sums in further.items() if any(sums.values())
            },
        }  # fmt: skip

    def _sums(self, currency: str) -> dict[str, int]:
        return {f"{name}_points": self._points[currency, name] for name in SUMS}

    def _expiring(self, currency: str) -> dict[str, int]:
        return {day: points for (of, day), points in sorted(self._by_expiry.items()) if of == currency}


def record_members(found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Open the ready rows: customers, enrolments, tiers, then points, at the beginning of the first day in Fidelia.

    Each batch is committed with its checkpoint; a row is posted once, whatever is killed and resumed. Nobody is
    informed. Raises Denied (points.open), MalformedMapping, UnknownProgramme.
    """
    by.require(RIGHT)
    reader = MemberReader(found, at)
    with transaction_of_use_case():
        place_opening(reader, found, at=at)
    reached = dict(progress.checkpoint or {})
    totals = {name: int(count) for name, count in reached.items() if name != "row"} or {"recorded_rows": 0}
    after = int(reached.get("row", 0))
    progress.expect(progress.done + count_ready(found, after=after))
    for page in staged_pages(found, after=after, size=ROWS_PER_TRANSACTION):
        with transaction_of_use_case():
            done = _record_page(reader, found, page, by=by, at=at)
            totals = _added(totals, done)
            progress.reach({"row": page[-1][0], **totals}, count=len(page))
        progress.show()
    return {**totals, **sum_up(found)}


def _record_page(
    reader: MemberReader, found: Import, page: Sequence[tuple[int, str]], *, by: Actor, at: datetime
) -> Mapping[str, int]:
    rows, marks = [], []
    for number, cells in page:
        try:
            rows.append(reader.read(reader.rows.open(number, cells)))
        except BadCell as refused:  # what was checked is read again: only a day that has passed since can differ
            marks.append(Mark.of_bad_cell(number, refused))
    policy = str(reader.rows.options["known_customers"])
    judged = judge([row.customer for row in rows], policy=policy, import_id=found.id)
    marks += [Mark.rejected(row.number, "two_customers", schemes=schemes) for row, schemes in judged.conflicts]
    standing = standing_of(reader, judged.holders.values(), found.id)
    chosen, recorded = [], 0
    for row in rows:
        if row.number in judged.holders:
            customer_id = judged.holders[row.number]
            mark = judge_member(row, customer_id, standing, reader.rows.options)
            if mark is None:
                chosen.append(row)
            elif is_opened_here(row, customer_id, standing):
                recorded += 1  # by a run that was stopped and whose checkpoint is gone
            else:
                marks.append(mark)
    mark_rows(found.id, marks)
    numbers = {row.number for row in chosen}
    judged.changes = [change for change in judged.changes if change.row.number in numbers]
    counts = write_judged(judged, by=by, at=at, found=found)
    opened = open_members(reader, found, chosen, judged.holders, standing, by=by, at=at)
    return {**counts, **opened, "recorded_rows": len(chosen) + recorded}


def _added(totals: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: totals.get(name, 0) + more.get(name, 0) for name in {**totals, **more}}
