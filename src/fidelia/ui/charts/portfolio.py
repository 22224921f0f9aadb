"""The customer portfolio: a scatter cut in four, shape and colour by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .chart import Chart, LegendEntry, base_option
from .units import Unit
from .words import say

DOTS_MAX = 2_000  # more than these are only a blot; the caller samples and says so
Shape = Literal["circle", "diamond", "square", "triangle"]
_SYMBOLS: dict[Shape, str] = {"circle": "circle", "diamond": "diamond", "square": "rect", "triangle": "triangle"}
_CORNERS = {
    "top-left": (0.01, 0.97, "left"),
    "top-right": (0.99, 0.97, "right"),
    "bottom-left": (0.01, 0.05, "left"),
    "bottom-right": (0.99, 0.05, "right"),
}


@dataclass(frozen=True, slots=True)
class Class:
    """One of the four classes: where it lies, how it is drawn, how many people it has, and where they are listed."""

    key: str
    name: str
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"]
    colour: str
    shape: Shape
    count: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """One customer (or one of a sample): x and y between 0 and 1."""

    x: float
    y: float
    key: str


def portfolio(
    classes: Sequence[Class],
    dots: Sequence[Dot],
    *,
    cut: tuple[float, float],
    x_name: str,
    y_name: str,
    language: str,
    heading: str,
    value_name: str,
) -> Chart:
    """Return the scatter; `cut` is where potential (x) and value (y) are parted."""
    assert len(dots) <= DOTS_MAX, f"a portfolio draws at most {DOTS_MAX} dots"
    plain = {
        "type": "value",
        "min": 0,
        "max": 1,
        "axisLabel": {"show": False},
        "splitLine": {"show": False},
        "axisTick": {"show": False},
    }
    line = {"axisLine": {"show": True, "lineStyle": {"color": "@line"}}}
    option = base_option(
        tooltip={"show": False},
        xAxis=plain | line | _title(x_name, 10),
        yAxis=plain | line | _title(y_name, 10),
        series=[*(_dots_of(one, dots) for one in classes), _cuts(cut), _names(classes)],
    )
    option["grid"]["outerBoundsContain"] = "all"
    counts = [Unit().full(one.count, language) for one in classes]
    most = max(classes, key=lambda one: one.count)
    return Chart(
        option=option,
        sentence=say(
            language, "Largest class: {name}, {count} people.", name=most.name, count=Unit().full(most.count, language)
        ),
        columns=[heading, value_name],
        rows=[[one.name, count] for one, count in zip(classes, counts, strict=True)],
        legend=[LegendEntry(one.name, one.colour, one.shape) for one in classes],
        links=[one.url for one in classes],
    )


def _dots_of(one: Class, dots: Sequence[Dot]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": one.name,
        "symbol": _SYMBOLS[one.shape],
        "symbolSize": 6,
        "itemStyle": {"color": f"@{one.colour}", "opacity": 0.7},
        "data": [{"value": [dot.x, dot.y], "link": one.url} for dot in dots if dot.key == one.key],
        "emphasis": {"disabled": True},
    }


def _cuts(cut: tuple[float, float]) -> dict[str, Any]:
    style = {"color": "@text-2", "type": "dashed", "width": 1}
    lines = [{"xAxis": cut[0]}, {"yAxis": cut[1]}]
    return {
        "type": "scatter",
        "data": [],
        "markLine": {"silent": True, "symbol": "none", "label": {"show": False}, "lineStyle": style, "data": lines},
    }


def _names(classes: Sequence[Class]) -> dict[str, Any]:
    """The names of the four fields, written in their corners on a plate so that dots and lines do not cut them."""
    data = []
    for one in classes:
        x, y, align = _CORNERS[one.corner]
        label = {"formatter": one.name, "align": align, "position": [0, 0]}
        data.append({"value": [x, y], "label": label})
    plate = {
        "show": True,
        "color": "@text",
        "fontSize": 12.5,
        "fontWeight": 600,
        "backgroundColor": "@surface",
        "padding": [2, 5],
        "borderRadius": 4,
    }
    return {"type": "scatter", "silent": True, "symbolSize": 0.1, "label": plate, "data": data, "z": 6}


def _title(name: str, gap: int) -> dict[str, Any]:
    return {
        "name": f"{name} →",
        "nameLocation": "middle",
        "nameGap": gap,
        "nameTextStyle": {"color": "@text-2", "fontSize": 12},
    }
