"""Draw the charts of a report without a browser: the vendored ECharts of the pages, to SVG."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fidelia.ui.charts import Chart, coloured
from fidelia.ui.charts.palette import Theme

ECHARTS: Final = Path(__file__).resolve().parents[2] / "ui" / "static" / "ui" / "vendor" / "echarts.min.js"
NARROW: Final = 336  # what a phone leaves of its 390
# What charts.js does in the browser: ticks with their own texts, names and cells as wide as the drawing lets them.
# In a narrow drawing a cell has room for one number, so the second is left to its colour and to the table, and a few
# names below an axis are broken, none left out.
_DRAW: Final = r"""
function prepared(part, width) {
  if (Array.isArray(part)) return part.map((one) => prepared(one, width));
  if (typeof part === "string" && width <= NARROW) return part.replace(/^(\{n\|[^}]*\})\n\{m\|[^}]*\}$/, "$1");
  if (part === null || typeof part !== "object") return part;
  if (part.$ticks) {
    const { first, step, texts } = part.$ticks;
    return (value) => texts[Math.round(value / step) - first] ?? "";
  }
  if (part.$share) return Math.round(width * part.$share);
  if (part.$fit) return Math.max(34, (width - 90) / part.$fit - 8);
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, prepared(value, width)]));
}
function named(option, width) {
  const axis = option.xAxis;
  if (width <= NARROW && axis && axis.type === "category" && axis.data.length <= 6) {
    const room = Math.floor((width - 60) / axis.data.length) - 4;
    axis.axisLabel = { ...axis.axisLabel, interval: 0, width: room, overflow: "break", fontSize: 11 };
  }
  return option;
}
function draw(option, width, height) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption(named(prepared(option, width), width));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
"""
MEMORY_MAX: Final = 512 * 2**20


class Drawer:
    """Draws charts to SVG; opened by `open_drawer`."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def draw(self, chart: Chart, *, width: int, height: int, theme: Theme = "light") -> str:
        """Return the chart as SVG in the colours of a theme."""
        option = json.dumps(coloured(chart.option, theme))
        return str(self._engine.eval(f"draw({option}, {width:d}, {height:d})", max_memory=MEMORY_MAX))


def narrow_width(chart: Chart) -> int:
    """Return the width for a phone: a grid of many columns stays as wide as its numbers need, and is pushed aside."""
    cells = re.search(r'"\$fit": (\d+)', json.dumps(chart.option))
    return max(NARROW, 90 + 42 * int(cells[1])) if cells else NARROW


@contextmanager
def open_drawer() -> Iterator[Drawer]:
    """Load the charts' library once (0.2 s) for all the charts of a report (about 10 ms each)."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    try:
        engine.eval(ECHARTS.read_text(encoding="utf-8"))
        engine.eval(f"const NARROW = {NARROW}; {_DRAW}; 0")
        yield Drawer(engine)
    finally:
        engine.close()
