"""What a report is written in: sections of blocks, which HTML and PDF draw each in their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

from fidelia.ui.charts import Chart

Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Definition:
    """How a number is counted: a sentence, and where the long form comes from (a paper, a book).

    `key` names the one that says which currencies are not counted.
    """

    title: str
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; `tone` marks what is good news, a warning, or bad news."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Number:
    """A figure with its label, and in small what it means; `mark` is the key of the people it counts."""

    label: str
    value: str
    note: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """At most six figures side by side."""

    numbers: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its title, which is the question it answers or what it shows.

    `people` are the people behind its rows, each as the condition of a segment over the traits that a refresh sets;
    empty where there are none. A report on a file has no use for them.

    `marks[row][column]` are the keys of the people behind each cell of the chart's table, and so behind what is drawn
    of it (see `behind`); column 0 is the row itself, and a line may end early.
    """

    title: str
    chart: Chart
    height: int = 280
    width: int = 860
    people: Sequence[str] = ()
    marks: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: column names, rows of texts, how many of the first columns are words (the others are numbers).

    `people` and `marks` as those of a drawing.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    people: Sequence[str] = ()
    marks: Sequence[Sequence[str]] = ()


CURRENCY: Final = "currency"


def mark(kind: str, *values: object) -> str:
    """The key of the people behind part of a chapter: what kind of part it is, and which one."""
    return "/".join([kind, *(quote(str(value), safe="") for value in values)])


def read_mark(key: str) -> tuple[str, list[str]]:
    """The kind and the values of a key that `mark` gave."""
    kind, *values = key.split("/")
    return kind, [unquote(value) for value in values]


def who_are(trait: str, value: str) -> str:
    """The condition of a segment: those whose trait is this text."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'has(trait.{trait}) && trait.{trait} == "{quoted}"'


def who_lie(trait: str, low: int, high: int) -> str:
    """The condition of a segment: those whose trait is a number from `low` to below `high`."""
    return f"has(trait.{trait}) && trait.{trait} >= {low} && trait.{trait} < {high}"


@dataclass(frozen=True, slots=True)
class Missing:
    """Why this part of the report is not there, and what would bring it."""

    reason: str


Block = Words | Numbers | Drawing | Grid | Missing


@dataclass(frozen=True, slots=True)
class Section:
    """One chapter: its title, what it says in one sentence, its blocks, and the definitions of its numbers."""

    key: str
    title: str
    finding: str
    blocks: Sequence[Block]
    definitions: Sequence[Definition] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do next: the verb, why, what is at stake, and the key of the chapter that shows whom it is about."""

    title: str
    reason: str
    stake: str = ""
    chapter: str = ""
