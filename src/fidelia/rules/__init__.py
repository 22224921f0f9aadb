"""The rule language, its two back ends (Python and SQL), and the arithmetic of what is earned.

Plain Python: no Django, no clock, no database. Read `check_rule` first, then `parse_rule_set` and `evaluate`.
"""

from .catalogue import Catalogue, Field, Records
from .decision import GENESIS, Decision, canonical_text, chain, chain_text, find_break, record_bill, record_decision
from .document import parse_rule_set
from .errors import InvalidRuleSet, RuleError, ValueOutOfBounds
from .explanation import describe_rule, explain, explain_outcomes, say_outcome
from .frozen_points import points_by_unit, points_of_returned
from .points_name import POINTS, PointsName
from .program import Program, check_rule
from .rule_set import Group, Rule, RuleSet
from .settlement import (
    Candidate,
    LineAllocation,
    Outcome,
    Settlement,
    evaluate,
    find_candidates,
    settle,
)
from .types import Type
from .wording import describe

__all__ = [
    "GENESIS",
    "POINTS",
    "Candidate",
    "Catalogue",
    "Decision",
    "Field",
    "Group",
    "InvalidRuleSet",
    "LineAllocation",
    "Outcome",
    "PointsName",
    "Program",
    "Records",
    "Rule",
    "RuleError",
    "RuleSet",
    "Settlement",
    "Type",
    "ValueOutOfBounds",
    "canonical_text",
    "chain",
    "chain_text",
    "check_rule",
    "describe",
    "describe_rule",
    "evaluate",
    "explain",
    "explain_outcomes",
    "find_break",
    "find_candidates",
    "parse_rule_set",
    "points_by_unit",
    "points_of_returned",
    "record_bill",
    "record_decision",
    "say_outcome",
    "settle",
]
