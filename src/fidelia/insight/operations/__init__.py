"""The verbs of insight: export facts, refresh what is learnt from them, write it up, count what Home shows."""

from .behind import find_crowd
from .budgeting import save_budget_plan, withdraw_budget_plan
from .chapters import write_chapters
from .counting import count_figures
from .exporting import export_facts
from .monthly import add_monthly_reader, remove_monthly_reader, send_monthly_reports
from .refreshing import refresh
from .scoring import choose_score
from .slicing import write_slice

__all__ = [
    "add_monthly_reader",
    "choose_score",
    "count_figures",
    "export_facts",
    "find_crowd",
    "refresh",
    "remove_monthly_reader",
    "save_budget_plan",
    "send_monthly_reports",
    "withdraw_budget_plan",
    "write_chapters",
    "write_slice",
]
