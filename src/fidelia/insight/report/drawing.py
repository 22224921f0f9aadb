"""Draw the charts of a report without a browser: the vendored ECharts of the pages, to SVG."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fidelia.ui.charts import Chart, coloured

ECHARTS: Final = Path(__file__).resolve().parents[2] / "ui" / "static" / "ui" / "vendor" / "echarts.min.js"
# What charts.js does in the browser: ticks with their own texts, and cells as wide as the drawing allows.
_DRAW: Final = """
function prepared(part, width) {
  if (Array.isArray(part)) return part.map((one) => prepared(one, width));
  if (part === null || typeof part !== "object") return part;
  if (part.$ticks) {
    const { first, step, texts } = part.$ticks;
    return (value) => texts[Math.round(value / step) - first] ?? "";
  }
  if (part.$fit) return Math.max(34, (width - 90) / part.$fit - 8);
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, prepared(value, width)]));
}
function draw(option, width, height) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption(prepared(option, width));
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

    def draw(self, chart: Chart, *, width: int, height: int) -> str:
        """Return the chart as SVG in the colours of the light theme."""
        option = json.dumps(coloured(chart.option, "light"))
        return str(self._engine.eval(f"draw({option}, {width:d}, {height:d})", max_memory=MEMORY_MAX))


@contextmanager
def open_drawer() -> Iterator[Drawer]:
    """Load the charts' library once (0.2 s) for all the charts of a report (about 10 ms each)."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    try:
        engine.eval(ECHARTS.read_text(encoding="utf-8"))
        engine.eval(f"{_DRAW}; 0")
        yield Drawer(engine)
    finally:
        engine.close()
