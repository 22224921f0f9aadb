"""What shadow mode does."""

from .comparing import compare_shadow
from .judging import Judged, judge_purchase
from .running import begin_shadow, cut_over
from .telling import GrantTold, read_grants, tell_grants

__all__ = [
    "GrantTold",
    "Judged",
    "begin_shadow",
    "compare_shadow",
    "cut_over",
    "judge_purchase",
    "read_grants",
    "tell_grants",
]
