"""The columns of a file of purchases that the import knows nothing of: a campaign or group, and satisfaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from fidelia.insight.errors import NothingToReport
from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _
from fidelia.intake.tables import Table
from fidelia.ui.charts.words import say

from .facts import CampaignColumn, ReportFacts
from .people.recognising import ARMS_MAX, CAMPAIGN_WORDS, CONTROL, GROUP_WORDS, is_named, is_satisfaction

CAMPAIGNS_MAX: Final = 50


def campaign_column(columns: Iterable[str], *, taken: Collection[str], given: str = "") -> str:
    """Return the column that may hold groups or campaigns, by its name; empty where there is none.

    Columns `taken` for something else are none. Raises NothingToReport when the `given` one is not in the file.
    """
    names = list(columns)
    if given:
        if given not in names:
            told = _("The file has no column “{column}”; it has {columns}.")
            raise NothingToReport(Sentence(told, column=given, columns=", ".join(names)))
        return given
    return next((name for name in names if name not in taken and is_named(name, GROUP_WORDS)), "")


def satisfaction_column(table: Table, *, taken: Collection[str]) -> str:
    """Return the column that says how satisfied customers are, by its name and its first rows; empty without one."""
    rows = [row for row in table.sample() if len(row) == len(table.columns)]
    for place, name in enumerate(table.columns):
        if name not in taken and is_satisfaction(name, [row[place].strip() for row in rows]):
            return name
    return ""


def campaign_of(facts: ReportFacts, column: str, *, given: str, wanted: bool) -> CampaignColumn | None:
    """Say what the values of the column are: groups with one left alone, campaigns, or neither (None).

    Raises NothingToReport when a `wanted` column, or the `given` group left alone, is not what it is said to be.
    """
    if not column:
        return None
    arms = facts.lines.filter(facts.lines.arm.notnull()).select("arm").distinct().limit(CAMPAIGNS_MAX + 1)
    values = sorted(row["arm"] for row in facts.rows(arms))
    if given and given not in values:
        told = _("Nobody has “{value}” in the column “{column}”; its values are {values}.")
        raise NothingToReport(Sentence(told, value=given, column=column, values=", ".join(values[:12])))
    alone = [given] if given else [value for value in values if CONTROL.match(value)]
    if len(alone) == 1 and 2 <= len(values) <= ARMS_MAX:
        return CampaignColumn(column, alone[0])
    if 1 <= len(values) <= CAMPAIGNS_MAX and is_named(column, CAMPAIGN_WORDS):
        return CampaignColumn(column, "")
    if wanted:
        told = _("The column “{column}” does not tell who was left alone: say the value of the control group.")
        raise NothingToReport(Sentence(told, column=column))
    return None


def with_answers(facts: ReportFacts, column: str, language: str) -> ReportFacts:
    """Return the facts with the column that says how satisfied customers are; unchanged without one."""
    if not column:
        return facts
    understood = [(known, name) for known, name in facts.quality.understood if name != column]
    has = facts.has if len(understood) == len(facts.quality.understood) else facts.has - {"category"}
    quality = replace(facts.quality, understood=(*understood, (say(language, "Satisfaction"), column)))
    return replace(facts, satisfaction=column, has=has, quality=quality)


def with_arms(facts: ReportFacts, arms: CampaignColumn, language: str) -> ReportFacts:
    """Return the facts with what the column is; one that was taken for the categories of products is none any more."""
    label = say(language, "Group of the customer") if arms.control else say(language, "Campaign")
    understood = [(known, name) for known, name in facts.quality.understood if name != arms.column]
    has = facts.has if len(understood) == len(facts.quality.understood) else facts.has - {"category"}
    quoted = (f"“{arms.column}”", f"«\u00a0{arms.column}\u00a0»")  # no doubt of what it looked like is left
    doubts = tuple(doubt for doubt in facts.quality.doubts if not any(name in doubt for name in quoted))
    quality = replace(facts.quality, understood=(*understood, (label, arms.column)), doubts=doubts)
    return replace(facts, arms=arms, has=has, quality=quality)
