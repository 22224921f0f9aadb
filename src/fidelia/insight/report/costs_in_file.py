"""The column of a file of purchases that says what the goods of a row cost, of which the import knows nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from fidelia.insight.errors import NothingToReport
from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _
from fidelia.ui.charts.words import say

from .facts import ReportFacts

# A column called “cost” alone may be either, and half a margin would come of a mistake: those who have one say which.
OF_A_UNIT: Final = re.compile(
    r"(unit|item|standard)cost|cost(per|of)?(unit|item)|(cost|purchase|buying)price"
    r"|prix(dachat|derevient)(unitaire)?|cou(t|ts)(unitaire|dunite)|pamp|cump"
)
OF_A_LINE: Final = re.compile(r"cogs|(total|line)cost|cost(ofgoods|ofsales)(sold)?|couttotal|coutdelaligne")
ACCENTS: Final = str.maketrans("àâäéèêëîïôöùûüç", "aaaeeeeiioouuuc")


@dataclass(frozen=True, slots=True)
class CostColumn:
    """`name` is empty where the file has none; the cost is that of one unit, or of the row's whole quantity."""

    name: str = ""
    is_of_unit: bool = False


def cost_column(columns: Iterable[str], *, taken: Collection[str], cost: str = "", unit_cost: str = "") -> CostColumn:
    """Return the column of costs: the one that is told, else the first whose name leaves no doubt.

    Columns `taken` for something else are none. Raises NothingToReport when a told one is not in the file.
    """
    names = list(columns)
    for told, is_of_unit in ((cost, False), (unit_cost, True)):
        if told and told not in names:
            sentence = _("The file has no column “{column}”; it has {columns}.")
            raise NothingToReport(Sentence(sentence, column=told, columns=", ".join(names)))
        if told:
            return CostColumn(told, is_of_unit)
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "", name.lower().translate(ACCENTS))
        for pattern, is_of_unit in ((OF_A_UNIT, True), (OF_A_LINE, False)):
            if name not in taken and pattern.fullmatch(plain):
                return CostColumn(name, is_of_unit)
    return CostColumn()


def with_costs_told(facts: ReportFacts, column: CostColumn, language: str) -> ReportFacts:
    """Return the facts that say which column the costs came from; unchanged without one."""
    if not column.name:
        return facts
    label = say(language, "Cost of one unit") if column.is_of_unit else say(language, "Cost of the row’s goods")
    quality = replace(facts.quality, understood=(*facts.quality.understood, (label, column.name)))
    return replace(facts, has=facts.has | {"cost"}, quality=quality)
