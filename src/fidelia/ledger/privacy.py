"""Personal data in the ledger: none but what people wrote beside a posting, for an account is only a number.

Whose account it is, the programme knows; it asks here with account ids. Entries are bookkeeping and stay when a person
is erased, about nobody. A merge moves points by `operations.transfer`, asked for by the programme.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor

from .models import Entry, Posting
from .operations import forget_notes


def collect(*, account_ids: Sequence[UUID]) -> dict[str, list[Any]]:
    """Return everything the ledger keeps of the accounts: postings with their notes, and the member's entries."""
    postings = Posting.objects.filter(account_id__in=account_ids).order_by("occurred_at", "posting_id")
    entries = Entry.objects.filter(account_id__in=account_ids, code__in=["member", "held"])
    return {
        "postings": list(
            postings.values("account_id", "posting_id", "kind", "currency", "occurred_at", "recorded_at", "note")
        ),
        "entries": list(
            entries.order_by("occurred_at", "posting_id", "seq").values(
                "account_id", "posting_id", "code", "currency", "amount", "balance_after", "occurred_at"
            )
        ),
    }


def erase(*, by: Actor, at: datetime, account_ids: Sequence[UUID]) -> int:
    """Blank the notes of the accounts inside the caller's transaction; return how many there were."""
    return sum(forget_notes(by=by, at=at, account_id=account_id) for account_id in account_ids)
