"""The chapters of a report, in their order; each is a function of facts, speech and its title."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fidelia.insight.report.blocks import Section
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech

from .changes import changes_section
from .churn import churn
from .cohorts import cohorts_section
from .contents import contents
from .frat import frat_section
from .lifecycle import lifecycle
from .members import members_section
from .portfolio import portfolio
from .products import products
from .profit import profit
from .rfm import rfm_section
from .sales import sales
from .scores import scores
from .value import value

_ = str  # marks the titles for translation; they are said in the report's own language

Write = Callable[[ReportFacts, Speech, str], Section]
SECTIONS: Final[tuple[tuple[str, str, Write], ...]] = (
    ("contents", _("What the file holds"), contents),
    ("changes", _("What changed"), changes_section),
    ("sales", _("Sales and returns"), sales),
    ("rfm", _("Recency, frequency, amount"), rfm_section),
    ("frat", _("Type of purchase"), frat_section),
    ("lifecycle", _("Stages of the lifecycle"), lifecycle),
    ("cohorts", _("Cohorts and retention"), cohorts_section),
    ("value", _("Lifetime value"), value),
    ("churn", _("Who is leaving"), churn),
    ("scores", _("Who will buy again soon?"), scores),
    ("portfolio", _("Customer portfolio"), portfolio),
    ("profit", _("Loyalty and profit"), profit),
    ("members", _("Members and comparable others"), members_section),
    ("products", _("Products"), products),
)
