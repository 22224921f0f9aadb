"""Concentration: the Lorenz curve, and "the best 10 % make 43 %" in words."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.ui import formats

from .chart import Chart, base_option
from .scale import value_axis
from .units import Unit
from .words import say

DECILES = 10


def lorenz_curve(decile_shares: Sequence[float], *, language: str, people: str, amount: str) -> Chart:
    """Return the curve of ten shares that sum to 1, best tenth first. `people` and `amount` name the axes."""
    assert len(decile_shares) == DECILES, "a Lorenz curve here has ten tenths"
    reached = [0.0]
    for part in decile_shares:
        reached.append(reached[-1] + part)
    unit = Unit("share")
    axis = value_axis([0.0, 1.0], unit, language, parts=5)
    option = base_option(
        xAxis={
            **axis,
            "splitLine": {"show": False},
            "axisLine": {"show": True, "lineStyle": {"color": "@line"}},
            **_named(people, 28),
        },
        yAxis={**axis, **_named(amount, 44)},
        series=[
            {
                "type": "line",
                "data": [[i / DECILES, round(value, 6)] for i, value in enumerate(reached)],
                "symbolSize": 5,
                "lineStyle": {"color": "@petrol", "width": 2},
                "itemStyle": {"color": "@petrol"},
                "areaStyle": {"color": "@petrol", "opacity": 0.08},
            },
            {
                "type": "line",
                "data": [[0, 0], [1, 1]],
                "symbol": "none",
                "silent": True,
                "lineStyle": {"color": "@context", "type": "dashed", "width": 1.5},
            },
        ],
    )
    option["grid"] |= {"outerBoundsContain": "all", "right": 16}
    best = formats.share(decile_shares[0], language, decimals=0)
    return Chart(
        option=option,
        sentence=say(
            language, "The best {tenth} make {share}.", tenth=formats.share(0.1, language, decimals=0), share=best
        ),
        columns=[people, amount],
        rows=[[unit.full(i / DECILES, language), unit.full(value, language)] for i, value in enumerate(reached)],
    )


def _named(name: str, gap: int) -> dict[str, object]:
    return {
        "name": name,
        "nameLocation": "middle",
        "nameGap": gap,
        "nameTextStyle": {"color": "@text-2", "fontSize": 12},
    }
