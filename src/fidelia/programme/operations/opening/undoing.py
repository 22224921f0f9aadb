"""Take an opening back as one batch: every posting by a linked reversal, tiers, memberships and customers it made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.customers.operations.imports.undoing import erase_customers, put_back
from fidelia.customers.queries.references import called, find_references, list_imported
from fidelia.intake.models import Import
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin
from fidelia.ledger.operations import BulkReversal, reverse_in_bulk
from fidelia.ledger.queries import count_other_postings

from ...errors import OpeningDependedOn
from ...models import Enrolment, Opening, OpeningLot, OpeningMember, TierGrant, TierPeriod
from ..tiers import rederive_tiers
from .currencies import MAIN, CurrenciesOf
from .recording import key_of
from .steps import RIGHT

TOGETHER = 10_000
POSTED = {
    "adjust": "corrections of points", "earn": "points earned", "expire": "points expired", "hold": "points reserved",
    "open": "other opening balances", "redeem": "points spent", "reverse": "reversals", "revoke": "points taken back",
    "transfer": "points moved",
}  # fmt: skip
OWN_TABLES = ("programme_enrolment",)


def undo_members(found: Import, *, by: Actor, at: datetime, progress: Progress, forget: bool = False) -> dict[str, Any]:
    """Undo an opening in one transaction: all of it or nothing.

    Members whom it enrolled are members no more and customers whom it added are erased; who was here before keeps
    what is not of this opening. Raises Denied (points.open), OpeningDependedOn naming what depends on it by now.
    """
    by.require(RIGHT)
    with transaction_of_use_case():
        opening = Opening.objects.select_for_update().select_related("programme").filter(id=found.id).first()
        if opening is None or opening.undone_at is not None:
            return {"reversed_points": 0, "ended_members": 0, "erased_customers": 0}
        members = list(OpeningMember.objects.filter(opening=opening).select_related("enrolment"))
        new = [one.enrolment for one in members if one.is_enrolled]
        _refuse_if_depended_on(opening, new)
        points, further = _reverse(opening, by=by, at=at)
        TierGrant.objects.filter(source_id=opening.id, withdrawn_at__isnull=True).update(withdrawn_at=at)
        ended = end_memberships([one.id for one in new], at=at)
        old = {one.enrolment_id for one in members if not one.is_enrolled}
        rederive_tiers(at=at, enrolment_ids=old, origin=Origin.BACKFILL, is_announced=False)
        added = list_imported(opening.id)
        counts: dict[str, Any] = {
            "reversed_points": points,
            "ended_members": ended,
            "erased_customers": erase_customers(added, at=at),
        }
        counts |= put_back(found.id, by=by, at=at)
        counts |= {"reversed_by_currency": further} if further else {}
        opening.undone_at = at
        opening.save(update_fields=["undone_at"])
        record_audit(by=by, at=at, verb=RIGHT, object_type="import", object_id=found.id, before=counts)
    progress.step(len(members))
    return counts


def _refuse_if_depended_on(opening: Opening, new: Sequence[Enrolment]) -> None:
    """What was here before is judged posting by posting; who came by this opening must have done nothing since."""
    since: dict[str, int] = {}
    for first in range(0, len(new), TOGETHER):
        chunk = new[first : first + TOGETHER]
        accounts = [one.account_id for one in chunk]
        moved = Counter[str]()
        for code in _codes_of(opening).values():
            moved.update(count_other_postings(account_ids=accounts, currency=code, source_id=opening.id))
        named = find_references([one.customer_id for one in chunk], besides=OWN_TABLES)
        for name, count in [*moved.items(), *named.items()]:
            since[name] = since.get(name, 0) + count
    if since:
        raise OpeningDependedOn(
            "Members have gone on since they were brought in: "
            + ", ".join(f"{_called(name)} ({count})" for name, count in sorted(since.items())) + ".",
            since=since,
        )  # fmt: skip


def _called(name: str) -> str:
    """Say what happened: a posting's kind, or what another table keeps."""
    return POSTED.get(name) or called(name)


def _reverse(opening: Opening, *, by: Actor, at: datetime) -> tuple[int, dict[str, int]]:
    """Reverse every posting; return the points of the main currency, and of each further one that the opening had.

    Debts first: what is given back fills nothing then that is taken right after.
    """
    posted = set(OpeningLot.objects.filter(opening=opening).values_list("currency", flat=True))
    codes = {currency: code for currency, code in _codes_of(opening).items() if currency in posted}
    points = {currency: _reverse_in(opening, currency, code, by=by, at=at) for currency, code in codes.items()}
    return points.pop(MAIN, 0), points


def _codes_of(opening: Opening) -> dict[str, str]:
    """Return each points currency of the programme, and by which code the ledger knows it."""
    currencies = CurrenciesOf(opening.programme)
    return {key: currencies.code_of(key) for key in (MAIN, *currencies.further)}


def _reverse_in(opening: Opening, currency: str, code: str, *, by: Actor, at: datetime) -> int:
    lots = OpeningLot.objects.filter(opening=opening, currency=currency).order_by("amount", "row_number", "place")
    points = 0
    rows = list(lots.values_list("account_id", "row_number", "place", "amount"))
    for first in range(0, len(rows), TOGETHER):
        chunk = rows[first : first + TOGETHER]
        keys = [key_of(opening.id, number, place) for _account, number, place, _amount in chunk]
        reversals = [
            BulkReversal(account_id=row[0], target_key=key, key=f"undo:{key}")
            for row, key in zip(chunk, keys, strict=True)
        ]
        results = reverse_in_bulk(by=by, at=at, currency=code, reversals=reversals, source_id=opening.id)
        refused: dict[str, int] = {}
        for result in results:
            if result.status != "posted":
                refused[result.status] = refused.get(result.status, 0) + 1
        if refused:
            named = ", ".join(f"{code.replace('_', ' ')} ({count})" for code, count in sorted(refused.items()))
            raise OpeningDependedOn(f"Points of this opening are no longer there: {named}.", since=refused)
        points += sum(row[3] for row in chunk)
    return points


def end_memberships(ids: Sequence[UUID], *, at: datetime) -> int:
    """Building block: end memberships as if they had never held a tier; return how many."""
    for first in range(0, len(ids), TOGETHER):
        chunk = ids[first : first + TOGETHER]
        Enrolment.objects.filter(id__in=chunk).update(ended_at=at)
        TierPeriod.objects.filter(enrolment_id__in=chunk, superseded_at__isnull=True).update(superseded_at=at)
    return len(ids)
