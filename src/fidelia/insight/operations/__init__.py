"""The verbs of insight: export facts, refresh what is learnt from them, write it up, count what Home shows."""

from .chapters import write_chapters
from .counting import count_figures
from .exporting import export_facts
from .refreshing import refresh
from .slicing import write_slice

__all__ = ["count_figures", "export_facts", "refresh", "write_chapters", "write_slice"]
