"""Lines over time, with an optional band between the first two ("how large is the difference")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .chart import Chart, LegendEntry, Series, base_option, require_series
from .scale import axis_name, category_axis, value_axis
from .units import Unit
from .words import course_of


def lines(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: Unit,
    language: str,
    heading: str,
    band: bool = False,
    dashed: Sequence[str] = (),
    from_zero: bool = True,
    links: Sequence[str] = (),
    named: bool = False,
) -> Chart:
    """Return one to six lines; straight between points, since a smoothed line invents points.

    `band` fills the space between the first and the second series; `dashed` names series drawn dashed;
    `named` writes the heading below the axis, where its labels do not say what they are.
    """
    require_series(series, labels)
    assert not band or len(series) >= 2, "a band lies between two series"
    drawn = [_line(one, dashed=one.name in dashed) for one in series]
    if band:
        drawn = [*_band(series[0], series[1]), *drawn]
    values = [value for one in series for value in one.values]
    option = base_option(
        xAxis=category_axis(labels, boundary=False) | (axis_name(heading) if named else {}),
        yAxis=value_axis(values, unit, language, from_zero=from_zero),
        series=drawn,
    )
    option["grid"]["right"] = 16
    if named:
        option["grid"]["outerBoundsContain"] = "all"
    return Chart(
        option=option,
        sentence=" ".join(course_of(one, labels, unit, language) for one in series),
        columns=[heading, *(one.name for one in series)],
        rows=[[label, *(unit.full(one.values[i], language) for one in series)] for i, label in enumerate(labels)],
        legend=[LegendEntry(one.name, one.colour, "dashed" if one.name in dashed else "line") for one in series],
        links=links,
    )


def _line(one: Series, *, dashed: bool) -> dict[str, Any]:
    style = {"color": f"@{one.colour}", "width": 2, "type": "dashed" if dashed else "solid"}
    return {
        "type": "line",
        "name": one.name,
        "data": list(one.values),
        "symbol": "circle",
        "symbolSize": 5,
        "showSymbol": False,
        "lineStyle": style,
        "itemStyle": {"color": f"@{one.colour}"},
    }


def _band(first: Series, second: Series) -> list[dict[str, Any]]:
    """Two invisible stacked areas: the lower edge, and the filled difference above it."""
    pairs = list(zip(first.values, second.values, strict=True))
    hidden = {
        "type": "line",
        "stack": "band",
        "silent": True,
        "symbol": "none",
        "lineStyle": {"width": 0},
        "tooltip": {"show": False},
    }
    foot = {**hidden, "data": [min(pair) for pair in pairs]}
    fill = {**hidden, "data": [abs(a - b) for a, b in pairs], "areaStyle": {"color": "@petrol", "opacity": 0.18}}
    return [foot, fill]
