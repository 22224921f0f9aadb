"""Do the satisfied stay, and bring more? What people did, and what they brought, by how satisfied they say they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis
import numpy as np
from numpy.typing import NDArray

from fidelia.insight.fits.proof import SatisfactionCurve, curve_by_satisfaction
from fidelia.insight.report.blocks import Block, Drawing, Grid, Missing, Section, Words
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.making import Report
from fidelia.insight.report.margins import margin_of
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError
from fidelia.ui.charts import Chart, Series, Unit, lines

from .contents import unit_of
from .recognising import numbers_in
from .table import PeopleFile

OUTCOMES_MAX: Final = 4
KEY: Final = "satisfaction"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What each person did (1 or 0) or brought, and how its means are written."""

    name: str
    values: NDArray[np.float64]
    unit: Unit


def satisfaction(file: PeopleFile, speech: Speech, title: str) -> Section:
    """Write the chapter of a file of people: one curve for each of its responses. Raises TooLittleToFit."""
    if not file.responses:
        told = "Satisfaction is there, but not what people did or brought: a column with that brings the curves."
        return Section(KEY, title, "", [Missing(speech.text(told))])
    outcomes = [Outcome(one.column, one.values, unit_of(one, file)) for one in file.responses[:OUTCOMES_MAX]]
    return curves(file.satisfaction, file.known[file.satisfaction], outcomes, speech, title)


def with_satisfaction(report: Report, facts: ReportFacts) -> Report:
    """Return the report with a chapter on the satisfaction that the file itself tells, where it has such a column."""
    if not facts.satisfaction:
        return report
    speech = Speech(report.language, facts.currency, facts.scale)
    title = speech.text("Satisfaction, profit and loyalty")
    try:
        section = _of_buyers(facts, speech, title)
    except FideliaError as refused:
        section = Section(KEY, title, "", [Missing(speech.refusal(refused))])
    return replace(report, sections=[*report.sections, section])


def _of_buyers(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    own = facts.lines.filter(facts.lines.customer_id.notnull())
    bought = own.group_by("customer_id").agg(net=own.net.sum(), times=own.purchase_id.nunique(where=own.net > 0))
    who, net, times = facts.columns(bought.order_by("customer_id"), ["customer_id", "net", "times"])
    said = _said(facts)
    answered = np.array([name in said for name in who.tolist()], dtype=np.bool_)
    levels = np.array([said[name] for name in who[answered].tolist()])
    margin = net[answered].astype(np.float64) / facts.scale * margin_of(facts).rate
    again = (times[answered] > 1).astype(np.float64)
    outcomes = [
        Outcome(_("Margin a customer"), margin, Unit("money", facts.currency, 2)),
        Outcome(_("Bought again"), again, Unit("share", decimals=1)),
    ]
    section = curves(facts.satisfaction, levels, outcomes, speech, title)
    told = _(
        "{n} of {all} customers said how satisfied they are; who answered several times counts with the mean.",
        n=speech.number(len(levels)), all=speech.number(len(who)),
    )  # fmt: skip
    return replace(section, blocks=[Words(told), *section.blocks])


def _said(facts: ReportFacts) -> dict[str, float]:
    """The mean answer of each customer; of one receipt each answer counts once, whatever its number of lines."""
    told = facts.lines.filter(facts.lines.customer_id.notnull(), facts.lines.answer.notnull())
    once = told.select("customer_id", "purchase_id", "answer").distinct().order_by("customer_id", "purchase_id")
    who, answers = facts.columns(once.filter(ibis._.answer != ""), ["customer_id", "answer"])
    found: dict[str, list[float]] = {}
    for name, value in zip(who.tolist(), numbers_in([text.strip() for text in answers.tolist()]).tolist(), strict=True):
        if np.isfinite(value):
            found.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def curves(
    column: str, levels: NDArray[np.float64], outcomes: Sequence[Outcome], speech: Speech, title: str
) -> Section:
    """Draw each outcome by level of satisfaction. Raises TooLittleToFit."""
    _ = speech.text
    known = np.isfinite(levels)
    blocks: list[Block] = []
    findings = []
    for one in outcomes:
        curve = curve_by_satisfaction(levels[known], one.values[known])
        findings.append(_finding(one, curve, speech))
        blocks += [
            Drawing(_title(column, one, speech), _chart(column, one, curve, speech), 260),
            _table(one, curve, speech),
        ]
    told = _("People with the same answer are compared with others: this shows what goes together, not what causes it.")
    return Section(
        KEY, title, " ".join(findings), [*blocks, Words(told)],
        [speech.definition(_("Curve by satisfaction"), curve_by_satisfaction)],
    )  # fmt: skip


def _title(column: str, one: Outcome, speech: Speech) -> str:
    return speech.text("{outcome} by “{column}”", outcome=one.name, column=column)


def _finding(one: Outcome, curve: SatisfactionCurve, speech: Speech) -> str:
    _ = speech.text
    span = {
        name: speech.number(value, 2)
        for name, value in (("r", curve.correlation), ("low", curve.low), ("high", curve.high))
    }
    if curve.finding == "no effect found":
        told = _("{outcome}: no effect found (rank correlation {r}, {low} to {high}).", outcome=one.name, **span)
    elif curve.finding == "positive":
        told = _("{outcome}: more with more satisfaction (rank correlation {r}, {low} to {high}).",
                 outcome=one.name, **span)  # fmt: skip
    else:
        told = _("{outcome}: less with more satisfaction (rank correlation {r}, {low} to {high}).",
                 outcome=one.name, **span)  # fmt: skip
    return told


def _chart(column: str, one: Outcome, curve: SatisfactionCurve, speech: Speech) -> Chart:
    _ = speech.text
    points = curve.points
    edges = [(point.mean if edge is None else edge) for point in points for edge in (point.low, point.high)]
    low, high = _("Lower bound"), _("Upper bound")
    return lines(
        [_level(point.lowest, point.highest, speech) for point in points],
        [
            Series(_("Mean"), [point.mean for point in points]),
            Series(low, edges[0::2], "context"), Series(high, edges[1::2], "context"),
        ],
        unit=one.unit, language=speech.language, heading=column, dashed=(low, high), named=True,
    )  # fmt: skip


def _level(lowest: float, highest: float, speech: Speech) -> str:
    def told(value: float) -> str:
        return speech.number(value, 0 if value == int(value) else 1)

    return told(lowest) if lowest == highest else speech.text("{low} to {high}", low=told(lowest), high=told(highest))


def _table(one: Outcome, curve: SatisfactionCurve, speech: Speech) -> Grid:
    _ = speech.text
    rows = []
    for point in curve.points:
        edges = (point.low, point.high)
        low, high = ("–" if edge is None else one.unit.full(edge, speech.language) for edge in edges)
        rows.append(
            [
                _level(point.lowest, point.highest, speech), speech.number(point.people),
                one.unit.full(point.mean, speech.language),
                "–" if point.low is None else _("{low} to {high}", low=low, high=high),
            ]
        )  # fmt: skip
    return Grid(one.name, [_("Satisfaction"), _("People"), _("Mean"), _("95% interval")], rows)
