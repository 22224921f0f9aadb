"""Check, record and take back a file of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fidelia.intake.models import Import
from fidelia.intake.staged import Mark, count_ready, mark_rows, staged_pages
from fidelia.intake.values import BadCell
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

from .judging import Judged, judge
from .reading import CustomerReader, CustomerRow
from .recording import write_judged
from .target import CUSTOMERS

RIGHT = "customer.import"
ROWS_PER_TRANSACTION = 10_000


def check_customers(found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Mark each staged row; return what recording would do. Raises Denied (customer.import)."""
    by.require(RIGHT)
    reader = CustomerReader(found, CUSTOMERS, at)
    policy = str(reader.rows.options["known_customers"])
    seen: set[int] = set()
    report = {"new_customers": 0, "changed_customers": 0, "consents": 0, "unproved_consents": 0}
    progress.expect(progress.done + count_ready(found))
    for page in staged_pages(found):
        rows, marks = read_page(reader, page)
        rows = _without_doubles(rows, seen, marks)
        judged = judge(rows, policy=policy, import_id=found.id)
        marks += [Mark.rejected(row.number, "two_customers", schemes=schemes) for row, schemes in judged.conflicts]
        marks += [Mark(row.number, "known") for row in judged.unchanged]
        with transaction_of_use_case():
            mark_rows(found.id, marks)
        _count(report, rows, judged)
        progress.step(len(page))
    return report


def record_customers(found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Write the ready rows, each batch with its checkpoint; return what was done. Raises Denied (customer.import)."""
    by.require(RIGHT)
    reader = CustomerReader(found, CUSTOMERS, at)
    policy = str(reader.rows.options["known_customers"])
    totals = {"recorded_rows": 0, "added_customers": 0, "changed_customers": 0, "consents": 0}
    reached = dict(progress.checkpoint or {})
    totals |= {name: reached[name] for name in totals if name in reached}
    after = int(reached.get("row", 0))
    progress.expect(progress.done + count_ready(found, after=after))
    for page in staged_pages(found, after=after, size=ROWS_PER_TRANSACTION):
        with transaction_of_use_case():
            rows, marks = read_page(reader, page)
            judged = judge(rows, policy=policy, import_id=found.id)
            marks += [Mark.rejected(row.number, "two_customers", schemes=names) for row, names in judged.conflicts]
            mark_rows(found.id, marks)
            add_up(totals, write_judged(judged, by=by, at=at, found=found))
            totals["recorded_rows"] += len(page) - len(marks)
            progress.reach({"row": page[-1][0], **totals}, count=len(page))
        progress.show()
    return totals


def read_page(reader: CustomerReader, page: Sequence[tuple[int, str]]) -> tuple[list[CustomerRow], list[Mark]]:
    """Return the rows understood, and the marks of those that are not."""
    rows, marks = [], []
    for number, cells in page:
        try:
            rows.append(reader.read(reader.rows.open(number, cells)))
        except BadCell as refused:
            marks.append(Mark.of_bad_cell(number, refused))
    return rows, marks


def add_up(totals: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        totals[name] = totals.get(name, 0) + count


def _without_doubles(rows: Sequence[CustomerRow], seen: set[int], marks: list[Mark]) -> list[CustomerRow]:
    """Set aside each row whose customer an earlier row of the file names by all the same identities.

    Hashes of 64 bits are kept instead of the names: a million of them take 60 MB.
    """
    kept = []
    for row in rows:
        names = [hash(pair) for pair in row.checked.identities]
        if all(name in seen for name in names):
            marks.append(Mark(row.number, "double"))
        else:
            kept.append(row)
        seen.update(names)
    return kept


def _count(report: dict[str, int], rows: Sequence[CustomerRow], judged: Judged) -> None:
    report["new_customers"] += len(judged.new)
    report["changed_customers"] += len(judged.changes)
    report["consents"] += sum(len(row.consents) for row in judged.new)
    report["consents"] += sum(len(change.consents) for change in judged.changes)
    report["unproved_consents"] += sum(row.unproved for row in rows)
