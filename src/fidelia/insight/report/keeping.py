"""Chapters as plain values, to be kept by the platform and drawn again by its pages without computing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from fidelia.ui.charts import Chart, LegendEntry

from .blocks import Advice, Block, Definition, Drawing, Grid, Missing, Number, Numbers, Section, Words

_KINDS: Final[Mapping[str, type]] = {kind.__name__.lower(): kind for kind in (Words, Numbers, Drawing, Grid, Missing)}


def blocks_as_values(section: Section) -> list[dict[str, Any]]:
    """Return the blocks of a section as JSON values, each with its `kind`."""
    return [{"kind": type(block).__name__.lower(), **asdict(block)} for block in section.blocks]


def definitions_as_values(section: Section) -> list[dict[str, str]]:
    """Return the definitions of a section as JSON values."""
    return [asdict(definition) for definition in section.definitions]


def cover_as_values(
    numbers: Sequence[Number], advice: Sequence[Advice], changes: Sequence[Advice] = ()
) -> list[dict[str, Any]]:
    """Return what stands before the chapters, its figures, what changed and what to do next, as JSON values."""
    told: dict[str, Sequence[Number | Advice]] = {"numbers": numbers, "advice": advice, "changes": changes}
    return [{name: [asdict(one) for one in values] for name, values in told.items()}]


def read_cover(values: Sequence[Mapping[str, Any]]) -> tuple[list[Number], list[Advice]]:
    """Return figures and advice from what `cover_as_values` gave."""
    (cover,) = values
    return [Number(**one) for one in cover["numbers"]], [Advice(**one) for one in cover["advice"]]


def read_changes(values: Sequence[Mapping[str, Any]]) -> list[Advice]:
    """Return what changed from what `cover_as_values` gave; nothing of a cover kept before that was told."""
    (cover,) = values
    return [Advice(**one) for one in cover.get("changes", ())]


def read_block(values: Mapping[str, Any]) -> Block:
    """Return a block from what `blocks_as_values` gave."""
    given = {name: value for name, value in values.items() if name != "kind"}
    kind = _KINDS[values["kind"]]
    if kind is Numbers:
        return Numbers([Number(**number) for number in given["numbers"]])
    if kind is Drawing:
        chart = given["chart"]
        legend = [LegendEntry(**entry) for entry in chart["legend"]]
        return Drawing(**given | {"chart": Chart(**chart | {"legend": legend})})
    block: Block = kind(**given)
    return block


def read_section(
    key: str, title: str, finding: str, blocks: list[dict[str, Any]], definitions: list[dict[str, str]]
) -> Section:
    """Return a section from its kept values."""
    told = [Definition(**definition) for definition in definitions]
    return Section(key, title, finding, [read_block(block) for block in blocks], told)
