"""Bring past purchases in from a file: staged as text, understood, decided at their own dates, recorded by set."""

from fidelia.intake.kinds import ImportKind
from fidelia.kernel.localized import LocalizedText

from ...targets import PURCHASES, REASONS
from .check import check_purchases, forget_checked
from .mapping import ImportMapping, parse_mapping
from .record import record_purchases
from .run import ImportResult, import_purchases, result_of
from .totals import TOTALS
from .undoing import undo_purchases

PURCHASES_KIND = ImportKind(
    target=PURCHASES,
    right="purchase.import",
    check=check_purchases,
    record=record_purchases,
    undo=undo_purchases,
    leaves=LocalizedText(
        en="Customers and memberships that only this import made", fr="Clients et adhésions que seul cet import a créés"
    ),
    forget=forget_checked,
    reasons=REASONS,
    totals=TOTALS,
    one_at_a_time=False,
    is_known_by_content=True,
)

__all__ = [
    "PURCHASES",
    "PURCHASES_KIND",
    "ImportMapping",
    "ImportResult",
    "import_purchases",
    "parse_mapping",
    "result_of",
]
