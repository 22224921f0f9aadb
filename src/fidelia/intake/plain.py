"""Kinds whose rows stand alone: each is understood, known by a key, and written with others by one building block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

from .changes import Book, keep_changes, undo_changes
from .models import Import
from .staged import Mark, OpenRow, RowReader, count_ready, mark_rows, staged_pages
from .targets import Target
from .values import BadCell

ROWS_PER_TRANSACTION = 20_000
Item = TypeVar("Item")
Read_co = TypeVar("Read_co", covariant=True)
Given_contra = TypeVar("Given_contra", contravariant=True)
READY = ("ready",)
KNOWN = ("known",)


class Understand(Protocol[Read_co]):
    """Read one open row. Raises BadCell."""

    def __call__(self, row: OpenRow) -> Read_co: ...


class Judge(Protocol[Given_contra]):
    """Say of each item READY, KNOWN, or ("rejected", code of the reason, {values}); reads, and writes nothing."""

    def __call__(self, items: Sequence[Given_contra]) -> list[tuple[Any, ...]]: ...


class Write(Protocol[Given_contra]):
    """Write items in the caller's transaction; return counts."""

    def __call__(
        self, items: Sequence[Given_contra], *, by: Actor, at: datetime, found: Import
    ) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class PlainSteps(Generic[Item]):
    """The steps of such a kind. `reader` makes, for one import at a moment, what understands its rows.

    Of two rows of a file with one key the first counts; the second is double. With a `book` it can be taken back. With
    `amount_of` the check tells what the rows come to, by what becomes of them: `file_amount` is the sum of the others.
    """

    target: Target
    right: str
    reader: Callable[[RowReader, Import, datetime], Understand[Item]]
    key_of: Callable[[Item], Hashable]
    judge: Judge[Item]
    write: Write[Item]
    book: Book[Item] | None = None
    amount_of: Callable[[Item], int] | None = None

    def check(self, found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
        """Mark each staged row. Raises Denied, and what the reader raises for options that cannot be."""
        by.require(self.right)
        rows = RowReader(found, self.target)
        understand = self.reader(rows, found, at)
        seen: set[int] = set()
        sums: Counter[str] = Counter()
        progress.expect(progress.done + count_ready(found))
        for page in staged_pages(found):
            items, marks = self._understood(rows, understand, page)
            read = dict(items)
            marks += self._doubles(items, seen)
            marks += self._judged(items)
            self._sum(sums, read, marks)
            with transaction_of_use_case():
                mark_rows(found.id, marks)
            progress.step(len(page))
        return dict(sums)

    def _sum(self, sums: Counter[str], read: Mapping[int, Item], marks: Sequence[Mark]) -> None:
        if self.amount_of is None:
            return
        states = {mark.row_number: mark.state for mark in marks}
        for number, item in read.items():
            amount = self.amount_of(item)
            sums[f"{states.get(number, 'ready')}_amount"] += amount
            sums["file_amount"] += amount

    def record(self, found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
        """Write the ready rows, each batch with its checkpoint. Raises Denied."""
        by.require(self.right)
        rows = RowReader(found, self.target)
        understand = self.reader(rows, found, at)
        reached = dict(progress.checkpoint or {})
        after = int(reached.pop("row", 0))
        totals: dict[str, int] = {"recorded_rows": 0, **reached}
        progress.expect(progress.done + count_ready(found, after=after))
        for page in staged_pages(found, after=after, size=ROWS_PER_TRANSACTION):
            with transaction_of_use_case():
                items, marks = self._understood(rows, understand, page)
                judged = self._judged(items)
                again = sum(mark.state == "known" for mark in judged)  # by a run whose checkpoint is gone
                mark_rows(found.id, [*marks, *(mark for mark in judged if mark.state == "rejected")])
                for name, count in self._write(list(items.values()), by, at, found).items():
                    totals[name] = totals.get(name, 0) + count
                totals["recorded_rows"] += len(items) + again
                progress.reach({"row": page[-1][0], **totals}, count=len(page))
            progress.show()
        return totals

    def undo(
        self, found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False
    ) -> dict[str, int]:
        """Put back what the import changed. Raises what `undo_changes` does."""
        assert self.book is not None, "a kind that is taken back keeps a book"
        return undo_changes(self.book, self.right, found, by=by, at=at, progress=progress)

    def _write(self, items: Sequence[Item], by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
        if self.book is None:
            return self.write(items, by=by, at=at, found=found)
        before = self.book.read(items)
        counts = self.write(items, by=by, at=at, found=found)
        keep_changes(found, before, self.book.read(items))
        return counts

    def _understood(
        self, rows: RowReader, understand: Understand[Item], page: Sequence[tuple[int, str]]
    ) -> tuple[dict[int, Item], list[Mark]]:
        items: dict[int, Item] = {}
        marks: list[Mark] = []
        for number, cells in page:
            try:
                items[number] = understand(rows.open(number, cells))
            except BadCell as refused:
                marks.append(Mark.of_bad_cell(number, refused))
        return items, marks

    def _doubles(self, items: dict[int, Item], seen: set[int]) -> list[Mark]:
        """Take out of the items those whose key came before; only hashes of 64 bits are remembered."""
        marks = []
        for number in list(items):
            key = hash(self.key_of(items[number]))
            if key in seen:
                marks.append(Mark(number, "double"))
                del items[number]
            seen.add(key)
        return marks

    def _judged(self, items: dict[int, Item]) -> list[Mark]:
        """Take out of the items those that are rejected or known."""
        marks = []
        for number, (state, *reason) in zip(list(items), self.judge(list(items.values())), strict=True):
            if state == "rejected":
                code, values = reason
                marks.append(Mark.rejected(number, code, **values))
            elif state == "known":
                marks.append(Mark(number, "known"))
            if state != "ready":
                del items[number]
        return marks
