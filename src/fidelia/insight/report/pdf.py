"""A report as PDF, set by typst: the same sections and the same charts as the page."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import typst

from fidelia.ui.charts import Chart

from .blocks import Advice, Block, Definition, Drawing, Grid, Missing, Number, Numbers, Section, Words
from .drawing import Drawer
from .making import Report
from .speech import Speech

WHOLE: Final = 860
NARROWED: Final = 0.85  # drawings that are not as wide as the page leave room for their sentence beside them
LOWERED: Final = 0.85  # and those as wide as the page a little lower than on a screen
LAYOUT: Final = Path(__file__).with_name("report.typ")


def write_pdf(report: Report, speech: Speech, drawer: Drawer) -> bytes:
    """Return the PDF, tagged for screen readers."""
    with tempfile.TemporaryDirectory(prefix="fidelia-pdf-") as folder:
        pictures = _Pictures(Path(folder), drawer)
        body = "\n".join(_section(section, speech, pictures) for section in report.sections)
        source = Path(folder) / "report.typ"
        source.write_text(
            f"{LAYOUT.read_text(encoding='utf-8')}\n"
            f"#show: report.with(title: {_text(report.title)}, subtitle: {_text(report.subtitle)}, "
            f"language: {_text(report.language[:2])}, "
            f"made: {_text(speech.text('Made on {day} by Fidelia', day=speech.day(report.made_at)))})\n"
            f"{_cover(report.numbers)}\n{_advice(report.advice, speech)}\n{body}\n",
            encoding="utf-8",
        )

        return bytes(typst.compile(str(source)))


class _Pictures:
    """Charts as SVG files beside the source."""

    def __init__(self, folder: Path, drawer: Drawer) -> None:
        self._folder = folder
        self._drawer = drawer
        self._count = 0

    def add(self, drawing: Drawing) -> str:
        self._count += 1
        name = f"chart-{self._count}.svg"
        height = round(drawing.height * LOWERED) if drawing.width >= WHOLE else drawing.height
        svg = self._drawer.draw(drawing.chart, width=drawing.width, height=height)
        (self._folder / name).write_text(svg, encoding="utf-8")
        return name


def _cover(numbers: Sequence[Number]) -> str:
    return f"#cover({_numbers(numbers)})" if numbers else ""


def _numbers(numbers: Sequence[Number]) -> str:
    return _array(*(_array(_text(one.label), _text(one.value), _text(one.note)) for one in numbers))


def _advice(advice: Iterable[Advice], speech: Speech) -> str:
    items = [_array(_text(one.title), _text(one.reason), _text(one.stake)) for one in advice]
    return f"#advice({_text(speech.text('What to do next'))}, {_array(*items)})" if items else ""


def _section(section: Section, speech: Speech, pictures: _Pictures) -> str:
    blocks = "\n".join(_block(block, pictures) for block in section.blocks)
    return (
        f"#chapter({_text(section.title)}, {_text(section.finding)})\n{blocks}\n"
        f"{_definitions(section.definitions, speech)}"
    )


def _block(block: Block, pictures: _Pictures) -> str:
    if isinstance(block, Words):
        return f"#words({_text(block.text)}, {_text(block.tone)})"
    if isinstance(block, Missing):
        return f"#missing({_text(block.reason)})"
    if isinstance(block, Numbers):
        return f"#numbers({_numbers(block.numbers)})"
    if isinstance(block, Grid):
        return _grid(block)
    share = 1.0 if block.width >= WHOLE else NARROWED * block.width / WHOLE
    return (
        f"#chart({_text(block.title)}, {_text(pictures.add(block))}, {_text(block.chart.sentence)}, "
        f"{share:.2f}, {_legend(block.chart)})"
    )


def _legend(chart: Chart) -> str:
    shown = chart.legend if len(chart.legend) > 1 else ()
    return _array(*(_array(_text(one.name), _text(one.colour)) for one in shown))


def _grid(grid: Grid) -> str:
    head = _array(*map(_text, grid.columns))
    rows = _array(*(_array(*map(_text, row)) for row in grid.rows))
    return f"#grid-of({_text(grid.title)}, {head}, {rows}, {grid.words:d})"


def _definitions(definitions: Iterable[Definition], speech: Speech) -> str:
    items = [_array(_text(one.title), _text(one.text)) for one in definitions]
    return f"#definitions({_text(speech.text('How this is counted'))}, {_array(*items)})" if items else ""


def _text(text: str) -> str:
    """Return a string literal of typst: as in JSON, but for the escape of what is beyond ASCII."""
    return json.dumps(text, ensure_ascii=False)


def _array(*items: str) -> str:
    """Return an array of typst: of one element it needs a comma, of none it has none."""
    return f"({''.join(f'{item}, ' for item in items)})"
