"""Stages of the lifecycle today, and who moved since half the file ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import ibis

from fidelia.insight.measures.lifecycle import STAGES, StageDefinition, moves, stages_at
from fidelia.insight.report.blocks import Block, Drawing, Grid, Missing, Section, Words, mark, who_are
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Flow, Series, Unit, sankey, stacked_bars
from fidelia.ui.charts.words import sizes_of

from .rfm import scored

DAYS_MIN: Final = 90
YEAR_DAYS: Final = 365
MOVED: Final = ("buyer", "customer", "supporter", "ambassador", "left")


def lifecycle(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    if facts.days < DAYS_MIN:
        return Section("lifecycle", title, "", [Missing(_("The history covers less than {n} days.", n=DAYS_MIN))])
    definition = definition_for(facts)
    back = _back(facts)
    now, then = stages_now(facts), stages_then(facts)
    flows = [row for row in facts.rows(moves(then, now)) if row["from_stage"] != "new"]
    counts = dict.fromkeys(STAGES, 0) | {
        row["stage"]: row["people"] for row in facts.rows(now.group_by("stage").agg(people=now.count()))
    }
    if not sum(counts.values()):
        return Section("lifecycle", title, "", [Missing(_("The history names no customer who kept a purchase."))])
    names = stage_names(speech)
    whole = max(1, sum(counts.values()))
    once = int((scored(facts)["frequency"] == 1).sum())
    finding = speech.ngettext(
        "{n} of {people} customers bought once only; {left} have not come for {days} days.",
        "{n} of {people} customers bought once only; {left} have not come for {days} days.",
        once, people=speech.number(whole), left=speech.number(counts["left"]), days=definition.left_after_days,
    )  # fmt: skip
    shown = [stage for stage in MOVED if counts[stage]]
    labels, people = [names[stage] for stage in shown], Series(_("Customers"), [float(counts[one]) for one in shown])
    bars = replace(
        stacked_bars(labels, [people], unit=Unit(), language=speech.language, heading=_("Stage")),
        sentence=sizes_of(people, labels, Unit(), speech.language),
    )
    blocks: list[Block] = [
        Drawing(
            _("At which stage are the customers?"), bars, 220,
            people=[who_are("lifecycle_stage", one) for one in shown], marks=[[mark("stage", one)] for one in shown],
        )
    ]  # fmt: skip
    if flows:
        blocks.append(
            Drawing(
                _("What became of the customers of {day}?", day=speech.day(facts.as_of - back)),
                _sankey(flows, names, speech),
                300,
                marks=[[mark("move", row["from_stage"], row["to_stage"])] for row in flows if row["people"]],
            )
        )
        blocks.append(_matrix(flows, names, speech))
    blocks.append(Words(_definition_in_words(definition, facts, speech)))
    return Section("lifecycle", title, finding, blocks, [speech.definition(_("Stages"), stages_at)])


def definition_for(facts: ReportFacts) -> StageDefinition:
    """A year without a purchase is leaving, or half the file where it is shorter than two years."""
    days = min(YEAR_DAYS, max(30, facts.days // 2))
    return StageDefinition(window_days=days, left_after_days=days)


def stages_now(facts: ReportFacts) -> ibis.Table:
    """Return customer_id and stage of today."""
    return stages_at(facts.purchases, facts.lines, as_of=facts.as_of, definition=definition_for(facts))


def stages_then(facts: ReportFacts) -> ibis.Table:
    """Return customer_id and stage of the day from which the moves are told."""
    then = facts.as_of - _back(facts)
    return stages_at(facts.purchases, facts.lines, as_of=then, definition=definition_for(facts))


def _back(facts: ReportFacts) -> timedelta:
    return timedelta(days=min(YEAR_DAYS, facts.days // 2))


def stage_names(speech: Speech) -> dict[str, str]:
    """The stages as a person reads them."""
    _ = speech.text
    return {
        "prospect": _("Prospects"), "buyer": _("Buyers"), "customer": _("Customers who came back"),
        "supporter": _("Supporters"), "ambassador": _("Ambassadors"), "left": _("Gone"), "new": _("New"),
    }  # fmt: skip


def _sankey(flows: list[dict[str, Any]], names: dict[str, str], speech: Speech) -> Any:
    _ = speech.text
    return sankey(
        [names[stage] for stage in MOVED],
        [Flow(names[row["from_stage"]], names[row["to_stage"]], row["people"]) for row in flows],
        language=speech.language,
        left=names["left"],
        before=_("Earlier"),
        after=_("Now"),
        value_name=_("Customers"),
    )


def _matrix(flows: list[dict[str, Any]], names: dict[str, str], speech: Speech) -> Grid:
    _ = speech.text
    people = {(row["from_stage"], row["to_stage"]): row["people"] for row in flows}
    known = [stage for stage in MOVED if any(stage in pair for pair in people)]
    rows = [
        [names[start], *(speech.number(people.get((start, end), 0)) for end in known)]
        for start in known
    ]  # fmt: skip
    marks = [["", *(mark("move", start, end) if people.get((start, end)) else "" for end in known)] for start in known]
    title = _("From the stage in the row to the stage in the column")
    return Grid(title, ["", *(names[end] for end in known)], rows, marks=marks)


def _definition_in_words(definition: StageDefinition, facts: ReportFacts, speech: Speech) -> str:
    _ = speech.text
    supporter = _(
        "Supporter here: at least {n} products bought for the first time in the last {days} days.",
        n=definition.supporter_new_products, days=definition.window_days,
    )  # fmt: skip
    if "product" not in facts.has:
        supporter = _("The history names no products, so nobody is a supporter.")
    ambassador = _("The history says nothing of recommendations, so nobody is an ambassador.")
    return f"{supporter} {ambassador}"
