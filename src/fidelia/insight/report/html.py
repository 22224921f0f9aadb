"""A report as one HTML page that needs nothing else: its style, charts and fonts are in it, and no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from fidelia.ui.charts import Chart
from fidelia.ui.charts.palette import dark_rules

from .blocks import Advice, Block, Definition, Drawing, Grid, Missing, Number, Numbers, Section, Words
from .drawing import NARROW, Drawer, narrow_width
from .making import Report
from .speech import Speech

STYLE: Final = Path(__file__).with_name("report.css")


def write_html(report: Report, speech: Speech, drawer: Drawer) -> str:
    """Return the page. Charts are SVG with their sentence and their table beside them, for eyes and ears."""
    _ = speech.text
    chapters = "".join(_section(section, speech, drawer) for section in report.sections)
    made = _("Made on {day} by Fidelia", day=speech.day(report.made_at))
    return (
        f'<!doctype html><html lang="{report.language[:2]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{_style()}</style></head><body>"
        f"<header><p class='made'>{escape(made)}</p><h1>{escape(report.title)}</h1>"
        f"<p class='subtitle'>{escape(report.subtitle)}</p></header>"
        f"<nav aria-label='{escape(_('Contents'))}'>{_contents(report)}</nav>"
        f"<main>{_cover(report.numbers)}{_advice(report.advice, speech)}{chapters}</main></body></html>"
    )


def _style() -> str:
    return f"{STYLE.read_text(encoding='utf-8')}@media screen and (prefers-color-scheme: dark) {{{dark_rules()}}}"


def _cover(numbers: Sequence[Number]) -> str:
    return f"<div class='cover'>{_numbers(Numbers(numbers))}</div>" if numbers else ""


def _contents(report: Report) -> str:
    items = "".join(f'<li><a href="#{one.key}">{escape(one.title)}</a></li>' for one in report.sections)
    return f"<ol>{items}</ol>"


def _advice(advice: Iterable[Advice], speech: Speech) -> str:
    items = "".join(
        f"<li><h3>{escape(one.title)}</h3><p>{escape(one.reason)}</p>"
        + (f"<p class='stake'>{escape(one.stake)}</p>" if one.stake else "")
        + "</li>"
        for one in advice
    )
    if not items:
        return ""
    return f"<section class='advice'><h2>{escape(speech.text('What to do next'))}</h2><ol>{items}</ol></section>"


def _section(section: Section, speech: Speech, drawer: Drawer) -> str:
    finding = f"<p class='finding'>{escape(section.finding)}</p>" if section.finding else ""
    blocks = "".join(_block(block, speech, drawer) for block in section.blocks)
    return (
        f"<section id='{section.key}'><h2>{escape(section.title)}</h2>{finding}{blocks}"
        f"{_definitions(section.definitions, speech)}</section>"
    )


def _block(block: Block, speech: Speech, drawer: Drawer) -> str:
    if isinstance(block, Words):
        return f"<p class='words {block.tone}'>{escape(block.text)}</p>"
    if isinstance(block, Missing):
        return f"<p class='missing'>{escape(block.reason)}</p>"
    if isinstance(block, Numbers):
        return _numbers(block)
    if isinstance(block, Grid):
        return f"<h3>{escape(block.title)}</h3>{_grid(block)}"
    return _drawing(block, speech, drawer)


def _numbers(block: Numbers) -> str:
    items = "".join(
        f"<div><dt>{escape(one.label)}</dt><dd>{escape(one.value)}<small>{escape(one.note)}</small></dd></div>"
        for one in block.numbers
    )
    return f"<dl class='numbers'>{items}</dl>"


def _drawing(block: Drawing, speech: Speech, drawer: Drawer) -> str:
    wide = drawer.draw(block.chart, width=block.width, height=block.height, theme="both")
    table = _grid(Grid(block.title, block.chart.columns, block.chart.rows))
    return (
        f"<figure><figcaption><h3>{escape(block.title)}</h3>{_legend(block.chart)}</figcaption>"
        f"<div class='chart' style='max-width:{block.width}px' role='img' "
        f"aria-label='{escape(block.chart.sentence)}'>"
        f"<div class='wide'>{wide}</div>{_narrow(block, drawer)}</div>"
        f"<details><summary>{escape(speech.text('Show as table'))}</summary>"
        f"<p>{escape(block.chart.sentence)}</p>{table}</details></figure>"
    )


def _narrow(block: Drawing, drawer: Drawer) -> str:
    """Draw once more for a phone, where the wide drawing would be too small to read."""
    width = narrow_width(block.chart)
    svg = drawer.draw(block.chart, width=width, height=min(block.height, 320), theme="both")
    room = f" style='min-width:{width}px'" if width > NARROW else ""
    return f"<div class='narrow'{room}>{svg}</div>"


def _legend(chart: Chart) -> str:
    items = (
        ""
        if len(chart.legend) < 2
        else "".join(
            f"<li><span class='mark {entry.shape} {entry.colour}'></span>{escape(entry.name)}</li>"
            for entry in chart.legend
        )
    )
    return f"<ul class='legend'>{items}</ul>" if items else ""


def _grid(grid: Grid) -> str:
    head = "".join(
        f"<th scope='col'{'' if place < grid.words else ' class=n'}>{escape(name)}</th>"
        for place, name in enumerate(grid.columns)
    )
    rows = "".join(f"<tr>{_cells(row, grid.words)}</tr>" for row in grid.rows)
    return f"<div class='table'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _cells(row: Iterable[str], words: int) -> str:
    return "".join(
        f"<th scope='row'>{escape(text)}</th>"
        if place == 0
        else f"<td{'' if place < words else ' class=n'}>{escape(text)}</td>"
        for place, text in enumerate(row)
    )


def _definitions(definitions: Iterable[Definition], speech: Speech) -> str:
    items = "".join(f"<dt>{escape(one.title)}</dt><dd>{escape(one.text)}</dd>" for one in definitions)
    if not items:
        return ""
    summary = escape(speech.text("How this is counted"))
    return f"<details class='definitions' open><summary>{summary}</summary><dl>{items}</dl></details>"
