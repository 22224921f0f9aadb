"""A file with one row per person: who was treated, who answered, and what was known of them before.

Such a file is no history of purchases: it proves whether something worked, and teaches who answers.
"""

from __future__ import annotations

from .loading import open_people
from .making import make_people_report
from .table import PeopleFile, Response, Treatment

__all__ = ["PeopleFile", "Response", "Treatment", "make_people_report", "open_people"]
