"""Where a key stands in a chapter: which drawing, table or figure has it, and what is shown there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .blocks import Drawing, Grid, Numbers, Section


@dataclass(frozen=True, slots=True)
class Marked:
    """A part of a chapter with people behind it: the title of its block, what its row and its column are called, the
    text shown there, and the condition of a segment that says the same of all purchases, where there is one.
    """

    mark: str
    title: str
    row: str
    column: str
    shown: str
    condition: str = ""

    @property
    def name(self) -> str:
        """What the part is called."""
        return " · ".join(part for part in (self.row, self.column) if part)


def find_marked(section: Section, mark: str) -> Marked | None:
    """Return the first part of a chapter with this key; None when it has none."""
    return next((one for one in list_marked(section) if one.mark == mark), None)


def list_marked(section: Section) -> Iterator[Marked]:
    """Yield every part of a chapter that has people behind it, in the order of the page."""
    for block in section.blocks:
        if isinstance(block, Numbers):
            for one in block.numbers:
                if one.mark:
                    yield Marked(one.mark, section.title, one.label, "", one.value)
        elif isinstance(block, Drawing):
            yield from _of_table(block, block.chart.columns, block.chart.rows)
        elif isinstance(block, Grid):
            yield from _of_table(block, block.columns, block.rows)


def _of_table(block: Drawing | Grid, columns: object, rows: object) -> Iterator[Marked]:
    assert isinstance(columns, (list, tuple))
    assert isinstance(rows, (list, tuple))
    for place, line in enumerate(block.marks):
        condition = block.people[place] if place < len(block.people) else ""
        for at, mark in enumerate(line[: len(columns)]):
            if mark:
                name = columns[at] if at else ""
                yield Marked(mark, block.title, rows[place][0], name, rows[place][at], condition if at == 0 else "")
