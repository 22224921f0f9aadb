"""What pages hand to components: plain values with the texts already in the reader's language. Pure: no Django.

Texts may be lazy translations. Numbers come as text from `formats`: a component never decides how to round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["petrol", "green", "amber", "red", "blue", "violet", "copper", "grey"]
Direction = Literal["up", "down", "flat"]


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Definition:
    """What stands behind a number: one sentence, the division with its counts, the interval and the cut-off.

    `terms` are the columns of a table with what each holds.
    """

    title: str
    sentence: str
    division: str = ""
    detail: str = ""
    links: Sequence[Link] = ()
    terms: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A change against a named comparison. `good` says its colour: a fall of complaints is good; None is neutral."""

    text: str
    direction: Direction
    good: bool | None
    against: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the strip. `few` greys a value that is "too few"; `bad` marks one that asks for work; `url`
    opens the people it counts.
    """

    label: str
    value: str
    unit: str = ""
    change: Change | None = None
    note: str = ""
    definition: Definition | None = None
    few: bool = False
    bad: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    text: str
    url: str
    count: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter as a sentence: "Tier is" + "Grand Cru"; `remove_url` is the same view without it."""

    lead: str
    value: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A small badge within a timeline item or a table cell."""

    text: str
    tone: Tone = "grey"
    icon: str = ""


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One event: the sentence has the fact itself in `strong` (said first, after `lead`); `why` unfolds below it."""

    icon: str
    strong: str
    lead: str = ""
    rest: str = ""
    detail: str = ""
    end: str = ""
    end_good: bool = False
    when: str = ""
    tone: Tone = "grey"
    marks: Sequence[Mark] = ()
    url: str = ""
    why: Sequence[str] = ()
    why_title: str = ""

    @property
    def tail(self) -> str:
        """`rest` as it follows the fact: after a space, unless it begins with a sign or a no-break space."""
        return self.rest if self.rest[:1] in ("", ",", ";", ":", ".", "\u00a0") else f" {self.rest}"


@dataclass(frozen=True, slots=True)
class TimelineGroup:
    """A day, a month, or what is coming (drawn dashed)."""

    title: str
    items: Sequence[TimelineItem]
    coming: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A keyset page. Urls are empty at either end; `total` is text: "584", "about 1.2 M", or "" where nobody counts."""

    first: int
    last: int
    total: str
    previous_url: str = ""
    next_url: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Long work as people see it. `done` and `total` draw the bar; `pace` and `left` are texts.

    `poll_url` renders this same component again; it is asked each second, then each five, and no more once `ended`.
    """

    id: str
    name: str
    done: int
    total: int
    count: str
    pace: str = ""
    left: str = ""
    poll_url: str = ""
    pause_url: str = ""
    resume_url: str = ""
    stop_url: str = ""
    ended: bool = False
    seconds_run: int = 0

    @property
    def ratio(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def poll_seconds(self) -> int:
        return 1 if self.seconds_run < 30 else 5


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    state: Literal["done", "now", "next"]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar made of parts."""

    ratio: float
    fill: str = "primary"
    label: str = field(default="")
