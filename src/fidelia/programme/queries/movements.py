"""Movements of points, the newest first: the same reading for the console, the portal and whoever else shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from fidelia.kernel.calendar import zone_of
from fidelia.ledger.models import Entry, Posting
from fidelia.ledger.queries import list_entries, list_postings, lots_used, pending_until

from ..models import Enrolment
from .words import explain_movement, movement_of

LEGS_MAX = 8  # a posting that spends several lots has one entry for each
ENTRIES_MAX = 1_000
Place = tuple[datetime, UUID, int]
Moved = tuple[Posting, list[Entry]]


def read_movements(enrolment: Enrolment, *, before: Place | None, limit: int) -> tuple[list[Moved], bool]:
    """Return the newest postings before a place with their legs, and whether there are more; two statements."""
    most = min(ENTRIES_MAX, (limit + 1) * LEGS_MAX)
    entries = list_entries(
        account_id=enrolment.account_id, currency=enrolment.programme.points_currency_id, before=before, limit=most,
        codes=("member", "pending"),
    )  # fmt: skip
    postings = list_postings(account_id=enrolment.account_id, posting_ids=list({entry.posting_id for entry in entries}))
    grouped = [(postings[id], list(legs)) for id, legs in groupby(entries, key=lambda entry: entry.posting_id)]
    if len(entries) == most and len(grouped) > 1:
        grouped.pop()  # its other legs may lie beyond what was read
    return grouped[:limit], len(grouped) > limit


def explain_movements(enrolment: Enrolment, moved: Sequence[Moved], language: str) -> dict[UUID, tuple[str, ...]]:
    """Return each movement in the words of the member, by posting; two statements for all of them."""
    ids = [posting.posting_id for posting, _legs in moved]
    lots = lots_used(account_id=enrolment.account_id, posting_ids=ids)
    waiting = pending_until(account_id=enrolment.account_id, posting_ids=ids)
    programme = enrolment.programme
    zone = zone_of(programme.time_zone)
    return {
        posting.posting_id: tuple(
            explain_movement(
                movement_of(posting, legs, lots.get(posting.posting_id, ()), waiting.get(posting.posting_id)),
                programme.points_currency, zone, language,
            )
        )
        for posting, legs in moved
    }  # fmt: skip
