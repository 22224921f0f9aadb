"""Bars: by week with last year dashed, stacked, in against out, sorted from zero, waterfall. Bars always start at 0."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from .chart import Chart, LegendEntry, Series, base_option, require_series
from .scale import broken_names, category_axis, value_axis, zero_line
from .units import Unit
from .words import course_of, say

NAMED_MOST: Final = 6  # more bars are a course of time, and one name in a few is enough
BROKEN_MOST: Final = 6  # so many names have the height of several lines
DIGIT: Final = 7.2  # the width in pixels of a digit of 12.5 pixels
COMPARABLE: Final = 4.0  # what goes out is at least a quarter of what comes in


def stacked_bars(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: Unit,
    language: str,
    heading: str,
    comparison: Series | None = None,
    links: Sequence[str] = (),
) -> Chart:
    """Return one to four stacked series, the first at the foot; `comparison` (last year's total) is dashed above.

    `heading` names the labels in the table ("Week").
    """
    require_series(series, labels, most=4)
    totals = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    shown = [*series, *([comparison] if comparison else [])]
    x_axis = category_axis(labels)
    if len(labels) <= NAMED_MOST:
        x_axis["axisLabel"] |= broken_names(len(labels))
    option = base_option(
        xAxis=x_axis,
        yAxis=value_axis([*totals, *(comparison.values if comparison else [])], unit, language),
        series=[_bar(one, last=one is series[-1]) for one in series] + ([_dashed(comparison)] if comparison else []),
    )
    legend = [LegendEntry(one.name, one.colour) for one in series]
    if comparison:
        legend.append(LegendEntry(comparison.name, "text-2", "dashed"))
    total = Series(say(language, "Total"), totals) if len(series) > 1 else series[0]
    return Chart(
        option=option,
        sentence=course_of(total, labels, unit, language),
        columns=[heading, *(one.name for one in shown)],
        rows=_rows(labels, shown, unit, language),
        legend=legend,
        links=links,
    )


def in_out_bars(
    labels: Sequence[str],
    inward: Series,
    outward: Sequence[Series],
    *,
    unit: Unit,
    language: str,
    heading: str,
    links: Sequence[str] = (),
) -> Chart:
    """Return what came in above zero and what went out below; all values are given positive."""
    require_series([inward, *outward], labels, most=4)
    below = [Series(one.name, [-value for value in one.values], one.colour) for one in outward]
    sums = [sum(values) for values in zip(*(one.values for one in below), strict=True)] if below else []
    edge, out = max([*inward.values, *(-value for value in sums), 0.0]), min([*sums, 0.0])
    # Both sides alike where they can be compared; where little goes out, half the drawing would be empty.
    axis = value_axis([edge, -edge if -out * COMPARABLE >= edge else out], unit, language)
    option = base_option(
        xAxis=category_axis(labels) | {"axisLine": {"show": False}},
        yAxis=axis,
        series=[_bar(inward, last=True), *(_bar(one, stack="out") for one in below)],
    )
    for drawn in option["series"]:
        drawn["barGap"] = "-100%"
    return Chart(
        option=option,
        sentence=" ".join(course_of(one, labels, unit, language) for one in [inward, *outward]),
        columns=[heading, inward.name, *(one.name for one in outward)],
        rows=_rows(labels, [inward, *below], unit, language),
        legend=[LegendEntry(one.name, one.colour) for one in [inward, *outward]],
        links=links,
    )


def sorted_bars(
    items: Sequence[tuple[str, float]],
    *,
    unit: Unit,
    language: str,
    heading: str,
    value_name: str,
    signed: bool = True,
    links: Sequence[str] = (),
) -> Chart:
    """Return bars from a zero line, largest first, each with its value beside it; orange below zero."""
    order = sorted(range(len(items)), key=lambda i: -items[i][1])
    ranked = [items[i] for i in order]
    texts = [unit.full(value, language, sign=signed) for _, value in ranked]
    values = [value for _, value in ranked] or [0.0]
    below = [text for text, value in zip(texts, values, strict=False) if value < 0]
    option = base_option(
        xAxis={
            "type": "value",
            "show": False,
            "min": min(values[-1], 0.0),
            "max": max(values[0], 0.0),
        },
        yAxis=category_axis(label for label, _ in ranked) | {"inverse": True, "axisLine": {"show": False}},
        series=[{"type": "bar", "barMaxWidth": 18, "data": _labelled(ranked, texts), "markLine": zero_line()}],
    )
    option["grid"]["right"] = _room_for(texts, 56)  # the longest value, beside the longest bar
    option["yAxis"]["axisLabel"] = {
        "color": "@text-2",
        "fontSize": 12.5,
        "interval": 0,
        "width": {"$share": 0.36},
        # Many rows leave one line to each; the tip and the table have the whole name.
        "overflow": "break" if len(items) <= BROKEN_MOST else "truncate",
        "lineHeight": 15,
        # What goes out has its value at the left of its bar: room for it, whatever the width of the drawing.
        "margin": _room_for(below, 8),
    }
    return Chart(
        option=option,
        sentence=say(
            language,
            "Largest: {first}. Smallest: {last}.",
            first=_named(ranked, texts, 0),
            last=_named(ranked, texts, -1),
        ),
        columns=[heading, value_name],
        rows=[[label, text] for (label, _), text in zip(ranked, texts, strict=True)],
        links=[links[i] for i in order] if links else (),
    )


def waterfall(
    start: tuple[str, int],
    losses: Sequence[tuple[str, int, str]],
    end: str,
    *,
    language: str,
    heading: str,
    value_name: str,
    links: Sequence[str] = (),
) -> Chart:
    """Return what is left of `start` after each loss (label, count, colour name): an audience and who falls out."""
    unit = Unit()
    counts = [count for _, count, _ in losses]
    left = [start[1] - gone for gone in accumulate(counts)]
    labels = [start[0], *(label for label, _, _ in losses), end]
    heights = [start[1], *counts, left[-1] if left else start[1]]
    feet = [0, *left, 0]
    colours = ["context", *(colour for _, _, colour in losses), "petrol"]
    texts = [
        unit.full(start[1], language),
        *(unit.full(-count, language) for count in counts),
        unit.full(heights[-1], language),
    ]
    bars = [
        {"value": height, "itemStyle": {"color": f"@{colour}", "borderRadius": 2}, "label": {"formatter": text}}
        for height, colour, text in zip(heights, colours, texts, strict=True)
    ]
    foot = {"type": "bar", "stack": "all", "silent": True, "itemStyle": {"color": "transparent"}, "data": feet}
    label = {"show": True, "position": "top", "color": "@text", "fontSize": 13, "fontWeight": 600}
    x_axis = category_axis(labels)
    x_axis["axisLabel"] |= broken_names(len(labels))
    y_axis = {"type": "value", "show": False, "min": 0, "max": start[1] * 1.08}
    option = base_option(
        xAxis=x_axis,
        yAxis=y_axis,
        series=[foot, {"type": "bar", "stack": "all", "barWidth": "58%", "label": label, "data": bars}],
    )
    lost = say(language, "{start} at first, {end} at the end.", start=texts[0], end=texts[-1])
    rows = [[label_text, text] for label_text, text in zip(labels, texts, strict=True)]
    return Chart(option=option, sentence=lost, columns=[heading, value_name], rows=rows, links=links)


def _bar(one: Series, *, last: bool = False, stack: str = "all") -> dict[str, Any]:
    return {
        "type": "bar",
        "name": one.name,
        "stack": stack,
        "data": list(one.values),
        "barWidth": "58%",
        "barMaxWidth": 40,
        "itemStyle": {"color": f"@{one.colour}", "borderRadius": [3, 3, 0, 0] if last else 0},
        "emphasis": {"disabled": True},
    }


def _dashed(one: Series) -> dict[str, Any]:
    line = {"type": "dashed", "width": 1.8, "color": "@text-2"}
    return {
        "type": "line",
        "name": one.name,
        "data": list(one.values),
        "symbol": "none",
        "lineStyle": line,
        "silent": True,
    }


def _room_for(texts: Sequence[str], least: int) -> int:
    """Return the pixels that the longest of these values takes beside its bar; `least` where that is less."""
    return max([least, *(round(DIGIT * len(text)) + 12 for text in texts)])


def _labelled(ranked: Sequence[tuple[str, float]], texts: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "value": value,
            "itemStyle": {"color": "@petrol" if value >= 0 else "@orange", "borderRadius": 2},
            "label": {
                "show": True,
                "position": "right" if value >= 0 else "left",
                "formatter": text,
                "color": "@text",
                "fontSize": 12.5,
            },
        }
        for (_, value), text in zip(ranked, texts, strict=True)
    ]


def _rows(labels: Sequence[str], series: Sequence[Series], unit: Unit, language: str) -> list[list[str]]:
    return [[label, *(unit.full(one.values[i], language) for one in series)] for i, label in enumerate(labels)]


def _named(ranked: Sequence[tuple[str, float]], texts: Sequence[str], at: int) -> str:
    return f"{ranked[at][0]} ({texts[at]})" if ranked else "—"
