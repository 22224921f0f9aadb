"""The report: customer analytics of a plain file of purchases, as one page and one PDF that a board can read.

Pure: no Django and no server. A file becomes facts (`loading`), facts become sections (`sections`), sections are blocks
of words, figures, tables and charts (`blocks`), and blocks become HTML or PDF. Every number carries its definition.
"""

from __future__ import annotations

from .facts import ReportFacts
from .loading import open_purchases
from .making import Report, make_report

__all__ = ["Report", "ReportFacts", "make_report", "open_purchases"]
