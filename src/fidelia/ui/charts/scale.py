"""Axes with round steps, whose texts are written here and not by the chart library."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .units import Unit

_ROUND = (1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def round_step(span: float, parts: int) -> float:
    """Return the smallest round step that covers the span in at most `parts` steps."""
    if span <= 0:
        return 1.0
    raw = span / parts
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in _ROUND if step * power >= raw * (1 - 1e-9))


def value_axis(
    values: Iterable[float], unit: Unit, language: str, *, parts: int = 4, from_zero: bool = True
) -> dict[str, Any]:
    """Return a value axis that holds all values, starts at zero when `from_zero`, and carries its own texts."""
    held = list(values) or [0.0]
    low, high = min(held), max(held)
    if from_zero:
        low, high = min(0.0, low), max(0.0, high)
    step = round_step(high - low, parts)
    if unit.is_whole and step % 1:
        step = float(math.ceil(step))  # nobody counts 0.8 members
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    most = step * max(last, -first)
    texts = [unit.short(round(step * i, 9), language, step=step, most=most) for i in range(first, last + 1)]
    return {
        "type": "value",
        "min": round(step * first, 9),
        "max": round(step * last, 9),
        "interval": step,
        "axisLabel": {
            "formatter": {"$ticks": {"first": first, "step": step, "texts": texts}},
            "color": "@text-2",
            "fontSize": 12,
            "hideOverlap": True,
        },
        "splitLine": {"lineStyle": {"color": "@line"}},
    }


def category_axis(labels: Iterable[str], *, boundary: bool = True) -> dict[str, Any]:
    """Return an axis of names; where `boundary` is false (a line), its points lie on the edges."""
    return {
        "type": "category",
        "data": list(labels),
        "boundaryGap": boundary,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": "@line"}},
        "axisLabel": {"color": "@text-2", "fontSize": 12, "hideOverlap": True},
    }


def broken_names(count: int) -> dict[str, Any]:
    """Return what writes each of `count` names under its column, a long one over several lines: none is left out."""
    return {
        "interval": 0,
        "hideOverlap": False,
        "width": {"$fit": count},
        "overflow": "break",
        "lineHeight": 15,
    }


def axis_name(name: str, *, gap: int = 26) -> dict[str, Any]:
    """Return what writes a name below the middle of an axis, `gap` pixels from it; the grid must make room for it."""
    style = {"color": "@text-2", "fontSize": 12}
    return {"name": name, "nameLocation": "middle", "nameGap": gap, "nameTextStyle": style}


def zero_line() -> dict[str, Any]:
    """Return the mark that draws an upright line at zero, for bars and intervals that lie down."""
    return {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": "@field", "type": "solid", "width": 1},
        "data": [{"xAxis": 0}],
    }
