"""What a report is written in: sections of blocks, which HTML and PDF draw each in their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fidelia.ui.charts import Chart

Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Definition:
    """How a number is counted: a sentence, and where the long form comes from (a paper, a book)."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; `tone` marks what is good news, a warning, or bad news."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Number:
    """A figure with its label, and in small what it means."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """At most six figures side by side."""

    numbers: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its title, which is the question it answers or what it shows.

    `people` are the people behind its rows, each as the condition of a segment over the traits that a refresh sets;
    empty where there are none. A report on a file has no use for them.
    """

    title: str
    chart: Chart
    height: int = 280
    width: int = 860
    people: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: column names, rows of texts, how many of the first columns are words (the others are numbers).

    `people` as those of a drawing.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    people: Sequence[str] = ()


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
