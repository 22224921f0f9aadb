"""What every chart builder returns, and the option they all start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

SERIES_MAX = 6
FONT = "Inter, system-ui, sans-serif"  # what is drawn beside a series does not inherit it


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its name, one value per label, and the name of its colour."""

    name: str
    values: Sequence[float]
    colour: str = "petrol"


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """Named in the order of the drawing; the page writes it, so that it wraps and is read like any text."""

    name: str
    colour: str
    shape: Literal["square", "line", "dashed", "circle", "diamond", "triangle"] = "square"


@dataclass(frozen=True, slots=True)
class Chart:
    """An ECharts option, the sentence that says the same, and the table behind it (texts, ready to read).

    `links` gives, row by row, the address of the people behind the mark; empty when there is none. `cells` gives, row
    by row, those of the columns after the first, where each cell has people of its own. `room` is what the drawing
    needs to be read ("some" is 480 pixels, "much" 600): where there is less it scrolls.
    """

    option: dict[str, Any]
    sentence: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: Sequence[LegendEntry] = ()
    links: Sequence[str] = ()
    cells: Sequence[Sequence[str]] = ()
    room: Literal["", "some", "much"] = ""

    @property
    def payload(self) -> dict[str, Any]:
        """What the browser needs to draw."""
        return {
            "option": self.option,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "links": list(self.links),
        }

    @property
    def table(self) -> list[list[tuple[str, str]]]:
        """Rows as the page writes them: each text with its address, or ""."""
        return [
            [(text, _nth(self.links, r) if c == 0 else _nth(_nth(self.cells, r), c - 1)) for c, text in enumerate(row)]
            for r, row in enumerate(self.rows)
        ]


def _nth(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else ""


def base_option(**parts: Any) -> dict[str, Any]:
    """Return what all charts share: no motion, our type, room for the axis texts."""
    return {
        "animation": False,
        "textStyle": {"fontFamily": FONT, "color": "@text-2"},
        "grid": {
            "left": 2,
            "right": 8,
            "top": 12,
            "bottom": 5,
            "outerBoundsMode": "same",
            "outerBoundsContain": "axisLabel",
        },
        "tooltip": {"trigger": "axis", "className": "f-tip", "confine": True, "axisPointer": {"type": "none"}},
        **parts,
    }


def require_series(series: Sequence[Series], labels: Sequence[str], *, most: int = SERIES_MAX) -> None:
    """Assert what a reader can tell apart: a chart with too many series is our own mistake."""
    assert 1 <= len(series) <= most, f"a chart of this kind shows 1 to {most} series"
    assert all(len(one.values) == len(labels) for one in series), "each series has one value per label"
