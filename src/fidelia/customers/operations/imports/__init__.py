"""Bring customers in from a file: understood as a form is, judged against who is known, written by set."""

from fidelia.intake.kinds import ImportKind

from .steps import RIGHT, check_customers, record_customers
from .target import CUSTOMERS, REASONS, custom_columns
from .totals import TOTALS
from .undoing import undo_customers

CUSTOMERS_KIND = ImportKind(
    target=CUSTOMERS,
    right=RIGHT,
    check=check_customers,
    record=record_customers,
    undo=undo_customers,
    reasons=REASONS,
    totals=TOTALS,
    own_columns=custom_columns,
)

__all__ = ["CUSTOMERS_KIND"]
