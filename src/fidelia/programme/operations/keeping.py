"""Points that do not end while a tier is held: the night lets them live on to its end, long before they die."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.ledger.operations import extend
from fidelia.ledger.queries import list_expiring

from ..models import Enrolment, Programme, TierPeriod
from ..queries import Terms, group_by_account

# Notices look 366 days ahead: nobody is told of an end that will not come. A tier without an end keeps them that long
# again, each time less than that is left.
LOOKS_AHEAD = timedelta(days=400)


def keep_points_of_tiers(
    *, by: Actor, at: datetime, programme: Programme, terms: Terms, currency: str, after: UUID | None, limit: int
) -> tuple[UUID | None, int]:
    """Building block: let points of the next accounts that would die live on with the tier that keeps them; return the
    last account looked at (None when there are no more), and in how many points live on. Never shorter.

    What was dead before the tier was reached stays so.
    """
    require_transaction()
    keeping = terms.points_of(currency).kept_with
    if not keeping:
        return None, 0
    found = list_expiring(currency=currency, since=at, until=at + LOOKS_AHEAD, after=after, limit=limit)
    if not found:
        return None, 0
    first: dict[UUID, datetime] = {}
    for each in found:
        first[each.account_id] = min(each.expires_at, first.get(each.account_id, each.expires_at))
    members = group_by_account(
        Enrolment.objects.filter(programme=programme, account_id__in=list(first), ended_at__isnull=True)
    )
    until = _kept_until(members, keeping, at)
    kept = [(account, until[account]) for account, ends in first.items() if account in until and ends < until[account]]
    for account, end in kept:
        member = members[account][0]
        extend(
            by=by, at=at, account_id=account, currency=currency, expires_at=end,
            key=f"kept:{currency}:{at.isoformat()}", partner_id=member.partner_id, source_type="tier",
        )  # fmt: skip
    return found[-1].account_id, len(kept)


def _kept_until(
    members: Mapping[UUID, list[Enrolment]], keeping: tuple[str, ...], at: datetime
) -> dict[UUID, datetime]:
    """Return until when points of accounts are kept, by those of their members whose tier lasts longest."""
    account_of = {one.id: account for account, each in members.items() for one in each}
    held = TierPeriod.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at), enrolment_id__in=list(account_of), tier__in=keeping,
        superseded_at__isnull=True, valid_from__lte=at,
    )  # fmt: skip
    ends: dict[UUID, list[datetime]] = defaultdict(list)
    for enrolment_id, until in held.values_list("enrolment_id", "valid_until"):
        ends[account_of[enrolment_id]].append(until or at + 2 * LOOKS_AHEAD)
    return {account: max(each) for account, each in ends.items()}
