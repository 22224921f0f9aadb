"""RFM: who buys recently, often and for much."""

from __future__ import annotations

from typing import Any, Final

from fidelia.insight.measures.bands import with_band_scores
from fidelia.insight.measures.rfm import rfm
from fidelia.insight.measures.segments import SEGMENTS
from fidelia.insight.report.blocks import Block, Drawing, Grid, Missing, Section, mark, who_are
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import heat_map

from .bands import fixed_bands

SCORES: Final = (1, 2, 3, 4, 5)
PEOPLE_MIN: Final = 25


def rfm_section(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    people = scored(facts)
    if len(people["customer_id"]) < PEOPLE_MIN:
        return Section(
            "rfm", title, "", [Missing(_("Fewer than {n} customers bought: fifths of them say nothing.", n=PEOPLE_MIN))]
        )
    groups = {segment.key: [0, 0] for segment in SEGMENTS}
    cells = {(recency, frequency): [0, 0] for recency in SCORES for frequency in SCORES}
    columns = (people[name] for name in ("segment", "recency_score", "frequency_score", "amount"))
    for segment, recency, frequency, amount in zip(*columns, strict=True):
        for count in (groups[segment], cells[recency, frequency]):
            count[0] += 1
            count[1] += int(amount)
    whole = sum(amount for _people, amount in groups.values())
    best, risk = groups["champions"], [sum(pair) for pair in zip(groups["at_risk"], groups["cannot_lose"], strict=True)]
    finding = _(
        "Champions: {champions}, with {share} of the sales. Good customers who have not come for a long time: {risk}, "
        "with {amount} behind them.",
        champions=speech.number(best[0]), share=speech.share(best[1] / whole if whole else 0.0),
        risk=speech.number(risk[0]), amount=speech.money(risk[1]),
    )  # fmt: skip
    alike = _alike(people, speech)
    blocks: list[Block] = [
        Drawing(
            _("Where are the customers, and where the money?"), _heat(cells, speech), 340,
            marks=[
                ["", *(mark("cell", column, row) if cells[column, row][0] else "" for column in SCORES)]
                for row in reversed(SCORES)
            ],
        ),
        _groups(groups, speech),
    ]  # fmt: skip
    if alike:
        finding, blocks = "", [Missing(alike)]
    blocks += fixed_bands(people, facts, speech)
    definitions = [speech.definition(_("RFM"), rfm), speech.definition(_("Fixed bands"), with_band_scores)]
    return Section("rfm", title, finding, blocks, definitions)


def _alike(people: dict[str, Any], speech: Speech) -> str:
    """Say why fifths mean nothing here: of customers who are all alike none is the best, and none the worst."""
    _ = speech.text
    if len(set(people["recency_days"].tolist())) == 1:
        return _("All customers bought last on the same day: fifths cannot tell them apart. Take a longer period.")
    if people["frequency"].min() == people["frequency"].max() > 1:
        return _("All customers bought equally often: fifths cannot tell them apart, fixed bands can.")
    return ""


def scored(facts: ReportFacts) -> dict[str, Any]:
    """Return the columns of `rfm` as arrays, over the whole file, computed once."""
    names = ("customer_id", "recency_days", "frequency", "amount", "recency_score", "frequency_score", "segment")

    def compute() -> dict[str, Any]:
        table = rfm(
            facts.purchases, facts.lines, as_of=facts.as_of, currency=facts.currency, window_days=facts.days + 1
        )
        return dict(zip(names, facts.columns(table, names), strict=True))

    found: dict[str, Any] = facts.once("rfm", compute)
    return found


def _heat(cells: dict[tuple[int, int], list[int]], speech: Speech) -> Any:
    _ = speech.text
    recency = [_("1: longest ago"), "2", "3", "4", _("5: most recent")]
    frequency = [_("5: most often"), "4", "3", "2", _("1: least often")]
    grid = [[cells[column, row] for column in SCORES] for row in reversed(SCORES)]
    return heat_map(
        recency,
        frequency,
        [[count for count, _amount in line] for line in grid],
        [[speech.major(amount) for _count, amount in line] for line in grid],
        unit=speech.unit,
        language=speech.language,
        heading=_("Frequency"),
        column_name=_("Recency score"),
    )


def _groups(groups: dict[str, list[int]], speech: Speech) -> Grid:
    _ = speech.text
    people, amount = (max(1, sum(pair[part] for pair in groups.values())) for part in (0, 1))
    rows = [
        [
            segment.name.in_language(speech.language), segment.meaning.in_language(speech.language),
            speech.number(groups[segment.key][0]), speech.share(groups[segment.key][0] / people),
            speech.money(groups[segment.key][1]), speech.share(groups[segment.key][1] / amount),
        ]
        for segment in SEGMENTS
    ]  # fmt: skip
    columns = [_("Group"), _("What marks it"), _("Customers"), _("Share of customers"), _("Sales"), _("Share of sales")]
    return Grid(
        _("The ten groups"), columns, rows, 2, [who_are("rfm_segment", segment.key) for segment in SEGMENTS],
        [[mark("group", segment.key) if groups[segment.key][0] else ""] for segment in SEGMENTS],
    )  # fmt: skip
