"""Chart definitions: plain data in, an ECharts option with its text alternative and table out.

Pure Python: no Django and no browser, so that one definition is drawn by a page, a report and a mail.
Colours in an option are names ("@petrol"): the browser, or `palette.coloured`, puts the light or the dark ones in.
Axis texts are written here ("$ticks"), so that a number reads the same in a chart, its table and its sentence.
"""

from .bars import in_out_bars, sorted_bars, stacked_bars, waterfall
from .chart import Chart, LegendEntry, Series
from .flows import Flow, sankey
from .grids import cohort_triangle, heat_map
from .intervals import Estimate, dots_with_intervals
from .lines import lines
from .linking import with_links
from .lorenz import lorenz_curve
from .palette import coloured
from .portfolio import Class, Dot, portfolio
from .units import Unit

__all__ = [
    "Chart",
    "Class",
    "Dot",
    "Estimate",
    "Flow",
    "LegendEntry",
    "Series",
    "Unit",
    "cohort_triangle",
    "coloured",
    "dots_with_intervals",
    "heat_map",
    "in_out_bars",
    "lines",
    "lorenz_curve",
    "portfolio",
    "sankey",
    "sorted_bars",
    "stacked_bars",
    "waterfall",
    "with_links",
]
