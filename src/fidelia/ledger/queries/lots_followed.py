"""Where the lots of a posting went: what of them is left, and which postings took from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from ..models import Entry, Lot, Pending


@dataclass(frozen=True, slots=True)
class Brought:
    """The lots that a posting brought, and what of them can still be taken: minor units, those pending included."""

    lots: tuple[UUID, ...]
    left: int


def what_is_left_of(*, posting_id: UUID, posted_on: UUID, account_id: UUID) -> Brought:
    """Return what an account has left of the lots that a posting brought, there or on the account `posted_on`."""
    brought = Entry.objects.filter(
        account_id=posted_on, posting_id=posting_id, code__in=("member", "pending"), lot_id__isnull=False
    )
    lots = tuple([lot for lot in brought.values_list("lot_id", flat=True) if lot is not None])
    there = Lot.objects.filter(account_id=account_id, lot_id__in=lots, is_open=True).values_list("remaining", flat=True)
    waiting = Pending.objects.filter(account_id=account_id, lot_id__in=lots, is_open=True)
    return Brought(lots, sum(there) + sum(waiting.values_list("remaining", flat=True)))


def taken_by(*, account_ids: Sequence[UUID], posting_ids: Sequence[UUID], lots: Sequence[UUID]) -> dict[UUID, int]:
    """Return how much each of the postings took from the lots; those that took nothing are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select posting_id, -sum(amount)::bigint from ledger_entry
               where account_id = any(%s) and posting_id = any(%s) and lot_id = any(%s) and code = 'member'
                   and amount < 0 group by posting_id""",
            [list(account_ids), list(posting_ids), list(lots)],
        )
        return dict(cursor.fetchall())
