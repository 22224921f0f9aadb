"""The rule language, its two back ends (Python and SQL), and the arithmetic of what is earned.

Plain Python: no Django, no clock, no database. Read `check_rule` first, then `evaluate`.
"""

from .catalogue import Catalogue, Field, Records
from .errors import InvalidRuleSet, RuleError, ValueOutOfBounds
from .program import Program, check_rule
from .types import Type

__all__ = [
    "Catalogue",
    "Field",
    "InvalidRuleSet",
    "Program",
    "Records",
    "RuleError",
    "Type",
    "ValueOutOfBounds",
    "check_rule",
]
