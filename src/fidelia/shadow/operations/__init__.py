"""What shadow mode does."""

from .baskets import judge_basket
from .comparing import compare_shadow
from .giving_back import judge_basket_return, judge_return
from .judging import Judged, judge_lone_return, judge_purchase
from .reconciling import BalanceTold, Mismatch, find_mismatches, read_balances
from .running import begin_shadow, cut_over
from .telling import GrantTold, read_grants, tell_grants

__all__ = [
    "BalanceTold",
    "GrantTold",
    "Judged",
    "Mismatch",
    "begin_shadow",
    "compare_shadow",
    "cut_over",
    "find_mismatches",
    "judge_basket",
    "judge_basket_return",
    "judge_lone_return",
    "judge_purchase",
    "judge_return",
    "read_balances",
    "read_grants",
    "tell_grants",
]
