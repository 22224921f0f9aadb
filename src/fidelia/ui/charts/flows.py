"""Who moved where between two instants: a Sankey, stayers pale, movers darker, those who left in burgundy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .chart import FONT, Chart, base_option
from .units import Unit
from .words import say

# Flows run behind the names. A plate behind the text, not an outline around its letters: legible on paper too.
_PLATE = {"color": "@text", "fontSize": 12.5, "backgroundColor": "@surface", "padding": [2, 5], "borderRadius": 4}
LABELLED_SHARE: Final = 0.05  # of all people; a thinner flow has no room for its number


@dataclass(frozen=True, slots=True)
class Flow:
    """So many people went from one stage to another (or stayed)."""

    start: str
    end: str
    people: int


def sankey(
    stages: Sequence[str],
    flows: Sequence[Flow],
    *,
    language: str,
    left: str,
    before: str,
    after: str,
    value_name: str,
    links: Sequence[str] = (),
) -> Chart:
    """Return the drawing of `flows` between the `stages`, in their order from top to bottom on both sides.

    `left` is the stage of those who have gone; `before` and `after` name the two sides; `links` opens the people of
    each flow, in the order of `flows`.
    """
    moving = [flow for flow in flows if flow.people > 0]
    option = base_option(
        tooltip={"show": False},
        series=[
            {
                "type": "sankey",
                "left": 4,
                "right": 4,
                "top": 26,
                "bottom": 8,
                "nodeWidth": 10,
                "nodeGap": 14,
                "layoutIterations": 0,
                "draggable": False,
                "emphasis": {"disabled": True},
                "edgeLabel": {"color": "@text-2", "fontSize": 11.5},
                "data": _nodes(stages, moving, language, left),
                "links": [_link(flow, left, moving, language) for flow in moving],
            }
        ],
        graphic=[_side(before, {"left": 4}), _side(after, {"right": 4})],
    )
    return Chart(
        option=option,
        sentence=_sentence(moving, language),
        columns=[before, after, value_name],
        rows=[[flow.start, flow.end, Unit().full(flow.people, language)] for flow in moving],
        links=links,
    )


def _sentence(flows: Sequence[Flow], language: str) -> str:
    changed = [flow for flow in flows if flow.start != flow.end]
    if not changed:
        return say(language, "Nobody moved.")
    most = max(changed, key=lambda flow: flow.people)
    return say(
        language,
        "Largest move: {people} from {start} to {end}.",
        people=Unit().full(most.people, language),
        start=most.start,
        end=most.end,
    )


def _nodes(stages: Sequence[str], flows: Sequence[Flow], language: str, left: str) -> list[dict[str, Any]]:
    nodes = []
    for side, label in (("<", "right"), (">", "left")):
        for stage in stages:
            people = sum(flow.people for flow in flows if (flow.start if side == "<" else flow.end) == stage)
            if people:
                text = f"{stage}  {Unit().full(people, language)}"
                nodes.append(
                    {
                        "name": side + stage,
                        "depth": 0 if side == "<" else 1,
                        "itemStyle": {"color": "@burgundy" if stage == left else "@petrol"},
                        "label": {"position": label, "formatter": text} | _PLATE,
                    }
                )
    return nodes


def _link(flow: Flow, left: str, flows: Sequence[Flow], language: str) -> dict[str, Any]:
    stays = flow.start == flow.end
    colour = "@burgundy" if flow.end == left and not stays else "@petrol"
    return {
        "source": "<" + flow.start,
        "target": ">" + flow.end,
        "value": flow.people,
        "edgeLabel": {
            "show": not stays and flow.people >= LABELLED_SHARE * sum(one.people for one in flows),
            "formatter": Unit().full(flow.people, language),
        },
        "lineStyle": {"color": "@context" if stays else colour, "opacity": 0.18 if stays else 0.42},
    }


def _side(text: str, place: dict[str, int]) -> dict[str, Any]:
    return {
        "type": "text",
        "top": 4,
        "silent": True,
        "style": {"text": text, "fill": "@text-2", "fontFamily": FONT, "fontSize": 12, "fontWeight": 600},
        **place,
    }
