"""Addresses behind the parts of a chart that is drawn already: a mark opens its people, as its cell of the table does.

A chart may be kept for long and shown to many: what it links to depends on who looks, and is put in when it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from .chart import Chart

Links = Sequence[Sequence[str]]


def with_links(chart: Chart, links: Links) -> Chart:
    """Return the chart with the address `links[row][column]` behind each cell of its table and behind the mark drawn of
    it. Column 0 is the row itself, and stands in where a cell has no address of its own; "" where there is nobody.
    """
    option = deepcopy(chart.option)
    for place, series in enumerate(option["series"]):
        put = _PUT.get(series["type"])
        if put is not None and not series.get("silent"):
            put(series, _column_of(series, chart, place), place, links)
    cells = [[at(links, row, column) for column in range(1, len(line))] for row, line in enumerate(links)]
    whole = [at(links, row, 0) for row in range(len(links))]
    return replace(chart, option=option, links=whole, cells=cells)


def at(links: Links, row: int, column: int) -> str:
    """The address of a cell, or that of its row."""
    line = links[row] if row < len(links) else ()
    own = line[column] if column < len(line) else ""
    return own or (line[0] if line else "")


def _column_of(series: dict[str, Any], chart: Chart, place: int) -> int:
    names = list(chart.columns)
    return names.index(series["name"]) if series.get("name") in names[1:] else place + 1


def _put_cells(series: dict[str, Any], _column: int, _place: int, links: Links) -> None:
    for cell in series["data"]:
        cell["link"] = at(links, cell["value"][1], cell["value"][0] + 1)


def _put_points(series: dict[str, Any], column: int, _place: int, links: Links) -> None:
    series["data"] = [_linked(point, at(links, row, column)) for row, point in enumerate(series["data"])]
    if series["type"] == "line" and any(at(links, row, column) for row in range(len(series["data"]))):
        series["showSymbol"] = True  # only a symbol can be clicked


def _put_flows(series: dict[str, Any], _column: int, _place: int, links: Links) -> None:
    for row, flow in enumerate(series["links"]):
        flow["link"] = at(links, row, 0)
    for node in series["data"]:
        node["link"] = ""


def _put_dots(series: dict[str, Any], _column: int, place: int, links: Links) -> None:
    """One series of dots for each row of the table."""
    for dot in series["data"]:
        dot["link"] = at(links, place, 0)


def _linked(point: Any, link: str) -> Any:
    return (point if isinstance(point, dict) else {"value": point}) | {"link": link}


_PUT: Final[dict[str, Callable[[dict[str, Any], int, int, Links], None]]] = {
    "heatmap": _put_cells, "bar": _put_points, "line": _put_points, "sankey": _put_flows, "scatter": _put_dots,
}  # fmt: skip
