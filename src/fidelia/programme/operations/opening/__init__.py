"""Opening balances: members of a present programme brought in with their points, tiers and first days."""

from fidelia.intake.kinds import ImportKind

from .currencies import own_columns
from .steps import RIGHT, check_members, record_members
from .target import MEMBERS, REASONS, TOTALS
from .undoing import undo_members

MEMBERS_KIND = ImportKind(
    target=MEMBERS,
    right=RIGHT,
    check=check_members,
    record=record_members,
    undo=undo_members,
    reasons=REASONS,
    totals=TOTALS,
    own_columns=own_columns,
)

__all__ = ["MEMBERS_KIND"]
