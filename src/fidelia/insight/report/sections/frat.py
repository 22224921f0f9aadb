"""FRAT: what kind of goods customers buy, beside how recently, often and for much."""

from __future__ import annotations

from typing import Any, Final

from ibis import _ as column

from fidelia.insight.measures.frat import VARIED, frat
from fidelia.insight.report.blocks import Block, Drawing, Grid, Missing, Section, mark, who_are
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Unit, heat_map, sorted_bars

TYPES_SHOWN: Final = 10
PEOPLE_MIN: Final = 25
SCORES: Final = (1, 2, 3, 4, 5)
TRAIT: Final = "purchase_type"
TYPE_LENGTH_MAX: Final = 200  # of a trait's text


def frat_section(facts: ReportFacts, speech: Speech, title: str) -> Section:
    """Tell which kind of goods brings whom; the ten kinds that sell most."""
    _ = speech.text
    if "category" not in facts.has:
        told = _("What kind of goods customers buy (FRAT) is not told: no product has a category.")
        return Section("frat", title, "", [Missing(told)])
    people = typed(facts)
    if len(people["customer_id"]) < PEOPLE_MIN:
        few = _("Fewer than {n} customers bought: what they buy says nothing of a shop.", n=PEOPLE_MIN)
        return Section("frat", title, "", [Missing(few)])
    kinds = _kinds(people)
    definitions = [speech.definition(_("Type of purchase (FRAT)"), frat)]
    return Section("frat", title, _finding(kinds, speech), _blocks(kinds, people, speech), definitions)


def typed(facts: ReportFacts) -> dict[str, Any]:
    """Return customer_id, type, frequency_score, frequency, amount and recency_days as arrays, computed once."""
    names = ("customer_id", "type", "frequency_score", "frequency", "amount", "recency_days")

    def compute() -> dict[str, Any]:
        lines = facts.lines.mutate(kind=column.category.split("/")[0])
        table = frat(
            facts.purchases, lines, as_of=facts.as_of, currency=facts.currency, type_column="kind",
            window_days=facts.days + 1,
        )  # fmt: skip
        return dict(zip(names, facts.columns(table, names), strict=True))

    found: dict[str, Any] = facts.once("frat", compute)
    return found


def _kinds(people: dict[str, Any]) -> list[dict[str, Any]]:
    """The kinds with their customers, the largest sales first."""
    kinds: dict[str, dict[str, Any]] = {}
    columns = (people[name].tolist() for name in ("type", "frequency_score", "frequency", "amount", "recency_days"))
    for name, score, times, amount, days in zip(*columns, strict=True):
        kind = kinds.setdefault(name, {"type": name, "people": 0, "amount": 0, "sales": 0, "days": [], "cells": {}})
        kind["people"] += 1
        kind["amount"] += amount
        kind["sales"] += times
        kind["days"].append(days)
        cell = kind["cells"].setdefault(score, [0, 0])
        cell[0] += 1
        cell[1] += amount
    return sorted(kinds.values(), key=lambda kind: (-kind["amount"], kind["type"]))


def _finding(kinds: list[dict[str, Any]], speech: Speech) -> str:
    _ = speech.text
    own = [kind for kind in kinds if kind["type"] != VARIED]
    if not own:
        return _("Nobody spends more than half on one kind of goods: customers buy of several kinds.")
    people = sum(kind["people"] for kind in kinds)
    most = max(own, key=lambda kind: (kind["people"], kind["amount"]))
    return _(
        "{share} of the customers spend most of their money on {kind}: {amount}, {times} purchases each.",
        share=speech.share(most["people"] / people), kind=most["type"], amount=speech.money(most["amount"]),
        times=speech.number(most["sales"] / most["people"], 1),
    )  # fmt: skip


def _blocks(kinds: list[dict[str, Any]], people: dict[str, Any], speech: Speech) -> list[Block]:
    _ = speech.text
    shown = kinds[:TYPES_SHOWN]
    names = [_name(kind, speech) for kind in shown]
    by_people = sorted(shown, key=lambda kind: -kind["people"])
    bars = sorted_bars(
        [(_name(kind, speech), float(kind["people"])) for kind in by_people], unit=Unit(),
        language=speech.language, heading=_("Most of what they buy"), value_name=_("Customers"), signed=False,
    )  # fmt: skip
    blocks: list[Block] = [
        Drawing(
            _("What kind of goods do they buy?"), bars, 280, people=[_who(kind) for kind in by_people],
            marks=[[mark("type", kind["type"])] for kind in by_people],
        ),
        Drawing(
            _("Which kind brings those who come often?"), _heat(shown, names, speech), 60 + 52 * len(shown),
            marks=[[mark("type", kind["type"]), *_cells(kind)] for kind in shown],
        ),
        _grid(kinds, shown, names, speech),
    ]  # fmt: skip
    return blocks


def _heat(shown: list[dict[str, Any]], names: list[str], speech: Speech) -> Any:
    _ = speech.text
    cells = [[kind["cells"].get(score, (0, 0)) for score in SCORES] for kind in shown]
    return heat_map(
        [_("1: least often"), "2", "3", "4", _("5: most often")], names,
        [[count for count, _amount in line] for line in cells],
        [[speech.major(amount) for _count, amount in line] for line in cells],
        unit=speech.unit, language=speech.language, heading=_("Most of what they buy"),
        column_name=_("Frequency score"),
    )  # fmt: skip


def _grid(kinds: list[dict[str, Any]], shown: list[dict[str, Any]], names: list[str], speech: Speech) -> Grid:
    _ = speech.text
    people = max(1, sum(kind["people"] for kind in kinds))
    rows = [
        [
            name, speech.number(kind["people"]), speech.share(kind["people"] / people), speech.money(kind["amount"]),
            speech.number(kind["sales"] / kind["people"], 1),
            speech.number(sorted(kind["days"])[len(kind["days"]) // 2]),
        ]
        for name, kind in zip(names, shown, strict=True)
    ]  # fmt: skip
    columns = [
        _("Most of what they buy"), _("Customers"), _("Share of customers"), _("Sales"),
        _("Purchases per customer"), _("Days since the last"),
    ]  # fmt: skip
    marks = [[mark("type", kind["type"])] for kind in shown]
    return Grid(_("Frequency, recency, amount, type"), columns, rows, 1, [_who(kind) for kind in shown], marks)


def _cells(kind: dict[str, Any]) -> list[str]:
    return [mark("often", kind["type"], score) if kind["cells"].get(score) else "" for score in SCORES]


def _name(kind: dict[str, Any], speech: Speech) -> str:
    return speech.text("Of several kinds") if kind["type"] == VARIED else str(kind["type"])


def _who(kind: dict[str, Any]) -> str:
    return who_are(TRAIT, kind["type"][:TYPE_LENGTH_MAX])
