"""How sure are we: a dot with the bar of its interval, never a bar without one for an effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .chart import Chart, base_option
from .scale import category_axis, value_axis, zero_line
from .units import Unit
from .words import say


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value between `low` and `high`; the interval's level is said by the page (90 or 95 %)."""

    name: str
    value: float
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        return self.low <= 0 <= self.high


def dots_with_intervals(
    estimates: Sequence[Estimate],
    *,
    unit: Unit,
    language: str,
    heading: str,
    value_name: str,
    links: Sequence[str] = (),
) -> Chart:
    """Return one line per estimate; an interval that holds zero is grey ("no effect found")."""
    axis = value_axis([edge for one in estimates for edge in (one.low, one.high)], unit, language, parts=3)
    axis["splitLine"] = {"show": False}
    option = base_option(
        tooltip={"trigger": "item", "className": "f-tip", "confine": True},
        xAxis=axis,
        yAxis=category_axis(one.name for one in estimates) | {"inverse": True, "axisLine": {"show": False}},
        series=[*(_interval(one, row) for row, one in enumerate(estimates)), _dots(estimates)],
    )
    # Names keep a third of the drawing at most: on a telephone the intervals would have nothing left.
    name_style = {"width": {"$share": 0.36}, "overflow": "break", "lineHeight": 15}
    option["yAxis"]["axisLabel"] = {"color": "@text", "fontSize": 12.5, "interval": 0} | name_style
    return Chart(
        option=option,
        sentence=" ".join(_sentence(one, unit, language) for one in estimates),
        columns=[heading, value_name, say(language, "Interval")],
        rows=[[one.name, unit.full(one.value, language, sign=True), _span(one, unit, language)] for one in estimates],
        links=links,
    )


def _interval(one: Estimate, row: int) -> dict[str, Any]:
    colour = "@context" if one.holds_zero else "@petrol"
    return {
        "type": "line",
        "data": [[one.low, row], [one.high, row]],
        "symbol": "rect",
        "symbolSize": [2, 12],
        "silent": True,
        "lineStyle": {"color": colour, "width": 3},
        "itemStyle": {"color": colour},
    }


def _dots(estimates: Sequence[Estimate]) -> dict[str, Any]:
    dots = [
        {"value": [one.value, row], "itemStyle": {"color": "@context" if one.holds_zero else "@petrol"}}
        for row, one in enumerate(estimates)
    ]
    return {"type": "scatter", "symbolSize": 11, "data": dots, "markLine": zero_line(), "z": 5}


def _span(one: Estimate, unit: Unit, language: str) -> str:
    low, high = (unit.full(edge, language, sign=True) for edge in (one.low, one.high))
    return say(language, "from {low} to {high}", low=low, high=high)


def _sentence(one: Estimate, unit: Unit, language: str) -> str:
    message = "{name}: no effect found ({span})." if one.holds_zero else "{name}: {value}, {span}."
    return say(
        language,
        message,
        name=one.name,
        value=unit.full(one.value, language, sign=True),
        span=_span(one, unit, language),
    )
