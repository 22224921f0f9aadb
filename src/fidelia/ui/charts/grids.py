"""Grids of one hue: recency by frequency (count in the cell, money in the colour) and cohorts (a triangle)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .chart import Chart, base_option
from .palette import step_of, text_on_step
from .scale import axis_name, broken_names, category_axis
from .units import Unit
from .words import say

PERIODS_SOME: Final = 8  # a share has no room in a narrower cell


def heat_map(
    columns: Sequence[str],
    rows: Sequence[str],
    counts: Sequence[Sequence[int]],
    amounts: Sequence[Sequence[float]],
    *,
    unit: Unit,
    language: str,
    heading: str,
    column_name: str = "",
    links: Sequence[Sequence[str]] = (),
) -> Chart:
    """Return a grid, first row on top: `counts[r][c]` in the cell, `amounts[r][c]` as its colour, and `links[r][c]`
    opens the people of the cell.
    """
    lowest, highest = min(map(min, amounts)), max(map(max, amounts))
    texts_of = [
        [(Unit().full(count, language), unit.full(amount, language)) for count, amount in zip(*pair, strict=True)]
        for pair in zip(counts, amounts, strict=True)
    ]
    cells = [
        _cell(
            (c, r),
            texts_of[r][c],
            step_of(amounts[r][c], lowest, highest, skewed=True),
            f"{rows[r]} × {columns[c]}",
            links[r][c] if links else "",
        )
        for r, line in enumerate(counts)
        for c in range(len(line))
    ]
    best_row, best_column = max(
        ((r, c) for r in range(len(rows)) for c in range(len(columns))), key=lambda at: amounts[at[0]][at[1]]
    )
    sentence = say(
        language,
        "Highest: {amount} with {row} and {column}, {count} people.",
        amount=unit.full(highest, language),
        row=rows[best_row],
        column=columns[best_column],
        count=Unit().full(counts[best_row][best_column], language),
    )
    return Chart(
        option=_grid_option(columns, rows, cells, column_name),
        sentence=sentence,
        columns=[heading, *columns],
        rows=[[row, *map(" · ".join, texts)] for row, texts in zip(rows, texts_of, strict=True)],
        cells=links,
        room="some",
    )


def cohort_triangle(
    cohorts: Sequence[str],
    periods: Sequence[str],
    ratios: Sequence[Sequence[float]],
    *,
    language: str,
    heading: str,
    period_name: str = "",
) -> Chart:
    """Return retention by cohort: `ratios[cohort][period]`, shorter for younger cohorts; the share in each cell."""
    unit = Unit("share")
    later = [value for line in ratios for value in line[1:]] or [0.0]
    cells = [
        _cell(
            (c, r),
            (unit.full(value, language), ""),
            7 if c == 0 else step_of(value, 0.0, max(later) * 1.15),
            f"{cohorts[r]}, {periods[c]}",
            "",
        )
        for r, line in enumerate(ratios)
        for c, value in enumerate(line)
    ]
    last = [line[-1] for line in ratios if len(line) > 1] or [0.0]
    return Chart(
        option=_grid_option(periods, cohorts, cells, period_name),
        sentence=say(
            language,
            "{count} cohorts; still there at their latest period: from {low} to {high}.",
            count=str(len(cohorts)),
            low=unit.full(min(last), language),
            high=unit.full(max(last), language),
        ),
        columns=[heading, *periods],
        rows=[
            [cohort, *(unit.full(value, language) for value in line), *[""] * (len(periods) - len(line))]
            for cohort, line in zip(cohorts, ratios, strict=True)
        ],
        room="some" if len(periods) <= PERIODS_SOME else "much",
    )


def _cell(at: tuple[int, int], texts: tuple[str, str], step: int, title: str, link: str) -> dict[str, Any]:
    first, second = texts
    label = f"{{n|{first}}}\n{{m|{second}}}" if second else first
    return {
        "value": [*at, step],
        "itemStyle": {"color": f"@step-{step}"},
        "label": {"formatter": label, "color": text_on_step(step), "rich": _rich(text_on_step(step))},
        "tip": [title, *(text for text in texts if text)],
        "link": link,
    }


def _rich(colour: str) -> dict[str, Any]:
    return {
        "n": {"fontSize": 12.5, "fontWeight": 600, "lineHeight": 17, "color": colour},
        "m": {"fontSize": 11.5, "lineHeight": 15, "color": colour},
    }


def _grid_option(
    columns: Sequence[str], rows: Sequence[str], cells: Sequence[dict[str, Any]], name: str
) -> dict[str, Any]:
    bare = {"axisLine": {"show": False}, "splitArea": {"show": False}}
    option = base_option(
        tooltip={"trigger": "item", "className": "f-tip", "confine": True},
        xAxis=category_axis(columns) | bare,
        yAxis=category_axis(rows) | bare | {"inverse": True},
        series=[
            {
                "type": "heatmap",
                "data": list(cells),
                "label": {"show": True, "fontSize": 12},
                "itemStyle": {"borderColor": "@surface", "borderWidth": 2, "borderRadius": 4},
                "emphasis": {"disabled": True},
            }
        ],
        visualMap={"show": False, "min": 1, "max": 7, "seriesIndex": [], "dimension": 2},
    )
    option["xAxis"]["axisLabel"] |= broken_names(len(columns))
    if name:
        option["xAxis"] |= axis_name(name, gap=38)
        option["grid"]["outerBoundsContain"] = "all"
    return option
