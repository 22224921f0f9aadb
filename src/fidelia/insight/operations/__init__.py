"""The verbs of insight: export facts, and refresh what is learnt from them."""

from .exporting import export_facts
from .refreshing import refresh

__all__ = ["export_facts", "refresh"]
